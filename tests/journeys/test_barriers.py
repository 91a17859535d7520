"""Everybody follows the links of their own pages: every page of the portals is reached, nothing breaks, axe finds no barrier, and it fits a telephone."""

from __future__ import annotations

import pytest

from tests.journeys.conftest import People
from tests.journeys.people import Person
from tests.journeys.walks import OTHERWISE, STARTS, Walked, linked, pages

PHONE_WIDTH, DESK_WIDTH, HEIGHT = 390, 1440, 900


@pytest.fixture(scope="module")
def walked() -> Walked:
    return Walked()


def faults(person: Person, status: int) -> list[str]:
    found = person.barriers()
    if status >= 400:
        found.append(f"answered with {status}")
    if (heads := person.page.locator("h1").count()) != 1:
        found.append(f"{heads} first headings")
    person.page.set_viewport_size({"width": PHONE_WIDTH, "height": HEIGHT})
    if (more := person.overflow()) > 0:
        found.append(f"{more} pixels too wide for a telephone: {person.sticking_out()}")
    person.page.set_viewport_size({"width": DESK_WIDTH, "height": HEIGHT})
    return found


@pytest.mark.parametrize("login", STARTS, ids=lambda login: login or "public")
def test_no_barrier_on_the_way_of(people: People, walked: Walked, login: str) -> None:
    person = people(login)
    wrong = [f"{address}: {what}" for _view, address, status in walked.along(person, STARTS[login]) for what in faults(person, status)]
    assert not wrong, "\n".join(wrong)


def test_every_page_was_reached_by_links(walked: Walked) -> None:
    """After all walks: a page that was not reached and that no template leads to is a page that nobody finds."""
    if len(walked.reached) < len({starts[0].split("/")[1] for starts in STARTS.values()}):
        pytest.skip("this needs the walks before it")
    lost = sorted(pages() - walked.views - linked() - OTHERWISE)
    assert not lost, "\n".join(lost)
