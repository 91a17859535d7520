"""Verbs of the buyer on an online quotation: write it, publish it, answer questions, give more time; and those of the regulator over a running one.

What asks the key keepers goes over the network: it comes before the row is locked, and asked twice it does no harm.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from sunlit.domain.catalog import queries as catalog
from sunlit.domain.market.events import QuotationMoved
from sunlit.domain.market.models import Quotation, QuotationLine, QuotationPaper, QuotationQuestion
from sunlit.domain.market.modes.supermarket import Terms, terms_of
from sunlit.domain.market.queries import quotations as queries
from sunlit.domain.market.queries import rulings
from sunlit.domain.market.rules import quotations as rules
from sunlit.domain.market.services import awards
from sunlit.domain.market.states import quotations as life
from sunlit.domain.planning.models import BudgetQuota, Plan
from sunlit.domain.registry import queries as registry
from sunlit.domain.rulebook import queries as rulebook
from sunlit.domain.rulebook.rules import Ruling, Verdict
from sunlit.foundation.accounts.actors import NOBODY, Actor
from sunlit.foundation.accounts.models import Organisation
from sunlit.foundation.files.models import File
from sunlit.foundation.kernel import money
from sunlit.foundation.kernel.clock import local_day, typed_moment
from sunlit.foundation.kernel.limits import NAME_CHARS, QUANTITY_MOST, TEXT_CHARS
from sunlit.foundation.kernel.numbering import new_number
from sunlit.foundation.kernel.paging import row_id
from sunlit.foundation.kernel.refusals import Problem, Refused, check
from sunlit.foundation.ledger import sentences
from sunlit.foundation.ledger import services as ledger
from sunlit.foundation.lifecycle import NOT_YOURS, digest, move
from sunlit.foundation.outbox.events import announce
from sunlit.foundation.seals import services as seals

KIND: Final = "ZX"  # 在线询价
TOLD_TO_THE_INVITED: Final = ("publish", "answer", "extend", "prolong", "suspend", "resume")
SUSPENDED_KEYS: Final = timedelta(days=2)  # how far the opening is put off while nobody knows when it goes on

sentences.say("quotation.ask", _("A supplier asked about quotation {number}"))  # no life tells it: who asked stands in no act


def draft_quotation(told: Mapping[str, Any], *, by: Actor, at: datetime, replaces: Quotation | None = None) -> Quotation:
    """A draft with what was written so far. `told` holds the fields of the form as text, `items` its rows, `suppliers` the numbers of those invited.

    Refused: QUO-001 … QUO-013, QUO-036, QUO-038, ORD-022 … ORD-032 at their fields.
    """
    with transaction.atomic():
        change, lines = _read(told, by=by, at=at)
        it = Quotation(
            number=new_number(KIND, at),
            region_path=by.region_path,
            buyer_id=by.party,
            author_id=by.person,
            replaces=replaces,
            run=replaces.run + 1 if replaces else 1,
            created_at=at,
            **change,
        )
        it = move(it, "draft", by=by, at=at, facts={"title": it.title, "contents": it.contents_hash, **_run(replaces)})
        _write_lines(it, lines)
    return it


@transaction.atomic
def write_quotation(it: Quotation, told: Mapping[str, Any], *, by: Actor, at: datetime, expected: int | None = None) -> Quotation:
    """Change a draft. Refused as `draft_quotation`."""
    change, lines = _read(told, by=by, at=at)
    change["contents_hash"] = _hash_of(lines, _papers(it), change)
    it = move(
        it, "write", by=by, at=at, change=change, facts={"title": change["title"], "contents": change["contents_hash"]}, expected=expected
    )
    it.lines.all().delete()
    _write_lines(it, lines)
    return it


@transaction.atomic
def add_paper(it: Quotation, file: File, *, by: Actor, at: datetime) -> Quotation:
    """A paper that belongs to what is asked. Refused: QUO-039 too many."""
    assert file.owner_id == it.buyer_id, "a buyer adds its own papers"
    papers = _papers(it)
    if len(papers) >= rules.PAPERS_MOST:
        raise Refused(Problem(rules.TOO_MANY_PAPERS, {"most": rules.PAPERS_MOST}, on="paper"))
    change = {"contents_hash": _hash_of(queries.lines_of_quotation(it), [*papers, file.sha256], _kept(it))}
    it = move(
        it, "write", by=by, at=at, change=change, facts={"paper": file.sha256, "contents": change["contents_hash"], "title": it.title}
    )
    QuotationPaper.objects.get_or_create(quotation=it, file=file)
    return it


@transaction.atomic
def drop_paper(it: Quotation, paper_id: int, *, by: Actor, at: datetime) -> Quotation:
    """Take a paper out of a draft."""
    left = list(it.papers.exclude(pk=paper_id).values_list("file__sha256", flat=True))
    change = {"contents_hash": _hash_of(queries.lines_of_quotation(it), left, _kept(it))}
    it = move(it, "write", by=by, at=at, change=change, facts={"contents": change["contents_hash"], "title": it.title})
    it.papers.filter(pk=paper_id).delete()
    return it


def discard_quotation(it: Quotation, *, by: Actor, at: datetime, expected: int | None = None) -> Quotation:
    return move(it, "discard", by=by, at=at, expected=expected)


def publish_quotation(it: Quotation, *, explanation: str = "", by: Actor, at: datetime, expected: int | None = None) -> Quotation:
    """Make it public: the keepers make its keys, its ceiling is held, suppliers may quote.

    Refused: QUO-010 too little time, QUO-011, QUO-012 those invited, QUO-014 needs the lead, ORD-025 needs a plan, SPL-001 … SPL-005 splitting,
    SEA-001 a keeper is away, BUD-001, BUD-002, BUD-016, PLN-040 … PLN-043 the money.
    """
    lines = queries.lines_of_quotation(it)
    expected = it.version if expected is None else expected  # what is looked at here is what is published
    terms = queries.terms_of_quotation(region_path=it.region_path, planned=it.ceiling, kind=queries.kind_of(lines), at=at)
    buyer = Organisation.objects.select_related("region").get(pk=it.buyer_id)
    said = [queries.threshold_ruling(it, lines, at=at)]
    check([*_invitation_problems(it), *_refusals(said)])
    facts = {"until": it.quote_until, "ceiling": it.ceiling, "title": it.title, "contents": it.contents_hash, "quota": it.quota.number}
    handed = {"limit": rulings.approval_limit(buyer, at=at), "earliest": terms.earliest, "window": terms.window, "least": terms.least}
    with transaction.atomic():  # whatever speaks against it is found before the keepers are asked
        move(it, "publish", by=by, at=at, facts=facts, handed=handed, expected=expected)
        transaction.set_rollback(True)
    lock = seals.make_lock(it.number, opens_at=it.quote_until + timedelta(minutes=terms.margin_minutes), region_path=it.region_path, at=at)
    change = {
        "lock": lock,
        "least": terms.least,
        "tie": terms.tie,
        "count_shown": terms.count_shown,
        "margin_minutes": terms.margin_minutes,
        "extensions_left": terms.extensions,
    }
    with transaction.atomic():
        it = move(
            it,
            "publish",
            by=by,
            at=at,
            change=change,
            facts=facts,
            handed=handed,
            expected=expected,
            announces=lambda it: [moved(it, "publish")],
        )
        parts, plan = queries.parts_of_lines(lines), it.plan
        awards.reserve(reference(it), buyer=buyer, quota_id=it.quota_id, plan=plan, parts=parts, by=by, at=at)
        said += queries.splitting_rulings(it, lines, at=at)  # while the budget's row is ours
        check(_refusals(said))
        check(rulings.reason_problems(said, explanation.strip()))
        it.rulings = [ruling.to_json() for ruling in said]
        it.explanation = explanation.strip() if any(rulings.asks_for_a_reason(ruling) for ruling in said) else ""
        it.save(update_fields=["rulings", "explanation"])
    return it


@transaction.atomic
def ask_about(it: Quotation, *, text: str, by: Actor, at: datetime) -> QuotationQuestion:
    """A supplier asks; buyer and answer are public, the asker is not. Refused: QUO-015 too late, QUO-016 not invited, QUO-031."""
    if not queries.may_quote(it, by.organisation_id):
        raise Refused(Problem(rules.NOT_INVITED))
    if not life.any_supplier.allows(by, it):
        raise Refused(Problem(NOT_YOURS, {"verb": _("Ask"), "who": life.any_supplier.label}))
    text = _said(text, "question")
    it = Quotation.objects.select_for_update(of=("self",)).get(pk=it.pk)
    if it.state != life.OPEN or at >= it.quote_until:
        raise Refused(Problem(rules.TOO_LATE, {"until": it.quote_until}))
    facts = {"number": it.number, "question": digest(text)}
    ledger.record(act="quotation.ask", subject=f"quotation/{it.number}", by=NOBODY, at=at, facts=facts, region=it.region_path)
    announce(moved(it, "ask"))
    return QuotationQuestion.objects.create(quotation=it, asker_id=by.party, text=text, asked_at=at)


@transaction.atomic
def answer_about(it: Quotation, question_id: int, *, text: str, by: Actor, at: datetime) -> QuotationQuestion:
    """The answer, for all to read. Refused: QUO-015 too late, QUO-031, QUO-037 answered already."""
    text = _said(text, f"answer_{question_id}")
    it = move(it, "answer", by=by, at=at, facts={"answer": digest(text)}, announces=lambda it: [moved(it, "answer")])
    question = QuotationQuestion.objects.get(pk=question_id, quotation=it)
    if question.answered_at is not None:
        raise Refused(Problem(rules.ANSWERED, on=f"answer_{question_id}"))
    question.answer, question.answered_at = text, at
    question.save(update_fields=["answer", "answered_at"])
    return question


def extend_quotation(it: Quotation, *, until: datetime | None, by: Actor, at: datetime, expected: int | None = None) -> Quotation:
    """Suppliers get until a later instant. Refused: QUO-009, QUO-015, QUO-032, SEA-002 a keeper has not confirmed."""
    if until is None:
        raise Refused(Problem(rules.WHEN_MISSING, on="until"))
    facts, change = {"until": until}, {"quote_until": until}
    with transaction.atomic():
        move(it, "extend", by=by, at=at, change=change, facts=facts, expected=expected)
        transaction.set_rollback(True)
    put_off(it, until=until, at=at)
    return move(it, "extend", by=by, at=at, change=change, facts=facts, expected=expected, announces=lambda it: [moved(it, "extend")])


def suspend_quotation(it: Quotation, *, reason: str, by: Actor, at: datetime, expected: int | None = None) -> Quotation:
    """The regulator stops a running quotation, or the judging of an opened one; nothing is lost meanwhile. Refused: QUO-026."""
    verb = "halt" if it.state == life.OPENED else "suspend"
    told = {"reason": reason.strip()}
    it = move(it, verb, by=by, at=at, facts=told, change=told, expected=expected, announces=lambda it: [moved(it, "suspend")])
    if verb == "suspend":
        tend_keys_of(it, at=at)
    return it


def resume_quotation(it: Quotation, *, by: Actor, at: datetime, expected: int | None = None) -> Quotation:
    """It goes on; suppliers get back at least the time that was left. Refused: SEA-002."""
    if it.state == life.HALTED:
        return _judging_goes_on(it, by=by, at=at, expected=expected)
    if it.suspended_at is not None and it.lock is not None:
        put_off(it, until=_until_when_it_goes_on(it, at), at=at)
    with transaction.atomic():
        held = (
            Quotation.objects.select_for_update(of=("self",)).select_related("lock").get(pk=it.pk)
        )  # an outage may have moved it meanwhile
        until = _until_when_it_goes_on(held, at)
        change = {"quote_until": until, "suspended_at": None, "reason": ""}
        return move(
            it, "resume", by=by, at=at, change=change, facts={"until": until}, expected=expected, announces=lambda it: [moved(it, "resume")]
        )


@transaction.atomic
def _judging_goes_on(it: Quotation, *, by: Actor, at: datetime, expected: int | None) -> Quotation:
    """The buyer gets back the time that was left to decide."""
    held = Quotation.objects.select_for_update(of=("self",)).get(pk=it.pk)
    change: dict[str, Any] = {"suspended_at": None, "reason": ""}
    if held.decide_until is not None and held.suspended_at is not None:
        change["decide_until"] = held.decide_until + (at - held.suspended_at)
    return move(it, "go_on", by=by, at=at, change=change, expected=expected, announces=lambda it: [moved(it, "resume")])


def _until_when_it_goes_on(it: Quotation, at: datetime) -> datetime:
    """What was left when it was suspended, and never before its keepers open."""
    if it.suspended_at is None or it.lock is None:
        return it.quote_until
    return max(it.quote_until + (at - it.suspended_at), it.lock.opens_at - timedelta(minutes=it.margin_minutes))


def tend_keys(at: datetime) -> int:
    """The keepers learn of deadlines that were put off elsewhere (an outage), and wait while a quotation is suspended. Returns how many were tended."""
    return sum(tend_keys_of(it, at=at) for it in queries.running_locks())


def tend_keys_of(it: Quotation, *, at: datetime) -> bool:
    """True where the keepers were told of a later opening; where one of them is away, the next round tries again."""
    if it.lock is None:
        return False
    wanted = it.opens_at
    if it.suspended_at is not None and it.lock.opens_at < at + SUSPENDED_KEYS / 2:
        wanted = at + SUSPENDED_KEYS
    if wanted <= it.lock.opens_at:
        return False
    try:
        seals.put_off(it.lock, opens_at=wanted, at=at)
    except Refused:
        return False
    return True


def put_off(it: Quotation, *, until: datetime, at: datetime) -> None:
    """The keepers open later. They are told before anybody else, so that no key is given out while quotes may still come in."""
    assert it.lock is not None, "it was published"
    opens_at = until + timedelta(minutes=it.margin_minutes)
    if opens_at > it.lock.opens_at:
        seals.put_off(it.lock, opens_at=opens_at, at=at)


def reference(it: Quotation) -> str:
    """Under which its money lies."""
    return f"{queries.MODE}/{it.number}"


def terms(it: Quotation) -> Terms:
    """What its order will carry."""
    return Terms(it.quota_id, it.delivery, it.invoice_title, it.purpose, it.note, it.explanation, it.plan.number if it.plan else "")


def concerned(it: Quotation) -> list[int]:
    """The suppliers that have a quote in it."""
    return list(it.quotes.exclude(state=life.WITHDRAWN).values_list("supplier_id", flat=True))


def moved(it: Quotation, verb: str, suppliers: Sequence[int] | None = None) -> QuotationMoved:
    """What is announced of a verb; to those that have a quote in it and, while quotes may come in, to all that were invited."""
    if suppliers is None:
        suppliers = sorted({*concerned(it), *(it.invited if verb in TOLD_TO_THE_INVITED else ())})
    return QuotationMoved(
        number=it.number,
        verb=verb,
        state=it.state,
        version=it.version,
        buyer_id=it.buyer_id,
        title=it.title,
        until=it.quote_until.isoformat(),
        reason=it.reason,
        suppliers=list(suppliers),
    )


def _run(replaces: Quotation | None) -> dict[str, Any]:
    return {"replaces": replaces.number} if replaces else {}


def _refusals(said: Sequence[Ruling]) -> list[Problem]:
    return [ruling.problem(on="plan") for ruling in said if ruling.verdict == Verdict.REFUSED]


def _invitation_problems(it: Quotation) -> list[Problem]:
    invited = list(Organisation.objects.filter(pk__in=it.invited).order_by("pk"))
    standings = registry.standings(one.pk for one in invited)
    return [Problem(rules.NOT_ACTIVE, {"supplier": one.name_zh}, on="suppliers") for one in invited if standings.get(one.pk) != "active"]


def _said(text: str, on: str) -> str:
    text = text.strip()
    if not rules.QUESTION_CHARS_LEAST <= len(text) <= TEXT_CHARS:
        raise Refused(Problem(rules.QUESTION_EMPTY, {"least": rules.QUESTION_CHARS_LEAST, "most": TEXT_CHARS}, on=on))
    return text


def _read(told: Mapping[str, Any], *, by: Actor, at: datetime) -> tuple[dict[str, Any], list[QuotationLine]]:
    """The fields of the draft and its lines, or every problem at its field."""

    def text(name: str) -> str:
        return str(told.get(name, "") or "").strip()

    problems: list[Problem] = []
    rows = _rows(told.get("items", ()), problems)
    least = rulebook.rule("rfq.brand_recommend", region_path=by.region_path, on=local_day(at)).n
    problems += [
        Problem(rules.BRANDS_FEW, {"row": n, "count": len(row["brands"]), "least": least}, on=f"brands_{n}")
        for n, row in rows
        if 0 < len(row["brands"]) < least
    ]
    until, days = typed_moment(text("quote_until")), row_id(text("delivery_days"))
    if not text("title") or len(text("title")) > NAME_CHARS:
        problems.append(Problem(rules.TITLE_MISSING, {"most": NAME_CHARS}, on="title"))
    if until is None:
        problems.append(Problem(rules.WHEN_MISSING, on="quote_until"))
    if days is None or not 1 <= days <= rules.DELIVERY_DAYS_MOST:
        problems.append(Problem(rules.DELIVERY_WRONG, {"most": rules.DELIVERY_DAYS_MOST}, on="delivery_days"))
    plan, quota = _money(text("plan"), row_id(text("quota")), by.party, problems)
    terms = _terms(told, plan, quota, by, problems)
    invited = _invited(told, problems) if text("invitation") == "invited" else []
    if text("invitation") == "invited" and not invited:
        asked = rulebook.rule("rfq.min_suppliers", region_path=by.region_path, on=local_day(at)).n
        problems.append(Problem(rules.TOO_FEW_INVITED, {"least": asked, "count": 0}, on="suppliers"))
    check(problems)
    assert terms is not None
    lines = [_line(position, row) for position, (_place, row) in enumerate(rows, 1)]
    change = {
        "title": text("title"),
        "purpose": terms.purpose,
        "note": terms.note,
        "demand_number": text("demand").upper()[:NAME_CHARS],
        "plan": plan,
        "quota": quota,
        "ceiling": sum((line.amount for line in lines), money.ZERO),
        "delivery": dict(terms.delivery),
        "invoice_title": dict(terms.invoice_title),
        "delivery_days": days,
        "invited": invited,
        "quote_until": until,
    }
    return {**change, "contents_hash": _hash_of(lines, [], change)}, lines


def _rows(items: Sequence[Mapping[str, str]], problems: list[Problem]) -> list[tuple[int, dict[str, Any]]]:
    """The rows that hold anything, each with its place in the form."""
    found: list[tuple[int, dict[str, Any]]] = []
    for n, item in enumerate(items, 1):
        said = {
            name: str(item.get(name, "") or "").strip()
            for name in ("category", "name", "quantity", "unit", "ceiling", "parameters", "brands")
        }
        if not any(said[name] for name in ("category", "name", "ceiling", "parameters")):
            continue
        category, quantity = catalog.category(said["category"]) if said["category"] else None, row_id(said["quantity"] or "1")
        row = {
            "category": category,
            "code": said["category"],
            "name": said["name"] or (category.name_zh if category else ""),
            "quantity": quantity if quantity is not None and 1 <= quantity <= QUANTITY_MOST else None,
            "unit": said["unit"][:NAME_CHARS] or (category.unit if category else ""),
            "price": said["ceiling"],
            "ceiling": _price(said["ceiling"]),
            "parameters": [" ".join(line.split()) for line in said["parameters"].splitlines() if line.strip()],
            "brands": _brands(said["brands"]),
        }
        problems += rules.line_problems(n, row)
        found.append((n, row))
    if sum(row["ceiling"] * row["quantity"] for _n, row in found if row["ceiling"] and row["quantity"]) > money.MOST:
        problems.append(Problem(rules.TOTAL_TOO_HIGH, {"most": money.MOST}, on=f"ceiling_{found[0][0]}"))
    if not 0 < len(found) <= rules.LINES_MOST:
        problems.append(Problem(rules.NO_LINE, {"most": rules.LINES_MOST}, on="category_1"))
    return found


def _price(text: str) -> Decimal | None:
    """Above nought, or None."""
    try:
        found = money.yuan(text) if text else None
    except money.NotMoney:
        return None
    return found if found is not None and found > 0 else None


def _brands(text: str) -> list[str]:
    for sign in rules.BRAND_SEPARATORS:
        text = text.replace(sign, "\n")
    return list(dict.fromkeys(" ".join(each.split()) for each in text.splitlines() if each.strip()))


def _line(position: int, row: Mapping[str, Any]) -> QuotationLine:
    return QuotationLine(
        position=position,
        category=row["category"],
        name=row["name"],
        quantity=row["quantity"],
        unit=row["unit"],
        ceiling=row["ceiling"],
        amount=row["ceiling"] * row["quantity"],
        parameters=row["parameters"],
        brands=row["brands"],
    )


def _money(number: str, quota_id: int | None, buyer_id: int, problems: list[Problem]) -> tuple[Plan | None, BudgetQuota | None]:
    """The plan that it is bought for, and the quota that pays: the plan's own where it has one only."""
    plan = Plan.objects.prefetch_related("lines__quota").filter(number=number.upper(), buyer_id=buyer_id).first() if number else None
    if number and plan is None:
        problems.append(Problem(rules.QUOTA_MISSING, on="plan"))
    lines = list(plan.lines.all()) if plan else []
    if quota_id is None and len(lines) == 1:
        quota_id = lines[0].quota_id
    quota = BudgetQuota.objects.filter(pk=quota_id, buyer_id=buyer_id).first() if quota_id is not None else None
    if quota is None:
        problems.append(Problem(rules.QUOTA_MISSING, on="quota"))
    return plan, quota


