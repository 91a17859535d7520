"""What is asked of procurement plans: themselves, what the rulebook says of them, and what they reserve for small and medium-sized enterprises."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from django.db.models import Count, F, Prefetch, Q, QuerySet, Sum
from django.db.models.functions import Coalesce, Length

from sunlit.domain.catalog import queries as catalog
from sunlit.domain.catalog.models import Category
from sunlit.domain.planning import policies
from sunlit.domain.planning.models import BudgetQuota, Demand, Intention, IntentionItem, Plan, PlanItem, PlanLine, PlanObjection, PlanUse
from sunlit.domain.planning.queries import splitting
from sunlit.domain.planning.rules import plans as rules
from sunlit.domain.planning.rules.splitting import OPEN_TENDER, Part
from sunlit.domain.rulebook import queries as rulebook
from sunlit.domain.rulebook.queries import MethodChoice, Rule_, Ruling, judge, may_refuse
from sunlit.domain.rulebook.rules import LAWFUL
from sunlit.foundation.accounts import queries as accounts
from sunlit.foundation.accounts.actors import Actor
from sunlit.foundation.accounts.models import Organisation
from sunlit.foundation.kernel import money, regions
from sunlit.foundation.kernel.clock import local_day
from sunlit.foundation.kernel.limits import PAGE_ROWS, REASON_CHARS_LEAST
from sunlit.foundation.kernel.refusals import Problem, Refused

__all__ = [
    "MARKETPLACE",
    "PlanCheck",
    "PlanPage",
    "Reserves",
    "answer_until",
    "approving_office",
    "awaiting_approval",
    "check_plan",
    "form_of",
    "goes_on",
    "green_mandatory",
    "intention_items",
    "is_barred",
    "is_for_orders",
    "is_key_project",
    "methods_for",
    "needs_approval",
    "needs_consent",
    "needs_notice",
    "objection",
    "objections_nearly_due",
    "objections_of",
    "periods_of",
    "plan",
    "plan_counts",
    "plans_for_orders",
    "plans_nearly_due",
    "plans_on",
    "plans_page",
    "reserves",
    "settled_at",
    "standing_item",
    "start_of",
    "told_to_the_public",
    "uses_of",
]

MARKETPLACE: Final = "emall"
SPLITTING_NAMES: Final = {MARKETPLACE: "supermarket"}
"""What splitting calls a method where the name differs: orders of the marketplace count as they are placed."""
WHOLE: Final = {"goods": "NR-028", "services": "NR-028", "works": "NR-029"}
PERIODS: Final = {
    "open_tender": "TL-002",
    "invited_tender": "TL-002",
    "competitive_consultation": "TL-003",
    "competitive_negotiation": "TL-004",
    "inquiry": "TL-005",
    "single_source": "TL-036",
    "cooperative_innovation": "TL-055",
    MARKETPLACE: "order.supplier_confirm_limit",
}
"""The period that decides how long a method takes at least: for bids, for the public notice, or for the supplier's answer."""
COUNTED: Final = ("approval_asked", "filed", "approved", "executing", "done")
DUE_MOST: Final = 500
FORCE: Final = ("filed", "approved", "executing")


@dataclass(frozen=True)
class PlanPage:
    """A page of plans, newest first; `after` asks for the next one."""

    plans: list[Plan]
    after: int | None


@dataclass(frozen=True)
class PlanCheck:
    """The look at a whole plan: what is missing, and what the rulebook says of it."""

    problems: tuple[Problem, ...]
    rulings: tuple[Ruling, ...]

    @property
    def all_problems(self) -> list[Problem]:
        """What keeps the plan from going on: what is missing, and what the rulebook refuses."""
        return [*self.problems, *(ruling.problem() for ruling in self.rulings if ruling.verdict == "refused")]


@dataclass(frozen=True)
class Reserves:
    """What the plans of a year reserve for small and medium-sized enterprises, in yuan (财库〔2020〕46号 art. 7, 8).

    `large`: planned above the amount up to which a project is reserved as a whole; `small`: planned up to it, and what of it is reserved.
    """

    large: Decimal
    reserved: Decimal
    reserved_small: Decimal
    small: Decimal
    small_reserved: Decimal
    least_reserved: Rule_
    least_small: Rule_
    count: int

    @property
    def share(self) -> Decimal | None:
        return self.reserved / self.large if self.large else None

    @property
    def small_share(self) -> Decimal | None:
        return self.reserved_small / self.reserved if self.reserved else None

    @property
    def missing(self) -> Decimal:
        """How much more has to be reserved for the year as it stands."""
        return max(_fen(self.large * self.least_reserved.share) - self.reserved, money.ZERO)

    @property
    def missing_small(self) -> Decimal:
        """How much more of what is reserved has to go to small and micro enterprises."""
        return max(_fen(self.reserved * self.least_small.share) - self.reserved_small, money.ZERO)


