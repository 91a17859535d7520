"""What is asked of framework agreements: lists, one with all that belongs to it, the look at a plan, and the ranking of a package."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Count, Prefetch, Q

from sunlit.domain.catalog.models import Category
from sunlit.domain.market import policies
from sunlit.domain.market.models import Framework, FrameworkEntry, FrameworkUpgrade, Package
from sunlit.domain.market.rules import frameworks as rules
from sunlit.domain.market.rules import open_frameworks as open_rules
from sunlit.domain.rulebook import queries as rulebook
from sunlit.domain.rulebook.queries import Rule_, Ruling
from sunlit.domain.rulebook.rules.facts import GROUNDS
from sunlit.foundation.accounts.actors import Actor
from sunlit.foundation.accounts.models import Organisation
from sunlit.foundation.kernel import money
from sunlit.foundation.kernel.clock import local_day
from sunlit.foundation.kernel.limits import PAGE_ROWS
from sunlit.foundation.kernel.refusals import Problem, Refused


@dataclass(frozen=True)
class FrameworkPage:
    """A page of frameworks, newest first; `after` is the key to ask the next page with, or None."""

    frameworks: Sequence[Framework]
    after: int | None


@dataclass(frozen=True)
class Outcome:
    """What the ranking of a package comes to: ids in their order, or why nobody is shortlisted."""

    listed: list[int]
    eliminated: list[int]
    failed: str = ""


@dataclass(frozen=True)
class PackageView:
    """A package with the responses that the reader may see."""

    package: Package
    entries: list[FrameworkEntry]


def framework(number: str, *, seen_by: Actor) -> Framework | None:
    found = policies.frameworks_visible_to(seen_by).select_related("solicitor__region", "supplements")
    return found.filter(number=number).first()


def frameworks_page(*, seen_by: Actor, state: str = "", q: str = "", after: int | None = None, rows: int = PAGE_ROWS) -> FrameworkPage:
    """The frameworks that the actor may see, newest first."""
    found = policies.frameworks_visible_to(seen_by).select_related("solicitor").annotate(packages_count=Count("packages"))
    if state:
        found = found.filter(state=state)
    if q:
        found = found.filter(Q(title__icontains=q) | Q(number=q.upper()) | Q(packages__name__icontains=q)).distinct()
    if after is not None:
        found = found.filter(pk__lt=after)
    page = list(found.order_by("-pk")[: rows + 1])
    return FrameworkPage(page[:rows], page[rows - 1].pk if len(page) > rows else None)


def packages_of(it: Framework, *, seen_by: Actor) -> list[PackageView]:
    """Its packages with what the reader may see of the responses, in the order of their rank."""
    entries = policies.entries_visible_to(seen_by).select_related("supplier", "proof").order_by("rank", "quoted", "submitted_at", "pk")
    shown = (Prefetch("entries", entries, to_attr="seen"), Prefetch("joined", entries, to_attr="gone_over"))
    found = it.packages.select_related("category").prefetch_related("sheet", *shown).order_by("position")
    return [PackageView(package, [*package.gone_over, *package.seen]) for package in found]


def is_short(package: Package, share: Decimal) -> bool:
    """So few of those who were shortlisted the first time are left that others may be solicited (below the share)."""
    first = package.entries.filter(listed_at__isnull=False, solicited_in=None).count()
    left = package.entries.filter(state="signed").count()
    return left * 100 < first * share


def may_supplement(it: Framework, at: datetime) -> bool:
    """It runs, somewhere too few are left, and nothing is solicited anew yet."""
    share = rulebook.rule("NR-034", region_path=it.region_path, on=local_day(at)).percent
    under_way = it.supplementary.filter(state__in=("cleared_to_publish", "open", "opened", "shortlisted")).exists()
    return it.runs_at(at) and not it.is_open_form and not under_way and any(is_short(one, share) for one in it.packages.all())


def supplementary_of(it: Framework, *, seen_by: Actor) -> list[Framework]:
    """What was solicited anew for it, oldest first."""
    return list(policies.frameworks_visible_to(seen_by).filter(supplements=it).order_by("pk"))


def package(it: Framework, position: int) -> Package | None:
    return it.packages.select_related("category", "framework__solicitor").filter(position=position).first()


def entry(number: str, *, seen_by: Actor) -> FrameworkEntry | None:
    found = policies.entries_visible_to(seen_by).select_related("package__framework__solicitor", "package__category", "supplier", "proof")
    return found.filter(number=number).first()


def my_entries(supplier_id: int, *, rows: int = PAGE_ROWS) -> list[FrameworkEntry]:
    """The supplier's own responses, newest first."""
    found = FrameworkEntry.objects.filter(supplier_id=supplier_id).exclude(state="withdrawn")
    return list(found.select_related("package__framework").order_by("-pk")[:rows])


