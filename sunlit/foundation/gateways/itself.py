"""The platform looks at itself from outside: does its web answer?"""

from __future__ import annotations

import urllib.error
import urllib.request

from sunlit.config import environment

PATIENCE_SECONDS = 5.0


def answers() -> bool:
    """True when the web process answers over HTTP: at its public address where one is set, else at its port on this machine."""
    site = str(environment.get("SITE_URL")) or f"http://127.0.0.1:{environment.get('PORT')}"
    try:
        with urllib.request.urlopen(f"{site.rstrip('/')}/health", timeout=PATIENCE_SECONDS) as answer:  # noqa: S310 (http or https, by the setting)
            return bool(answer.status == 200)
    except (OSError, urllib.error.URLError, ValueError):
        return False