# Plans


def plan(number: str, *, seen_by: Actor) -> Plan | None:
    """One plan with its items, lines and what was bought for it; None where the actor may not see it."""
    items = Prefetch("items", PlanItem.objects.select_related("category", "quota").order_by("position"))
    lines = Prefetch("lines", PlanLine.objects.select_related("quota").prefetch_related("uses").order_by("pk"))
    found = policies.plans_visible_to(seen_by).select_related(
        "buyer__region", "reviewer", "key_reviewer", "intention_item__intention", "lead_unit"
    )
    return found.prefetch_related(items, lines).filter(number=number).first()


def plans_page(
    *, seen_by: Actor, state: str = "", q: str = "", region_path: str = "", after: int | None = None, rows: int = PAGE_ROWS
) -> PlanPage:
    """The plans that the actor may see, newest first."""
    found = policies.plans_visible_to(seen_by).select_related("buyer__region")
    if state:
        found = found.filter(state=state)
    if q:
        found = found.filter(Q(number=q.strip().upper()) | Q(name__icontains=q) | Q(buyer__name_zh__icontains=q))
    if region_path:
        found = found.filter(Q(region_path=region_path) | Q(region_path__startswith=region_path + "/"))
    if after:
        found = found.filter(pk__lt=after)
    page = list(found.order_by("-pk")[: rows + 1])
    return PlanPage(page[:rows], page[rows - 1].pk if len(page) > rows else None)


def awaiting_approval(*, seen_by: Actor) -> QuerySet[Plan]:
    """The plans whose method waits for approval: to be counted."""
    return policies.plans_visible_to(seen_by).filter(state="approval_asked")


def plans_nearly_due(at: datetime, *, rows: int = DUE_MOST) -> list[Plan]:
    """Plans whose review or decision is due within the days of their region's rule, the nearest first."""
    terms = Q(state="in_review", review_until__gt=at) | Q(state="approval_asked", decide_until__gt=at)
    found = Plan.objects.filter(terms).order_by(Coalesce("decide_until", "review_until"), "pk")[:rows]
    return [it for it in found if (_due(it) - at) <= timedelta(days=_rule(it, "plan.remind_before", at).n)]


def _due(it: Plan) -> datetime:
    until = it.review_until if it.state == "in_review" else it.decide_until
    assert until is not None, "a plan that waits has its term"
    return until


def approving_office(region_path: str) -> int | None:
    """The office that decides on methods for a region: that of the prefecture it lies in, or of the nearest region above."""
    ranked = [it for it in accounts.regions() if it.level in rules.RANKS and regions.is_under(region_path, it.path)]
    offices = Organisation.objects.filter(kind="regulator", active=True, region__in=[it.pk for it in ranked])
    return offices.order_by(Length("region__path").desc(), "pk").values_list("pk", flat=True).first()


def plan_counts(*, seen_by: Actor) -> dict[str, int]:
    """How many of the plans that the actor may see are in each state."""
    return dict(policies.plans_visible_to(seen_by).order_by("state").values_list("state").annotate(n=Count("pk")))


def plans_for_orders(buyer_id: int) -> list[Plan]:
    """The plans of a buyer that buy in the marketplace and have money left, newest first, with lines and categories."""
    items = Prefetch("items", PlanItem.objects.select_related("category"))
    lines = Prefetch("lines", PlanLine.objects.select_related("quota").order_by("pk"))
    found = Plan.objects.filter(buyer_id=buyer_id, state__in=FORCE, method=MARKETPLACE).prefetch_related(items, lines)
    return [it for it in found.order_by("-pk")[:PAGE_ROWS] if is_for_orders(it)]


def is_for_orders(it: Plan) -> bool:
    """Orders of the marketplace can be placed for the plan: it is in force, names that method, and money is left."""
    return it.method == MARKETPLACE and goes_on(it) and any(line.left for line in it.lines.all())


def goes_on(it: Plan) -> bool:
    """The plan is in force, and what comes back to it lies for it again."""
    return it.state in FORCE