def may_solicit(actor: Actor, at: datetime) -> bool:
    """The rulebook names the actor's organisation as a central agency or a lead unit."""
    keys = ("framework.central_agencies", "framework.lead_units")
    if actor.kind != "buyer" or not actor.has("orderer", "lead"):
        return False
    return any(actor.organisation_number in rulebook.rule(key, region_path=actor.region_path, on=local_day(at)).words for key in keys)


def overdue(at: datetime) -> tuple[list[Framework], list[FrameworkEntry]]:
    """Agreements that are not filed, and parties whose wish to leave or to upgrade is not answered, though the term is over by then."""
    unfiled = Framework.objects.filter(state__in=["in_force", "joined"], filed_at=None, file_until__lte=at).order_by("pk")
    unanswered = Q(leave_until__lte=at) | Q(pk__in=FrameworkUpgrade.objects.filter(state="asked", decide_until__lte=at).values("entry"))
    waiting = FrameworkEntry.objects.filter(unanswered, state="signed", package__framework__state="in_force").order_by("pk")
    return list(unfiled), list(waiting.select_related("package__framework"))


def unanswered(by: datetime) -> list[FrameworkEntry]:
    """Applications to open agreements that the solicitor has to answer by an instant, the oldest first."""
    found = FrameworkEntry.objects.filter(state="applied", decide_until__lte=by)
    return list(found.select_related("package__framework", "supplier").order_by("decide_until", "pk"))


def agreement_of(number: str) -> str:
    """The number of the agreement: its own, or of that which it supplements."""
    it = Framework.objects.select_related("supplements").get(number=number)
    return it.supplements.number if it.supplements else it.number


def buyers_under(region_path: str) -> list[int]:
    """The buyers of a region and below it, by id: all of them may buy under its agreements."""
    within = Q(region__path=region_path) | Q(region__path__startswith=region_path + "/")
    return list(Organisation.objects.filter(within, kind="buyer", active=True).order_by("pk").values_list("pk", flat=True))


def check_plan(it: Framework, at: datetime) -> tuple[list[Problem], list[Ruling]]:
    """Why the plan cannot go on, and what the rulebook says of the framework as a method (110号令 art. 3, 财库〔2022〕17号)."""
    problems: list[Problem] = []
    if it.agency != (it.ground == "catalogue_sporadic"):
        problems.append(Problem(rules.AGENCY_GROUND, on="ground"))
    if it.method == "quality" and not it.quality_ground:
        problems.append(Problem(rules.QUALITY_GROUND_MISSING, on="quality_ground"))
    day, survey = local_day(at), rulebook.rule("framework.survey_least", region_path=it.region_path, on=local_day(at)).n
    least = {"surveyed_buyers": survey, "surveyed_suppliers": survey}
    if it.is_open_form:
        problems += open_problems(it, at)
        least["surveyed_suppliers"] = min(survey, it.suppliers_known or survey)
    elif "bidding" in it.second_stage and it.method != "price":
        problems.append(Problem(rules.QUALITY_BIDS, on="second_stage"))
    if "rotation" in it.second_stage and it.kind != "services":
        problems.append(Problem(rules.ROTATION_GOODS, on="second_stage"))
    term = rulebook.rule("TL-048" if it.kind == "goods" else "TL-049", region_path=it.region_path, on=day)
    if it.months > term.n * rules.YEAR_MONTHS:
        problems.append(Problem(rules.TOO_LONG, {"kind": rules.KINDS[it.kind], "most": term.n * rules.YEAR_MONTHS}, on="months"))
    small = [name for name, count in least.items() if getattr(it, name) < count]
    problems += [Problem(rules.SURVEY_SMALL, {"least": least[name]}, on=name) for name in small]
    rulings = _lawful(it, at)
    problems += [Problem(rules.NO_GROUND, {"why": ruling.told}, on="ground") for ruling in rulings if ruling.verdict == "refused"]
    return problems, rulings


