"""What is asked of the registry: how suppliers stand, who applies, and what waits for review."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

from django.db.models import Q, QuerySet

from sunlit.domain.registry import rules
from sunlit.domain.registry.models import Application, Declaration, SizeDeclaration, Supplier
from sunlit.domain.registry.policies import declarations_visible_to, suppliers_visible_to, visible_to
from sunlit.domain.registry.rules import figures_count_until
from sunlit.domain.rulebook.queries import rule, templates
from sunlit.domain.rulebook.rules.templates import Template
from sunlit.foundation.accounts.actors import Actor
from sunlit.foundation.kernel.limits import PAGE_ROWS
from sunlit.foundation.kernel.paging import row_id

__all__ = [
    "ApplicationPage",
    "SizeProof",
    "SupplierPage",
    "admitted_for",
    "application",
    "applications_to_review",
    "awaiting_review",
    "declaration",
    "declaration_template",
    "declaration_templates",
    "declarations_of",
    "figures_count_until",
    "figures_years",
    "my_applications",
    "proof_by_figures",
    "rating_of",
    "size_of",
    "size_proof",
    "sizes_of",
    "standing",
    "standings",
    "suggested_answers",
    "supplier",
    "suppliers_page",
    "to_review_count",
]

NO_SUPPLIER = "none"
MY_ROWS = 50
TEN_THOUSAND: Final = Decimal(10_000)  # declarations tell revenue and assets in 万元


@dataclass(frozen=True)
class ApplicationPage:
    """A page of applications; `after` is the key to ask the next page with, or ""."""

    applications: list[Application]
    after: str


@dataclass(frozen=True)
class SupplierPage:
    """A page of suppliers; `after` is the key to ask the next page with, or ""."""

    suppliers: list[Supplier]
    after: str


@dataclass(frozen=True)
class SizeProof:
    """The policies that a supplier's declared figures open to it, and the last day on which they do."""

    policies: frozenset[str] = frozenset()
    until: date | None = None


def standing(organisation_id: int) -> str:
    """ "active", "suspended" or "left"; "none" for an organisation that was never admitted. One small query."""
    return Supplier.objects.filter(organisation_id=organisation_id).values_list("state", flat=True).first() or NO_SUPPLIER


def standings(organisation_ids: Iterable[int]) -> dict[int, str]:
    """How several suppliers stand, by organisation id."""
    return dict(Supplier.objects.filter(organisation_id__in=set(organisation_ids)).values_list("organisation_id", "state"))


def admitted_for(category_codes: Iterable[str], *, rows: int = PAGE_ROWS) -> list[int]:
    """Active suppliers that were admitted for one of the categories, by organisation id, the longest admitted first."""
    found = Supplier.objects.filter(state="active", category_codes__overlap=list(category_codes)).order_by("admitted_at", "pk")
    return list(found.values_list("organisation_id", flat=True)[:rows])


def supplier(key: str | int) -> Supplier | None:
    """The supplier by its number, or by the id of its organisation."""
    found = Supplier.objects.select_related("organisation__region")
    return (found.filter(organisation_id=key) if isinstance(key, int) else found.filter(number=key)).first()


def rating_of(supplier: Supplier) -> Decimal | None:
    """The mean of all ratings in stars, with one place; None before the first."""
    return (Decimal(supplier.rating_sum) / (3 * supplier.ratings)).quantize(Decimal("0.1")) if supplier.ratings else None


def size_of(supplier: Supplier) -> SizeDeclaration | None:
    """What the supplier last declared of its size, with what the rulebook said; None before the first time."""
    return supplier.size_declarations.first()


def figures_years(region_path: str, *, on: date) -> int:
    """For how many full years declared figures stand for an enterprise: what may be declared, and how long it counts."""
    return rule("size.figures_years", region_path=region_path, on=on).n


def size_proof(organisation_id: int, *, on: date) -> SizeProof:
    """What the supplier's last declaration proves on a day: nothing before the first, nor when its figures have grown old. One query."""
    last = SizeDeclaration.objects.filter(supplier__organisation_id=organisation_id).select_related("supplier").first()
    if last is None:
        return SizeProof()
    until = figures_count_until(last.year, years=figures_years(last.supplier.region_path, on=on))
    if until < on:
        return SizeProof()
    welfare = any(ruling["rule"]["key"] == "enterprise.welfare" for ruling in last.rulings)
    return SizeProof(rules.policies_open_to(last.counts_as, prison=bool(last.prison_proof), welfare=welfare), until)


def proof_by_figures(counts_as: str, year: int, *, region_path: str, on: date) -> SizeProof:
    """What figures of a year prove of an enterprise that counts so, on a day: nothing when they have grown old."""
    until = figures_count_until(year, years=figures_years(region_path, on=on))
    return SizeProof(rules.policies_open_to(counts_as, prison=False, welfare=False), until) if until >= on else SizeProof()


