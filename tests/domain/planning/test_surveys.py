"""Demand surveys: at least three of the market are asked, nobody sees what others said, and a compulsory one comes before the review."""

from __future__ import annotations

import io
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from sunlit.domain.planning import queries, reactions, services
from sunlit.domain.planning.events import DemandMoved, SurveyMoved
from sunlit.domain.planning.models import Demand, Survey, SurveyAnswer
from sunlit.foundation.accounts.models import Organisation
from sunlit.foundation.files import services as files
from sunlit.foundation.files.models import File
from sunlit.foundation.kernel import clock
from sunlit.foundation.kernel.refusals import Refused
from sunlit.foundation.messages.models import Message
from tests.domain.planning.market import a_content, a_demand, a_market, a_parameter
from tests.town import NOON, Town, build

SUPPLIERS = ("GY-0001", "GY-0002", "GY-third")
QUESTIONS = ("供给情况如何？", "成交价格如何？")
UNTIL = datetime(2026, 3, 9, 16, tzinfo=UTC)  # five working days after Monday, to the end of the day
FOUND = "三家供应商均能供货，成交价格在4500元至6000元之间。"
MEMORY = a_parameter("memory", "ge", "16")


@pytest.fixture
def town(db: None, settings: Any, tmp_path: Any) -> Town:
    settings.DATA_DIR = tmp_path
    town = build()
    a_market(town)
    return town


@pytest.fixture
def demand(town: Town) -> Demand:
    return a_demand(town, a_content(MEMORY, public_interest=True))


def asked(demand: Demand, town: Town, **more: Any) -> Survey:
    told: Mapping[str, Any] = {"title": "便携式计算机需求调查", "questions": QUESTIONS, "suppliers": SUPPLIERS, **more}
    return services.open_survey(demand, **told, by=town.aygul, at=NOON)


def paper(town: Town, name: str = "回函.png") -> File:
    buffer = io.BytesIO()
    Image.new("RGB", (8, 8), "white").save(buffer, "PNG")
    upload = SimpleUploadedFile(name, buffer.getvalue())
    return files.keep(upload, purpose="document", owner=town.school.pk, by=town.aygul, at=NOON)


def problems(refused: pytest.ExceptionInfo[Refused]) -> list[tuple[str, str]]:
    return [(problem.code, problem.on) for problem in refused.value.problems]


def test_suppliers_are_asked_until_the_rulebooks_term_ends(town: Town, demand: Demand) -> None:
    it = asked(demand, town)
    assert (it.state, it.answer_until, len(it.invited), it.questions) == ("open", UNTIL, 3, list(QUESTIONS))
    assert it.number.startswith("DC-20260302-")


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"suppliers": SUPPLIERS[:2]}, ("SUR-001", "suppliers")),
        ({"questions": ("", " ")}, ("SUR-003", "questions")),
        ({"questions": ("问？",) * 21}, ("SUR-003", "questions")),
        ({"title": " "}, ("SUR-012", "title")),
    ],
)
def test_a_survey_that_asks_too_little_is_not_opened(town: Town, demand: Demand, more: dict[str, Any], expected: tuple[str, str]) -> None:
    with pytest.raises(Refused) as refused:
        asked(demand, town, **more)
    assert (problems(refused), Survey.objects.count()) == ([expected], 0)


def test_who_is_suspended_is_not_asked(town: Town, demand: Demand) -> None:
    town.shop.supplier.delete()
    with pytest.raises(Refused) as refused:
        asked(demand, town)
    assert problems(refused) == [("SUR-002", "suppliers")]


def test_one_survey_at_a_time_and_only_while_the_demand_is_written(town: Town, demand: Demand) -> None:
    asked(demand, town)
    with pytest.raises(Refused, match="SUR-010"):
        asked(demand, town)
    other = services.hand_in_demand(a_demand(town, a_content(MEMORY)), by=town.aygul, at=NOON)
    with pytest.raises(Refused, match="SUR-009"):
        asked(other, town)


def test_the_invited_answer_in_time_and_may_answer_anew(town: Town, demand: Demand) -> None:
    it = asked(demand, town)
    services.answer_survey(it, answers=["充足", ""], by=town.chen, at=NOON)
    services.answer_survey(it, answers=["充足", "5000元"], by=town.chen, at=UNTIL - timedelta(seconds=1))
    [said] = queries.answers_of(it)
    assert (said.answers, said.supplier) == (["充足", "5000元"], town.shop)
    with pytest.raises(Refused, match="SUR-005"):
        services.answer_survey(it, answers=[" "], by=town.nurlan, at=NOON)
    with pytest.raises(Refused, match="SUR-004"):
        services.answer_survey(it, answers=["迟了"], by=town.nurlan, at=UNTIL)
    with pytest.raises(Refused, match="LIF-002"):
        services.answer_survey(it, answers=["没有请我"], by=town.ma, at=NOON)
    assert SurveyAnswer.objects.count() == 1


def test_a_supplier_sees_its_own_answer_and_nobody_elses(town: Town, demand: Demand) -> None:
    it = asked(demand, town, suppliers=("GY-0001", "GY-third", "GY-fourth"))
    assert queries.survey(it.number, seen_by=town.chen) == it
    assert queries.survey(it.number, seen_by=town.nurlan) is None
    services.answer_survey(it, answers=["充足"], by=town.chen, at=NOON)
    assert queries.answer_of(it, town.corner.pk) is None
    assert queries.answered_by(town.shop.pk, [it]) == {it.pk}


