"""Worked cases of the law, through the rulebook: the given file, the examples of its text, and cases of the same topics in other shapes."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from sunlit.domain.rulebook import queries
from sunlit.domain.rulebook.commands.cases import Book
from sunlit.domain.rulebook.commands.vectors import FAIL, OPEN, PASS, cases_in, check_vectors, judged, same
from sunlit.domain.rulebook.models import Holiday, Pack, Rule

GIVEN = Path(__file__).resolve().parents[4] / "shared" / "domain" / "test_vectors.json"
OWN = Path(__file__).parent / "worked_cases.json"
DAY = date(2026, 3, 2)
pytestmark = pytest.mark.usefixtures("loaded")


def ends(number: str, topic: str, given: dict[str, Any], expect: dict[str, Any], on: date = DAY) -> str:
    [case] = cases_in(json.dumps([{"id": number, "topic": topic, "given": given, "expect": expect}]))
    result = judged(case, Book("", on))
    return result.verdict if result.verdict == PASS else f"{result.verdict}: {result.words}"


def test_our_own_worked_cases_pass() -> None:
    """Written from the law's text, each figure by hand with the calendars of its year: boundary days, make-up days, amounts at the line."""
    told = [judged(case, Book("", DAY)) for case in cases_in(OWN.read_text(encoding="utf-8"))]
    assert {it.case.id: it.words for it in told if it.verdict != PASS} == {}
    assert len(told) == 202


@pytest.mark.skipif(not GIVEN.exists(), reason="../shared is not here")
def test_every_case_of_the_given_file_passes() -> None:
    told = [judged(case, Book("", DAY)) for case in cases_in(GIVEN.read_text(encoding="utf-8"))]
    assert {it.case.id: it.words for it in told if it.verdict != PASS} == {}
    assert len(told) == 23


