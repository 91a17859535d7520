"""What a buyer means to buy is told once, stays as it was told, and is corrected beside it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection

from sunlit.domain.planning import queries, services
from sunlit.domain.planning.models import Intention, IntentionItem
from sunlit.foundation.kernel.refusals import Refused
from sunlit.foundation.ledger import queries as ledger
from tests.town import NOON, Town, build

LAPTOPS = {
    "name": "教学用便携式计算机",
    "outline": "50台，供两个机房使用，质保三年，五月底前交付",
    "budget": "249950",
    "month": "2026-05",
    "note": "",
}
PAPER = {"name": "复印纸", "outline": "2000箱，分四次送达", "budget": "256,000.50", "month": "2026-04", "note": "全年用量"}


def a_notice(town: Town) -> Intention:
    it = services.draft_intention([LAPTOPS, PAPER], by=town.aygul, at=NOON)
    return services.publish_intention(it, by=town.zhou, at=NOON)


def test_a_notice_is_drafted_by_one_and_published_by_the_lead(town: Town) -> None:
    it = services.draft_intention([LAPTOPS, dict.fromkeys(LAPTOPS, ""), PAPER], by=town.aygul, at=NOON)
    assert (it.state, it.total, it.period_from, it.period_to) == ("draft", Decimal("505950.50"), date(2026, 4, 1), date(2026, 5, 1))
    assert [(row.position, row.name, row.public_since) for row in it.items.all()] == [(1, "教学用便携式计算机", None), (2, "复印纸", None)]
    with pytest.raises(Refused) as refused:
        services.publish_intention(it, by=town.aygul, at=NOON)
    assert refused.value.codes == ["LIF-002"]
    it = services.publish_intention(it, by=town.zhou, at=NOON)
    assert (it.state, it.published_at) == ("published", NOON)
    assert {row.public_since for row in it.items.all()} == {NOON}
    assert [entry.act for entry in ledger.history_of(f"intention/{it.number}")] == ["intention.draft", "intention.publish"]


def test_every_row_tells_all_that_is_wrong_with_it(town: Town) -> None:
    rows = [{"name": "", "outline": "", "budget": "0", "month": "2026-13", "note": ""}, {**PAPER, "budget": "1.005"}]
    with pytest.raises(Refused) as refused:
        services.draft_intention(rows, by=town.aygul, at=NOON)
    assert [(problem.code, problem.on) for problem in refused.value.problems] == [
        ("INT-001", "name_1"),
        ("INT-002", "outline_1"),
        ("INT-003", "budget_1"),
        ("INT-004", "month_1"),
        ("INT-003", "budget_2"),
    ]
    with pytest.raises(Refused) as refused:
        services.draft_intention([dict.fromkeys(LAPTOPS, " ")], by=town.aygul, at=NOON)
    assert refused.value.codes == ["INT-006"]
    assert Intention.objects.count() == 0


def test_a_month_that_is_over_is_not_published(town: Town) -> None:
    it = services.draft_intention([{**PAPER, "month": "2026-02"}], by=town.aygul, at=NOON)
    with pytest.raises(Refused) as refused:
        services.publish_intention(it, by=town.zhou, at=NOON)
    assert [(problem.code, problem.on) for problem in refused.value.problems] == [("INT-005", "month_1")]
    it.refresh_from_db()
    assert it.state == "draft"


def test_what_is_public_is_never_rewritten(town: Town) -> None:
    it = a_notice(town)
    with pytest.raises(Refused) as refused:
        services.revise_intention(it, [PAPER], by=town.aygul, at=NOON)
    assert refused.value.codes == ["LIF-001"]
    assert IntentionItem.objects.filter(intention=it).count() == 2


def test_a_correction_stands_beside_the_notice_and_what_it_leaves_alone_keeps_its_day(town: Town) -> None:
    old, later = a_notice(town), NOON + timedelta(days=10)
    new = services.draft_intention([LAPTOPS, {**PAPER, "budget": "300000"}], by=town.aygul, at=later, corrects=old)
    old.refresh_from_db()
    assert old.state == "published"  # until the correction is told
    new = services.publish_intention(new, by=town.zhou, at=later)
    old.refresh_from_db()
    assert (old.state, old.ended_at, new.state) == ("replaced", later, "published")
    assert [(row.name, row.public_since) for row in new.items.all()] == [("教学用便携式计算机", NOON), ("复印纸", later)]
    seen = queries.intention(old.number, seen_by=town.surina)
    assert seen is not None
    assert [it.number for it in seen.corrections.all()] == [new.number]


def test_a_correction_that_changes_nothing_is_refused_and_the_notice_stands(town: Town) -> None:
    old = a_notice(town)
    new = services.draft_intention([LAPTOPS, PAPER], by=town.aygul, at=NOON, corrects=old)
    with pytest.raises(Refused) as refused:
        services.publish_intention(new, by=town.zhou, at=NOON)
    assert refused.value.codes == ["INT-012"]
    old.refresh_from_db()
    assert old.state == "published"


def test_nobody_corrects_the_notice_of_another_or_one_that_does_not_stand(town: Town) -> None:
    old = a_notice(town)
    with pytest.raises(Refused) as refused:
        services.draft_intention([PAPER], by=town.ma, at=NOON, corrects=old)
    assert refused.value.codes == ["INT-013"]
    old = services.withdraw_intention(old, reason="预算调整", by=town.zhou, at=NOON)
    with pytest.raises(Refused) as refused:
        services.draft_intention([PAPER], by=town.aygul, at=NOON, corrects=old)
    assert refused.value.codes == ["INT-013"]
    assert Intention.objects.count() == 1


def test_who_withdraws_says_why(town: Town) -> None:
    it = a_notice(town)
    with pytest.raises(Refused) as refused:
        services.withdraw_intention(it, reason="无", by=town.zhou, at=NOON)
    assert [(problem.code, problem.on) for problem in refused.value.problems] == [("INT-009", "reason")]
    it = services.withdraw_intention(it, reason=" 预算调整 ", by=town.zhou, at=NOON)
    assert (it.state, it.reason, it.ended_at) == ("withdrawn", "预算调整", NOON)


def test_a_draft_is_the_buyers_own_affair(town: Town) -> None:
    it = services.draft_intention([PAPER], by=town.aygul, at=NOON)
    assert [queries.intention(it.number, seen_by=who) is not None for who in (town.batu, town.ma, town.surina, town.he)] == [
        True,
        False,
        False,
        True,
    ]
    services.publish_intention(it, by=town.zhou, at=NOON)
    assert [queries.intention(it.number, seen_by=who) is not None for who in (town.ma, town.surina, town.zheng)] == [False, True, True]


@pytest.mark.django_db(transaction=True)
def test_two_who_correct_at_once_make_one_correction() -> None:
    town = build()
    old = a_notice(town)

    def correct(name: str) -> str:
        try:
            return services.draft_intention([{**PAPER, "name": name}], by=town.aygul, at=NOON, corrects=old).state
        except Refused as refused:
            return refused.codes[0]
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(correct, ["复印纸甲", "复印纸乙"])) == ["INT-011", "draft"]
    assert Intention.objects.filter(corrects=old).count() == 1
