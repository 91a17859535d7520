"""The first stage: divisions, rules, parties and people, and the suppliers as they stood in the predecessor system."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random
from typing import Any, TypeVar

from sunlit.demo import cast, shelf
from sunlit.demo.bazhou.sizes import Size
from sunlit.demo.bazhou.stages import Plan
from sunlit.demo.listing import load_tree
from sunlit.demo.shapes import SIZES_SINCE, Organisation, World, year_of_sizes
from sunlit.demo.write import Progress, Rows, number_of, organisations, people, record_organisations, regions
from sunlit.domain.registry.models import SizeDeclaration, Supplier
from sunlit.domain.rulebook import services as rulebook
from sunlit.domain.rulebook.queries import decide
from sunlit.foundation.accounts import queries as known
from sunlit.foundation.accounts.actors import CLOCK, Actor, actor_in
from sunlit.foundation.accounts.models import Organisation as Party
from sunlit.foundation.accounts.models import Region, Seat
from sunlit.foundation.kernel.clock import local_day
from sunlit.foundation.kernel.numbering import number_of as spelled
from sunlit.foundation.lifecycle import row_digest, take_over

BEFORE = timedelta(days=1_200)  # when the predecessor system began
SHOPS_SINCE = (45, 1_150)  # days ago
A_BATCH = 4_000

T = TypeVar("T")


@dataclass(frozen=True)
class Ground:
    """What every later stage stands on: the parties of the plan, their rows, and who takes over."""

    plan: Plan
    size: Size
    parties: tuple[Organisation, ...]
    ids: dict[str, int]  # of organisations, by key
    paths: dict[str, str]  # of regions, by code
    operator: Actor

    @property
    def at(self) -> datetime:
        return self.plan.at

    @property
    def shops(self) -> tuple[Organisation, ...]:
        return tuple(party for party in self.parties if party.kind == "supplier")

    @property
    def buyers(self) -> tuple[Organisation, ...]:
        return tuple(party for party in self.parties if party.kind == "buyer")

    def batch(self, what: str, count: int) -> str:
        """The subject of a bulk act: the place of its number is what was taken over, and which portion of it."""
        return f"batch/{spelled('YJ', f'{self.at:%Y%m%d}', BATCHES[what] * 1_000_000 + count)}"


BATCHES = {"supplier": 1, "goods": 2, "offer": 3, "order": 4, "payment": 5, "notice": 6, "quota": 7}


def parties_of(plan: Plan, size: Size) -> tuple[Organisation, ...]:
    """Every party of the region; shops came over the years."""
    rng = Random(f"{plan.seed}/bazhou/since")
    drawn = cast.organisations(Random(f"{plan.seed}/bazhou/organisations"), 1, plan.at, buyers=size.buyers, suppliers=size.suppliers)
    return tuple(replace(party, since=_since(rng, party, plan.at)) if party.kind == "supplier" else party for party in drawn)


def write_region(plan: Plan, size: Size, progress: Progress) -> None:
    """Everybody who is there before the goods come."""
    begin, rows = plan.at - BEFORE, Rows()
    parties = parties_of(plan, size)
    world = _world(plan, parties)
    progress("organisations", 0, len(parties))
    regions(rows, world)
    known.forget()
    rulebook.load_pack(by=CLOCK, at=begin)
    organisations(rows, world, begin)
    people(rows, world, begin)
    record_organisations(rows, world, begin)
    load_tree(by=rows.actors[cast.HE.login], at=begin)
    _take_over_suppliers(ground(plan, size, parties), rows, progress)


def ground(plan: Plan, size: Size, parties: tuple[Organisation, ...] | None = None) -> Ground:
    """Read what the first stage wrote."""
    parties = parties or parties_of(plan, size)
    numbers = dict(Party.objects.values_list("number", "pk"))
    seat = Seat.objects.select_related("user", "organisation__region").get(user__login=cast.HE.login)
    return Ground(
        plan,
        size,
        parties,
        {party.key: numbers[number_of(party)] for party in parties},
        dict(Region.objects.values_list("code", "path")),
        actor_in(seat),
    )


def portions(rows: Sequence[T], size: int = A_BATCH) -> Iterator[Sequence[T]]:
    """The rows in portions of one bulk act each."""
    return (rows[first : first + size] for first in range(0, len(rows), size))


def _since(rng: Random, party: Organisation, at: datetime) -> datetime:
    days = SHOPS_SINCE[1] if party.key in (cast.MAIN_SUPPLIER, cast.SECOND_SUPPLIER) else rng.randint(*SHOPS_SINCE)
    return (at - timedelta(days=days, hours=rng.randint(0, 20))).replace(microsecond=0)


def _world(plan: Plan, parties: tuple[Organisation, ...]) -> World:
    """The parties as the small region's own writers take them."""
    people = cast.people(Random(f"{plan.seed}/bazhou/people"), parties)
    return World(plan.at, plan.seed, 1, cast.REGIONS, parties, people, (), (), (), (), (), (), ())