@pytest.mark.parametrize(
    ("number", "topic", "given", "expect"),
    [
        # Periods
        ("TM-21", "challenge window", {"award_published": "2025-12-01"}, {"notice_ends": "2025-12-02", "challenge_until": "2025-12-11"}),
        ("TM-22", "last day for challenge", {"published": "2025-12-01"}, {"due": "2025-12-11"}),
        ("TM-23", "challenge after the notice ended", {"notice_ended": "2025-12-02"}, {"due": "2025-12-11"}),
        ("TM-24", "notice across the Spring Festival", {"published": "2026-02-12", "limit_wd": 5}, {"ends": "2026-02-26"}),
        ("TM-25", "tender notice period", {"published": "2026-02-12"}, {"due": "2026-02-26"}),
        ("TM-26", "consultation 10 days", {"issued": "2025-06-02", "deadline": "2025-06-11"}, {"days": 9, "ok": False}),
        ("TM-27", "inquiry 3 working days", {"issued": "2025-06-13", "deadline": "2025-06-18"}, {"working_days": 3, "ok": True}),
        ("TM-28", "contract signing, last day in the National Day week", {"letter": "2025-09-05"}, {"due": "2025-10-09"}),
        ("TM-29", "make-up day counts", {"start": "2026-02-13", "working_days": 1}, {"due": "2026-02-14"}),
        ("TM-30", "clarification 15 days before bid deadline", {"issued": "2025-03-10", "deadline": "2025-03-24"}, {"days": 14, "ok": False}),
        ("TM-31", "bid upload", {"deadline": "2026-03-20T10:00:00", "finished": "2026-03-20T10:00:00"}, {"accepted": False, "late": True}),
        ("TM-32", "bid upload", {"deadline": "2026-03-20T10:00:00", "finished": "2026-03-20T09:59:59"}, {"accepted": True}),
        ("TM-33", "earliest bid deadline", {"issued": "2025-03-01"}, {"earliest_deadline": "2025-03-21"}),
        ("TM-34", "regional holiday", {"received": "2026-05-26", "limit_wd": 2, "regional_holidays": ["2026-05-27"]}, {"due": "2026-05-29"}),
        ("TM-35", "complaint decision", {"received": "2025-11-03", "pauses": [["2025-11-05", "2025-11-12"]]}, {"due": "2025-12-22"}),
        ("TM-36", "explanation of an abnormal low price", {"started": "2026-03-02T10:00", "deadline": "2026-03-02T10:29"}, {"minutes": 29, "ok": False}),
        ("TM-37", "异常低价说明", {"started": "2026-03-02T10:00"}, {"due": "2026-03-02T10:30"}),
        ("TM-38", "intention 30 days", {"published": "2026-01-01", "start": "2026-01-31"}, {"days": 30}),
        ("TM-39", "archive 15 years", {"ended": "2026-03-02"}, {"due": "2041-03-04"}),
        ("TM-40", "challenge answer", {"received": "2025-12-12"}, {"due": "2025-12-23"}),
        ("TM-41", "complaint filing", {"answer_due": "2025-12-23"}, {"due": "2026-01-14"}),
        ("TM-42", "award notice to be published", {"determined": "2025-09-29"}, {"due": "2025-10-09"}),
        # Prices
        ("PX-05", "package below 80 %", {"bid": 100, "domestic_cost": 80, "total_cost": 110}, {"deduction": 0, "evaluation_price": 100}),
        ("PX-15", "package below 80 %", {"domestic_cost": 80, "total_cost": 110}, {"ok": False, "share": 0.7273}),
        ("PX-16", "joint bid", {"bid": 200, "jv_rate": 0.06, "jv_share": 0.3}, {"evaluation_price": 188}),
        ("PX-17", "joint bid, share too small", {"bid": 200, "jv_rate": 0.06, "jv_share": 0.29}, {"evaluation_price": 200}),
        ("PX-18", "reserved for small enterprises", {"bid": 100, "sme_rate": 0.2, "sme_only": True}, {"evaluation_price": 100}),
        ("PX-19", "domestic alone", {"bid": 100, "domestic": True}, {"evaluation_price": 80, "contract_price": 100}),
        ("PX-20", "scores by evaluation price", {"bids": {"A": [100, 0.9], "B": [90, 0]}, "weight": 30}, {"scores": {"A": 30, "B": 26.67}}),
        ("PX-21", "all domestic", {"bids": {"A": [100, 0.9], "B": [90, 1]}}, {"A": 100, "B": 90, "order": ["B", "A"]}),
        ("PX-22", "thirds", {"bids": [100, 300], "weight": 10}, {"scores": [10, 3.33]}),
        # Abnormally low
        ("AL-03", "raised to 65 %", {"ceiling": 100, "bid": 60, "raised_to": 0.65}, {"trigger_ceiling_45": True}),
        ("AL-05", "mean", {"ceiling": 1000, "conforming_bids": [30, 100, 110]}, {"mean": 80, "trigger_mean_50": True, "trigger_second_50": True}),
        ("AL-06", "strict", {"ceiling": 100, "conforming_bids": [50, 100]}, {"trigger_second_50": False, "trigger_mean_50": False}),
        # Frameworks, splitting, innovation, agencies
        ("FW-03", "elimination", {"suppliers": 11, "method": "price_first"}, {"eliminate": 3, "shortlist_max": 8}),
        ("FW-04", "quality first, no instruments", {"suppliers": 10, "method": "quality_first", "instruments": False}, {"eliminate": 2}),
        ("FW-05", "refill", {"original": 10, "remaining": 7}, {"allowed": False}),
        ("FW-06", "refill", {"original": 10, "remaining": 6}, {"allowed": True}),
        (
            "SP-02",
            "budget adjusted",
            {"amounts_wan": [150, 150, 150], "threshold_wan": 400, "budget_adjusted": True},
            {"split_violation": False, "total": 450},
        ),
        ("SP-03", "at the line", {"amounts_wan": [200, 200], "threshold_wan": 400}, {"split_violation": False}),
        ("SP-04", "other category", {"amounts_wan": [300, 300], "threshold_wan": 400, "same_category": False}, {"split_violation": False}),
        ("SP-05", "open tender", {"amounts_wan": [300, 300], "threshold_wan": 400, "methods": "open"}, {"split_violation": False}),
        ("SP-06", "threshold of the rulebook", {"amounts": [1500000, 600000]}, {"split_violation": True, "total": 2100000}),
        ("CI-03", "yuan", {"reimbursable": 9000000, "rate": 0.8}, {"pay": 7200000, "pay_wan": 720}),
        (
            "CR-02",
            "minus ten",
            {"integrity": 50, "performance": 25, "knowledge": 20, "base": 5, "bonus": 10, "deduct": 10},
            {"total": 87.5, "grade": "B-"},
        ),
        ("CR-03", "nothing", {"integrity": 50, "performance": 25, "knowledge": 20, "base": 5, "bonus": 10, "deduct": 0}, {"total": 110, "grade": "A+"}),
        # Committees
        ("EC-02", "committee", {"budget_wan": 600, "complex": False}, {"min_size": 5, "odd": True, "min_experts": 4}),
        ("EC-03", "ten million", {"budget_wan": 1000}, {"min_size": 7, "min_experts": 5}),
        ("EC-04", "negotiation panel", {"budget_wan": 50}, {"min_size": 3, "min_experts": 2}),
        ("EC-05", "negotiation panel at the threshold", {"budget_wan": 200}, {"min_size": 5, "min_experts": 4}),
        ("EC-06", "even", {"budget_wan": 100, "size": 6, "experts": 4}, {"ok": False, "odd": False}),
        # Sizes
        ("SM-01", "industry", {"industry": "工业", "staff": 62, "revenue": 4934300}, {"class": "SMALL"}),
        ("SM-02", "all must hold", {"industry": "INDUSTRY", "staff": 1200, "revenue_wan": 39999}, {"class": "MEDIUM", "sme": True}),
        ("SM-03", "large", {"industry": "industry", "staff": 1000, "revenue_wan": 40000}, {"class": "LARGE", "sme": False}),
        ("SM-04", "micro", {"industry": "SOFTWARE", "staff": 9, "revenue_wan": 5000}, {"class": "MICRO", "small_micro": True}),
        ("SM-05", "construction", {"industry": "建筑业", "revenue_wan": 6000, "assets_wan": 4999}, {"class": "SMALL"}),
        ("SM-06", "affiliate", {"industry": "OTHER", "staff": 50, "large_affiliate": True}, {"class": "SMALL", "sme": False}),
    ],
)  # fmt: skip
def test_other_cases_of_the_same_topics_pass(number: str, topic: str, given: dict[str, Any], expect: dict[str, Any]) -> None:
    assert ends(number, topic, given, expect) == PASS