def plans_on(it: Intention) -> list[str]:
    """The numbers of the plans that go on and rest on a notice, oldest first."""
    found = Plan.objects.filter(intention_item__intention=it).exclude(state__in=("draft", "refused", "done", "withdrawn"))
    return list(found.order_by("pk").values_list("number", flat=True)[:PAGE_ROWS])


def uses_of(it: Plan) -> list[PlanUse]:
    """What was bought for the plan, in its order."""
    return list(PlanUse.objects.filter(line__plan=it).select_related("line__quota").order_by("at", "pk"))


def settled_at(it: Plan) -> datetime | None:
    """When the demand that the plan names was settled."""
    return Demand.objects.filter(number=it.demand_number, buyer_id=it.buyer_id).values_list("settled_at", flat=True).first()


# Intentions


def intention_items(buyer_id: int) -> list[IntentionItem]:
    """The published projects on which a plan may rest, newest notice first."""
    found = IntentionItem.objects.filter(intention__buyer_id=buyer_id, intention__state="published")
    return list(found.select_related("intention").order_by("-intention_id", "position")[: 2 * PAGE_ROWS])


def standing_item(item: IntentionItem) -> IntentionItem | None:
    """The project as the public reads it now: itself, or the same in a correction; None when it does not stand any more."""
    notice = item.intention
    while notice.state == "replaced":
        later = notice.corrections.exclude(state="discarded").first()
        same = next((it for it in later.items.all() if it.content == item.content), None) if later else None
        if later is None or same is None:
            return None
        notice, item = later, same
    return item if notice.state == "published" else None


def start_of(item: IntentionItem, *, region_path: str, on: date) -> date:
    """The first day on which the purchase of a published project may begin (TL-001)."""
    rule = rulebook.rule("TL-001", region_path=region_path, on=on)
    assert item.public_since is not None, "the project is public"
    return local_day(item.public_since) + timedelta(days=rule.n)


# How it may be bought


def methods_for(it: Plan, grounds: Sequence[str], at: datetime) -> list[MethodChoice]:
    """Every method, whether it is lawful for the plan on the grounds that the buyer claims, and why."""
    facts: dict[str, Any] = {"object": it.kind, "amount": it.total, "in_catalogue": _in_catalogue(it, at), "grounds": sorted(set(grounds))}
    facts |= {"added": it.added or money.ZERO, "original": it.original or money.ZERO}
    return rulebook.lawful_methods(facts, region_path=it.region_path, on=local_day(at))


def chosen(it: Plan, at: datetime) -> MethodChoice | None:
    """What the rulebook says of the method that the plan names."""
    return next((choice for choice in methods_for(it, it.grounds, at) if choice.method == it.method), None)


def is_barred(choice: MethodChoice) -> bool:
    """The law forbids it. Where only figures that nobody verified speak against a method, the buyer is warned and decides."""
    return any(ruling.verdict == "refused" for ruling in choice.rulings)


def periods_of(it: Plan, at: datetime) -> dict[str, Rule_]:
    """How long each method takes at least."""
    return {method: _rule(it, key, at) for method, key in PERIODS.items()}


def form_of(it: Plan, at: datetime) -> str:
    """The organisation form that follows from the catalogue."""
    return "central" if _in_catalogue(it, at) else "dispersed"


def needs_approval(it: Plan, at: datetime) -> bool:
    """The finance bureau of the prefecture must approve the method before the purchase begins (政府采购法 art. 27)."""
    choice = chosen(it, at)
    return choice is not None and "approval" in choice.needs and choice.approver == "prefecture_finance"


def needs_consent(it: Plan, at: datetime) -> bool:
    """The lead unit's consent comes before the filing (财库〔2024〕13号)."""
    choice = chosen(it, at) if it.method else None
    return choice is not None and "approval" in choice.needs and choice.approver == "lead_unit"


def lead_unit_of(buyer_id: int) -> int | None:
    """Whose consent the buyer's plans had last: its lead budget unit, as far as the platform knows."""
    found = Plan.objects.filter(buyer_id=buyer_id, consented_at__isnull=False).order_by("-consented_at", "-pk")
    return found.values_list("lead_unit_id", flat=True).first()


def needs_notice(it: Plan, at: datetime) -> bool:
    """The single source is told to the public before its approval is asked for (条例 art. 38)."""
    choice = chosen(it, at) if it.method else None
    return choice is not None and "public_notice" in choice.needs


