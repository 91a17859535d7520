"""What the shell of a page shows besides the page: who is reading, navigation, languages, the state of the ledger."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth import get_user
from django.http import HttpRequest
from django.utils.translation import get_language, get_language_info

from sunlit.config import environment
from sunlit.foundation.accounts.actors import NOBODY, Actor
from sunlit.foundation.accounts.models import User
from sunlit.foundation.ledger import publishing
from sunlit.foundation.live.tokens import live_token
from sunlit.foundation.live.topics import PUBLIC
from sunlit.foundation.messages.queries import unread_count
from sunlit.portals.ui import navigation, toasts


@dataclass(frozen=True)
class LedgerStatus:
    """What is published: so many acts, last at this time."""

    size: int
    sealed_at: datetime


@dataclass(frozen=True)
class Shell:
    """The frame around a page. Built once a request by `shell(request)` in base.html; it asks the database only for what it shows."""

    request: HttpRequest
    actor: Actor
    audience: str

    @property
    def known(self) -> bool:
        """Somebody is signed in."""
        return self.actor.is_somebody

    @property
    def guest(self) -> User | None:
        """Somebody who is signed in but has no seat yet: an applicant."""
        if self.known or settings.SESSION_COOKIE_NAME not in self.request.COOKIES:
            return None
        user = get_user(self.request)
        return user if isinstance(user, User) and user.is_active else None

    @property
    def items(self) -> list[navigation.Item]:
        return navigation.entries(self.audience, self.actor.roles)

    @property
    def waiting(self) -> dict[str, int]:
        return navigation.waiting(self.items, self.actor) if self.known else {}

    @property
    def unread(self) -> int:
        return unread_count(self.actor)

    @property
    def ledger(self) -> LedgerStatus | None:
        return ledger_status()

    def live_url(self, topics: str | list[str]) -> str:
        """Where the page listens: `topics` separated by commas, with a pass to those that are not public."""
        wanted = [topic.strip() for topic in topics.split(",")] if isinstance(topics, str) else topics
        asked = {"topics": ",".join(wanted)}
        if set(wanted) - {PUBLIC}:
            asked["token"] = live_token(self.actor, wanted)
        return f"{environment.live_url(self.request.get_host())}?{urlencode(asked)}"

    @property
    def told(self) -> list[toasts.Toast]:
        return toasts.told(self.request)

    @property
    def desk_url(self) -> str:
        """The first page of the reader's own portal, or ""."""
        own = navigation.entries(self.actor.kind, self.actor.roles) if self.known else []
        return own[0].url if own else ""


def shell(request: HttpRequest, audience: str = "") -> Shell:
    """`audience` is the portal whose navigation is shown; empty means that of the reader."""
    actor: Actor = getattr(request, "actor", NOBODY)
    return Shell(request, actor, audience or (actor.kind if actor.is_somebody else "public"))


def languages() -> list[dict[str, Any]]:
    """The languages of the site as the switch shows them."""
    short = {"zh-hans": "简", "zh-hant": "繁", "en": "EN"}
    now = get_language()
    return [
        {"code": code, "short": short.get(code, code), "name": get_language_info(code)["name_local"], "chosen": code == now}
        for code, _name in settings.LANGUAGES
    ]


def rtl() -> bool:
    """The reader's language is written from right to left."""
    return bool(get_language_info(get_language() or settings.LANGUAGE_CODE)["bidi"])


def ledger_status() -> LedgerStatus | None:
    """Read from the published checkpoint, not from the database: every page shows it."""
    try:
        changed = (publishing.folder() / "checkpoint").stat().st_mtime_ns
    except FileNotFoundError:
        return None
    return _status_at(str(publishing.folder()), changed)


@lru_cache(maxsize=4)
def _status_at(folder: str, changed: int) -> LedgerStatus | None:
    seen = publishing.published(Path(folder))
    return LedgerStatus(seen.size, datetime.fromtimestamp(changed / 1e9, UTC)) if seen else None
