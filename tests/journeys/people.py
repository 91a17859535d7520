"""People at their browsers: each has a window of their own, signs in with one click, and complains about whatever the page gets wrong."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Dialog, Error, Locator, Page, Response, expect

from tests.journeys.house import ROOT, House

AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
SECONDS = 15  # the patience with one page
SOON_SECONDS = 40  # the patience with something that other processes do
LOOK_MILLISECONDS = 700
SETTLED_MS = 2000  # after this a page that was resized stays as it is
CHROMIUM = ("--no-sandbox", "--disable-gpu", "--force-color-profile=srgb", "--font-render-hinting=none")
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
NOT_OURS = re.compile(r"Permissions-Policy|Failed to load resource")  # the second is judged by the answer itself
STICKING_OUT = """
() => [...document.querySelectorAll("main *")].map(each => [each.getBoundingClientRect().right, each]).sort((a, b) => b[0] - a[0])
  .filter(([right]) => right > innerWidth).map(([right, each]) => `${each.tagName}.${each.className} ${right} ${each.textContent.trim().slice(0, 40)}`)
  .slice(0, 5).join("; ")
"""
DRAWN = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done())))"
BARRIERS = """
() => axe.run(document, {resultTypes: ["violations"]})
  .then(found => found.violations.map(each => each.id + " " + each.nodes.map(node => node.target.join(" ")).slice(0, 3).join(" , ")))
"""


class Person:
    """Somebody of the cast (or nobody known) in front of a page."""

    def __init__(self, house: House, context: BrowserContext, login: str) -> None:
        self.house, self.context, self.login = house, context, login
        self.complaints: list[str] = []
        context.set_default_timeout(SECONDS * 1000)
        self.page = self._watched(context.new_page())
        if login:
            self.go("/sign-in/")
            self.page.click(f"[data-persona={login}]")
            expect(self.page.locator("summary .avatar")).to_be_visible()

    def another_tab(self) -> Page:
        return self._watched(self.context.new_page())

    def go(self, path: str) -> int:
        """Open a page; returns the status of its answer. A live room that is loading itself anew just then is let finish first."""
        try:
            answer = self.page.goto(self.house.url + path)
        except Error as error:
            if "interrupted by another navigation" not in str(error):
                raise
            self.page.wait_for_load_state()
            answer = self.page.goto(self.house.url + path)
        return answer.status if answer else 0

    def at(self, path: str) -> None:
        """The page shown now is this one (its query aside)."""
        expect(self.page).to_have_url(re.compile(re.escape(self.house.url + path) + r"(\?.*)?$"))

    @property
    def path(self) -> str:
        return urlsplit(self.page.url).path

    def sees(self, text: str | re.Pattern[str]) -> None:
        expect(self.page.locator("main")).to_contain_text(text)

    def toast(self, text: str | re.Pattern[str]) -> None:
        expect(self.page.locator("#toasts")).to_contain_text(text)

    def state(self, state: str) -> None:
        """The thing on the page is in this state."""
        expect(self.page.locator("main .badge[data-state]").first).to_have_attribute("data-state", state)

    def refused(self, code: str) -> None:
        """The page tells a refusal by its code."""
        expect(self.page.locator(f'main [data-code="{code}"]').first).to_be_visible()

    def verb(self, verb: str, *, reason: str = "") -> None:
        """Carry out one of the moves that the page offers; those that want a reason ask for it in a window or unfold a form."""
        main = self.page.locator("main")
        form = main.locator(f"form:has(input[name=verb][value={verb}])")
        if reason:
            main.locator(f"[data-opens=verb-{verb}], details:has(input[name=verb][value={verb}]) > summary").first.click()
            form.locator("textarea[name=reason]").fill(reason)
            form.locator("button:not([data-closes])").click()
        else:
            main.locator(f"button[name=verb][value={verb}]").or_(form.locator("button:not([data-closes])")).first.click()

    def find_soon(self, path: str, selector: str, *, text: str | re.Pattern[str] = re.compile(""), seconds: int = SOON_SECONDS) -> Locator:
        """Look at a page again and again until another process has done its part."""
        deadline, wanted = time.monotonic() + seconds, self.page.locator(selector).filter(has_text=text).first
        while True:
            self.go(path)
            try:
                expect(wanted).to_be_visible(timeout=LOOK_MILLISECONDS)
            except AssertionError:
                if time.monotonic() > deadline:
                    raise
            else:
                return wanted

    def barriers(self) -> list[str]:
        """What keeps people out of this page, as axe finds it. Moving parts are let come to rest first."""
        self.page.evaluate("() => document.getAnimations().forEach(each => { try { each.finish() } catch { each.cancel() } })")
        if not self.page.evaluate("() => 'axe' in window"):
            self.page.evaluate(AXE.read_text(encoding="utf-8"))
        found: list[str] = self.page.evaluate(BARRIERS)
        return found

    def in_order(self) -> None:
        """The page has no barrier and is no wider than the window."""
        barriers = self.barriers()
        assert not barriers, f"{self.path}: {barriers}"
        assert self.overflow() <= 0

    def sticking_out(self) -> str:
        """What reaches furthest beyond the window's edge."""
        return str(self.page.evaluate(STICKING_OUT))

    def overflow(self) -> int:
        """By how many pixels the page is wider than the window, once it has come to rest."""
        self.page.evaluate(DRAWN)
        deadline = time.monotonic() + SETTLED_MS / 1000
        while (wider := int(self.page.evaluate("() => document.documentElement.scrollWidth - innerWidth"))) > 0:
            if time.monotonic() > deadline:
                break
            self.page.evaluate(DRAWN)
        return wider

    def download(self, push: Callable[[], Any], to: Path) -> Path:
        with self.page.expect_download() as coming:
            push()
        coming.value.save_as(to)
        return to

    def leave(self) -> None:
        self.context.close()

    def _watched(self, page: Page) -> Page:
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.complaints.append(f"{page.url}: {error}"))
        page.on("response", self._answered)
        page.on("dialog", self._asked)
        return page

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and not NOT_OURS.search(message.text):
            self.complaints.append(f"{message.location.get('url', '')}: {message.text}")

    def _answered(self, response: Response) -> None:
        """Pages may refuse; nothing may break, and what a page is made of must be there."""
        part = response.request.resource_type not in {"document", "xhr", "fetch", "eventsource"}
        if response.status >= 500 or (part and response.status >= 400):
            self.complaints.append(f"{response.url}: answered with {response.status}")

    def _asked(self, dialog: Dialog) -> None:
        self.complaints.append(f"a window of the browser asked: {dialog.message}")
        dialog.dismiss()


def chromium() -> str:
    """The browser of this machine, or nothing."""
    return next((found for name in BROWSERS if (found := shutil.which(name))), "")


def window(browser: Browser, **options: Any) -> BrowserContext:
    """A fresh browser profile: Chinese, in Shanghai, at a desk."""
    wanted: dict[str, Any] = {
        "viewport": {"width": 1440, "height": 900},
        "locale": "zh-CN",
        "timezone_id": "Asia/Shanghai",
        "reduced_motion": "reduce",
    }
    return browser.new_context(**{**wanted, **options})
