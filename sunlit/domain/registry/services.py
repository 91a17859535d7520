"""The verbs of the registry: suppliers apply and are reviewed, admitted, suspended and reinstated; they leave; buyers are set up."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from sunlit.domain.registry import queries, rules, states
from sunlit.domain.registry.events import ApplicationDecided, ApplicationSubmitted, SizeDeclared, StandingChanged
from sunlit.domain.registry.models import Application, Declaration, SizeDeclaration, Supplier
from sunlit.domain.rulebook import queries as rulebook
from sunlit.domain.rulebook.rules import Ruling
from sunlit.domain.rulebook.rules.facts import INDUSTRIES, SIZES
from sunlit.domain.rulebook.rules.templates import NO_TEMPLATE, read, values_digest
from sunlit.foundation.access import holds
from sunlit.foundation.accounts import queries as accounts
from sunlit.foundation.accounts import services as people
from sunlit.foundation.accounts.actors import CLOCK, Actor
from sunlit.foundation.accounts.models import Organisation, Region, User
from sunlit.foundation.files.models import File
from sunlit.foundation.kernel import credit_code as credit_codes
from sunlit.foundation.kernel import money
from sunlit.foundation.kernel.clock import local_day
from sunlit.foundation.kernel.limits import NAME_CHARS
from sunlit.foundation.kernel.numbering import new_number
from sunlit.foundation.kernel.paging import row_id
from sunlit.foundation.kernel.refusals import Problem, Refused, check
from sunlit.foundation.ledger import sentences
from sunlit.foundation.ledger.services import record
from sunlit.foundation.lifecycle import NOT_NOW, NOT_YOURS, STALE, digest, move
from sunlit.foundation.outbox.events import announce

OPEN: Final = ("draft", "submitted", "returned")
ADMITTED_ROLES: Final = ("admin", "sales", "catalog", "finance")
DUE_MOST: Final = 200
DOCUMENTS_MOST: Final = 20
STAFF_MOST: Final = 1_000_000
TEXTS: Final = ("name_zh", "name_en", "legal_representative", "contact", "phone", "address")

SIZE_GRANT: Final = holds("admin", of="organisation_id")

sentences.say(
    "supplier.declare_size",
    _("{organisation} declared the size of supplier {number} by the figures of {year}: it counts as {counts_as}"),
    words={"counts_as": SIZES},
)

sentences.say("supplier.declare", _("{organisation} made declaration {declaration}, “{title}”, as supplier {number}"))


# Entry


@transaction.atomic
def begin_application(
    *, credit_code: str, name_zh: str, region_code: str, by: Actor, at: datetime, documents: Sequence[File] = (), **more: Any
) -> Application:
    """A draft of a supplier's wish to enter; whoever is signed in may begin one. `more`: name_en, legal_representative, contact, phone, address, staff, category_codes.

    Refused: USC-001 … USC-003 the credit code, REG-009 it is admitted or under review, REG-011 the region, REG-015 … REG-017 a field, LIF-002 nobody is signed in.
    """
    told, problems = _told({"credit_code": credit_code, "name_zh": name_zh, "region_code": region_code, **more})
    check([*problems, *_documents_fit(documents, by), *_code_is_free(told.get("credit_code", ""))])
    if by.user_id is None:
        raise Refused(Problem(NOT_YOURS, {"verb": states.application.moves["begin"].label, "who": states.applicant.name}))
    made = Application(number=new_number("RZ", at), applicant_id=by.user_id, created_at=at, **told)
    try:
        with transaction.atomic():
            made = move(made, "begin", by=by, at=at)
    except IntegrityError:  # another person began at the same instant
        raise Refused(Problem(rules.CREDIT_CODE_TAKEN, {"code": told["credit_code"]}, on="credit_code")) from None
    made.documents.set(documents)
    return made


@transaction.atomic
def edit_application(
    it: Application, *, by: Actor, at: datetime, documents: Sequence[File] | None = None, expected: int | None = None, **changes: Any
) -> Application:
    """Rewrite a draft or a returned application; `documents` None keeps them. Refused as `begin_application`, LIF-001 it is under review."""
    told, problems = _told(changes)
    code = told.get("credit_code", it.credit_code)
    taken = _code_is_free(code) if code != it.credit_code else ()
    check([*problems, *_documents_fit(documents or (), by), *taken])
    it = move(it, "edit", by=by, at=at, change=told, facts={"changed": sorted(told)}, expected=expected)
    if documents is not None:
        it.documents.set(documents)
    return it


@transaction.atomic
def submit_application(it: Application, *, by: Actor, at: datetime, expected: int | None = None) -> Application:
    """Hand the application to the regulator of its region. Refused: REG-002 … REG-004 something is missing, REG-009 admitted meanwhile."""
    check(_is_not_admitted(it.credit_code))
    documents = list(it.documents.order_by("pk").values_list("sha256", flat=True))
    until = rulebook.deadline("registry.review_limit", start=at, region_path=it.region_path, on=local_day(at))
    facts = {"documents": documents, "credit_code": it.credit_code}
    return move(
        it, "submit", by=by, at=at, change={"review_until": until, "reason": ""}, facts=facts, expected=expected, announces=_submitted
    )


def withdraw_application(it: Application, *, by: Actor, at: datetime, expected: int | None = None) -> Application:
    return move(it, "withdraw", by=by, at=at, expected=expected)


@transaction.atomic
def approve_application(it: Application, *, by: Actor, at: datetime, expected: int | None = None) -> Application:
    """Admit the supplier: its organisation, its standing, and the applicant's seat in it. Refused: REG-009 it is admitted already, LIF-001, LIF-002, LIF-003."""
    held = Application.objects.select_for_update(of=("self",)).select_related("region", "applicant").get(pk=it.pk)
    _may_decide(held, "approve", by, expected)
    check(_is_not_admitted(held.credit_code))
    organisation = people.set_up_organisation(
        kind="supplier",
        number=new_number("GY", at),
        name_zh=held.name_zh,
        name_en=held.name_en,
        credit_code=held.credit_code,
        region=held.region,
        contact=held.contact,
        phone=held.phone,
        address=held.address,
        by=by,
        at=at,
    )
    admitted = Supplier(
        number=organisation.number,
        region_path=held.region_path,
        organisation=organisation,
        category_codes=held.category_codes,
        staff=held.staff,
        admitted_at=at,
    )
    admitted = move(admitted, "admit", by=by, at=at, facts={"application": held.number})
    people.give_seat(organisation, user=held.applicant, roles=ADMITTED_ROLES, by=by, at=at)
    change = {"supplier_id": admitted.pk, "reason": ""}
    return move(held, "approve", by=by, at=at, change=change, facts={"supplier": admitted.number}, announces=_decided("approve"))


