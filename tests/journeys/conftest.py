"""One house a run for all journeys, one Chromium, and people who come and go with each story."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright

from sunlit.portals.ui import environment
from tests.journeys.house import ROOT, House, open_house
from tests.journeys.people import AXE, BROWSERS, CHROMIUM, Person, chromium, window

ORDERS = 60
PICTURES = ROOT / "screenshots" / "failed"

People = Callable[..., Person]


def missing() -> str:
    """What this machine lacks for a journey, in words; empty when all is there."""
    if not chromium():
        return f"no Chromium on this machine (looked for {', '.join(BROWSERS)})"
    if not (environment.BUILT / "main.js").exists() or not AXE.exists():
        return "the front end is not built: run `make install`"
    return ""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Journeys share one house; pytest-xdist leaves them on one worker (see `tests.cluster`)."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Any:
    report = yield
    item.stash.setdefault(_FAILED, []).append(report.failed)
    return report


_FAILED = pytest.StashKey[list[bool]]()


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Closed with the last journey: other tests start a Playwright of their own."""
    if lacking := missing():
        if os.environ.get("SUNLIT_REQUIRE_BROWSER") == "1":
            pytest.fail(f"the journeys must run here, but there is {lacking}")
        pytest.skip(lacking)
    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=chromium(), args=list(CHROMIUM))
        yield made
        made.close()


@pytest.fixture(scope="package")
def house(browser: Browser) -> Iterator[House]:
    with open_house(orders=ORDERS) as opened:
        yield opened


@pytest.fixture
def people(request: pytest.FixtureRequest, house: House, browser: Browser) -> Iterator[People]:
    """`people("aygul")` comes in signed in, `people()` as the public; at the end nobody may have had a complaint."""
    came: list[Person] = []

    def come(login: str = "", **options: Any) -> Person:
        came.append(Person(house, window(browser, **options), login))
        return came[-1]

    yield come
    if any(request.node.stash.get(_FAILED, [])):
        _keep_pictures(request.node.name, came)
        print(house.log())  # noqa: T201 - pytest shows it with the failure
    for person in came:
        person.leave()
    assert [complaint for person in came for complaint in person.complaints] == []


def _keep_pictures(story: str, came: list[Person]) -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    for number, person in enumerate(came):
        person.page.screenshot(path=PICTURES / f"{story}-{number}-{person.login or 'public'}.png", full_page=True)