def _terms(told: Mapping[str, Any], plan: Plan | None, quota: BudgetQuota | None, by: Actor, problems: list[Problem]) -> Terms | None:
    try:
        return terms_of(
            quota_id=quota.pk if quota else 0,
            address_id=row_id(str(told.get("address", ""))) or 0,
            title_id=row_id(str(told.get("invoice_title", ""))) or 0,
            purpose=str(told.get("purpose", "")),
            note=str(told.get("note", "")),
            plan=plan.number if plan else "",
            by=by,
        )
    except Refused as refused:
        renamed = {"title": "invoice_title"}
        problems += [Problem(it.reason, it.params, renamed.get(it.on, it.on)) for it in refused.problems]
        return None


def _invited(told: Mapping[str, Any], problems: list[Problem]) -> list[int]:
    numbers = list(told.get("suppliers", ()))
    found = list(Organisation.objects.filter(kind="supplier", number__in=numbers).order_by("pk"))
    standings = registry.standings(it.pk for it in found)
    problems += [Problem(rules.NOT_ACTIVE, {"supplier": it.name_zh}, on="suppliers") for it in found if standings.get(it.pk) != "active"]
    return [it.pk for it in found]


def _write_lines(it: Quotation, lines: Sequence[QuotationLine]) -> None:
    for line in lines:
        line.quotation = it
    QuotationLine.objects.bulk_create(lines)


def _hash_of(lines: Sequence[QuotationLine], papers: Sequence[str], terms: Mapping[str, Any]) -> str:
    told = [[it.position, it.category.code, it.name, it.quantity, it.unit, it.ceiling, it.parameters, it.brands] for it in lines]
    return digest([told, sorted(set(papers)), terms["delivery"], terms["delivery_days"], terms["note"], terms["purpose"]])


def _papers(it: Quotation) -> list[str]:
    return list(it.papers.values_list("file__sha256", flat=True))


def _kept(it: Quotation) -> dict[str, Any]:
    return {"delivery": it.delivery, "delivery_days": it.delivery_days, "note": it.note, "purpose": it.purpose}