def objections_of(it: Plan) -> list[PlanObjection]:
    """What suppliers have against the single source as it is told now, the first first."""
    return list(it.objections.filter(noticed_at=it.noticed_at).select_related("organisation")) if it.noticed_at else []


def answer_until(it: Plan) -> datetime | None:
    """Until when objections to the single source are considered anew and answered: some days from the end of its notice (74号令 art. 40)."""
    if it.notice_until is None:
        return None
    ended = it.notice_until - timedelta(microseconds=1)  # on the last day of the notice, which the term does not count
    return rulebook.deadline("TL-037", start=ended, region_path=it.region_path, on=local_day(ended))


def objections_nearly_due(at: datetime, *, rows: int = DUE_MOST) -> list[tuple[Plan, datetime]]:
    """Plans with an objection that nobody answered yet, as their term comes near, each with its term."""
    waits = Q(objections__answered_at=None, objections__noticed_at=F("noticed_at"))
    found = Plan.objects.filter(waits, state="reviewed", notice_until__lte=at).distinct().order_by("notice_until", "pk")[:rows]
    terms = [(it, until) for it in found if (until := answer_until(it)) is not None and until > at]
    return [(it, until) for it, until in terms if until - at <= timedelta(days=_rule(it, "plan.remind_before", at).n)]


def objection(it: Plan, pk: int) -> PlanObjection | None:
    """One that waits for its answer."""
    return next((each for each in objections_of(it) if each.pk == pk and each.answered_at is None), None)


def told_to_the_public(number: str) -> Plan | None:
    """The plan whose single source can be objected to, whoever asks."""
    return Plan.objects.filter(number=number, state="reviewed", noticed_at__isnull=False).first()


def is_key_project(it: Plan, at: datetime) -> bool:
    """Survey and key review are compulsory (财库〔2021〕22号 art. 11)."""
    return any("key_review" in ruling.outcome.get("needs", ()) for ruling in _survey(it, at))


def green_mandatory(codes: Sequence[str], *, region_path: str, on: date) -> list[str]:
    """Which of these categories may be bought only with a valid certificate (财库〔2019〕9号)."""
    try:
        listed = rulebook.rule("green.mandatory", region_path=region_path, on=on).words
    except Refused:  # no list is in force there
        return []
    return [code for code in codes if not set(listed).isdisjoint(step.code for step in catalog.tree().line(code))]


def check_plan(it: Plan, at: datetime) -> PlanCheck:
    """The look at the whole plan. Give it one with its items, their categories and quotas, and the notice that it rests on."""
    items = list(it.items.all())
    missing = [*_missing_what(it, at), *_missing_money(items), *_missing_how(it), *_missing_policy(it)]
    said = [*_intention(it, at), *_survey(it, at), *_form(it, items, at), *_set_aside(it, at)]
    choice = chosen(it, at) if it.method else None
    said += choice.rulings if choice else ()
    return PlanCheck(tuple(missing), (*said, *_split(it, items, at)))


# Reserved for small and medium-sized enterprises


def reserves(*, region_path: str, year: int, at: datetime, buyer_id: int | None = None, but: int | None = None) -> Reserves:
    """What the plans of a year reserve: of one buyer, or of a region with those below it. One query."""
    book = {key: rulebook.rule(key, region_path=region_path, on=local_day(at)) for key in ("NR-028", "NR-029", "NR-030", "NR-031")}
    here = Q(buyer_id=buyer_id) if buyer_id else Q(region_path=region_path) | Q(region_path__startswith=region_path + "/")
    within = Q(kind="works", total__lte=book["NR-029"].yuan) | (~Q(kind="works") & Q(total__lte=book["NR-028"].yuan))
    found = Plan.objects.filter(here, state__in=COUNTED, starts_on__year=year).exclude(method=MARKETPLACE)
    found = found.exclude(pk=but) if but else found
    figures: dict[str, Any] = found.aggregate(
        in_large=Sum("total", filter=~within), large_reserved=Sum("reserved", filter=~within),
        for_small=Sum("reserved_small", filter=~within), in_small=Sum("total", filter=within),
        whole=Sum("reserved", filter=within), count=Count("pk"),
    )  # fmt: skip
    sums = {name: value or money.ZERO for name, value in figures.items()}
    return Reserves(
        sums["in_large"], sums["large_reserved"], sums["for_small"], sums["in_small"], sums["whole"],
        least_reserved=book["NR-030"], least_small=book["NR-031"], count=figures["count"],
    )  # fmt: skip


# What is missing