def _take_over_suppliers(ground: Ground, rows: Rows, progress: Progress) -> None:
    """Every shop as its region's regulator once admitted it."""
    done, total = len(ground.parties) - len(ground.shops), len(ground.parties)
    for count, portion in enumerate(portions(ground.shops)):
        made = Supplier.objects.bulk_create(
            [
                Supplier(
                    number=rows.parties[party.key].number,
                    region_path=ground.paths[party.region],
                    state="active",
                    version=1,
                    organisation=rows.parties[party.key],
                    category_codes=list(shelf.codes_of(party.families)),
                    staff=party.staff,
                    admitted_at=party.since or ground.at,
                )
                for party in portion
            ]
        )
        digests = {it.number: row_digest(it) for it in made}
        take_over(
            Supplier,
            digests,
            under=ground.batch("supplier", count),
            by=ground.operator,
            at=ground.at,
            region_path=ground.operator.region_path,
        )
        _declare_sizes(ground, portion, made)
        done += len(portion)
        progress("organisations", done, total)


def _declare_sizes(ground: Ground, shops: Sequence[Organisation], made: Sequence[Supplier]) -> None:
    """What the shops declared of their size, each year anew: their offers' claims rest on it. A few never did."""
    seats = _first_seats()
    SizeDeclaration.objects.bulk_create(
        SizeDeclaration(
            supplier=supplier,
            year=year,
            **party.figures,
            size=party.size,
            counts_as=party.counts_as,
            rulings=_cared(party, ground),
            declared_at=at,
            declared_by_id=seats[supplier.organisation_id],
        )
        for party, supplier in zip(shops, made, strict=True)
        if party.declares
        for year, at in _declared(party, ground)
    )


def _declared(party: Organisation, ground: Ground) -> Iterator[tuple[int, datetime]]:
    """For which year, and when: the year before last too, by those who were there."""
    year, lately, since = year_of_sizes(ground.at), ground.at - SIZES_SINCE, party.since or ground.at
    if since < lately:
        yield year - 1, max(since, lately - timedelta(days=365))
    yield year, max(since, lately)


def _first_seats() -> dict[int, int]:
    """Somebody of each shop."""
    return dict(Seat.objects.filter(organisation__kind="supplier").order_by("-pk").values_list("organisation_id", "user_id"))


def _cared(party: Organisation, ground: Ground) -> list[dict[str, Any]]:
    """What the rulebook says to a welfare unit; nothing of the others."""
    if party.welfare != "disabled_welfare_unit":
        return []
    facts = {"staff": party.staff, "disabled_staff": party.figures["disabled_staff"]}
    return [it.to_json() for it in decide("enterprise.welfare", facts, region_path=ground.paths[party.region], on=local_day(ground.at))]
