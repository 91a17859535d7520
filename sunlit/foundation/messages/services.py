"""Telling people, marking as read, and sending what is to go out by mail."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from email.utils import parseaddr
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.utils import translation

from sunlit.config import environment
from sunlit.foundation.accounts.actors import Actor
from sunlit.foundation.accounts.models import Seat, User
from sunlit.foundation.messages import templates
from sunlit.foundation.messages.events import MailDue
from sunlit.foundation.messages.models import Message
from sunlit.foundation.messages.policies import visible_to
from sunlit.foundation.outbox.events import announce


def tell(
    *,
    template: str,
    at: datetime,
    dedupe: str,
    user_id: int | None = None,
    organisation_id: int | None = None,
    roles: Iterable[str] = (),
    params: Mapping[str, Any] | None = None,
    link: str = "",
) -> int:
    """Tell one person (`user_id`), or everybody with a seat in the organisation and one of the roles (none named: all of them).

    With both, the person is told in the seat at that organisation. `dedupe` names what happened: told twice, it is in the inbox once. Returns how many people were told now.
    """
    assert user_id is not None or organisation_id is not None, "tell a person or an organisation"
    text, figures = templates.named(template), dict(params or {})
    assert text.fields <= set(figures), f"{template} lacks {text.fields - set(figures)}"
    with transaction.atomic():
        people = _one(user_id) if user_id is not None else _seated(organisation_id, frozenset(roles))
        known = set(Message.objects.filter(user__in=people, dedupe_key=dedupe).values_list("user_id", flat=True))
        fresh = [person for person in people if person.pk not in known]
        Message.objects.bulk_create(
            [
                Message(
                    user=person,
                    organisation_id=organisation_id,
                    kind=template,
                    title=text.title,
                    body=text.body,
                    params=figures,
                    link=link,
                    at=at,
                    dedupe_key=dedupe,
                )
                for person in fresh
            ],
            ignore_conflicts=True,
        )
        if text.mail:
            _announce_mail(fresh, dedupe)
    return len(fresh)


def mark_read(*, by: Actor, at: datetime, ids: Iterable[int] | None = None) -> int:
    """Mark the actor's own messages as read: those named, or all. Returns how many were unread."""
    unread = visible_to(by).filter(read_at=None)
    if ids is not None:
        unread = unread.filter(pk__in=list(ids))
    return unread.update(read_at=at)


def send_by_mail(message_id: int, *, at: datetime) -> bool:
    """Send the message to its reader's address, unless it was sent or read meanwhile. Errors of the mail server go up: the job is tried again."""
    with transaction.atomic():
        message = Message.objects.select_for_update(of=("self",)).select_related("user").filter(pk=message_id).first()
        if message is None or message.mailed_at or message.read_at or not message.user.email:
            return False
        _as_mail(message).send()
        message.mailed_at = at
        message.save(update_fields=["mailed_at"])
    return True


def _one(user_id: int) -> list[User]:
    return list(User.objects.filter(pk=user_id, is_active=True))


def _seated(organisation_id: int | None, roles: frozenset[str]) -> list[User]:
    seats = Seat.objects.filter(organisation=organisation_id, active=True, user__is_active=True)
    if roles:
        seats = seats.filter(roles__overlap=sorted(roles))
    return [seat.user for seat in seats.select_related("user").order_by("user_id")]


def _announce_mail(people: list[User], dedupe: str) -> None:
    reachable = [person.pk for person in people if person.email]
    due = Message.objects.filter(user_id__in=reachable, dedupe_key=dedupe).order_by("id").values_list("id", flat=True)
    announce(*(MailDue(message_id=pk) for pk in due))


def _as_mail(message: Message) -> EmailMessage:
    """Plain text in the reader's language; the same message has the same Message-ID, so that a mail sent twice is shown once."""
    with translation.override(message.user.language):
        title, body = message.title_text, message.body_text
    site = str(environment.get("SITE_URL")).rstrip("/")
    link = f"{site}{message.link}" if site and message.link else ""
    host = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
    headers = {"Message-ID": f"<message-{message.pk}@{host}>", "Auto-Submitted": "auto-generated"}
    return EmailMessage(
        " ".join(title.split()), "\n\n".join(part for part in (body or title, link) if part), to=[message.user.email], headers=headers
    )
