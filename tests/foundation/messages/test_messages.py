"""Telling people: the right ones, once, in their own language, with a count that stays cheap."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from sunlit.foundation.accounts.actors import NOBODY
from sunlit.foundation.accounts.models import Seat, User
from sunlit.foundation.messages import queries, services, templates
from sunlit.foundation.messages.models import Message
from sunlit.foundation.messages.wording import worded
from tests.foundation.messages.conftest import NOON, PLACED, People, sit


def tell_sales(people: People, **more: Any) -> int:
    return services.tell(
        template="test.placed",
        organisation_id=people.shop.pk,
        roles=["sales"],
        params=PLACED,
        link="/supplier/orders/DD-20261123-7K3M9QW4/",
        at=NOON,
        dedupe="placed/DD-20261123-7K3M9QW4",
        **more,
    )


def jobs() -> list[tuple[str, int]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT args ->> 'event', (args -> 'data' ->> 'message_id')::bigint FROM procrastinate_jobs ORDER BY id")
        return [(str(event), int(message)) for event, message in cursor.fetchall()]


def test_those_with_the_role_are_told(people: People) -> None:
    assert tell_sales(people) == 2
    assert [queries.unread_count(actor) for actor in (people.alice, people.dora, people.frank, people.bob)] == [1, 1, 0, 0]
    (message,) = queries.inbox(people.alice)
    assert (message.kind, message.link, message.at, message.read_at) == (
        "test.placed",
        "/supplier/orders/DD-20261123-7K3M9QW4/",
        NOON,
        None,
    )


def test_told_twice_it_is_in_the_inbox_once(people: People) -> None:
    tell_sales(people)
    assert tell_sales(people) == 0
    assert Message.objects.count() == 2
    assert len(jobs()) == 2


def test_whoever_joins_later_is_told_when_it_is_told_again(people: People) -> None:
    tell_sales(people)
    Seat.objects.filter(user__login="frank").update(roles=["sales"])
    assert tell_sales(people) == 1


def test_no_role_named_means_everybody_with_a_living_seat(people: People) -> None:
    Seat.objects.filter(user__login="dora").update(active=False)
    User.objects.filter(login="frank").update(is_active=False)
    assert services.tell(template="test.quiet", organisation_id=people.shop.pk, params={"name": "A4"}, at=NOON, dedupe="low/1") == 1
    assert Message.objects.get().user_id == people.alice.user_id


def test_one_person_is_told(people: People) -> None:
    assert services.tell(template="test.quiet", user_id=people.bob.user_id, params={"name": "A4"}, at=NOON, dedupe="low/1") == 1
    assert queries.unread_count(people.bob) == 1


def test_a_message_that_lacks_a_figure_is_not_told(people: People) -> None:
    with pytest.raises(AssertionError, match="number"):
        services.tell(template="test.placed", user_id=people.bob.user_id, at=NOON, dedupe="x")
    assert not Message.objects.exists()


def test_each_seat_has_its_own_inbox(people: People) -> None:
    bob_at_the_shop = sit(people.shop, "bob", "sales")
    tell_sales(people)
    assert [queries.unread_count(actor) for actor in (people.bob, bob_at_the_shop)] == [0, 1]


def test_words_are_found_when_they_are_read(people: People) -> None:
    tell_sales(people)
    (message,) = queries.inbox(people.alice)
    with translation.override("en"):
        assert message.title_text == "Order DD-20261123-7K3M9QW4 waits for you"
        assert message.body_text == "人民医院 ordered for ¥1,280.50. Confirm it until 25 Nov 2026 18:00."
    with translation.override("zh-hans"):
        assert (
            worded("{until:at} {day:day}", {"until": "2026-11-25T10:00:00Z", "day": "2026-11-25"}) == "2026年11月25日 18:00 2026年11月25日"
        )
        assert worded("{until:at}", {"until": "2026-11-25T16:00:00Z"}) == "2026年11月25日 24:00"  # the day that it ends


def test_figures_cannot_reach_into_the_program() -> None:
    assert worded("{name}", {"name": "{other.__class__}"}) == "{other.__class__}"


def test_reading_marks_ones_own_messages_only(people: People) -> None:
    tell_sales(people)
    mine, hers = Message.objects.get(user=people.alice.user_id), Message.objects.get(user=people.dora.user_id)
    later = NOON + timedelta(hours=1)
    assert services.mark_read(by=people.alice, at=later, ids=[mine.pk, hers.pk]) == 1
    assert services.mark_read(by=people.alice, at=later + timedelta(hours=1)) == 0
    mine.refresh_from_db()
    hers.refresh_from_db()
    assert (mine.read_at, hers.read_at) == (later, None)


def test_another_persons_message_is_not_found(people: People) -> None:
    tell_sales(people)
    hers = Message.objects.get(user=people.dora.user_id)
    for stranger in (people.alice, people.bob, NOBODY):
        with pytest.raises(Message.DoesNotExist):
            queries.get(hers.pk, seen_by=stranger)


def test_the_inbox_is_paged_by_its_last_message(people: People) -> None:
    for n in range(5):
        services.tell(
            template="test.quiet", user_id=people.bob.user_id, params={"name": f"{n}"}, at=NOON + timedelta(minutes=n // 2), dedupe=f"{n}"
        )
    first = queries.inbox(people.bob, rows=3)
    rest = queries.inbox(people.bob, before=(first[-1].at, first[-1].pk), rows=3)
    assert [message.params["name"] for message in first + rest] == ["4", "3", "2", "1", "0"]


def test_the_count_is_one_query_and_stops_at_a_hundred(people: People) -> None:
    words = {"kind": "test.quiet", "title": "x", "at": NOON, "user_id": people.bob.user_id}
    Message.objects.bulk_create(Message(**words, dedupe_key=str(n)) for n in range(150))
    with CaptureQueriesContext(connection) as captured:
        assert queries.unread_count(people.bob) == 100
    assert len(captured) == 1
    assert queries.unread_count(NOBODY) == 0


def test_mail_is_due_for_those_with_an_address(people: People) -> None:
    Seat.objects.filter(user__login="frank").update(roles=["sales"])
    assert tell_sales(people) == 3
    due = Message.objects.filter(user__in=[people.alice.user_id, people.dora.user_id]).order_by("id")
    assert jobs() == [("MailDue", message.pk) for message in due]


def test_a_quiet_message_is_not_mailed(people: People) -> None:
    services.tell(template="test.quiet", user_id=people.alice.user_id, params={"name": "A4"}, at=NOON, dedupe="low/1")
    assert jobs() == []


def test_mail_goes_out_once_in_the_readers_language(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUNLIT_SITE_URL", "https://sunlit.example/")
    tell_sales(people)
    message = Message.objects.get(user=people.alice.user_id)
    assert services.send_by_mail(message.pk, at=NOON) is True
    assert services.send_by_mail(message.pk, at=NOON) is False
    (sent,) = mail.outbox
    assert (sent.to, sent.subject) == (["alice@shop.example"], "Order DD-20261123-7K3M9QW4 waits for you")
    assert sent.body.endswith("25 Nov 2026 18:00.\n\nhttps://sunlit.example/supplier/orders/DD-20261123-7K3M9QW4/")
    assert sent.extra_headers["Message-ID"].startswith(f"<message-{message.pk}@")


def test_what_was_read_meanwhile_is_not_mailed(people: People) -> None:
    tell_sales(people)
    services.mark_read(by=people.alice, at=NOON)
    assert services.send_by_mail(Message.objects.get(user=people.alice.user_id).pk, at=NOON) is False
    assert services.send_by_mail(0, at=NOON) is False
    assert mail.outbox == []


def test_a_mail_server_that_fails_leaves_the_mail_due(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    def down(*_: object) -> int:
        raise ConnectionRefusedError("no mail server")

    tell_sales(people)
    message = Message.objects.get(user=people.alice.user_id)
    monkeypatch.setattr("django.core.mail.EmailMessage.send", down)
    with pytest.raises(ConnectionRefusedError):
        services.send_by_mail(message.pk, at=NOON)
    message.refresh_from_db()
    assert message.mailed_at is None


def test_a_template_is_declared_once() -> None:
    assert templates.declare("test.quiet", title="Stock of {name} is low") == templates.named("test.quiet")
    with pytest.raises(AssertionError, match="declared twice"):
        templates.declare("test.quiet", title="Other words")
    assert templates.named("test.placed").fields == {"number", "buyer", "total", "until"}
