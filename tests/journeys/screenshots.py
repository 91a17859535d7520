"""`make screenshots`: the pictures of the README, and every page at two widths in two languages into ./screenshots.

python -m tests.journeys.screenshots [--readme]      (--readme: only the pictures of the README)
"""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, sync_playwright
from rich.progress import Progress

from sunlit.cli import set_up_django
from sunlit.config import postgres
from tests.journeys.house import ROOT, House, open_house
from tests.journeys.people import CHROMIUM, DRAWN, Person, chromium, window

README, ALL = ROOT / "docs" / "pictures", ROOT / "screenshots"
WIDTHS, LANGUAGES = (1440, 390), {"zh": "zh-hans", "en": "en"}
HEIGHT, LONGEST = 900, 6000  # pixels
README_BYTES_MOST = 300 * 1024
README_COLOURS = (256, 128, 64)
LANGUAGE_COOKIE = "sunlit_language"
AT_REST = "() => Promise.all([document.fonts.ready, ...document.getAnimations().map(each => each.finished.catch(() => {}))])"


def main() -> None:
    with _server():
        set_up_django()
        with open_house() as house, sync_playwright() as playwright, Progress() as bars:
            browser = playwright.chromium.launch(executable_path=chromium() or None, args=list(CHROMIUM))
            take_readme(house, browser, bars)
            if "--readme" not in sys.argv:
                take_all(house, browser, bars)
            browser.close()


@contextlib.contextmanager
def _server() -> Iterator[None]:
    """The server that DATABASE_URL names, or one that is thrown away."""
    if os.environ.get("DATABASE_URL"):
        yield
        return
    with postgres.ephemeral() as url:
        os.environ["DATABASE_URL"] = url
        yield


# The README


def take_readme(house: House, browser: Browser, bars: Progress) -> None:
    README.mkdir(parents=True, exist_ok=True)
    scenes: dict[str, tuple[str, Callable[[House], str]]] = {
        "home": ("", lambda _house: "/"),
        "search": ("", lambda _house: "/search/?q=激光打印机"),
        "product": ("", lambda house: f"/products/{_much_offered(house)}/"),
        "order": ("aygul", lambda house: f"/buyer/orders/{_much_lived(house)}/"),
        "board": ("zheng", lambda _house: "/regulator/"),
        "verify": ("", lambda house: f"/verify/?number={_acceptance(house)}"),
    }
    for name, (login, path) in bars.track(scenes.items(), description="Pictures of the README"):
        person = Person(house, window(browser, viewport={"width": WIDTHS[0], "height": HEIGHT}), login)
        person.find_soon(path(house), "main .verdict[data-state=verified]" if name == "verify" else "h1")
        _settle(person)
        _keep_small(person.page.screenshot(), README / f"{name}.png")
        person.leave()


def _much_offered(house: House) -> str:
    """A laptop that many suppliers offer."""
    number: str = house.one(
        "SELECT p.number FROM catalog_product p JOIN catalog_offer o ON o.product_id = p.id JOIN catalog_category c ON c.id = p.category_id"
        " WHERE o.state = 'listed' AND c.code = 'A02010108' GROUP BY p.number ORDER BY count(*) DESC, p.number LIMIT 1"
    )
    return number


def _much_lived(house: House) -> str:
    """The school's order with the longest story that is not over yet."""
    number: str = house.one(
        "SELECT o.number FROM market_order o JOIN accounts_organisation b ON b.id = o.buyer_id"
        " WHERE b.number = 'CG-0001' AND o.state IN ('invoiced', 'paying', 'accepted', 'paid')"
        " ORDER BY (o.approved_at IS NOT NULL) DESC, o.placed_at DESC LIMIT 1"
    )
    return number


def _acceptance(house: House) -> int:
    entry: int = house.one("SELECT max(id) FROM ledger_entry WHERE act = 'order.accept'")
    return entry


def _keep_small(png: bytes, path: Path) -> None:
    """As few colours as it takes to stay small; pages are paper and ink, so that nobody sees it."""
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    for colours in README_COLOURS:
        picture.quantize(colours, dither=Image.Dither.NONE).save(path, optimize=True)
        if path.stat().st_size <= README_BYTES_MOST:
            return
    raise SystemExit(f"{path} stays larger than {README_BYTES_MOST} bytes")


# All pages


def take_all(house: House, browser: Browser, bars: Progress) -> None:
    from tests.journeys.walks import STARTS, Walked, pages

    for language in LANGUAGES:
        for width in WIDTHS:
            shutil.rmtree(ALL / f"{language}-{width}", ignore_errors=True)
            (ALL / f"{language}-{width}").mkdir(parents=True)
    walked, taken, task = Walked(), set[str](), bars.add_task("All pages", total=len(pages()))
    for login, starts in STARTS.items():
        person, first = Person(house, window(browser), login), True
        for view, address, _status in walked.along(person, starts):
            if first or view not in taken:  # everybody's own desk, and every other page once
                _take(person, address, f"{view.replace(':', '-')}-{login or 'public'}.png")
            first = False
            taken.add(view)
            bars.update(task, completed=len(walked.views & pages()))
        person.leave()
    bars.update(task, completed=len(pages()))


def _take(person: Person, address: str, name: str) -> None:
    for language, code in LANGUAGES.items():
        person.context.add_cookies([{"name": LANGUAGE_COOKIE, "value": code, "url": person.house.url}])
        person.page.goto(address)
        for width in WIDTHS:
            person.page.set_viewport_size({"width": width, "height": HEIGHT})
            _settle(person)
            tall = min(int(person.page.evaluate("() => document.documentElement.scrollHeight")), LONGEST)
            clip = {"x": 0, "y": 0, "width": width, "height": max(tall, HEIGHT)}
            person.page.screenshot(path=ALL / f"{language}-{width}" / name, full_page=True, clip=clip)  # type: ignore[arg-type]
        person.page.set_viewport_size({"width": WIDTHS[0], "height": HEIGHT})
    person.context.add_cookies([{"name": LANGUAGE_COOKIE, "value": LANGUAGES["zh"], "url": person.house.url}])


def _settle(person: Person) -> None:
    """Scripts, fonts and charts have come to rest."""
    person.page.wait_for_load_state("networkidle" if not person.page.locator("meta[name=live-url]").count() else "load")
    person.page.evaluate(AT_REST)
    if person.page.locator("[data-chart]").count():
        person.page.wait_for_selector("[data-chart] :is(svg, canvas)", state="attached")
    person.page.evaluate(DRAWN)


if __name__ == "__main__":
    main()
