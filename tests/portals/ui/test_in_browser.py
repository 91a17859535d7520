"""The style pages in a real Chromium under the real Content-Security-Policy: no axe violation, no console error, keys and scripts do their work."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, sync_playwright

from sunlit.portals.ui import environment

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome") or ""
AXE = Path(__file__).parents[3] / "node_modules" / "axe-core" / "axe.min.js"

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not CHROMIUM, reason="no Chromium on this machine"),
    pytest.mark.skipif(not (environment.BUILT / "main.js").exists() or not AXE.exists(), reason="the front end is not built"),
]
QUIET = ("Permissions-Policy", "422")


@contextmanager
def page_at(address: str, *, width: int = 1440, dark: bool = False, language: str = "zh-hans") -> Iterator[tuple[Page, list[str]]]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme="dark" if dark else "light", locale="zh-CN")
        context.add_cookies([{"name": "sunlit_language", "value": language, "url": address}])
        page, said = context.new_page(), []
        page.on(
            "console",
            lambda message: (
                said.append(message.text) if message.type in {"error", "warning"} and not any(q in message.text for q in QUIET) else None
            ),
        )
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto(address, wait_until="networkidle")
        yield page, said
        browser.close()


@pytest.fixture(autouse=True)
def _demo(settings: Any) -> None:
    settings.DEMO = True


@pytest.mark.parametrize(
    ("width", "dark", "language"), [(1440, False, "zh-hans"), (390, True, "en"), (390, False, "zh-hans"), (1440, True, "en")]
)
@pytest.mark.parametrize("path", ["/ui/", "/ui/shop/", "/ui/refused/", "/ui/errors/404/"])
def test_no_barrier_no_overflow_no_complaint(live_server, path, width, dark, language):
    with page_at(live_server.url + path, width=width, dark=dark, language=language) as (page, said):
        found = page.evaluate(AXE.read_text() + ";axe.run(document).then(r => r.violations.map(v => v.id + ' ' + v.nodes[0].target))")
        too_wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert found == []
    assert too_wide <= 0
    assert [text for text in said if "404" not in text] == []


def test_windows_tabs_steppers_and_tray(live_server):
    with page_at(live_server.url + "/ui/") as (page, said):
        page.click("[data-opens=freeze-offer]")
        opened = page.evaluate("document.getElementById('freeze-offer').open")
        page.keyboard.press("Escape")
        closed = not page.evaluate("document.getElementById('freeze-offer').open")
        page.locator("[role=tab]").first.focus()
        page.keyboard.press("ArrowRight")
        shown = page.is_visible("#sections-notices"), page.is_visible("#sections-facts")
        page.locator(".stepper button").nth(1).click()
        quantity = page.input_value(".stepper input")
        for box in (0, 1):
            page.locator("[data-compare]").nth(box).check()
        page.click(".theme-toggle")
        theme = page.evaluate("[document.documentElement.dataset.theme, localStorage.theme]")
        page.wait_for_selector("#progress:not([hx-get])", timeout=10_000)
        done = page.inner_text("#progress .figures")
    assert (opened, closed, shown, quantity, theme, done) == (True, True, (True, False), "3", ["dark", "dark"], "10,000 / 10,000")
    assert said == []


def test_a_window_opens_and_closes_without_scripts(live_server):
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_context(java_script_enabled=False).new_page()
        page.goto(live_server.url + "/ui/")
        seen = [page.is_visible("#freeze-offer")]
        for button in ("[data-opens=freeze-offer]", "#freeze-offer .dialog-foot [data-closes]"):
            page.click(button)
            seen.append(page.is_visible("#freeze-offer"))
        browser.close()
    assert seen == [False, True, False]


def test_the_search_field_is_a_combobox(live_server):
    options = "".join(f'<a role="option" tabindex="-1" href="#{word}">{word}</a>' for word in ("paper", "printer"))
    with page_at(live_server.url + "/ui/shop/") as (page, _said):
        page.route("**/suggest/?*", lambda route: route.fulfill(body=options, content_type="text/html"))

        def state() -> list[Any]:
            chosen = page.locator("#top-suggestions [aria-selected=true]").all_inner_texts()
            return [page.get_attribute("#top-q", "aria-expanded"), page.is_visible("#top-suggestions"), chosen]

        page.locator("#top-q").press_sequentially("p")
        page.wait_for_selector("#top-suggestions [role=option]")
        states = [state()]
        for key in ("ArrowDown", "ArrowDown", "ArrowDown", "ArrowUp", "Escape"):
            page.keyboard.press(key)
            states.append(state())
        page.keyboard.press("ArrowDown")
        active = page.get_attribute("#top-q", "aria-activedescendant")
        found = page.evaluate(AXE.read_text() + ";axe.run('.search-box').then(r => r.violations.map(v => v.id))")
        page.keyboard.press("Enter")
        page.wait_for_url("**#paper")
    assert states == [
        ["true", True, []],
        ["true", True, ["paper"]],
        ["true", True, ["printer"]],
        ["true", True, []],
        ["true", True, ["printer"]],
        ["false", False, []],
    ]
    assert (active, found) == ("top-q-option-0", [])