def return_application(it: Application, *, reason: str, by: Actor, at: datetime, expected: int | None = None) -> Application:
    """Give it back to be completed. Refused: REG-001."""
    return _decide(it, "return", reason, by, at, expected)


def refuse_application(it: Application, *, reason: str, by: Actor, at: datetime, expected: int | None = None) -> Application:
    """Refused: REG-001."""
    return _decide(it, "refuse", reason, by, at, expected)


# Standing


def suspend(it: Supplier, *, until: datetime, reason: str, by: Actor, at: datetime, expected: int | None = None) -> Supplier:
    """No new orders and listings until the term ends. Refused: REG-001 no reason, REG-005 the term lies behind."""
    told = {"reason": reason.strip(), "until": last_day(until)}
    change = {"reason": reason.strip(), "suspended_until": until}
    return move(
        it, "suspend", by=by, at=at, change=change, facts=told, handed={"ends_at": until}, expected=expected, announces=_stands("suspend")
    )


def reinstate(it: Supplier, *, reason: str, by: Actor, at: datetime, expected: int | None = None) -> Supplier:
    """End a suspension early. Refused: REG-001."""
    told = {"reason": reason.strip()}
    return move(
        it,
        "reinstate",
        by=by,
        at=at,
        change={**told, "suspended_until": None},
        facts=told,
        expected=expected,
        announces=_stands("reinstate"),
    )