def test_an_answer_from_elsewhere_needs_its_paper_and_counts_once(town: Town, demand: Demand) -> None:
    it = asked(demand, town)
    with pytest.raises(Refused, match="SUR-008"):
        services.record_answer(it, name="协会", answers=["充足"], document=None, by=town.aygul, at=NOON)
    services.record_answer(it, name="新疆计算机行业协会", answers=["充足"], document=paper(town), by=town.aygul, at=NOON)
    with pytest.raises(Refused, match="SUR-013"):
        services.record_answer(it, name="新疆计算机行业协会", answers=["紧缺"], document=paper(town), by=town.aygul, at=NOON)
    assert [each.answers[0] for each in queries.answers_of(it)] == ["充足"]


def test_too_few_answers_are_told_and_the_time_may_be_extended(town: Town, demand: Demand) -> None:
    it = asked(demand, town)
    services.answer_survey(it, answers=["充足"], by=town.chen, at=NOON)
    with pytest.raises(Refused, match="SUR-006"):
        services.summarise_survey(it, summary=FOUND, by=town.aygul, at=UNTIL)
    it = services.extend_survey(it, by=town.aygul, at=UNTIL)
    assert it.answer_until == datetime(2026, 3, 17, 16, tzinfo=UTC)
    services.answer_survey(it, answers=["充足"], by=town.nurlan, at=UNTIL)
    services.record_answer(it, name="新疆计算机行业协会", answers=["充足"], document=paper(town), by=town.aygul, at=UNTIL)
    with pytest.raises(Refused, match="SUR-007"):
        services.summarise_survey(it, summary="好", by=town.aygul, at=UNTIL)
    it = services.summarise_survey(it, summary=FOUND, by=town.aygul, at=UNTIL)
    demand.refresh_from_db()
    assert (it.state, demand.survey) == ("summarised", it)


def summarised(town: Town, demand: Demand) -> Survey:
    it = asked(demand, town)
    for name in ("甲协会", "乙学院", "丙公司"):
        services.record_answer(it, name=name, answers=["充足"], document=paper(town), by=town.aygul, at=NOON)
    return services.summarise_survey(it, summary=FOUND, by=town.aygul, at=NOON)


def test_a_compulsory_survey_comes_before_the_review(town: Town, demand: Demand) -> None:
    with pytest.raises(Refused) as refused:
        services.hand_in_demand(demand, by=town.aygul, at=NOON)
    assert problems(refused) == [("SUR-014", "survey")]
    summarised(town, demand)
    assert services.hand_in_demand(demand, by=town.aygul, at=NOON).state == "review"


def test_a_survey_may_be_used_again_for_a_year(town: Town, demand: Demand) -> None:
    it = summarised(town, demand)
    second = a_demand(town, a_content(MEMORY, public_interest=True))
    assert queries.reusable_surveys(second, at=NOON) == [it]
    services.rest_on(second, it, by=town.aygul, at=NOON)
    assert services.hand_in_demand(second, by=town.aygul, at=NOON).state == "review"
    late = NOON + timedelta(days=366)
    third = a_demand(town, a_content(MEMORY, public_interest=True))
    assert queries.reusable_surveys(third, at=late) == []
    with pytest.raises(Refused, match="SUR-011"):
        services.rest_on(third, it, by=town.aygul, at=late)


def test_who_deals_in_the_goods_is_proposed(town: Town, demand: Demand) -> None:
    found = [(each.supplier.number, each.products) for each in queries.candidates(demand)]
    assert sorted(found) == [("GY-0001", 3), ("GY-0002", 3), ("GY-fourth", 4), ("GY-third", 4)]
    town.bureau.refresh_from_db()
    Organisation.objects.filter(number="GY-fourth").get().supplier.delete()
    assert "GY-fourth" not in [each.supplier.number for each in queries.candidates(demand)]


def test_a_survey_is_called_off_with_a_reason(town: Town, demand: Demand) -> None:
    it = asked(demand, town)
    with pytest.raises(Refused, match="DEM-018"):
        services.cancel_survey(it, reason="", by=town.aygul, at=NOON)
    assert services.cancel_survey(it, reason="需求取消", by=town.aygul, at=NOON).state == "cancelled"


def test_those_concerned_are_told_once(town: Town, demand: Demand, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOON)
    it = asked(demand, town)
    event = SurveyMoved(number=it.number, verb="open", until=it.answer_until.isoformat(), suppliers=it.invited)
    for _again in range(2):
        reactions.tell_the_invited(event)
    assert sorted(Message.objects.filter(kind="survey.open").values_list("user__login", flat=True)) == ["chen", "nurlan"]
    for verb, kind in (("hand_in", "demand.hand_in"), ("settle", "demand.settle"), ("give_back", "demand.give_back")):
        reactions.tell_who_is_next(DemandMoved(number=demand.number, verb=verb, version=3, buyer_id=town.school.pk, reason="请补充"))
        assert Message.objects.filter(kind=kind).exists()
    assert list(Message.objects.filter(kind="demand.settle").values_list("user__login", flat=True)) == ["aygul"]
