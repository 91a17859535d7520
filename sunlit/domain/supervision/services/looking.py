"""Looking at products: cases are opened for what the checks find, and closed where they find nothing any more.

On write and at night the same function looks, so both agree. Checks read without a lock; where they differ from the open cases, one writer at a time
looks again at those products and writes. A case is never opened twice (also `one_open_case_per_offer_and_class`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from itertools import groupby
from operator import attrgetter
from typing import Any, Final

from django.db import connection, transaction

from sunlit.domain.catalog.models import Offer, Product
from sunlit.domain.rulebook import queries as rulebook
from sunlit.domain.supervision import states
from sunlit.domain.supervision.events import CaseMoved, CasesNotified
from sunlit.domain.supervision.models import WatchCase
from sunlit.domain.supervision.rules.classes import Found, Kind, term_of
from sunlit.domain.supervision.services import checking, gathering, measuring
from sunlit.domain.supervision.services.checking import Judged, Settings
from sunlit.foundation.accounts.actors import CLOCK
from sunlit.foundation.kernel.clock import local_day
from sunlit.foundation.kernel.numbering import new_number
from sunlit.foundation.ledger.canonical import canonical, plain
from sunlit.foundation.lifecycle import enter_many, move, move_many
from sunlit.foundation.outbox.events import announce

ONE_BY_ONE: Final = 20  # up to so many cases have an entry of their own in the ledger; more share one
NOTIFIED_AT_ONCE: Final = 2_000
WRITERS: Final = 0x5EE  # the lock under which cases are opened and closed
PRICED: Final = frozenset(
    {Kind.PRICE_HIGH, Kind.PRICE_HIGH_LIKE, Kind.PRICE_JUMP, Kind.ABOVE_REFERENCE, Kind.BAIT_PRICE, Kind.UNIT_WRONG, Kind.DECIMAL_SLIP}
)

Key = tuple[int, str]  # an offer and a class


@dataclass
class Outcome:
    """What a look did."""

    offers: int = 0
    found: dict[str, int] = field(default_factory=dict)
    opened: int = 0
    corrected: int = 0
    not_computable: int = 0

    def add(self, other: Outcome) -> None:
        self.offers += other.offers
        self.opened += other.opened
        self.corrected += other.corrected
        self.not_computable += other.not_computable
        for kind, count in other.found.items():
            self.found[kind] = self.found.get(kind, 0) + count


def look_at(product_ids: Sequence[int], *, under: str, settings: Settings) -> Outcome:
    """Check every offer on sale of these products; open and close cases accordingly. `under` names the act or sweep that asks."""
    seen = checking.judged(product_ids, settings=settings)
    outcome = _told(seen)
    differing = _differing(product_ids, seen)
    if differing:
        opened, corrected = _write(sorted(differing), under=under, settings=settings)
        outcome.opened, outcome.corrected = opened, corrected
    return outcome


def look_at_offers(numbers: Iterable[str], *, under: str, at: datetime) -> Outcome:
    """Check the products of these offers, with all that stands beside them; the levels of the products are kept too. The supplier is told."""
    products = list(Offer.objects.filter(number__in=set(numbers)).order_by("product_id").values_list("product_id", flat=True).distinct())
    return look_at_products(products, under=under, at=at)


def look_at_products(product_ids: Sequence[int], *, under: str, at: datetime) -> Outcome:
    """As `look_at_offers`, by product."""
    settings, outcome = Settings(at), Outcome()
    for start in range(0, len(product_ids), measuring.CHUNK_PRODUCTS):
        chunk = product_ids[start : start + measuring.CHUNK_PRODUCTS]
        categories = set(Product.objects.filter(pk__in=chunk).values_list("category_id", flat=True))
        measuring.ensure_measured(categories, watch=settings.everywhere, at=at)
        yardsticks = {pk: yard for pk, (yard, _usual) in gathering.yardsticks(categories).items()}
        goods = gathering.goods_of(chunk, at=at, window_days=settings.everywhere.window_days)
        measuring.keep_levels(goods, yardsticks)
        outcome.add(look_at(chunk, under=under, settings=settings))
    notify_found(at=at, batch=under)
    return outcome


def notify_found(*, at: datetime, batch: str) -> int:
    """Tell the suppliers of what was found and not told yet: each case notified with its term, each supplier told once a batch. Returns how many."""
    total = 0
    while count := _notify_some(at, batch):
        total += count
    return total


@transaction.atomic
def _notify_some(at: datetime, batch: str) -> int:
    rows = WatchCase.objects.select_for_update(skip_locked=True, of=("self",)).filter(state=states.FOUND)
    cases = list(rows.order_by("supplier_id", "pk")[:NOTIFIED_AT_ONCE])
    for many in _by_region(cases):
        if len(cases) <= ONE_BY_ONE:
            for it in many:
                move(it, "notify", by=CLOCK, at=at, change={"answer_until": _until(it, at)})
        else:
            move_many(many, "notify", under=batch, by=CLOCK, at=at, change=lambda it: {"answer_until": _until(it, at)})
    for supplier, own in groupby(cases, key=attrgetter("supplier_id")):
        theirs = list(own)
        until = min(_until(it, at) for it in theirs)
        number = theirs[0].number if len(theirs) == 1 else ""
        announce(CasesNotified(supplier, f"{batch}/{theirs[0].number}", len(theirs), number, until.isoformat()))
    return len(cases)


def _until(it: WatchCase, at: datetime) -> datetime:
    return rulebook.end_of(term_of(it.kind, it.region_path, local_day(at)), start=at, region_path=it.region_path)


def _told(seen: Sequence[Judged]) -> Outcome:
    outcome = Outcome(offers=len(seen), not_computable=sum(it.score is None for it in seen))
    for it in seen:
        for found in it.found:
            outcome.found[found.kind] = outcome.found.get(found.kind, 0) + 1
    return outcome


def _differing(product_ids: Sequence[int], seen: Sequence[Judged]) -> set[int]:
    """The products at which the open cases are not what the checks find. One statement, or two."""
    found = {(it.offer.id, str(one.kind)): (it, one) for it in seen for one in it.found}
    held = {(case.offer_id, case.kind): case for case in _open(product_ids)}
    gone = {case.product_id for key, case in held.items() if key not in found and case.state in states.ON_SALE}
    new = {key: told for key, told in found.items() if key not in held}
    settled = _settled({offer for offer, _kind in new})
    return gone | {it.goods.id for key, (it, one) in new.items() if settled.get(key) != fingerprint(it, one)}


def _open(product_ids: Sequence[int]) -> list[WatchCase]:
    held = WatchCase.objects.filter(product_id__in=product_ids, ended_at=None)
    return list(held.only("pk", "number", "offer_id", "product_id", "kind", "state", "region_path", "price", "fingerprint").order_by("pk"))


def _settled(offer_ids: set[int]) -> dict[Key, str]:
    """What the last decided case of each offer and class covered."""
    rows = WatchCase.objects.filter(offer_id__in=offer_ids, state__in=states.SETTLED).order_by("pk")
    return {(offer, kind): told for offer, kind, told in rows.values_list("offer_id", "kind", "fingerprint")}


def fingerprint(it: Judged, found: Found) -> str:
    """What a decision about this finding covers: a price, or what is wrong. What is found with another fingerprint is found anew."""
    told = (
        {"price": it.offer.price} if found.kind in PRICED else {name: value for name, value in found.figures.items() if name != "names_en"}
    )
    return hashlib.sha256(canonical(plain({"kind": str(found.kind), **told})).encode()).hexdigest()[:32]


@transaction.atomic
def _write(product_ids: Sequence[int], *, under: str, settings: Settings) -> tuple[int, int]:
    """Look again, alone, and write; returns how many cases were opened and corrected."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [WRITERS])
    seen = checking.judged(product_ids, settings=settings)
    found = {(it.offer.id, str(one.kind)): (it, one) for it in seen for one in it.found}
    held = {(case.offer_id, case.kind): case for case in _open(product_ids)}
    gone = [case for key, case in held.items() if key not in found and case.state in states.ON_SALE]
    settled = _settled({offer for (offer, _kind) in found if (offer, _kind) not in held})
    new = [told for key, told in found.items() if key not in held and settled.get(key) != fingerprint(*told)]
    _correct(gone, under=under, at=settings.at)
    _open_cases(new, under=under, settings=settings)
    return len(new), len(gone)


