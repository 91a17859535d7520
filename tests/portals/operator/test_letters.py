"""Dead letters: seen with their error, sent again, or given up with a reason."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from procrastinate.contrib.django.models import ProcrastinateJob

from sunlit.foundation.ledger.models import Entry
from sunlit.foundation.outbox import queries, queue, services
from sunlit.foundation.outbox.models import Failure
from tests.portals.regulator.conftest import SOON, codes, wrong_fields
from tests.town import Town

LISTENER = "domain.market.reactions.tell_parties"


@pytest.fixture
def dead(town: Town) -> int:
    """A letter that failed eight times: the mail server did not answer."""
    queue.to_the_worker([{"listener": LISTENER, "event": "OrderMoved", "data": {"number": "DD-1", "verb": "confirm"}}])
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET status = 'doing'")
        cursor.execute("UPDATE procrastinate_jobs SET status = 'failed', attempts = 8 RETURNING id")
        [number] = cursor.fetchone()
    services.note_failure(number, ConnectionRefusedError("no answer from the mail server"), at=SOON)
    return int(number)


def test_a_letter_is_seen_with_listener_event_and_error(dead: int, he: Client) -> None:
    [letter] = queries.dead_letters().letters
    assert (letter.number, letter.listener, letter.event, letter.attempts) == (dead, LISTENER, "OrderMoved", 8)
    assert letter.error == "ConnectionRefusedError: no answer from the mail server"
    assert letter.failed_at is not None
    assert "no answer from the mail server" in he.get("/operator/letters/").content.decode()
    assert "DD-1" in he.get(f"/operator/letters/{dead}/").content.decode()


def test_it_is_sent_again(dead: int, he: Client) -> None:
    assert he.post(f"/operator/letters/{dead}/", {"verb": "retry"}).status_code == 303
    assert ProcrastinateJob.objects.get(pk=dead).status == "todo"
    assert Entry.objects.get(act="letter.retry").facts["listener"] == LISTENER
    again = he.post(f"/operator/letters/{dead}/", {"verb": "retry"})
    assert (again.status_code, codes(again)) == (409, {"OUT-002"})


def test_it_is_given_up_with_a_reason_only(dead: int, he: Client) -> None:
    without = he.post(f"/operator/letters/{dead}/", {"verb": "give_up", "reason": " "})
    assert (without.status_code, codes(without), wrong_fields(without)) == (422, {"OUT-003"}, {"reason"})
    assert ProcrastinateJob.objects.get(pk=dead).status == "failed"
    assert he.post(f"/operator/letters/{dead}/", {"verb": "give_up", "reason": "收件人已离职"}).status_code == 303
    assert ProcrastinateJob.objects.get(pk=dead).status == "cancelled"
    assert not Failure.objects.exists()
    page = he.get(f"/operator/letters/{dead}/")
    assert (page.status_code, "收件人已离职" in page.content.decode()) == (200, True)


def test_others_may_not(dead: int, town: Town) -> None:
    from sunlit.foundation.kernel.refusals import Refused

    for act in (
        lambda: services.retry_letter(dead, by=town.zheng, at=SOON),
        lambda: services.give_up_letter(dead, reason="收件人已离职", by=town.zheng, at=SOON),
    ):
        with pytest.raises(Refused) as refused:
            act()
        assert refused.value.codes == ["OUT-001"]
    assert ProcrastinateJob.objects.get(pk=dead).status == "failed"


def test_a_delivery_that_fails_says_why(transactional_db: None) -> None:
    context: Any = SimpleNamespace(job=SimpleNamespace(id=77))
    with pytest.raises(KeyError):
        queue.deliver.func(context, listener="nobody.there", event="OrderMoved", data={})
    assert Failure.objects.get(job=77).error == "KeyError: 'nobody.there'"
    services.forget_failures()
    assert not Failure.objects.exists()


def test_the_backlog_is_counted(dead: int) -> None:
    queue.to_the_worker([{"listener": LISTENER, "event": "OrderMoved", "data": {}}])
    found = queries.backlog(at=SOON.replace(year=2100))
    assert (found.waiting, found.running, found.dead) == (1, 0, 1)
    assert found.oldest_at is not None


def test_followers_tell_how_far_they_have_read(db: None) -> None:
    assert all(it.behind == 0 for it in queries.followings())