def _missing_what(it: Plan, at: datetime) -> Iterator[Problem]:
    if it.starts_on is None:
        yield Problem(rules.START_MISSING, on="starts_on")
    if it.no_intention == "urgent" and len(it.no_intention_reason) < REASON_CHARS_LEAST:
        yield Problem(rules.INTENTION_REASON, {"least": REASON_CHARS_LEAST}, on="no_intention_reason")
    if it.intention_item and standing_item(it.intention_item) is None:
        yield Problem(rules.INTENTION_LOST, {"number": it.intention_item.intention.number}, on="intention_item")
    if it.demand_number and not _demand_stands(it):
        yield Problem(rules.DEMAND_LOST, {"number": it.demand_number}, on="demand")
    if not it.demand_number and any(ruling.evidence in LAWFUL for ruling in _survey(it, at)):
        yield Problem(rules.DEMAND_MISSING, on="demand")


def _missing_money(items: Sequence[PlanItem]) -> Iterator[Problem]:
    wanted: dict[int, Decimal] = {}
    quotas: dict[int, BudgetQuota] = {}
    for item in items:
        if item.quota is None:
            yield Problem(rules.QUOTA_MISSING, {"row": item.position}, on=f"quota_{item.position}")
        else:
            wanted[item.quota.pk] = wanted.get(item.quota.pk, money.ZERO) + item.amount
            quotas[item.quota.pk] = item.quota
    for pk, amount in wanted.items():
        if amount > quotas[pk].available:
            told = {"quota": quotas[pk].number, "available": quotas[pk].available, "wanted": amount}
            position = next(item.position for item in items if item.quota_id == pk)
            yield Problem(rules.QUOTA_SHORT, told, on=f"quota_{position}")


def _missing_how(it: Plan) -> Iterator[Problem]:
    if not it.form:
        yield Problem(rules.FORM_MISSING, on="form")
    if not it.method:
        yield Problem(rules.METHOD_MISSING, on="method")
    if it.grounds and len(it.ground_reason) < REASON_CHARS_LEAST:
        yield Problem(rules.GROUND_MISSING, {"least": REASON_CHARS_LEAST}, on="ground_reason")


def _missing_policy(it: Plan) -> Iterator[Problem]:
    if it.method != MARKETPLACE:
        if not it.set_aside:
            yield Problem(rules.SET_ASIDE_MISSING, on="set_aside")
        elif it.set_aside == "none" and (not it.exemption or len(it.exemption_reason) < REASON_CHARS_LEAST):
            yield Problem(rules.EXEMPTION_MISSING, {"least": REASON_CHARS_LEAST}, on="exemption_reason")
    if it.imported and not (it.authorisation and it.authorisation_file_id):
        yield Problem(rules.AUTHORISATION_MISSING, on="authorisation")


def _demand_stands(it: Plan) -> bool:
    return Demand.objects.filter(number=it.demand_number, buyer_id=it.buyer_id, state="settled").exists()


# What the rulebook says


def _rule(it: Plan, key: str, at: datetime, kind: str = "") -> Rule_:
    return rulebook.rule(key, region_path=it.region_path, kind=kind, on=local_day(at))


def _intention(it: Plan, at: datetime) -> Iterator[Ruling]:
    """TL-001, for what the catalogue or the threshold makes a procurement of the law."""
    rule = _rule(it, "TL-001", at)
    if it.no_intention or it.starts_on is None:
        return
    if it.total < _rule(it, "threshold.procurement", at, it.kind).yuan and not _in_catalogue(it, at):
        return
    item = standing_item(it.intention_item) if it.intention_item else None
    if item is None:
        yield judge(rule, ok=False, hard=True, reason=rules.NO_INTENTION, figures={"days": rule.n})
        return
    yield from _fits_its_intention(it, item, rule)
    assert item.public_since is not None, "a notice that stands is public"
    earliest = start_of(item, region_path=it.region_path, on=local_day(at))
    told = {"since": local_day(item.public_since), "days": rule.n, "earliest": earliest, "starts": it.starts_on}
    yield judge(rule, ok=it.starts_on >= earliest, hard=True, reason=rules.INTENTION_LATE, figures=told)