def _open_cases(new: Sequence[tuple[Judged, Found]], *, under: str, settings: Settings) -> None:
    cases = [_case(it, found, under, settings) for it, found in new]
    if len(cases) <= ONE_BY_ONE:
        offers = {it.offer.id: it.offer.number for it, _found in new}
        for case in cases:
            move(
                case,
                "find",
                by=CLOCK,
                at=settings.at,
                facts={"kind": case.kind, "offer": offers[case.offer_id], "under": under},
                within=True,
            )
        return
    for many in _by_region(cases):
        enter_many(many, "find", under=under, by=CLOCK, at=settings.at)


def _case(it: Judged, found: Found, under: str, settings: Settings) -> WatchCase:
    return WatchCase(
        number=new_number("JK", settings.at),
        region_path=it.offer.region_path,
        offer_id=it.offer.id,
        supplier_id=it.offer.supplier_id,
        product_id=it.goods.id,
        kind=str(found.kind),
        severity=settings.of(it.offer.region_path).severity[found.kind],
        price=it.offer.price,
        figures=plain(dict(found.figures)),
        fingerprint=fingerprint(it, found),
        found_by=under,
        found_at=settings.at,
    )


def _correct(gone: Sequence[WatchCase], *, under: str, at: datetime) -> None:
    """Close what is found no longer, and say by what it was put right."""
    now = {offer.pk: offer for offer in Offer.objects.filter(pk__in=[case.offer_id for case in gone])}
    how = {case.pk: _how(case, now[case.offer_id]) for case in gone}
    if len(gone) <= ONE_BY_ONE:
        for case in gone:
            move(
                case,
                "correct",
                by=CLOCK,
                at=at,
                change={"corrected_by": how[case.pk]},
                facts={"how": how[case.pk], "under": under},
                announces=partial(_moved, "correct"),
                within=True,
            )
        return
    change: Callable[[WatchCase], Mapping[str, Any]] = lambda case: {"corrected_by": how[case.pk]}
    for many in _by_region(gone):
        move_many(many, "correct", under=under, by=CLOCK, at=at, change=change)


def _how(case: WatchCase, offer: Offer) -> str:
    if offer.state != "listed":
        return "off_sale"
    return ("price" if offer.price != case.price else "comparison") if case.kind in PRICED else "content"


def _moved(verb: str, case: WatchCase) -> list[CaseMoved]:
    return [CaseMoved(case.number, case.supplier_id, case.region_path, verb, case.reason, case.version)]


def _by_region(cases: Sequence[WatchCase]) -> list[list[WatchCase]]:
    ordered = sorted(cases, key=attrgetter("region_path"))
    return [list(many) for _path, many in groupby(ordered, key=attrgetter("region_path"))]