def sizes_of(supplier: Supplier) -> list[SizeDeclaration]:
    """All its declarations, the newest first."""
    return list(supplier.size_declarations.select_related("declared_by")[:MY_ROWS])


# Declarations by template


def declaration_templates(supplier: Supplier, *, on: date) -> dict[str, Template]:
    """What a supplier can declare on the day, each by a name for addresses: "sme-goods", "qualification"."""
    found = {}
    for key in templates.DECLARATIONS:
        for kind, template in templates.among(key, region_path=supplier.region_path, on=on).items():
            found["-".join(filter(None, (key.rpartition(".")[2], kind)))] = template
    return found


def declaration_template(it: Declaration) -> Template:
    """The version that it was declared under."""
    return templates.get(it.template_id)


def suggested_answers(supplier: Supplier, template: Template, *, on: date) -> dict[str, Any]:
    """What is known of the supplier already: its name and code, the day, and the figures that it last declared."""
    last, organisation = size_of(supplier), supplier.organisation
    entered = supplier.applications.order_by("-pk").first()
    told: dict[str, Any] = {"enterprise": organisation.name_zh, "code": organisation.credit_code, "day": on.isoformat()}
    told["person"] = entered.legal_representative if entered else ""
    if last is not None:
        figures = {"revenue": f"{last.revenue / TEN_THOUSAND:.2f}", "assets": f"{last.assets / TEN_THOUSAND:.2f}", "staff": str(last.staff)}
        told |= {"staff": str(last.staff), "disabled": str(last.disabled_staff)}
        told["items"] = [{"enterprise": organisation.name_zh, "industry": last.industry, "size": last.counts_as, **figures}]
    return {name: value for name, value in told.items() if name in {it.key for it in template.fields}}


def declarations_of(supplier: Supplier) -> list[Declaration]:
    """Its latest declarations, the newest first."""
    return list(supplier.declarations.select_related("declared_by")[:MY_ROWS])


def declaration(number: str, *, seen_by: Actor) -> Declaration | None:
    """One declaration; None where the actor may not see it."""
    return declarations_visible_to(seen_by).select_related("supplier__organisation", "declared_by").filter(number=number).first()


def application(number: str, *, seen_by: Actor) -> Application | None:
    """One application with its documents; None when the actor may not see it. Two queries."""
    found = visible_to(seen_by).select_related("region", "applicant", "supplier__organisation").prefetch_related("documents")
    return found.filter(number=number).first()


def my_applications(user_id: int) -> list[Application]:
    """What a person applied for, newest first."""
    return list(Application.objects.filter(applicant_id=user_id).select_related("region", "supplier").order_by("-pk")[:MY_ROWS])


def applications_to_review(
    *, seen_by: Actor, state: str = "submitted", q: str = "", after: str = "", rows: int = PAGE_ROWS
) -> ApplicationPage:
    """The applications of the actor's region in a state ("" all), the oldest first; `after` is the key of the page before."""
    found = visible_to(seen_by).exclude(state="draft").select_related("region", "applicant")
    if state:
        found = found.filter(state=state)
    if q.strip():
        found = found.filter(Q(name_zh__icontains=q.strip()) | Q(credit_code=q.strip().upper()) | Q(number=q.strip().upper()))
    if (key := row_id(after)) is not None:
        found = found.filter(pk__gt=key)
    page = list(found.order_by("pk")[: rows + 1])
    return ApplicationPage(page[:rows], str(page[rows - 1].pk) if len(page) > rows else "")


def awaiting_review(*, seen_by: Actor) -> QuerySet[Application]:
    """The applications that wait for this actor's office: to be counted."""
    return visible_to(seen_by).filter(state="submitted")


def to_review_count(*, seen_by: Actor) -> int:
    """How many applications wait for this actor's office."""
    return awaiting_review(seen_by=seen_by).count()


def suppliers_page(
    *, seen_by: Actor, region_path: str = "", q: str = "", standing: str = "", after: str = "", rows: int = PAGE_ROWS
) -> SupplierPage:
    """Suppliers of a region (and below), newest first; `after` is the key of the page before."""
    found = suppliers_visible_to(seen_by).select_related("organisation__region")
    if region_path:
        found = found.filter(Q(region_path=region_path) | Q(region_path__startswith=region_path + "/"))
    if standing:
        found = found.filter(state=standing)
    if q.strip():
        words = q.strip()
        found = found.filter(
            Q(organisation__name_zh__icontains=words) | Q(organisation__credit_code=words.upper()) | Q(number=words.upper())
        )
    if (key := row_id(after)) is not None:
        found = found.filter(pk__lt=key)
    page = list(found.order_by("-pk")[: rows + 1])
    return SupplierPage(page[:rows], str(page[rows - 1].pk) if len(page) > rows else "")