def leave(it: Supplier, *, open_orders: int, by: Actor, at: datetime, expected: int | None = None) -> Supplier:
    """The supplier leaves; the portal asks the market how many orders are open. Refused: REG-007 some are."""
    return move(it, "leave", by=by, at=at, facts={"open_orders": open_orders}, expected=expected, announces=_stands("leave"))


def readmit(it: Supplier, *, by: Actor, at: datetime, expected: int | None = None) -> Supplier:
    """Let a supplier that left come back."""
    change = {"left_at": None, "reason": ""}
    return move(it, "readmit", by=by, at=at, change=change, expected=expected, announces=_stands("readmit"))


def serve_out_due(*, at: datetime) -> int:
    """End the suspensions whose term is over; returns how many. Called by the clock."""
    due = Supplier.objects.filter(state=states.SUSPENDED, suspended_until__lte=at).order_by("suspended_until", "pk")[:DUE_MOST]
    return sum(_served_out(it, at) for it in due)


def _served_out(it: Supplier, at: datetime) -> int:
    try:
        move(it, "serve_out", by=CLOCK, at=at, change={"reason": "", "suspended_until": None}, announces=_stands("serve_out"))
    except Refused:  # lifted or prolonged at this moment
        return 0
    return 1


def set_ratings(organisation_id: int, *, count: int, points: int) -> None:
    """Keep what buyers said beside the standing: how many ratings, and the stars of their three criteria added up. Told twice, it stays the same."""
    Supplier.objects.filter(organisation_id=organisation_id).update(ratings=count, rating_sum=points)


def set_up_buyer(
    *, name_zh: str, region: Region, by: Actor, at: datetime, name_en: str = "", credit_code: str = "", **more: Any
) -> Organisation:
    """A buyer of the region, by its regulator or the operator. Refused: ACC-008 no name, ACC-010 not by you, USC-001 … USC-003, REG-009 the code is taken."""
    code = credit_codes.normal(credit_code)
    problems = [wrong] if code and (wrong := credit_codes.validate(code)) else []
    if code and Organisation.objects.filter(kind="buyer", credit_code=code).exists():
        problems.append(Problem(rules.CREDIT_CODE_TAKEN, {"code": code}, on="credit_code"))
    check(problems)
    return people.set_up_organisation(
        kind="buyer", number=new_number("CG", at), name_zh=name_zh, name_en=name_en, credit_code=code, region=region, by=by, at=at, **more
    )


# Size


@transaction.atomic
def declare_size(
    it: Supplier,
    *,
    year: str | int,
    industry: str,
    staff: str | int,
    revenue: str | Decimal,
    assets: str | Decimal,
    by: Actor,
    at: datetime,
    large_affiliate: bool = False,
    prison_proof: str = "",
    disabled_staff: str | int = 0,
    truthful: bool = False,
) -> SizeDeclaration:
    """The supplier declares its figures, the rulebook tells its size (中小企业声明函; 工信部联企业〔2011〕300号). Money in yuan.

    Refused: LIF-002 not its administrator, REG-020 … REG-024, REG-015 a text too long.
    """
    if not SIZE_GRANT.allows(by, it) or by.user_id is None:
        raise Refused(Problem(NOT_YOURS, {"verb": _("Declare the size"), "who": SIZE_GRANT.label}))
    figures = {"year": year, "industry": industry, "staff": staff, "revenue": revenue, "assets": assets}
    special: dict[str, Any] = {"large_affiliate": large_affiliate, "prison_proof": prison_proof, "disabled_staff": disabled_staff}
    judged = size_by_figures(figures, **special, truthful=truthful, region_path=it.region_path, on=local_day(at))
    made = SizeDeclaration.objects.create(
        supplier=it,
        **judged.figures,
        disabled_staff=judged.disabled_staff,
        large_affiliate=large_affiliate,
        prison_proof=prison_proof.strip(),
        size=judged.size,
        counts_as=judged.counts_as,
        rulings=[ruling.to_json() for ruling in judged.rulings],
        declared_at=at,
        declared_by_id=by.user_id,
    )
    size, taken_for = judged.size, judged.counts_as
    content = {**judged.figures, "disabled_staff": judged.disabled_staff, "affiliate": large_affiliate, "prison": made.prison_proof}
    told = {"number": it.number, "organisation": by.organisation_name, "actor": by.user_name, "size": size, "counts_as": taken_for}
    facts = {**told, "year": made.year, "digest": digest(content)}
    record(act="supplier.declare_size", subject=f"supplier/{it.number}", by=by, at=at, facts=facts, region=it.region_path)
    announce(SizeDeclared(it.number, it.organisation_id, taken_for))
    return made


