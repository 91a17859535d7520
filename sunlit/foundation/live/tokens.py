"""Passes to private topics: a short-lived signed list that the page carries to the live process."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.core import signing

from sunlit.foundation.live.topics import PUBLIC, is_topic

if TYPE_CHECKING:
    from sunlit.foundation.accounts.actors import Actor  # only for the type: the live process does not load the models

SALT = "sunlit.live"
TOKEN_SECONDS = 4 * 3600


def live_token(actor: Actor, topics: Iterable[str]) -> str:
    """A pass for the actor to these topics. The page vouches for subjects (it has loaded them through their policy);
    organisations and regions must be the actor's own.
    """
    wanted = sorted(set(topics) - {PUBLIC})
    assert all(is_topic(topic) for topic in wanted), f"not topics: {wanted}"
    assert all(_is_own(actor, topic) for topic in wanted), f"{actor.organisation_number} may not follow {wanted}"
    return signing.dumps({"topics": wanted}, salt=SALT, compress=True)


def topics_in(token: str) -> frozenset[str]:
    """The topics that a token opens; none when it is forged, spoilt or out of date."""
    try:
        told = signing.loads(token, salt=SALT, max_age=TOKEN_SECONDS)
    except signing.BadSignature:
        return frozenset()
    return frozenset(told["topics"])


def _is_own(actor: Actor, topic: str) -> bool:
    kind, _, name = topic.partition("/")
    if kind == "organisation":
        return actor.is_somebody and name == actor.organisation_number
    if kind == "region":
        inside = name == actor.region_path or name.startswith(f"{actor.region_path}/")
        return actor.kind == "operator" or (actor.kind == "regulator" and inside)
    return True
