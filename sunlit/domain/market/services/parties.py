"""Verbs of the parties to a framework agreement: the dealers that deliver for them, and better products for no more money."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from django.db import IntegrityError, transaction

from sunlit.domain.market.events import FrameworkDealerMoved, FrameworkUpgradeMoved
from sunlit.domain.market.models import Framework, FrameworkDealer, FrameworkEntry, FrameworkUpgrade
from sunlit.domain.market.queries import parties as queries
from sunlit.domain.market.rules import calloffs as calloff_rules
from sunlit.domain.market.rules import frameworks as framework_rules
from sunlit.domain.market.rules import open_frameworks as open_rules
from sunlit.domain.market.rules import parties as rules
from sunlit.domain.market.services import framework_forms as forms
from sunlit.domain.market.services.frameworks import banned_words, entry_moved, framework_handed, locked_framework, own_paper
from sunlit.domain.registry import queries as registry
from sunlit.domain.rulebook import queries as rulebook
from sunlit.foundation.accounts import queries as accounts
from sunlit.foundation.accounts.actors import Actor
from sunlit.foundation.accounts.models import Organisation, Region
from sunlit.foundation.files.models import File
from sunlit.foundation.kernel.clock import local_day
from sunlit.foundation.kernel.limits import NAME_CHARS, TEXT_CHARS
from sunlit.foundation.kernel.numbering import new_number
from sunlit.foundation.kernel.refusals import Problem, Refused, check
from sunlit.foundation.lifecycle import move
from sunlit.foundation.outbox.events import Event

PRODUCT: Final = ("name", "brand", "model", "description")


@transaction.atomic
def name_dealer(entry: FrameworkEntry, told: Mapping[str, Any], *, paper: File | None, by: Actor, at: datetime) -> FrameworkDealer:
    """A party of goods names who delivers for it: `dealer` (the number of a supplier) and `regions` (codes; none: everywhere under the agreement).
    It delivers once it has accepted.

    Refused: FWP-001 no party, FWP-002 unknown, FWP-003 no paper, FWP-004 named already, FWP-005 services, FWP-007 no region of the agreement.
    """
    framework, held = _held(entry)
    number, places = str(told.get("dealer", "")).strip().upper(), _places(framework, told.get("regions", ()))
    found = Organisation.objects.filter(number=number, kind="supplier").exclude(pk=held.supplier_id).first()
    proof = own_paper(paper, by)
    problems = list(_dealer_problems(held, framework, found, number, proof))
    check(problems)
    assert found is not None
    area = "、".join(place.name_zh for place in queries.where([place.code for place in places], framework.region_path))
    it = FrameworkDealer(
        number=new_number("KD", at), region_path=held.region_path, entry=held, dealer=found, regions=[place.code for place in places],
        area=area, paper=proof,
    )  # fmt: skip
    facts = {"dealer": found.name_zh, "framework": framework.number, "area": area}
    try:
        with transaction.atomic():
            return move(it, "name", by=by, at=at, facts=facts, announces=_dealer_moved("name"), within=True)
    except IntegrityError as error:
        if "a_dealer_is_named_once" not in str(error):
            raise
        raise Refused(Problem(rules.DEALER_KNOWN, {"name": found.name_zh}, on="dealer")) from None


@transaction.atomic
def accept_dealing(it: FrameworkDealer, *, by: Actor, at: datetime, expected: int | None = None) -> FrameworkDealer:
    """The dealer takes it on. Refused: FWP-001 the agreement or the party is gone, FWP-006 it is no active supplier."""
    framework, entry = _held(it.entry)
    problems = _standing_problems(framework, entry)
    if registry.standing(it.dealer_id) != "active":
        problems.append(Problem(rules.DEALER_NOT_ACTIVE))
    handed = {"problems": problems}
    return move(it, "accept", by=by, at=at, facts=_facts(it), handed=handed, expected=expected, announces=_dealer_moved("accept"))


def decline_dealing(it: FrameworkDealer, *, reason: str, by: Actor, at: datetime, expected: int | None = None) -> FrameworkDealer:
    """The dealer does not want to. Refused: FWP-014 no reason."""
    return _ended(it, "decline", reason, by, at, expected)


def end_dealing(it: FrameworkDealer, *, reason: str, by: Actor, at: datetime, expected: int | None = None) -> FrameworkDealer:
    """Party or dealer ends it; orders that it took are performed. The solicitor changes no dealers (17号 §7). Refused: FWP-014 no reason."""
    return _ended(it, "end", reason, by, at, expected)


@transaction.atomic
def ask_upgrade(
    entry: FrameworkEntry, told: Mapping[str, Any], *, rows: Sequence[Mapping[str, str]], proof: File | None = None, by: Actor, at: datetime
) -> FrameworkUpgrade:
    """A party offers a newer product: `rows` compare it with the agreed one, parameter by parameter ({parameter, before, after}).

    Refused: FWP-001 no party, FWK-001, FWK-003, FWK-045 at their fields, FWP-010, FWP-011 the comparison, FWP-012 dearer, FWP-013 one waits already.
    """
    framework, held = _held(entry)
    form, goods = forms.Form(told), framework.kind == "goods"
    change = {
        "name": form.text("name", most=NAME_CHARS),
        "brand": form.text("brand", most=NAME_CHARS, required=goods),
        "model": form.text("model", most=NAME_CHARS, required=goods),
        "description": form.text("description"),
        "price": form.amount("price"),
    }
    comparison = list(_compared(rows, form.problems))
    check(form.problems)
    until = rulebook.deadline("framework.upgrade_answer", start=at, region_path=held.region_path, on=local_day(at))
    it = FrameworkUpgrade(
        number=new_number("KU", at), region_path=held.region_path, entry=held, comparison=comparison, decide_until=until,
        replaced={**{name: getattr(held, name) for name in PRODUCT}, "price": str(held.price)}, proof=own_paper(proof, by), **change,
    )  # fmt: skip
    facts = {
        "name": f"{it.name} {it.brand} {it.model}".strip(),
        "before": f"{held.name} {held.brand} {held.model}".strip(),
        "price": it.price,
    }
    handed = {"problems": [*_standing_problems(framework, held), *_upgrade_problems(it, held, at)]}
    try:
        with transaction.atomic():
            return move(it, "ask", by=by, at=at, facts=facts, handed=handed, announces=_upgrade_moved("ask"), within=True)
    except IntegrityError as error:
        if "one_upgrade_at_a_time" not in str(error):
            raise
        raise Refused(Problem(rules.UPGRADE_WAITS)) from None


def withdraw_upgrade(it: FrameworkUpgrade, *, by: Actor, at: datetime, expected: int | None = None) -> FrameworkUpgrade:
    """The party takes it back."""
    return move(it, "withdraw", by=by, at=at, expected=expected)


@transaction.atomic
def approve_upgrade(it: FrameworkUpgrade, *, by: Actor, at: datetime, expected: int | None = None) -> FrameworkUpgrade:
    """The solicitor finds it not worse; from now on it is bought in place of the other. Refused: FWP-001, FWP-012 the price fell below it meanwhile."""
    framework, held = _held(it.entry)
    problems = [*_standing_problems(framework, held), *_upgrade_problems(it, held, at)]
    facts = {"name": it.name, "price": it.price}
    it = move(
        it, "approve", by=by, at=at, facts=facts, handed={"problems": problems}, expected=expected, announces=_upgrade_moved("approve")
    )
    change = {name: getattr(it, name) for name in (*PRODUCT, "price")}
    told = {"name": it.name, "upgrade": it.number, "price": it.price}
    handed = framework_handed(framework)
    move(held, "upgrade", by=by, at=at, change=change, facts=told, handed=handed, announces=entry_moved("upgrade", framework), within=True)
    return it


def refuse_upgrade(it: FrameworkUpgrade, *, reason: str, by: Actor, at: datetime, expected: int | None = None) -> FrameworkUpgrade:
    """The solicitor keeps the agreed product. Refused: FWP-014 no reason."""
    told = {"reason": reason.strip()}
    return move(it, "refuse", by=by, at=at, change=told, facts=told, expected=expected, announces=_upgrade_moved("refuse"))


# What every purchase under an agreement asks


def dealer_named(
    entry: FrameworkEntry | None, number: str, *, to: Mapping[str, Any], on: str = "dealer"
) -> tuple[FrameworkDealer | None, list[Problem]]:
    """Who delivers for the party, where somebody is named; `to` is the delivery as an order's terms keep it.

    What is wrong is told at `on`: CAL-020 it does not deliver for the party now, or is no active supplier; FWP-008 not in that region.
    """
    if not number or entry is None:
        return None, []
    found = next((one for one in queries.who_delivers([entry]) if one.number == number), None)
    if found is None:
        return None, [Problem(calloff_rules.DEALER_WRONG, on=on)]
    if not rules.delivers_to(found.regions, to["region_path"]):
        return None, [Problem(rules.NOT_THERE, {"dealer": found.dealer.name_zh, "region": to["region_name"]}, on=on)]
    return found, []


# Behind the verbs


def _places(framework: Framework, codes: Sequence[str]) -> list[Region]:
    """The regions of these codes, which the agreement covers. Refused: FWP-007."""
    known = {one.code: one for one in accounts.regions() if (one.path + "/").startswith(framework.region_path + "/")}
    check([Problem(rules.REGION_UNKNOWN, {"code": code}, on="regions") for code in codes if code not in known])
    return [one for one in known.values() if one.code in codes]


def _held(entry: FrameworkEntry) -> tuple[Framework, FrameworkEntry]:
    """The framework's row first, then the party's: all verbs take their locks in this order."""
    framework = locked_framework(entry.package.framework_id)
    rows = FrameworkEntry.objects.select_for_update(of=("self",)).select_related("package__framework", "supplier")
    return framework, rows.get(pk=entry.pk)


def _standing_problems(framework: Framework, entry: FrameworkEntry) -> list[Problem]:
    """The agreement is being signed or runs, and the response is shortlisted or signed."""
    fine = (framework.state, entry.state) in (("shortlisted", "shortlisted"), ("shortlisted", "signed"), ("in_force", "signed"))
    return [] if fine else [Problem(rules.NO_PARTY)]


def _dealer_problems(
    entry: FrameworkEntry, framework: Framework, dealer: Organisation | None, number: str, paper: File | None
) -> Iterator[Problem]:
    yield from _standing_problems(framework, entry)
    if framework.kind != "goods":
        yield Problem(rules.SERVICES_THEMSELVES)
    if dealer is None or registry.standing(dealer.pk) != "active":
        yield Problem(rules.DEALER_UNKNOWN, {"number": number}, on="dealer")
    if paper is None:
        yield Problem(rules.PAPER_MISSING, on="paper")


def _upgrade_problems(it: FrameworkUpgrade, entry: FrameworkEntry, at: datetime) -> Iterator[Problem]:
    """Not dearer, and no product made for government procurement alone."""
    if entry.price is not None and it.price > entry.price:
        yield Problem(rules.DEARER, {"price": it.price, "most": entry.price}, on="price")
    if entry.price is None:
        yield Problem(rules.NO_PARTY)
    elif entry.package.framework.is_open_form and it.price < entry.price:
        yield Problem(open_rules.UNIFORM, {"price": entry.price}, on="price")
    for name, word in banned_words(it, region_path=entry.region_path, at=at):
        yield Problem(framework_rules.BANNED_WORD, {"word": word}, on=name)


def _compared(rows: Sequence[Mapping[str, str]], problems: list[Problem]) -> Iterator[dict[str, str]]:
    """The rows that are filled in; each says all three."""
    found = 0
    for n, row in enumerate(rows[: rules.PARAMETERS_MOST], 1):
        told = {name: str(row.get(name, "")).strip()[:TEXT_CHARS] for name in ("parameter", "before", "after")}
        if not any(told.values()):
            continue
        found += 1
        if not all(told.values()):
            problems.append(Problem(rules.COMPARISON_GAP, {"row": n}, on=f"parameter_{n}"))
        yield told
    if not found:
        problems.append(Problem(rules.NOT_BETTER, on="parameter_1"))


def _ended(it: FrameworkDealer, verb: str, reason: str, by: Actor, at: datetime, expected: int | None) -> FrameworkDealer:
    told = {"reason": reason.strip()}
    return move(it, verb, by=by, at=at, change=told, facts={**_facts(it), **told}, expected=expected, announces=_dealer_moved(verb))


def _facts(it: FrameworkDealer) -> dict[str, str]:
    entry = it.entry
    return {"dealer": it.dealer.name_zh, "party": entry.supplier.name_zh, "framework": entry.package.framework.number}


def _dealer_moved(verb: str) -> Callable[[FrameworkDealer], list[Event]]:
    return lambda it: [
        FrameworkDealerMoved(
            number=it.number,
            verb=verb,
            framework=it.entry.package.framework.number,
            entry=it.entry.number,
            supplier_id=it.entry.supplier_id,
            dealer_id=it.dealer_id,
            reason=it.reason,
            version=it.version,
        )
    ]


def _upgrade_moved(verb: str) -> Callable[[FrameworkUpgrade], list[Event]]:
    return lambda it: [
        FrameworkUpgradeMoved(
            number=it.number,
            verb=verb,
            framework=it.entry.package.framework.number,
            entry=it.entry.number,
            supplier_id=it.entry.supplier_id,
            solicitor_id=it.entry.package.framework.solicitor_id,
            reason=it.reason,
            version=it.version,
        )
    ]