@dataclass(frozen=True)
class Sized:
    """Figures of an enterprise as they were read, and the size that the rulebook tells by them."""

    figures: Mapping[str, Any]  # year, industry, staff, revenue, assets
    disabled_staff: int
    size: str
    counts_as: str
    rulings: tuple[Ruling, ...]


def size_by_figures(
    told: Mapping[str, Any],
    *,
    large_affiliate: bool = False,
    prison_proof: str = "",
    disabled_staff: str | int = 0,
    truthful: bool,
    region_path: str,
    on: date,
) -> Sized:
    """Read the figures of an enterprise (year, industry, staff, revenue, assets; money in yuan) and have the rulebook judge them.

    Refused: REG-020 … REG-024, REG-015 a text too long.
    """
    problems: list[Problem] = []
    figures = {
        "staff": _figure("staff", told["staff"], STAFF_MOST, problems),
        "disabled_staff": _figure("disabled_staff", disabled_staff or 0, STAFF_MOST, problems),
    }
    sums = {"revenue": _sum("revenue", told["revenue"], problems), "assets": _sum("assets", told["assets"], problems)}
    year, industry, years = str(told["year"]).strip(), str(told["industry"]), queries.figures_years(region_path, on=on)
    problems += _declarable(on, years, year, industry, figures, prison_proof, truthful)
    check(problems)
    sized = rulebook.decide("sme.size", {"industry": industry, "staff": figures["staff"], **sums}, region_path=region_path, on=on)
    cared = rulebook.decide("enterprise.welfare", figures, region_path=region_path, on=on)
    size = str(sized[0].outcome["size"][0])
    taken_for = rules.counts_as(size, large_affiliate=large_affiliate, prison=bool(prison_proof.strip()), welfare=bool(cared))
    as_read = {"year": int(year), "industry": industry, "staff": figures["staff"], **sums}
    return Sized(as_read, figures["disabled_staff"], size, taken_for, (*sized, *cared))


def _declarable(
    day: date, years: int, year: str, industry: str, figures: Mapping[str, int], prison_proof: str, truthful: bool
) -> Iterator[Problem]:
    if industry not in INDUSTRIES:
        yield Problem(rules.INDUSTRY_UNKNOWN, {"value": industry}, on="industry")
    if year not in {str(day.year - ago) for ago in range(1, years + 1)}:
        yield Problem(rules.YEAR_WRONG, {"value": year, "years": years}, on="year")
    if figures["disabled_staff"] > figures["staff"]:
        told = {"disabled": figures["disabled_staff"], "staff": figures["staff"]}
        yield Problem(rules.MORE_THAN_STAFF, told, on="disabled_staff")
    if len(prison_proof) > NAME_CHARS:
        yield Problem(rules.TEXT_LONG, {"most": NAME_CHARS}, on="prison_proof")
    if not truthful:
        yield Problem(rules.TRUTH_MISSING, on="truthful")


def _figure(name: str, given: str | int, most: int, problems: list[Problem]) -> int:
    text = str(given).strip()
    if text.isascii() and text.isdecimal() and len(text) <= len(str(most)) and int(text) <= most:
        return int(text)
    problems.append(Problem(rules.FIGURE_WRONG, {"value": text, "most": most}, on=name))
    return 0


def _sum(name: str, given: str | Decimal, problems: list[Problem]) -> Decimal:
    try:
        amount = money.yuan(str(given).strip())
    except money.NotMoney:
        amount = Decimal(-1)
    if amount < 0:
        problems.append(Problem(rules.FIGURE_WRONG, {"value": str(given), "most": money.show(money.MOST)}, on=name))
    return amount


