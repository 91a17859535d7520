"""Rulings: when a rule refuses, when it only warns, and what is kept of it."""

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from sunlit.domain.rulebook.rules import EVIDENCE, OUT_OF_RANGE, Rule_, Ruling, Verdict, judge, may_refuse, worst

SENTENCE = "¥350,000.00 lies outside what is allowed for “2026-01-01”: ¥300,000.00."

LINE = Rule_(
    id=7, key="threshold.procurement", region_path="652800", region_zh="巴州", region_en="Bazhou", kind="goods", value={"yuan": "300000.00"},
    unit="yuan", allowed={"min": "1"}, binding=False, name_zh="采购限额标准", name_en="Procurement threshold", source="财库〔2019〕69号", article="第3条",
    evidence="V", note="", pack="2026.11.4", set_by="", since=date(2019, 1, 1), until=None,
)  # fmt: skip
FIGURES: dict[str, Any] = {"value": Decimal("350000.00"), "allowed": Decimal("300000.00"), "times": 2, "name": date(2026, 1, 1)}


def ruled(*, ok: bool = False, hard: bool = True, **rule: Any) -> Ruling:
    return judge(replace(LINE, **rule), ok, hard, OUT_OF_RANGE, FIGURES)


@pytest.mark.parametrize("evidence", EVIDENCE)
@pytest.mark.parametrize("binding", [True, False])
@pytest.mark.parametrize("hard", [True, False])
def test_what_is_well_is_allowed_whatever_the_rule(evidence: str, binding: bool, hard: bool) -> None:
    ruling = ruled(ok=True, hard=hard, evidence=evidence, binding=binding)
    assert (ruling.verdict, ruling.code, ruling.text) == (Verdict.ALLOWED, "", "")
    assert ruling.figures["value"] == "350000.00"


@pytest.mark.parametrize(
    ("evidence", "verdict"),
    [("V", "refused"), ("Q", "refused"), ("P", "warned"), ("C", "warned"), ("K", "warned"), ("UNVERIFIED", "warned")],
)
def test_only_the_laws_own_text_refuses_by_itself(evidence: str, verdict: str) -> None:
    assert ruled(evidence=evidence).verdict == verdict
    assert ruled(evidence=evidence, binding=True).verdict == "refused"
    assert ruled(evidence=evidence, binding=True, hard=False).verdict == "warned"
    assert may_refuse(replace(LINE, evidence=evidence)) is (verdict == "refused")


def test_a_ruling_tells_the_rule_the_article_and_the_figures() -> None:
    with translation.override("en"):
        ruling = ruled()
        assert ruling.text == ruling.told == SENTENCE
    assert (ruling.key, ruling.rule_id, ruling.region_path, ruling.since) == ("threshold.procurement", 7, "652800", date(2019, 1, 1))
    assert (ruling.source, ruling.article, ruling.evidence) == ("财库〔2019〕69号", "第3条", "V")
    assert ruling.text == "¥350,000.00超出“2026-01-01”的允许范围：¥300,000.00。"
    problem = ruling.problem(on="value")
    assert (problem.code, problem.on, problem.message) == ("RUL-005", "value", ruling.text)
    with translation.override("en"):
        assert ruling.name == "Procurement threshold"


def test_a_ruling_survives_being_stored() -> None:
    ruling = ruled()
    assert Ruling.from_json(json.loads(json.dumps(ruling.to_json()))) == ruling


def test_a_code_that_is_no_longer_known_keeps_its_sentence() -> None:
    with translation.override("en"):
        stored = ruled().to_json()
    stored["reason"]["code"] = "TST-902"
    assert Ruling.from_json(stored).text == SENTENCE


def test_a_float_is_no_figure() -> None:
    with pytest.raises(TypeError):
        judge(LINE, False, True, OUT_OF_RANGE, {**FIGURES, "times": 0.1})


def test_the_gravest_of_several() -> None:
    assert worst([]) == Verdict.ALLOWED
    assert worst([ruled(ok=True), ruled(hard=False)]) == Verdict.WARNED
    assert worst([ruled(), ruled(hard=False), ruled(ok=True)]) == Verdict.REFUSED


@given(
    ok=st.booleans(),
    hard=st.booleans(),
    binding=st.booleans(),
    evidence=st.sampled_from(EVIDENCE),
    total=st.decimals(0, 10**9, places=2),
    times=st.integers(0, 10**6),
)
def test_storing_never_loses_anything(ok: bool, hard: bool, binding: bool, evidence: str, total: Decimal, times: int) -> None:
    ruling = judge(replace(LINE, evidence=evidence, binding=binding), ok, hard, OUT_OF_RANGE, {**FIGURES, "value": total, "times": times})
    assert Ruling.from_json(json.loads(json.dumps(ruling.to_json()))) == ruling