def open_problems(it: Framework, at: datetime) -> list[Problem]:
    """Why the agreement may not be open: the closed form is the rule, and the open one lawful in the cases of 110号令 alone."""
    found = [] if it.second_stage == open_rules.SECOND_STAGE else [Problem(open_rules.DIRECT_ONLY, on="second_stage")]
    if not it.open_ground:
        return [*found, Problem(open_rules.GROUND_MISSING, on="open_ground")]
    case = open_rules.OF_CASE[it.open_ground]
    if it.ground != case:
        told = {"ground": open_rules.GROUNDS[it.open_ground], "case": GROUNDS[case]}
        found.append(Problem(open_rules.GROUND_WRONG, told, on="open_ground"))
    most = rulebook.rule("framework.open_suppliers_most", region_path=it.region_path, on=local_day(at)).n
    if it.suppliers_known is not None and it.suppliers_known > most:
        found.append(Problem(open_rules.MANY_SUPPLIERS, {"count": it.suppliers_known, "most": most}, on="suppliers_known"))
    return found


def ranked(package: Package, entries: Sequence[FrameworkEntry], *, at: datetime) -> Outcome:
    """Who stays in a package and who leaves, by the rulebook's shares (NR-032, NR-033, NR-056)."""
    it, day = package.framework, local_day(at)
    mine = [entry for entry in entries if entry.package_id == package.pk and entry.state != "withdrawn"]
    conforming = [entry for entry in mine if entry.state == "conforming"]
    fewest = rulebook.rule("NR-056", region_path=it.region_path, on=day).n
    if min(len(mine), len(conforming)) < fewest:
        return Outcome([], [], "few_responses" if len(mine) < fewest else "few_conforming")
    strict = it.method == "quality" and it.quality_ground == "instruments"
    share = rulebook.rule("NR-033" if strict else "NR-032", region_path=it.region_path, on=day)
    least = rulebook.rule("framework.eliminate_least", region_path=it.region_path, on=day).n
    tie = rulebook.rule("framework.tie", region_path=it.region_path, on=day).choice
    told = [rules.Ranked(entry.pk, entry.quoted, entry.score, (entry.submitted_at, entry.pk)) for entry in conforming]
    found = rules.shortlist(told, method=it.method, percent=share.percent, least=least, tie=tie)
    return Outcome(found.listed, found.eliminated) if found.listed else Outcome([], [], "few_conforming")


def _lawful(it: Framework, at: datetime) -> list[Ruling]:
    """What the rulebook says of a framework as the method, and of the items as items of the centralised catalogue."""
    listed = _catalogue(it, at)
    inside = it.agency if listed is None else all(listed.words_hold(category) for category in _categories(it))
    facts = {
        "object": it.kind,
        "amount": it.yearly,
        "in_catalogue": inside,
        "grounds": [it.ground],
        "added": money.ZERO,
        "original": money.ZERO,
    }
    choices = rulebook.lawful_methods(facts, region_path=it.region_path, on=local_day(at))
    found = next(list(choice.rulings) for choice in choices if choice.method == "framework")
    if listed is not None:
        told = {"categories": "、".join(category.name_zh for category in _categories(it))}
        fits = inside == (it.ground == "catalogue_sporadic")
        found.append(rulebook.judge(listed.rule, ok=fits, hard=True, reason=rules.CATALOGUE_DIFFERS, figures=told))
    return found


@dataclass(frozen=True)
class _Catalogue:
    """The centralised catalogue that is in force."""

    rule: Rule_

    def words_hold(self, category: Category) -> bool:
        """The category or one above it is listed."""
        return not set(self.rule.words).isdisjoint(category.path.split("/"))


def _catalogue(it: Framework, at: datetime) -> _Catalogue | None:
    """None where no catalogue is in force: then it cannot contradict the solicitor."""
    try:
        return _Catalogue(rulebook.rule("catalogue.central", region_path=it.region_path, on=local_day(at)))
    except Refused:
        return None


def _categories(it: Framework) -> list[Category]:
    return [package.category for package in it.packages.select_related("category").order_by("position")]
