"""What offers claim by size: the declaration of who makes the goods, and what becomes of the claims when supplier or maker is declared anew."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import transaction
from django.db.models import Count, QuerySet
from django.utils.translation import gettext_lazy as _

from sunlit.domain.catalog.models import MakerDeclaration, Offer, PolicyTag, Tag
from sunlit.domain.catalog.queries.makers import BY_MAKER, carried, makers_of_supplier
from sunlit.domain.catalog.rules.reading import MAKER_OF_SERVICE, MAKER_UNNAMED, SIZED
from sunlit.domain.catalog.states import LIVE, catalogue_clerk
from sunlit.domain.registry import queries as registry
from sunlit.domain.registry import services as sizes
from sunlit.domain.registry.queries import SizeProof
from sunlit.domain.rulebook.queries import rule
from sunlit.foundation.accounts.actors import CLOCK, Actor
from sunlit.foundation.accounts.models import Organisation
from sunlit.foundation.kernel.clock import local_day
from sunlit.foundation.kernel.limits import NAME_CHARS
from sunlit.foundation.kernel.refusals import Problem, Refused
from sunlit.foundation.ledger import sentences
from sunlit.foundation.ledger.services import record
from sunlit.foundation.lifecycle import NOT_YOURS, digest

sentences.say(
    "supplier.rest_claims",
    _("After the new declaration of size of supplier {number}, {lapsed} policy tags lapsed and {standing} stand until {until}"),
)
TERM_DAYS_MOST = 366  # no region gives a longer notice

sentences.say(
    "supplier.end_claims",
    _(
        "Policy tags of supplier {number} from before sizes were declared: {standing} rest on its declarations now, {ending} end with {until}"
    ),
)
sentences.say("offer.declare_maker", _("{organisation} declared that the goods of offer {number} are made by {maker}"))


@transaction.atomic
def declare_maker(
    offer: Offer,
    *,
    maker: str,
    year: str | int,
    industry: str,
    staff: str | int,
    revenue: str | Decimal,
    assets: str | Decimal,
    large_affiliate: bool = False,
    truthful: bool = False,
    by: Actor,
    at: datetime,
) -> MakerDeclaration:
    """The supplier declares who makes the goods of its offer, and by which figures (中小企业声明函（货物）); the rulebook tells the maker's size. Money in yuan.

    The declaration is the claim: nobody reviews it (财库〔2020〕46号 art. 11), so the offer carries from now on the tags that the maker's size opens, and no others by size.
    Where the maker is another than the supplier the offer is no longer “direct from the manufacturer”.
    Refused: LIF-002 not its catalogue clerk, CAT-108 no goods, CAT-109 no maker named, REG-020 … REG-022 and REG-024 at their fields.
    """
    if not catalogue_clerk.allows(by, offer) or by.user_id is None:
        raise Refused(Problem(NOT_YOURS, {"verb": _("Declare the maker"), "who": catalogue_clerk.label}))
    held = Offer.objects.select_for_update(of=("self",), no_key=True).select_related("product__category").get(pk=offer.pk)
    if held.product.category.kind != "goods":
        raise Refused(Problem(MAKER_OF_SERVICE))
    name = " ".join(maker.replace("\x00", "").split())
    if not name or len(name) > NAME_CHARS:
        raise Refused(Problem(MAKER_UNNAMED, {"most": NAME_CHARS}, on="maker"))
    figures = {"year": year, "industry": industry, "staff": staff, "revenue": revenue, "assets": assets}
    judged = sizes.size_by_figures(
        figures, large_affiliate=large_affiliate, truthful=truthful, region_path=by.region_path, on=local_day(at)
    )
    told = {"maker": name, **judged.figures, "large_affiliate": large_affiliate, "size": judged.size, "counts_as": judged.counts_as}
    rulings = [ruling.to_json() for ruling in judged.rulings]
    made = MakerDeclaration.objects.create(offer=held, **told, rulings=rulings, declared_at=at, declared_by_id=by.user_id)
    proof = carried(registry.size_proof(held.supplier_id, on=local_day(at)), made, region_path=by.region_path, on=local_day(at))
    lapsed, standing = _rest(PolicyTag.objects.filter(offer=held), proof)
    standing += _claim(held, proof)
    if name != by.organisation_name:  # another makes them: they do not come direct from the manufacturer
        lapsed += PolicyTag.objects.filter(offer=held, tag=Tag.MANUFACTURER_DIRECT).delete()[0]
    facts = {
        "number": held.number,
        "organisation": by.organisation_name,
        "actor": by.user_name,
        "maker": name,
        "counts_as": made.counts_as,
        "lapsed": lapsed,
        "standing": standing,
        "digest": digest(told),
    }
    record(act="offer.declare_maker", subject=f"offer/{held.number}", by=by, at=at, facts=facts, region=held.region_path)
    return made


@dataclass(frozen=True)
class Ending:
    """So many claims by size of a supplier end with a day, unless it declares its size or its makers anew."""

    supplier_id: int
    count: int
    until: date


def claims_that_end(*, at: datetime) -> list[Ending]:
    """Which claims by size end within the term of notice. Those that rest on nothing, from before sizes were declared, are given a declaration to
    rest on, or their term now: nothing lapses without a word."""
    day = local_day(at)
    unresting = PolicyTag.objects.filter(tag__in=SIZED, expires_on=None).order_by()
    for supplier_id in sorted(unresting.values_list("offer__supplier_id", flat=True).distinct()):
        _give_a_term(supplier_id, at=at)
    ending = PolicyTag.objects.filter(tag__in=SIZED, expires_on__range=(day, day + timedelta(days=TERM_DAYS_MOST))).order_by()
    rows = ending.values_list("offer__supplier_id", "offer__supplier__region__path", "expires_on").annotate(count=Count("id"))
    found = [Ending(supplier, count, until) for supplier, path, until, count in rows if until <= day + _term(path, day)]
    return sorted(found, key=lambda it: (it.supplier_id, it.until))


@transaction.atomic
def _give_a_term(supplier_id: int, *, at: datetime) -> None:
    """What rests on nothing rests on the declarations that there are; what none of them carries ends with its term."""
    supplier = Organisation.objects.select_for_update(no_key=True, of=("self",)).select_related("region").get(pk=supplier_id)
    day, path = local_day(at), supplier.region.path
    own, until, standing = registry.size_proof(supplier_id, on=day), day + _term(path, day), 0
    claims = PolicyTag.objects.filter(offer__supplier_id=supplier_id, tag__in=SIZED, expires_on=None)
    makers = makers_of_supplier(supplier_id)
    declared = [(claims.filter(offer=offer), maker) for offer, maker in sorted(makers.items())]
    for offers, maker in ((claims.exclude(offer__in=makers), None), *declared):
        for tag, last in carried(own, maker, region_path=path, on=day).items():
            standing += offers.filter(tag=tag).update(expires_on=last)
    ending, number = claims.update(expires_on=until), _number_of(supplier)
    facts = {"number": number, "standing": standing, "ending": ending, "until": str(until)}
    record(act="supplier.end_claims", subject=f"supplier/{number}", by=CLOCK, at=at, facts=facts, region=path)


def _term(region_path: str, day: date) -> timedelta:
    return timedelta(days=rule("size.claims_term", region_path=region_path, on=day).n)


@transaction.atomic
def rest_claims_on_size(organisation_id: int, *, at: datetime) -> tuple[int, int]:
    """Lapse the claims that the supplier's size no longer carries, and let the others stand as long as its figures do; returns how many lapsed and how many
    stand anew. What rests on a declared maker stays with it. Told twice, it changes nothing and records nothing."""
    supplier = Organisation.objects.select_for_update(no_key=True).select_related("region").get(pk=organisation_id)
    day, path = local_day(at), supplier.region.path
    own = registry.size_proof(organisation_id, on=day)
    claims = PolicyTag.objects.filter(offer__supplier_id=organisation_id)
    makers = makers_of_supplier(organisation_id)
    rested = [_rest(claims.exclude(offer__in=makers), carried(own, None, region_path=path, on=day))]
    rested += [_rest(claims.filter(offer=offer), carried(own, maker, region_path=path, on=day)) for offer, maker in sorted(makers.items())]
    lapsed, standing = (sum(counts) for counts in zip(*rested, strict=True))
    if lapsed or standing:
        _record_rest(supplier, own, lapsed, standing, at)
    return lapsed, standing


def _rest(claims: QuerySet[PolicyTag], proof: Mapping[str, date]) -> tuple[int, int]:
    """How many of the claims by size lapsed, and how many stand to another day than before."""
    lapsed, _each = claims.filter(tag__in=SIZED).exclude(tag__in=proof).delete()
    standing = (claims.filter(tag=tag).exclude(expires_on=until).update(expires_on=until) for tag, until in proof.items())
    return lapsed, sum(standing)


def _claim(offer: Offer, proof: Mapping[str, date]) -> int:
    """What the maker's size opens is claimed; returns how many tags are new."""
    if offer.state not in LIVE:
        return 0
    there = set(offer.tags.values_list("tag", flat=True))
    new = [PolicyTag(offer=offer, tag=tag, expires_on=until) for tag, until in proof.items() if tag in BY_MAKER and tag not in there]
    return len(PolicyTag.objects.bulk_create(new))


def _record_rest(supplier: Organisation, own: SizeProof, lapsed: int, standing: int, at: datetime) -> None:
    number = _number_of(supplier)
    facts = {"number": number, "lapsed": lapsed, "standing": standing, "until": str(own.until or "—")}
    record(act="supplier.rest_claims", subject=f"supplier/{number}", by=CLOCK, at=at, facts=facts, region=supplier.region.path)


def _number_of(supplier: Organisation) -> str:
    known = registry.supplier(supplier.pk)
    return known.number if known else supplier.number
