"""Everybody follows the links of their own pages: every page of the portals is reached, nothing breaks, axe finds no barrier, and it fits a telephone."""

from __future__ import annotations

from collections import deque
from urllib.parse import urlsplit

import pytest
from django.urls import Resolver404, get_resolver, resolve
from django.urls.resolvers import URLPattern, URLResolver

from tests.journeys.conftest import People
from tests.journeys.people import Person

LINKS = "() => [...document.querySelectorAll('a[href]')].filter(a => !a.hasAttribute('download')).map(a => a.href)"
PHONE_WIDTH, DESK_WIDTH, HEIGHT = 390, 1440, 900
WALKS = {
    "public": ("", ("/", "/sign-in/", "/supplier/apply/")),
    "aygul": ("aygul", ("/buyer/",)),
    "zhou": ("zhou", ("/buyer/", "/organisation/")),
    "batu": ("batu", ("/buyer/orders/?state=received",)),
    "li": ("li", ("/buyer/",)),
    "ma": ("ma", ("/buyer/",)),
    "chen": ("chen", ("/supplier/", "/organisation/")),
    "wu": ("wu", ("/supplier/",)),
    "surina": ("surina", ("/regulator/",)),
    "zheng": ("zheng", ("/regulator/",)),
    "he": ("he", ("/operator/",)),
}
NOT_PAGES = {
    # parts of pages, exchanged by scripts
    "now", "suggest", "supplier:now", "supplier:apply_categories", "supplier:import_progress", "regulator:now", "regulator:orders_table", "operator:now",
    # files
    "file", "ledger", "proof", "robots", "sitemap", "supplier:import_template", "supplier:application_document", "regulator:quota_template",
    # for machines
    "api_description", "api_nothing",
}  # fmt: skip
reached: set[str] = set()


def view_of(address: str) -> str:
    """The name of the page's view, or nothing for what is no page of ours."""
    try:
        return resolve(urlsplit(address).path).view_name
    except Resolver404:
        return ""


def walk(person: Person, starts: tuple[str, ...]) -> list[str]:
    """Follow every link to a view not seen on this walk; what is wrong with the pages."""
    ours, wrong, seen = person.house.url, [], set[str]()
    ahead = deque(ours + start for start in starts)
    known = set(ahead)
    while ahead:
        address = ahead.popleft()
        view = view_of(address)
        if not view or view in seen or view in NOT_PAGES or view.startswith(("ui_", "api_v1")):
            continue
        seen.add(view)
        status = person.go(address.removeprefix(ours))
        wrong += [f"{address}: {what}" for what in faults(person, status)]
        reached.add(view_of(person.page.url))
        for link in person.page.evaluate(LINKS):
            here = link.partition("#")[0]
            if here.startswith(ours + "/") and here not in known:
                known.add(here)
                ahead.append(here)
    return wrong


def faults(person: Person, status: int) -> list[str]:
    found = person.barriers()
    if status >= 400:
        found.append(f"answered with {status}")
    if (heads := person.page.locator("h1").count()) != 1:
        found.append(f"{heads} first headings")
    person.page.set_viewport_size({"width": PHONE_WIDTH, "height": HEIGHT})
    if (more := person.overflow()) > 0:
        found.append(f"{more} pixels too wide for a telephone")
    person.page.set_viewport_size({"width": DESK_WIDTH, "height": HEIGHT})
    return found


@pytest.mark.parametrize("name", WALKS)
def test_no_barrier_on_the_way_of(people: People, name: str) -> None:
    login, starts = WALKS[name]
    assert walk(people(login), starts) == []


def test_every_page_was_reached_by_links() -> None:
    """After all walks: a page that no link leads to is a page that nobody finds."""
    if len(reached) < len(WALKS):
        pytest.skip("this needs the walks before it")
    assert sorted(pages() - reached) == []


def pages() -> set[str]:
    return {name for name, view in views(get_resolver(), "") if "GET" in view.callback.door["methods"] and name not in NOT_PAGES}


def views(resolver: URLResolver, space: str) -> list[tuple[str, URLPattern]]:
    found: list[tuple[str, URLPattern]] = []
    for each in resolver.url_patterns:
        if isinstance(each, URLResolver):
            found += views(each, f"{each.namespace}:" if each.namespace else space)
        elif hasattr(each.callback, "door") and each.name and not each.name.startswith("ui_"):
            found.append((space + each.name, each))
    return found
