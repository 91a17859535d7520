"""What the library does by itself, through the real queue's listeners."""

from dataclasses import asdict
from typing import Any

import pytest

from sunlit.domain.catalog import services
from sunlit.domain.catalog.events import ImportAsked
from sunlit.domain.catalog.models import Import
from sunlit.foundation.messages.models import Message
from sunlit.foundation.outbox import events
from tests.domain.catalog.conftest import in_review
from tests.domain.catalog.test_imports import a_row, handed_in, xlsx
from tests.town import NOON, Town


@pytest.fixture
def jobs(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What was announced, to be delivered when the test says so."""
    from sunlit.foundation.outbox import queue

    waiting: list[dict[str, Any]] = []
    monkeypatch.setattr(queue, "defer", waiting.extend)
    return waiting


def deliver(jobs: list[dict[str, Any]]) -> None:
    """Everything that waits, and what it announces in turn; each twice, for a worker may die after the deed."""
    while jobs:
        job = jobs.pop(0)
        for _time in range(2):
            events.deliver(**job)


def inbox(login: str) -> list[str]:
    return [message.title_text for message in Message.objects.filter(user__login=login).order_by("pk")]


def test_wu_is_told_once_what_became_of_her_offer(shelf: Town, jobs: list[dict[str, Any]]) -> None:
    offer = services.approve_offer(in_review(shelf), by=shelf.surina, at=NOON)
    offer = services.freeze(offer, reason="价格异常", by=shelf.surina, at=NOON)
    deliver(jobs)
    assert inbox("wu") == [f"商品 {offer.number} 已上架", f"商品 {offer.number} 已被冻结"]
    assert inbox("nurlan") == []


def test_the_worker_checks_and_carries_out(shelf: Town, jobs: list[dict[str, Any]]) -> None:
    it = handed_in(xlsx([a_row(1), a_row(2, price="x")]), shelf.wu)
    assert jobs[0]["data"] == asdict(ImportAsked(number=it.number, carry_out=False, seat_id=shelf.wu.seat_id, user_id=shelf.wu.user_id))
    deliver(jobs)
    it.refresh_from_db()
    assert (it.state, it.good, it.bad) == ("checked", 1, 1)
    services.carry_out_import(it, by=shelf.wu, at=NOON)
    deliver(jobs)
    it.refresh_from_db()
    assert (it.state, it.new) == ("done", 1)
    assert inbox("wu") == [f"导入批次 {it.number} 已完成校验：1 行可导入，1 行有问题", f"导入批次 {it.number} 已执行完毕"]
    assert Import.objects.count() == 1
