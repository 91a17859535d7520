"""What the parts of a plan's form say, read strictly: what, money, how, policy."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Final

from sunlit.domain.catalog import queries as catalog
from sunlit.domain.catalog.models import Category
from sunlit.domain.planning.models import BudgetQuota, IntentionItem, Plan, PlanItem
from sunlit.domain.planning.rules import plans as rules
from sunlit.domain.rulebook.rules.facts import EXEMPTIONS, GROUNDS, METHODS
from sunlit.foundation.files.models import File
from sunlit.foundation.kernel import money
from sunlit.foundation.kernel.limits import NAME_CHARS, QUANTITY_MOST, TEXT_CHARS
from sunlit.foundation.kernel.paging import row_id
from sunlit.foundation.kernel.refusals import Problem, Reason, check

ITEMS_MOST: Final = 60
ITEM_FIELDS: Final = ("category", "name", "quantity", "unit", "amount")


@dataclass
class Reader:
    """Reads fields one after the other and gathers what is wrong, each at its field."""

    told: Mapping[str, Any]
    problems: list[Problem] = field(default_factory=list)

    def text(self, name: str, *, most: int = TEXT_CHARS) -> str:
        value = str(self.told.get(name, "") or "").strip()
        if len(value) > most:
            self.wrong(rules.TEXT_LONG, name, most=most)
        return value

    def choice(self, name: str, among: Mapping[str, Any]) -> str:
        """One of the possibilities, or nothing yet."""
        value = self.text(name)
        if value and value not in among:
            self.wrong(rules.CHOICE_WRONG, name)
        return value

    def choices(self, name: str, among: Mapping[str, Any]) -> list[str]:
        values = list(dict.fromkeys(self.told.get(name, ())))
        if not set(values) <= set(among):
            self.wrong(rules.CHOICE_WRONG, name)
        return sorted(values)

    def day(self, name: str) -> date | None:
        value = self.text(name)
        try:
            return date.fromisoformat(value) if value else None
        except ValueError:
            self.wrong(rules.DAY_WRONG, name, day=value)
            return None

    def amount(self, name: str, *, nought: bool = True) -> Decimal | None:
        """An amount above zero, or None where nothing is told (`nought`: zero counts as nothing)."""
        value = self.text(name)
        if not value:
            return None
        try:
            found = money.yuan(value)
        except money.NotMoney:
            found = Decimal(-1)
        if found < 0 or (found == 0 and not nought):
            self.wrong(rules.AMOUNT_WRONG, name, amount=value)
            return None
        return found

    def truth(self, name: str) -> bool:
        return self.told.get(name) in (True, "1", "on")

    def wrong(self, reason: Reason, on: str, **figures: Any) -> None:
        self.problems.append(Problem(reason, figures, on=on))


def what(told: Mapping[str, Any], buyer_id: int) -> tuple[dict[str, Any], list[PlanItem]]:
    """Name, purpose, start, notice, demand and objects. Refused: PLN-001 … PLN-010 at their fields."""
    read = Reader(told)
    name = read.text("name", most=NAME_CHARS)
    if not name:
        read.wrong(rules.NAME_MISSING, "name")
    items = _items(read, told.get("items", ()))
    item, because = _intention(read, buyer_id)
    change = {
        "name": name,
        "purpose": read.text("purpose"),
        "starts_on": read.day("starts_on"),
        "demand_number": read.text("demand", most=NAME_CHARS).upper(),
        "public_interest": read.truth("public_interest"),
        "complex": read.truth("complex"),
        "intention_item": item,
        "no_intention": because,
        "no_intention_reason": read.text("no_intention_reason") if because else "",
    }
    check(read.problems)
    return {**change, **_sums(items)}, items


def quotas(told: Mapping[str, Any], it: Plan) -> list[PlanItem]:
    """The objects of the plan with the quota that pays for each. Refused: PLN-011 at its row."""
    read, items = Reader(told), list(it.items.select_related("category").order_by("position"))
    known = {quota.pk: quota for quota in BudgetQuota.objects.filter(buyer_id=it.buyer_id)}
    for item in items:
        key = row_id(read.text(f"quota_{item.position}"))
        if key is not None and key not in known:
            read.wrong(rules.QUOTA_NOT_YOURS, f"quota_{item.position}", row=item.position)
        item.quota = known.get(key) if key is not None else None
    check(read.problems)
    return items


def how(told: Mapping[str, Any]) -> dict[str, Any]:
    """Organisation form, method, grounds claimed and the facts behind them. Refused: PLN-006, PLN-008, PLN-010 at their fields."""
    read = Reader(told)
    change = {
        "form": read.choice("form", rules.FORMS),
        "method": read.choice("method", METHODS),
        "grounds": read.choices("grounds", GROUNDS),
        "ground_reason": read.text("ground_reason"),
        "original": read.amount("original"),
        "added": read.amount("added"),
    }
    check(read.problems)
    return change


def policy(told: Mapping[str, Any], it: Plan) -> dict[str, Any]:
    """What is reserved, why not, and imports. Refused: PLN-006, PLN-008, PLN-010, PLN-020 at their fields."""
    read = Reader(told)
    set_aside = read.choice("set_aside", rules.SET_ASIDES)
    reserved, small = read.amount("reserved") or money.ZERO, read.amount("reserved_small") or money.ZERO
    if set_aside == "whole":
        reserved = it.total
    if set_aside in ("", "none"):
        reserved = small = money.ZERO
    if reserved > it.total or small > reserved:
        read.wrong(rules.RESERVED_WRONG, "reserved" if reserved > it.total else "reserved_small", reserved=reserved, small=small)
    file, imported = told.get("authorisation_file"), read.truth("imported")
    change = {
        "set_aside": set_aside,
        "reserved": reserved,
        "reserved_small": small,
        "exemption": read.choice("exemption", EXEMPTIONS) if set_aside == "none" else "",
        "exemption_reason": read.text("exemption_reason") if set_aside == "none" else "",
        "imported": imported,
        "authorisation": read.text("authorisation", most=NAME_CHARS) if imported else "",
    }
    check(read.problems)
    if isinstance(file, File):
        change["authorisation_file"] = file
    return change


def _items(read: Reader, rows: Sequence[Mapping[str, str]]) -> list[PlanItem]:
    """The rows that hold anything."""
    told = [(n, {name: str(row.get(name, "")).strip() for name in ITEM_FIELDS}) for n, row in enumerate(rows, 1)]
    told = [(n, row) for n, row in told if row["category"] or row["name"] or row["amount"]]
    if not told:
        read.wrong(rules.NO_ITEMS, "name_1")
    if len(told) > ITEMS_MOST:
        read.wrong(rules.TOO_MANY_ITEMS, "name_1", most=ITEMS_MOST)
    found = [_item(read, n, position, row) for position, (n, row) in enumerate(told[:ITEMS_MOST], 1)]
    return [item for item in found if item is not None]


def _item(read: Reader, n: int, position: int, row: Mapping[str, str]) -> PlanItem | None:
    before = len(read.problems)
    category = _category(row["category"])
    if category is None:
        read.wrong(rules.CATEGORY_UNKNOWN, f"category_{n}", row=n, code=row["category"])
    if not row["name"]:
        read.wrong(rules.OBJECT_NAMELESS, f"name_{n}", row=n)
    if len(row["name"]) > NAME_CHARS:
        read.wrong(rules.TEXT_LONG, f"name_{n}", most=NAME_CHARS)
    quantity = row_id(row["quantity"] or "1")
    if quantity is None or not 1 <= quantity <= QUANTITY_MOST:
        read.wrong(rules.QUANTITY_WRONG, f"quantity_{n}", row=n, most=QUANTITY_MOST)
    amount = Reader({"amount": row["amount"] or "0"})
    yuan = amount.amount("amount", nought=False)
    if yuan is None:
        read.wrong(rules.AMOUNT_WRONG, f"amount_{n}", amount=row["amount"])
    if len(read.problems) > before:
        return None
    assert category is not None
    assert quantity is not None
    assert yuan is not None
    return PlanItem(
        position=position,
        category=category,
        name=row["name"],
        quantity=quantity,
        unit=row["unit"][:NAME_CHARS] or category.unit,
        amount=yuan,
    )


def _category(text: str) -> Category | None:
    """By its code, or as a list of suggestions writes it: the code, then its name. Only goods, works and services themselves have no code of their own."""
    found = catalog.category(text.split(maxsplit=1)[0].upper()) if text else None
    return found if found and found.parent_id else None


def _intention(read: Reader, buyer_id: int) -> tuple[IntentionItem | None, str]:
    """The published project on which the plan rests, or why none is needed: `intention` is the key of an item, or one of the reasons."""
    value = read.text("intention")
    if value in rules.NO_INTENTION_BECAUSE:
        return None, value
    key = row_id(value)
    if not value:
        return None, ""
    found = IntentionItem.objects.select_related("intention").filter(pk=key, intention__buyer_id=buyer_id).first() if key else None
    if found is None:
        read.wrong(rules.CHOICE_WRONG, "intention")
    return found, ""


def _sums(items: Sequence[PlanItem]) -> dict[str, Any]:
    """The total, and the kind to which most of it belongs."""
    by_kind: dict[str, Decimal] = {}
    for item in items:
        by_kind[item.category.kind] = by_kind.get(item.category.kind, money.ZERO) + item.amount
    ordered: Callable[[str], tuple[Decimal, str]] = lambda kind: (by_kind[kind], kind)
    return {"total": sum(by_kind.values(), money.ZERO), "kind": max(by_kind, key=ordered)}
