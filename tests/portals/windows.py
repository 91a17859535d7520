"""People at windows of their own, in one real Chromium against the live test server: for purchases that several see through together."""

from __future__ import annotations

from playwright.sync_api import Browser, Page

from sunlit.foundation.accounts.actors import Actor
from tests.journeys.people import AXE, BARRIERS, STICKING_OUT
from tests.portals.clients import browser

PATIENCE_MS = 20_000


class Windows:
    """Everybody at a window of their own; a module of tests adds what its people have in common."""

    def __init__(self, chromium: Browser, url: str) -> None:
        self.chromium, self.url = chromium, url

    def seat(self, actor: Actor | None, width: int = 1440) -> Page:
        """A window in which this person is signed in (None: nobody)."""
        context = self.chromium.new_context(viewport={"width": width, "height": 900}, locale="zh-CN")
        context.set_default_timeout(PATIENCE_MS)
        if actor is not None:
            session = browser(actor).cookies["sunlit_session"].value
            context.add_cookies([{"name": "sunlit_session", "value": session, "url": self.url}])
        return context.new_page()

    def go(self, page: Page, path: str) -> None:
        """Open a page; it fits its window and keeps nobody out."""
        page.goto(self.url + path)
        page.evaluate("() => document.getAnimations().forEach(each => { try { each.finish() } catch { each.cancel() } })")
        page.evaluate(AXE.read_text(encoding="utf-8"))
        assert page.evaluate(BARRIERS) == [], path
        self.fits(page)

    def fits(self, page: Page) -> None:
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), page.evaluate(STICKING_OUT)
