"""The pages about the API in a real Chromium: no barrier, nothing too wide, in both languages and widths."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.portals.ui.test_in_browser import AXE, page_at
from tests.portals.ui.test_in_browser import pytestmark as in_chromium

pytestmark = in_chromium


@pytest.mark.parametrize(("width", "dark", "language"), [(1440, False, "zh-hans"), (390, True, "en")])
@pytest.mark.parametrize("path", ["/api/", "/api/reasons/"])
def test_no_barrier_no_overflow_no_complaint(live_server, path, width, dark, language):
    with page_at(live_server.url + path, width=width, dark=dark, language=language) as (page, said):
        found = page.evaluate(AXE.read_text() + ";axe.run(document).then(r => r.violations.map(v => v.id + ' ' + v.nodes[0].target))")
        too_wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        if folder := os.environ.get("SUNLIT_PICTURES"):
            page.screenshot(path=str(Path(folder) / f"{path.strip('/').replace('/', '-')}-{width}-{language}.png"))
    assert found == []
    assert too_wide <= 0
    assert said == []