@transaction.atomic
def declare(it: Supplier, kind: str, typed: Mapping[str, Any], *, by: Actor, at: datetime) -> Declaration:
    """The supplier fills in one of `queries.declaration_templates` for a purchase (财库〔2020〕46号, 政府采购法 art. 22).

    Refused: LIF-002 not its administrator, TPL-001 there is no such template, TPL-… at their fields, REG-025, REG-026 a size that the figures deny.
    """
    if not SIZE_GRANT.allows(by, it) or by.user_id is None:
        raise Refused(Problem(NOT_YOURS, {"verb": _("Declare"), "who": SIZE_GRANT.label}))
    day = local_day(at)
    template = queries.declaration_templates(it, on=day).get(kind)
    if template is None:
        raise Refused(Problem(NO_TEMPLATE, {"key": kind, "region": it.region_path, "day": day}))
    read_as = read(template, typed)
    check([*read_as.problems, *_sizes_agree(it, read_as.values.get("items", ()), day)])
    made = Declaration.objects.create(
        number=new_number("SM", at),
        supplier=it,
        template_id=template.id,
        answers=read_as.values,
        digest=values_digest(template, read_as.values),
        declared_at=at,
        declared_by_id=by.user_id,
    )
    told = {"number": it.number, "organisation": by.organisation_name, "actor": by.user_name, "declaration": made.number}
    facts = {**told, "title": template.title.zh, "template": template.digest, "digest": made.digest}
    record(act="supplier.declare", subject=f"supplier/{it.number}", by=by, at=at, facts=facts, region=it.region_path)
    return made


def _sizes_agree(it: Supplier, rows: Sequence[Mapping[str, Any]], day: date) -> Iterator[Problem]:
    """No row claims a size that its own figures deny, nor one of the supplier itself that its declared figures deny."""
    last = queries.size_of(it)
    for row, told in enumerate(rows):
        if not all(told.get(name) for name in ("size", "industry", "enterprise")):
            continue  # a declaration that is not of sizes, or a row that says none and is told so at its field
        claimed = str(told["size"])
        figures = [told.get(name) for name in ("staff", "revenue", "assets")]
        if all(figures):
            staff, revenue, assets = (Decimal(str(figure)) for figure in figures)
            facts = {"industry": told["industry"], "staff": int(staff), "revenue": revenue * 10_000, "assets": assets * 10_000}
            [size, *_rest] = rulebook.decide("sme.size", facts, region_path=it.region_path, on=day)[0].outcome["size"]
            if size != claimed:
                told_of = {"row": row + 1, "enterprise": told["enterprise"], "size": SIZES[size], "claimed": SIZES[claimed]}
                yield Problem(rules.OTHER_SIZE, told_of, on=f"items.{row}.size")
        if last is not None and told["enterprise"] == it.organisation.name_zh and claimed != last.counts_as:
            told_of = {"row": row + 1, "size": SIZES[last.counts_as], "claimed": SIZES[claimed]}
            yield Problem(rules.OWN_OTHER_SIZE, told_of, on=f"items.{row}.size")


# How it is done


def _told(given: Mapping[str, Any]) -> tuple[dict[str, Any], list[Problem]]:
    """The fields of an application in their normal form, and everything that is wrong with them."""
    told: dict[str, Any] = {name: " ".join(str(given[name] or "").replace("\x00", "").split()) for name in TEXTS if name in given}
    problems = [Problem(rules.TEXT_LONG, {"most": NAME_CHARS}, on=name) for name, text in told.items() if len(text) > NAME_CHARS]
    if "credit_code" in given:
        told["credit_code"] = credit_codes.normal(str(given["credit_code"]))
        if wrong := credit_codes.validate(told["credit_code"]):
            problems.append(wrong)
    if "region_code" in given:
        region = accounts.region(str(given["region_code"]))
        if region is None:
            problems.append(Problem(rules.REGION_UNKNOWN, {"code": given["region_code"]}, on="region_code"))
        else:
            told |= {"region_id": region.pk, "region_path": region.path}
    if "staff" in given:
        told["staff"] = _staff(given["staff"], problems)
    if "category_codes" in given:
        told["category_codes"] = sorted({str(code).strip() for code in given["category_codes"] if str(code).strip()})
        problems += (
            Problem(rules.CATEGORY_UNKNOWN, {"code": code}, on="category_codes") for code in told["category_codes"] if not _is_code(code)
        )
    return told, problems