def _fits_its_intention(it: Plan, item: IntentionItem, rule: Rule_) -> Iterator[Ruling]:
    """What is planned is what was told: within its budget, and of its kind as far as names tell (财库〔2020〕10号: what changes is told anew)."""
    told = {"number": item.intention.number, "total": it.total, "budget": item.budget}
    if it.total > item.budget:
        yield judge(rule, ok=False, hard=False, reason=rules.OVER_INTENTION, figures=told)
    strange = [each.name for each in it.items.all() if not rules.speaks_of(f"{item.name}{item.outline}", each.name, each.category.name_zh)]
    if strange:
        figures = {"number": item.intention.number, "project": item.name, "objects": "、".join(strange)}
        yield judge(rule, ok=False, hard=False, reason=rules.OTHER_INTENTION, figures=figures)


def _survey(it: Plan, at: datetime) -> list[Ruling]:
    """Why the project needs a survey and the key review (财库〔2021〕22号 art. 11); nothing where it does not."""
    facts = {"object": it.kind, "amount": it.total, "public_interest": it.public_interest, "complex_need": it.complex or it.imported}
    return rulebook.decide("demand.survey", facts, region_path=it.region_path, on=local_day(at))


def _form(it: Plan, items: Sequence[PlanItem], at: datetime) -> Iterator[Ruling]:
    """What stands in the catalogue is organised centrally."""
    if not it.form or (rule := _catalogue(it, at)) is None:
        return
    for item in items:
        if _under(item.category, rule):
            told = {"category": item.category.name_zh}
            yield judge(rule, ok=it.form == "central", hard=True, reason=rules.NOT_CENTRAL, figures=told)


def _set_aside(it: Plan, at: datetime) -> Iterator[Ruling]:
    """Reserved as a whole up to an amount; above it the shares count over the year, so that one plan alone is only told."""
    if it.method == MARKETPLACE or not it.set_aside:
        return
    whole = _rule(it, WHOLE[it.kind], at)
    if it.total <= whole.yuan:
        threshold = _rule(it, "threshold.procurement", at, it.kind)
        if it.total >= threshold.yuan:
            ok = it.set_aside == "whole" or bool(it.exemption)
            yield judge(
                whole, ok=ok, hard=may_refuse(threshold), reason=rules.NOT_RESERVED, figures={"total": it.total, "limit": whole.yuan}
            )
        return
    if it.exemption:
        return
    least, small = _rule(it, "NR-030", at), _rule(it, "NR-031", at)
    figures = {"reserved": it.reserved, "total": it.total, "percent": _percent(it.reserved, it.total), "least": str(least.percent)}
    yield judge(least, ok=it.reserved >= _fen(it.total * least.share), hard=False, reason=rules.RESERVED_SHORT, figures=figures)
    if it.reserved:
        figures = {"small": it.reserved_small, "percent": _percent(it.reserved_small, it.reserved), "least": str(small.percent)}
        yield judge(small, ok=it.reserved_small >= _fen(it.reserved * small.share), hard=False, reason=rules.SMALL_SHORT, figures=figures)


def _split(it: Plan, items: Sequence[PlanItem], at: datetime) -> Iterator[Ruling]:
    """X-01, quota by quota, beside all that was bought and planned before; what is tendered openly or approved does not split."""
    if not it.method or it.method == OPEN_TENDER or needs_approval(it, at):
        return
    mine = [line.hold for line in it.lines.all() if line.hold]
    for quota_id in sorted({item.quota_id for item in items if item.quota_id}):
        parts = parts_of(it, [item for item in items if item.quota_id == quota_id])
        yield from splitting.judge(parts, buyer_id=it.buyer_id, quota_id=quota_id, region_path=it.region_path, at=at, but=mine)


def parts_of(it: Plan, items: Sequence[PlanItem]) -> list[Part]:
    """What these objects take, one part a category."""
    method = SPLITTING_NAMES.get(it.method, it.method)
    return splitting.by_category(Part(item.category.code, item.category.kind, item.amount, None, method) for item in items)


def _catalogue(it: Plan, at: datetime) -> Rule_ | None:
    try:
        return _rule(it, "catalogue.central", at)
    except Refused:  # no catalogue is in force there
        return None


def _in_catalogue(it: Plan, at: datetime) -> bool:
    rule = _catalogue(it, at)
    return rule is not None and any(_under(item.category, rule) for item in it.items.all())


def _under(category: Category, rule: Rule_) -> bool:
    """The category or one above it is listed."""
    return not set(rule.words).isdisjoint(category.path.split("/"))


def _percent(part: Decimal, whole: Decimal) -> str:
    return str((part / whole * 100).quantize(Decimal("0.1")))


def _fen(amount: Decimal) -> Decimal:
    return amount.quantize(money.FEN)