def test_a_rule_counts_from_the_day_it_is_in_force() -> None:
    given, expect = {"original": 100000, "added": 30000}, {"ok": True, "share": 0.3}
    assert ends("LM-1", "emergency add-on", given, expect, date(2026, 9, 30)).startswith(OPEN)
    assert ends("LM-1", "emergency add-on", given, expect, date(2026, 10, 1)) == PASS


def test_a_wrong_figure_fails_and_tells_both() -> None:
    told = ends("TM-07", "open framework review", {"received": "2025-05-06", "limit_wd": 7}, {"due": "2025-05-16"})
    assert told == f"{FAIL}: open framework review: due: expected 2025-05-16, got 2025-05-15 [TL-045 since 2022-03-01]"


@pytest.mark.parametrize(
    ("number", "topic", "given", "expect"),
    [
        ("ZZ-01", "weather", {"clouds": 3}, {"rain": True}),
        ("PX-99", "price score", {"bids": [1, 2]}, {"colour": "red"}),
        ("TM-99", "how long a bear sleeps", {"start": "2026-01-01"}, {"due": "2026-03-01"}),
        ("PX-98", "nothing", {"bids": ["a"]}, {"base": 1}),
        ("BD-99", "size of a garden", {"budget": 100, "bond": 3}, {"ok": False}),  # refused by chance is not refused by law
        ("XX-99", "holding tax", {"bid": 100, "tax": 3}, {"ok": False}),
        ("SM-99", "no such industry", {"industry": "ASTROLOGY", "staff": 3}, {"class": "MICRO"}),
    ],
)
def test_what_nobody_knows_is_not_covered(number: str, topic: str, given: dict[str, Any], expect: dict[str, Any]) -> None:
    assert ends(number, topic, given, expect).startswith(OPEN)