def _is_code(code: str) -> bool:
    """The form of a category code; the tree itself belongs to a later stage."""
    return code[:1] in ("A", "B", "C") and (code[1:] == "" or (len(code) == 9 and code[1:].isascii() and code[1:].isdigit()))


def _staff(value: Any, problems: list[Problem]) -> int:
    text = str(value or "0").strip()
    if (staff := row_id(text)) is None or staff > STAFF_MOST:
        problems.append(Problem(rules.STAFF_WRONG, {"value": text[:40], "most": STAFF_MOST}, on="staff"))
        return 0
    return staff


def _documents_fit(documents: Iterable[File], by: Actor) -> Iterator[Problem]:
    """Files that this person uploaded; a person without an organisation keeps them under none."""
    kept = list(documents)
    if len(kept) > DOCUMENTS_MOST:
        yield Problem(rules.TOO_MANY_DOCUMENTS, {"most": DOCUMENTS_MOST}, on="documents")
    if any(file.kept_by_id != by.user_id for file in kept):
        yield Problem(rules.DOCUMENT_UNKNOWN, on="documents")


def _code_is_free(code: str) -> Iterator[Problem]:
    if Application.objects.filter(credit_code=code, state__in=OPEN).exists():
        yield Problem(rules.CREDIT_CODE_TAKEN, {"code": code}, on="credit_code")
    else:
        yield from _is_not_admitted(code)


def _is_not_admitted(code: str) -> Iterator[Problem]:
    if Organisation.objects.filter(kind="supplier", credit_code=code).exists():
        yield Problem(rules.CREDIT_CODE_TAKEN, {"code": code}, on="credit_code")


def _may_decide(it: Application, verb: str, by: Actor, expected: int | None) -> None:
    """Asked before anything is made for an approval; the move asks again."""
    step = states.application.moves[verb]
    if expected is not None and expected != it.version:
        raise Refused(Problem(STALE, {"number": it.number}))
    if it.state not in step.origins:
        raise Refused(Problem(NOT_NOW, {"verb": step.label, "number": it.number, "state": states.application.states[it.state]}))
    if not step.by.allows(by, it):
        raise Refused(Problem(NOT_YOURS, {"verb": step.label, "who": step.by.name}))


def _decide(it: Application, verb: str, reason: str, by: Actor, at: datetime, expected: int | None) -> Application:
    told = {"reason": reason.strip()}
    return move(it, verb, by=by, at=at, change=told, facts=told, expected=expected, announces=_decided(verb))


def _submitted(it: Application) -> list[ApplicationSubmitted]:
    return [ApplicationSubmitted(number=it.number, region_path=it.region_path, version=it.version)]


def _decided(verb: str) -> Callable[[Application], list[ApplicationDecided]]:
    return lambda it: [ApplicationDecided(number=it.number, applicant_id=it.applicant_id, verb=verb, reason=it.reason, version=it.version)]


def _stands(verb: str) -> Callable[[Supplier], list[StandingChanged]]:
    def announcements(it: Supplier) -> list[StandingChanged]:
        until = last_day(it.suspended_until).isoformat() if it.suspended_until else ""
        return [
            StandingChanged(
                number=it.number,
                organisation_id=it.organisation_id,
                verb=verb,
                state=it.state,
                reason=it.reason,
                until=until,
                version=it.version,
            )
        ]

    return announcements


def last_day(until: datetime) -> date:
    """The last day of a term that ends at this instant: midnight ends the day before it."""
    return local_day(until - timedelta(microseconds=1))


def applicant(user: User) -> Actor:
    """Somebody who is signed in and has no seat yet, so that a first application can be begun."""
    return Actor(user.pk, user.name_zh, None, "public", "", "public", "", frozenset())
