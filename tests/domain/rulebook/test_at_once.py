"""Several officers at once: one change comes into force once. Real transactions in real threads."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from django.db import connection

from sunlit.domain.rulebook import queries, services
from sunlit.domain.rulebook.models import Rule
from sunlit.foundation.accounts.actors import CLOCK, Actor
from sunlit.foundation.accounts.models import Region, User
from sunlit.foundation.kernel.refusals import Refused
from sunlit.foundation.ledger.models import Entry
from tests.domain.rulebook.conftest import AT, BAZHOU, KORLA, SURINA, ZHENG

pytestmark = pytest.mark.django_db(transaction=True)

APRIL = date(2026, 4, 1)
CHANGE: dict[str, Any] = {"key": "order.receipt_limit", "region": KORLA, "effective_from": APRIL, "reason": "延长签收时间"}


@pytest.fixture
def officers(transactional_db: None) -> list[Actor]:
    """Surina who drafts, Erkin and Zheng who review."""
    top = Region.objects.create(code="652800", name_zh="巴音郭楞蒙古自治州", name_en="Bayingolin", path=BAZHOU, level="prefecture")
    Region.objects.create(code="652801", name_zh="库尔勒市", name_en="Korla", parent=top, path=KORLA)
    services.load_pack(by=CLOCK, at=AT)
    people = [User.objects.create(login=name, name_zh=name, created_at=AT) for name in ("surina", "erkin", "zheng")]
    return [replace(seat, user_id=user.pk) for seat, user in zip((SURINA, SURINA, ZHENG), people, strict=True)]


def at_once(*acts: Callable[[], Any]) -> list[str]:
    """Begin all acts together; each answers with its result or its refusal's codes."""
    gate, answers = threading.Barrier(len(acts)), [""] * len(acts)

    def run(place: int, act: Callable[[], Any]) -> None:
        try:
            gate.wait()
            answers[place] = str(act())
        except Refused as refused:
            answers[place] = " ".join(refused.codes)
        except BaseException as error:  # noqa: BLE001 (a thread's error must reach the test)
            answers[place] = repr(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return sorted(answers)


def test_two_who_approve_one_draft_at_once_bring_it_into_force_once(officers: list[Actor]) -> None:
    surina, erkin, zheng = officers
    draft = services.hand_in(services.draft_value(**CHANGE, value="5", by=surina, at=AT), by=surina, at=AT)
    answers = at_once(
        lambda: services.approve(draft, by=erkin, at=AT).state,
        lambda: services.approve(draft, by=zheng, at=AT).state,
    )
    assert answers == ["LIF-001", "enacted"]
    assert Entry.objects.filter(act="rule.set").count() == Rule.objects.filter(set_by="JG-0001").count() == 1
    queries.forget()
    assert queries.rule("order.receipt_limit", region_path=KORLA, on=APRIL).n == 5


def test_of_two_drafts_of_one_rule_approved_at_once_one_is_stale(officers: list[Actor]) -> None:
    surina, erkin, zheng = officers
    one, other = (services.hand_in(services.draft_value(**CHANGE, value=value, by=surina, at=AT), by=surina, at=AT) for value in ("4", "5"))
    answers = at_once(
        lambda: services.approve(one, by=erkin, at=AT).state,
        lambda: services.approve(other, by=zheng, at=AT).state,
    )
    assert answers == ["RUL-032", "enacted"]
    assert Rule.objects.filter(set_by="JG-0001", in_force__isempty=False).count() == 1


def test_approved_and_withdrawn_at_once_is_one_of_the_two(officers: list[Actor]) -> None:
    surina, erkin, _zheng = officers
    draft = services.hand_in(services.draft_value(**CHANGE, value="5", by=surina, at=AT), by=surina, at=AT)
    answers = at_once(
        lambda: services.approve(draft, by=erkin, at=AT).state,
        lambda: services.withdraw(draft, by=surina, at=AT).state,
    )
    assert answers in (["LIF-001", "enacted"], ["LIF-001", "withdrawn"])
    draft.refresh_from_db()
    assert Rule.objects.filter(set_by="JG-0001").exists() is (draft.state == "enacted")
