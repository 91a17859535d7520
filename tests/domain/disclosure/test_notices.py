"""What buyers mean to buy is public as it was told, with its corrections and withdrawals beside it."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from sunlit.domain.disclosure import queries, reactions, services
from sunlit.domain.disclosure.models import Notice
from sunlit.domain.planning import services as planning
from sunlit.domain.planning.events import IntentionMoved
from sunlit.domain.planning.models import Intention
from sunlit.foundation.ledger import queries as ledger
from tests.domain.planning.test_intentions import LAPTOPS, a_notice
from tests.town import NOON, Town


def test_a_notice_tells_the_standard_fields(town: Town) -> None:
    it = a_notice(town)
    notice = services.tell_intention(it, at=NOON)
    assert (notice.title_zh, notice.title_en) == (
        "梨城实验中学2026年4月至2026年5月政府采购意向",
        "Licheng Experimental Middle School: procurement intentions, 2026-04 to 2026-05",
    )
    assert (notice.about, notice.amount, notice.published_at) == (it.number, Decimal("505950.50"), NOON)
    assert notice.content["period"] == {"from": "2026-04", "to": "2026-05"}
    assert notice.content["items"][1] == {
        "position": 2,
        "name": "复印纸",
        "outline": "2000箱，分四次送达",
        "budget": "256000.50",
        "month": "2026-04",
        "note": "全年用量",
    }
    [entry] = ledger.history_of(f"notice/{notice.number}")
    assert (entry.act, entry.facts["about"]) == ("notice.publish", it.number)


def test_told_twice_is_published_once(town: Town) -> None:
    it = a_notice(town)
    event = IntentionMoved(number=it.number, verb="publish", state="published", buyer_id=town.school.pk)
    reactions.tell_the_intention(event)
    reactions.tell_the_intention(event)
    assert Notice.objects.count() == 1
    assert len(ledger.history_of(f"notice/{Notice.objects.get().number}")) == 1


def test_a_correction_and_a_withdrawal_stand_beside_what_was_told(town: Town) -> None:
    old, later = a_notice(town), NOON + timedelta(days=2)
    new = planning.draft_intention([LAPTOPS], by=town.aygul, at=later, corrects=old)
    new = planning.publish_intention(new, by=town.zhou, at=later)
    told = services.tell_intention(new, at=later)  # the correction may be told first
    before = queries.notice(old.number)
    assert before is not None
    assert (before.corrected_by, [item["name"] for item in before.content["items"]]) == (told, ["教学用便携式计算机", "复印纸"])
    new = planning.withdraw_intention(new, reason="项目取消", by=town.zhou, at=later)
    for _twice in range(2):
        told = services.tell_intention(Intention.objects.get(pk=new.pk), at=later)
    told.refresh_from_db()
    assert (told.withdrawn_at, told.reason) == (later, "项目取消")
    assert [entry.act for entry in ledger.history_of(f"notice/{told.number}")] == ["notice.publish", "notice.withdraw"]


def test_notices_are_found_by_word_region_and_number(town: Town) -> None:
    services.tell_intention(a_notice(town), at=NOON)
    it = Notice.objects.get()
    found: tuple[dict[str, Any], ...] = (
        {"q": "复印纸"},
        {"q": "两个机房"},
        {"q": "梨城"},
        {"q": it.about.lower()},
        {"region_path": "652800"},
        {},
    )
    others: tuple[dict[str, Any], ...] = ({"q": "投影"}, {"region_path": "652800/652823"})
    for asked in found:
        assert [notice.pk for notice in queries.notices("intention", **asked).notices] == [it.pk], asked
    for asked in others:
        assert queries.notices("intention", **asked).notices == [], asked
