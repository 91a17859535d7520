"""Whatever regulators and packs do, a rule in force never overlaps itself, and what the pack gives everywhere never has a gap."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sunlit.domain.rulebook import pack, queries, services
from sunlit.domain.rulebook.models import Rule
from sunlit.domain.rulebook.pack import PackData
from sunlit.foundation.accounts.actors import CLOCK, Actor
from sunlit.foundation.accounts.models import User
from sunlit.foundation.kernel.refusals import Refused
from tests.domain.rulebook.conftest import AT, BAZHOU, KORLA, RUOQIANG, TODAY, ZHENG

KEY = "order.receipt_limit"
DAYS = 60
REGIONS = (BAZHOU, KORLA, RUOQIANG)
FEW = tuple(it for it in pack.read().rules if it.key == KEY)

Deed = tuple[str, str, int, int, int]
"""What is done, in which region, with which value, from which day on, how many days after the deed before."""

deeds = st.lists(
    st.tuples(
        st.sampled_from(["set", "set", "end", "draft", "draft end", "approve", "pack"]),
        st.sampled_from(REGIONS),
        st.integers(1, 10),
        st.integers(1, 30),
        st.integers(0, 5),
    ),
    min_size=1,
    max_size=12,
)


@pytest.fixture
def officers(net: dict[str, Any]) -> tuple[Actor, Actor]:
    """Zheng, and a second person of the prefecture's bureau."""
    people = [User.objects.create(login=name, name_zh=name, created_at=AT) for name in ("zheng", "second")]
    one, other = (replace(ZHENG, user_id=user.pk) for user in people)
    return one, other


def told(figure: int, version: str) -> PackData:
    """A pack that knows this one rule, with another figure."""
    rules = tuple(replace(it, value={"n": figure, "unit": "working_day"}) for it in FEW)
    return PackData(version, version, rules, ())


def do(deed: Deed, place: int, at: datetime, drafts: list[Any], officers: tuple[Actor, Actor]) -> None:
    what, region, figure, ahead, _gap = deed
    one, other = officers
    change: dict[str, Any] = {"key": KEY, "region": region, "effective_from": at.date() + timedelta(days=ahead), "by": one, "at": at}
    if what == "set":
        services.set_rule(**change, value=str(figure))
    elif what == "end":
        services.end_rule(**change)
    elif what == "draft":
        drafts.append(services.hand_in(services.draft_value(**change, value=str(figure), reason="调整签收期限"), by=one, at=at))
    elif what == "draft end":
        drafts.append(services.hand_in(services.draft_end(**change, reason="恢复上级规定"), by=one, at=at))
    elif what == "approve" and drafts:
        services.approve(drafts.pop(0), by=other, at=at)
    elif what == "pack":
        services.load_pack(by=CLOCK, at=at, pack=told(figure, f"example {place}"))


def spans() -> dict[tuple[int | None, str], list[tuple[date, date | None]]]:
    """The days in force of every version, by region and kind, in their order."""
    found: dict[tuple[int | None, str], list[tuple[date, date | None]]] = {}
    for row in Rule.objects.filter(key=KEY, in_force__isempty=False).order_by("in_force"):
        assert row.in_force.lower is not None
        found.setdefault((row.region_id, row.kind), []).append((row.in_force.lower, row.in_force.upper))
    return found


def well(held: dict[tuple[str, date], int], today: date) -> None:
    """No overlap anywhere, no gap in what holds everywhere, and what held stays as it was."""
    for versions in spans().values():
        assert all(until is not None and until <= since for (_since, until), (since, _until) in pairwise(versions))
    nation = spans()[None, ""]
    assert nation[-1][1] is None
    assert all(until == since for (_since, until), (since, _until) in pairwise(nation))
    for region in REGIONS:
        for day in (today, *(TODAY + timedelta(days=ahead) for ahead in range(0, DAYS, 7))):
            figure = queries.rule(KEY, region_path=region, on=day).n
            assert day > today or held.setdefault((region, day), figure) == figure


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(story=deeds)
def test_no_overlap_and_no_gap_whatever_is_done(officers: tuple[Actor, Actor], story: list[Deed]) -> None:
    at, drafts = AT, list[Any]()
    held: dict[tuple[str, date], int] = {}
    with transaction.atomic():
        services.load_pack(by=CLOCK, at=AT, pack=told(3, "example"))
        for place, deed in enumerate(story):
            at += timedelta(days=deed[4])
            try:
                with transaction.atomic():
                    do(deed, place, at, drafts, officers)
            except Refused:
                queries.forget()
            well(held, at.date())
        transaction.set_rollback(True)
    queries.forget()


def test_a_county_without_own_version_is_never_without_a_rule(loaded: services.Loaded) -> None:
    """Every key that the pack gives everywhere answers in every region on every day of the year: the same version, or the next from its day."""
    everywhere = {(it.key, it.kind) for it in pack.read().rules if not it.region and it.since <= date(2026, 1, 1) and it.until is None}
    assert len(everywhere) > 300
    for key, kind in sorted(everywhere):
        for region in REGIONS:
            day = date(2026, 1, 1)
            while day <= date(2026, 12, 31):
                found = queries.rule(key, kind=kind, region_path=region, on=day)
                assert found.holds_on(day)
                day = max(found.until or date(2027, 1, 1), day + timedelta(days=1))


def test_no_version_of_the_whole_pack_overlaps_another(loaded: services.Loaded) -> None:
    spans: dict[tuple[str, str, int | None], list[tuple[date, date | None]]] = {}
    for row in Rule.objects.filter(in_force__isempty=False).order_by("in_force"):
        assert row.in_force.lower is not None
        spans.setdefault((row.key, row.kind, row.region_id), []).append((row.in_force.lower, row.in_force.upper))
    several = {key: versions for key, versions in spans.items() if len(versions) > 1}
    assert len(spans) > 400
    assert several
    assert all(until is not None and until <= since for those in several.values() for (_since, until), (since, _until) in pairwise(those))