def test_what_breaks_an_evaluator_is_not_covered_and_stops_no_other_case() -> None:
    assert ends("TM-98", "suspension", {"suspended": "2025-03-03", "resumed": "soon"}, {"colour": "red"}).startswith(OPEN)
    assert ends("EC-98", "committee", {"budget_wan": [1]}, {"min_size": 5}).startswith(OPEN)


def test_a_rule_of_the_database_is_what_counts() -> None:
    Rule.objects.filter(key="NR-021").update(value={"percent": "60", "op": "<"})
    queries.forget()
    assert ends("AL-02", "strict", {"ceiling": 100, "bid": 59}, {"trigger_ceiling_45": True}) == PASS


def test_a_holiday_of_a_case_goes_with_it() -> None:
    ends("TM-1", "regional holiday", {"received": "2026-05-26", "limit_wd": 2, "overlay": ["2026-05-27"]}, {"due": "2026-05-29"})
    assert not Holiday.objects.filter(day=date(2026, 5, 27)).exists()
    assert ends("TM-2", "review", {"received": "2026-05-26", "limit_wd": 2}, {"due": "2026-05-28"}) == PASS


def test_figures_agree_at_the_places_told() -> None:
    assert same(Decimal("33.33"), Decimal(100) / 3)
    assert not same(Decimal("33.34"), Decimal(100) / 3)
    assert not same(True, 1)
    assert same("small", "SMALL")
    assert not same([1], [1, 2])


def test_the_command_prints_a_line_a_case_and_fails_with_one(tmp_path: Path) -> None:
    cases = [
        {"id": "FW-01", "topic": "elimination", "given": {"suppliers": 4, "method": "price_first"}, "expect": {"eliminate": 1}},
        {"id": "FW-02", "topic": "elimination", "given": {"suppliers": 4, "method": "price_first"}, "expect": {"eliminate": 2}},
        {"id": "ZZ-01", "topic": "weather", "given": {}, "expect": {"rain": True}},
    ]
    file = tmp_path / "cases.json"
    file.write_text(json.dumps(cases), encoding="utf-8")
    run = CliRunner().invoke(check_vectors, [str(file), "--on", "2026-03-02"])
    lines = run.output.splitlines()
    assert [line.split()[:2] for line in lines[:3]] == [["FW-01", "pass"], ["FW-02", "fail"], ["ZZ-01", "not"]]
    assert lines[3] == "3 cases: 1 pass, 1 fail, 1 not covered."
    assert run.exit_code == 1
    file.write_text(json.dumps(cases[:1]), encoding="utf-8")
    assert CliRunner().invoke(check_vectors, [str(file)]).exit_code == 0


@pytest.mark.parametrize("text", ["", "[1]", '{"a": 1}', '[{"id": "X"}]', "no json"])
def test_a_file_that_cannot_be_read_is_told(tmp_path: Path, text: str) -> None:
    file = tmp_path / "cases.json"
    file.write_text(text, encoding="utf-8")
    assert CliRunner().invoke(check_vectors, [str(file)]).exit_code == 2
    assert CliRunner().invoke(check_vectors, [str(tmp_path / "nothing.json")]).exit_code == 2


def test_an_empty_rulebook_is_lent_the_shipped_pack(tmp_path: Path) -> None:
    Rule.objects.all().delete()
    Holiday.objects.all().delete()
    Pack.objects.all().delete()
    queries.forget()
    file = tmp_path / "cases.json"
    file.write_text(
        json.dumps([{"id": "FW-1", "topic": "elimination", "given": {"suppliers": 4}, "expect": {"eliminate": 1}}]), encoding="utf-8"
    )
    run = CliRunner().invoke(check_vectors, [str(file), "--on", "2026-03-02"])
    assert (run.exit_code, Rule.objects.count()) == (0, 0), run.output
