"""Browsers in which people of the town are signed in, and what their pages say."""

from __future__ import annotations

import re
from typing import Any

from django.test import Client

from sunlit.foundation.accounts.actors import Actor
from sunlit.foundation.accounts.models import User


def browser(actor: Actor | None = None, *, language: str = "zh-hans", csrf: bool = False) -> Client:
    """A browser, signed in as the actor in its seat (None: nobody)."""
    client = Client(enforce_csrf_checks=csrf, headers={"host": "localhost"})
    client.cookies["sunlit_language"] = language
    if actor is not None:
        client.force_login(User.objects.get(pk=actor.person))
        session = client.session
        session["seat"] = actor.seat_id
        session.save()
    return client


def codes(response: Any) -> list[str]:
    """The codes of every problem on the page, in the order of their appearance, each once."""
    return list(dict.fromkeys(re.findall(r'data-code="([A-Z]{2,3}-[0-9]{3})"', response.content.decode())))


def at_field(response: Any, name: str) -> list[str]:
    """The codes that stand at one field of the page."""
    found = re.search(rf'id="f-{name}-problem">(.*?)</div>', response.content.decode(), re.DOTALL)
    return re.findall(r'data-code="([A-Z]{2,3}-[0-9]{3})"', found.group(1)) if found else []


def once(key: str = "form-1", **fields: Any) -> dict[str, Any]:
    return {"_once": key, **fields}
