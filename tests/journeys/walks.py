"""Walks through the portals: who goes where, following the links of the pages, each page once."""

from __future__ import annotations

import re
from collections import defaultdict, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from django.urls import Resolver404, get_resolver, resolve
from django.urls.resolvers import URLPattern, URLResolver

from tests.journeys.people import Person

PORTALS = Path(__file__).resolve().parents[2] / "sunlit" / "portals"
NAMED = re.compile(r"""url\(\s*["']([a-z_]+(?::[a-z_]+)?)["']""")
LINKS = "() => [...document.querySelectorAll('a[href]')].filter(a => !a.hasAttribute('download')).map(a => a.href)"
# By login, and where the person begins; the public has none.
STARTS = {
    "": ("/", "/sign-in/", "/supplier/apply/"),
    "aygul": ("/buyer/",),
    "zhou": ("/buyer/",),
    "batu": ("/buyer/orders/?state=received",),
    "li": ("/buyer/",),
    "chen": ("/supplier/",),
    "wu": ("/supplier/",),
    "surina": ("/regulator/",),
    "zheng": ("/regulator/",),
    "he": ("/operator/",),
}
NOT_PAGES = {
    # parts of pages, exchanged by scripts
    "now", "suggest", "supplier:now", "supplier:apply_categories", "supplier:import_progress", "regulator:now", "regulator:orders_table", "operator:now",
    # files
    "file", "ledger", "proof", "auction_result", "robots", "sitemap", "supplier:import_template", "supplier:application_document", "regulator:quota_template", "regulator:reference_template",
    "regulator:our_side", "regulator:statement_template", "buyer:demand_paper", "plan_paper", "declaration_paper", "order_paper", "acceptance_paper", "supplier:envelope",
    # for machines
    "api_description", "api_nothing",
}  # fmt: skip

# No link leads there, but a form or what happened before; the stories look at them when they come by.
OTHERWISE = {
    "buyer:checkout", "supplier:dispatch", "supplier:redeliver", "supplier:invoice", "supplier:begin", "supplier:application",
    "supplier:edit_application", "supplier:import", "supplier:delist_many", "totp_off",
    "buyer:new_framework", "buyer:edit_framework",  # only for who the rulebook names as a solicitor
    "operator:letter",  # only where a letter could not be delivered
    "regulator:template",  # the page of a rule leads there where the rule is a template
    "regulator:batch_of", "supplier:batch_of",  # the name is put together from the portal and the mode
}  # fmt: skip


@dataclass
class Walked:
    """What was reached so far, by portal: what people of one kind share is walked once."""

    reached: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    @property
    def views(self) -> set[str]:
        return set().union(*self.reached.values())

    def along(self, person: Person, starts: tuple[str, ...]) -> Iterator[tuple[str, str, int]]:
        """Every page not seen on this walk, opened: its view, its address, the status of its answer."""
        ours, portal, seen = person.house.url, starts[0].strip("/").partition("/")[0], set[str]()
        ahead = deque(ours + start for start in starts)
        known = set(ahead)
        while ahead:
            address = ahead.popleft()
            view = view_of(address)
            shared = not view.startswith(f"{portal}:") and view in self.reached[portal]
            if shared or view in seen or not is_page(view):
                continue
            seen.add(view)
            status = person.go(address.removeprefix(ours))
            self.reached[portal] |= {view, view_of(person.page.url)}
            for link in person.page.evaluate(LINKS):
                here = link.partition("#")[0]
                if here.startswith(ours + "/") and here not in known:
                    known.add(here)
                    ahead.append(here)
            yield view, address, status


def view_of(address: str) -> str:
    """The name of the page's view, or nothing for what is no page of ours."""
    try:
        return resolve(urlsplit(address).path).view_name
    except Resolver404:
        return ""


def is_page(view: str) -> bool:
    return bool(view) and view not in NOT_PAGES and not view.startswith(("ui_", "api_v1"))


def linked() -> set[str]:
    """The views that some template leads to: a walk opens one page of each kind, and a link may show in another state only."""
    return {name for path in PORTALS.rglob("templates/**/*.html") for name in NAMED.findall(path.read_text(encoding="utf-8"))}


def pages() -> set[str]:
    """The views that somebody can look at."""
    return {name for name, view in _views(get_resolver(), "") if is_page(name) and "GET" in view.callback.door["methods"]}  # type: ignore[attr-defined]


def _views(resolver: URLResolver, space: str) -> Iterator[tuple[str, URLPattern]]:
    for each in resolver.url_patterns:
        if isinstance(each, URLResolver):
            yield from _views(each, f"{each.namespace}:" if each.namespace else space)
        elif hasattr(each.callback, "door") and each.name:
            yield space + each.name, each
