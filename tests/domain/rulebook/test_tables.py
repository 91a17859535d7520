"""Decision tables: the language, what a row says, and the methods that are lawful for a purchase."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from sunlit.domain.rulebook import pack, queries
from sunlit.domain.rulebook.queries import MethodChoice, decide, lawful_methods
from sunlit.domain.rulebook.rules import Rule_, Ruling, Verdict
from sunlit.domain.rulebook.rules.facts import FACTS, METHODS
from sunlit.domain.rulebook.rules.tables import Condition, Limit, Unreadable, examine, read
from sunlit.foundation.kernel.refusals import Refused
from tests.domain.rulebook.conftest import BAZHOU, KORLA

DAY = date(2026, 11, 23)
GOODS: dict[str, Any] = {"object": "goods", "amount": Decimal("1500000.00"), "in_catalogue": True, "grounds": []}

LIMIT = Rule_(
    id=7, key="threshold.open_tender", region_path=BAZHOU, region_zh="巴州", region_en="Bazhou", kind="goods", value={"yuan": "2000000.00"},
    unit="yuan", allowed={"min": "1"}, binding=False, name_zh="公开招标数额标准", name_en="Open-tender threshold", source="新财购〔2026〕1号", article="二",
    evidence="V", note="", pack="", set_by="JG-0000", since=date(2026, 1, 1), until=None,
)  # fmt: skip


def row(when: str, verdict: str = "refused", **other: Any) -> Rule_:
    value = {
        "order": 1,
        "when": when,
        "verdict": verdict,
        "then": {},
        "zh": "预算 {amount} 达到 {amount_limit}。",
        "en": "{amount} reaches {amount_limit}.",
    }
    return replace(LIMIT, id=9, key="t", kind="r", value=value, unit="row", name_zh="行", name_en="Row", article="第1条", **other)


def told(when: str, facts: dict[str, Any], limit: Rule_ = LIMIT) -> bool:
    return examine(row(when), facts, lambda _key, _kind: limit).applies


# The language


def test_the_conditions_of_a_row_are_read() -> None:
    assert read("object is goods, services; amount >= rule threshold.open_tender by object") == (
        Condition("object", "is", words=("goods", "services")),
        Condition("amount", ">=", limit=Limit("threshold.open_tender", by="object")),
    )
    assert read("added > rule NR-004 of original") == (Condition("added", ">", limit=Limit("NR-004", of="original")),)
    assert read("amount < rule threshold.mandatory_tender for works-construction")[0].limit == Limit(
        "threshold.mandatory_tender", kind="works-construction"
    )
    assert read("revenue >= 20000万; staff < 300") == (
        Condition("revenue", ">=", figure=Decimal(200_000_000)),
        Condition("staff", "<", figure=Decimal(300)),
    )
    assert read("reserved < amount") == (Condition("reserved", "<", other="amount"),)
    assert read("") == ()


@pytest.mark.parametrize(
    "text",
    [
        "wealth >= 3", "amount", "amount >= much", "amount is 3", "object is gold", "object has goods", "grounds is urgent", "in_catalogue is maybe",
        "amount >= rule threshold.open_tender by colour", "amount >= staff", "object >= 3", "amount => 3", "amount >= 1e5", "amount >= -3",
    ],
)  # fmt: skip
def test_what_is_not_of_the_language_is_no_condition(text: str) -> None:
    with pytest.raises(Unreadable):
        read(text)


def test_a_lawyer_reads_the_row_in_chinese() -> None:
    conditions = read(
        "object is goods, services; amount >= rule threshold.open_tender by object; in_catalogue is no; added > rule NR-004 of original; grounds has none of urgent"
    )
    shown = [it.shown(lambda limit: {"NR-004": "10%"}.get(limit.key, "公开招标数额标准")) for it in conditions]
    assert shown == [
        "标的类别：货物、服务",
        "预算金额 ≥ 公开招标数额标准",
        "集中采购目录以内：否",
        "添购总额 > 10% × 原合同金额",
        "主张的法定情形不含紧急需要，不可预见且非因采购人拖延",
    ]


@pytest.mark.parametrize("text", [it.value["when"] for it in pack.read().rules if it.unit == "row"])
def test_every_row_of_the_pack_is_of_the_language_in_both_tongues(text: str) -> None:
    for language in ("zh-hans", "en"):
        with translation.override(language):
            assert all(it.shown(lambda limit: limit.key) for it in read(text))


@given(amount=st.decimals("0", "99999999", places=2), limit=st.decimals("1", "99999999", places=2))
def test_an_amount_is_compared_exactly(amount: Decimal, limit: Decimal) -> None:
    line = replace(LIMIT, value={"yuan": str(limit)})
    for op, holds in (
        (">=", amount >= limit),
        (">", amount > limit),
        ("<", amount < limit),
        ("<=", amount <= limit),
        ("=", amount == limit),
    ):
        assert told(f"amount {op} rule threshold.open_tender by object", {"amount": amount, "object": "goods"}, line) is holds


def test_a_share_is_exact() -> None:
    tenth = replace(LIMIT, value={"percent": "10", "op": "<="}, unit="percent")
    facts = {"original": Decimal("100000.05"), "added": Decimal("10000.01")}
    assert told("added > rule NR-004 of original", facts, tenth)
    assert not told("added > rule NR-004 of original", {**facts, "added": Decimal("10000.00")}, tenth)


# Facts are never guessed


@pytest.mark.parametrize(
    ("facts", "code", "on"),
    [
        ({}, "RUL-021", "object"),
        ({"object": "goods"}, "RUL-021", "amount"),
        ({"object": "goods", "amount": None}, "RUL-021", "amount"),
        ({"object": "gold"}, "RUL-022", "object"),
        ({"object": "goods", "amount": 2_000_000}, "RUL-022", "amount"),
        ({"object": "goods", "amount": 2e6}, "RUL-022", "amount"),
        ({"object": "goods", "amount": "2000000.00"}, "RUL-022", "amount"),
        ({"object": "goods", "amount": True}, "RUL-022", "amount"),
    ],
)
def test_a_fact_that_is_missing_or_in_another_form_is_refused(facts: dict[str, Any], code: str, on: str) -> None:
    with pytest.raises(Refused) as refused:
        told("object is goods; amount >= rule threshold.open_tender by object", facts)
    assert [(it.code, it.on) for it in refused.value.problems] == [(code, on)]


def test_a_fact_is_wanted_only_when_those_before_it_hold() -> None:
    assert not told("object is works; amount >= 3", {"object": "goods"})


@pytest.mark.usefixtures("loaded")
def test_a_fact_that_nobody_knows_is_refused() -> None:
    with pytest.raises(Refused) as refused:
        decide("method.lawful", {**GOODS, "colour": "red"}, region_path=KORLA, on=DAY)
    assert [(it.code, it.on) for it in refused.value.problems] == [("RUL-020", "colour")]


@pytest.mark.usefixtures("loaded")
def test_a_table_that_does_not_exist_is_refused() -> None:
    with pytest.raises(Refused, match="RUL-001"):
        decide("method.lawfull", GOODS, region_path=KORLA, on=DAY)


def test_every_fact_has_a_name_in_chinese() -> None:
    for name, fact in FACTS.items():
        assert any("\u4e00" <= letter <= "\u9fff" for letter in str(fact.name)), name
        assert all(any("\u4e00" <= letter <= "\u9fff" for letter in str(word)) for word in fact.choices.values()), name


# What a row says


def test_a_ruling_names_the_row_the_rule_it_compared_with_and_the_figures() -> None:
    facts = {"object": "goods", "amount": Decimal("2500000.00")}
    ruling = examine(row("object is goods; amount >= rule threshold.open_tender by object"), facts, lambda _key, _kind: LIMIT).ruling
    assert (ruling.verdict, ruling.key, ruling.kind, ruling.versions) == (Verdict.REFUSED, "t", "r", (9, 7))
    assert ruling.used == (("threshold.open_tender", 7),)
    assert ruling.figures == {"object": "goods", "amount": "2500000.00", "amount_limit": "2000000.00"}
    assert ruling.text == ruling.told == "预算 ¥2,500,000.00 达到 ¥2,000,000.00。"
    with translation.override("en"):
        assert ruling.text == "¥2,500,000.00 reaches ¥2,000,000.00."
        assert ruling.problem("amount").message == ruling.text
    assert Ruling.from_json(ruling.to_json()) == ruling


@pytest.mark.parametrize(
    ("of_row", "of_figure", "verdict"),
    [("V", "V", "refused"), ("Q", "V", "refused"), ("K", "V", "warned"), ("V", "UNVERIFIED", "warned"), ("V", "P", "warned")],
)
def test_a_row_refuses_only_when_it_and_the_figures_it_rests_on_may(of_row: str, of_figure: str, verdict: str) -> None:
    facts = {"object": "goods", "amount": Decimal("2500000.00")}
    line = replace(LIMIT, evidence=of_figure)
    examined = examine(row("amount >= rule threshold.open_tender by object", evidence=of_row), facts, lambda _key, _kind: line)
    assert examined.ruling.verdict == verdict


# Which methods are lawful


def methods(**facts: Any) -> dict[str, MethodChoice]:
    return {it.method: it for it in lawful_methods({**GOODS, **facts}, region_path=KORLA, on=facts.pop("on", DAY))}


@pytest.mark.usefixtures("loaded")
def test_without_a_ground_only_the_open_tender_is_lawful() -> None:
    found = methods()
    assert list(found) == list(METHODS)
    assert [name for name, it in found.items() if it.lawful] == ["open_tender"]
    assert found["single_source"].other_grounds == ("only_supplier", "unforeseen_emergency", "add_on")
    [why] = found["single_source"].rulings
    assert (why.verdict, why.kind, why.article) == (Verdict.REFUSED, "single_source.no_ground", "中华人民共和国政府采购法 第31条")
    assert why.text.startswith("单一来源采购须有法定情形之一")


@pytest.mark.usefixtures("loaded")
def test_below_the_threshold_a_ground_is_enough_and_above_it_the_prefecture_approves() -> None:
    below = methods(grounds=["only_supplier"])["single_source"]
    assert (below.lawful, below.grounds, below.needs, below.approver) == (True, ("only_supplier",), (), "")
    above = methods(grounds=["only_supplier"], amount=Decimal("2000000.00"))["single_source"]
    assert (above.lawful, above.needs, above.approver, above.verdict) == (
        True,
        ("public_notice", "approval"),
        "prefecture_finance",
        Verdict.WARNED,
    )
    approval = above.rulings[-1]
    threshold = queries.rule("threshold.open_tender", region_path=KORLA, kind="goods", on=DAY)
    assert (approval.used, approval.figures["amount_limit"]) == ((("threshold.open_tender", threshold.id),), "2000000.00")
    with_emergency = methods(grounds=["only_supplier", "unforeseen_emergency"], amount=Decimal("2000000.00"))["single_source"]
    assert with_emergency.needs == ("approval",)


@pytest.mark.usefixtures("loaded")
def test_an_add_on_is_lawful_up_to_a_tenth_of_the_original_contract() -> None:
    facts = {"grounds": ["add_on"], "original": Decimal("500000.00")}
    assert methods(**facts, added=Decimal("50000.00"))["single_source"].lawful
    too_much = methods(**facts, added=Decimal("50000.01"))["single_source"]
    assert not too_much.lawful
    assert [it.text for it in too_much.rulings] == ["添购总额 ¥50,000.01 超过上限 ¥50,000.00，不能以添购为由采用单一来源。"]
    with pytest.raises(Refused, match="RUL-021"):
        methods(grounds=["add_on"])


@pytest.mark.usefixtures("loaded")
def test_inquiry_is_for_goods() -> None:
    assert methods(grounds=["uniform_goods"])["inquiry"].lawful
    services = methods(grounds=["uniform_goods"], object="services")["inquiry"]
    assert (services.lawful, [it.kind for it in services.rulings]) == (False, ["inquiry.not_goods"])


@pytest.mark.usefixtures("loaded")
def test_works_are_tendered_from_their_scale_unless_the_law_exempts_them() -> None:
    small = methods(object="works", amount=Decimal("3999999.99"))
    assert [name for name, it in small.items() if it.lawful] == ["open_tender", "competitive_negotiation", "competitive_consultation"]
    large = methods(object="works", amount=Decimal("4000000.00"))
    assert [name for name, it in large.items() if it.lawful] == ["open_tender"]
    exempt = methods(object="works", amount=Decimal("4000000.00"), grounds=["works_exempt"])
    assert exempt["competitive_negotiation"].grounds == ("works_exempt",)


@pytest.mark.usefixtures("loaded")
def test_the_emergency_purchase_exists_from_its_day_on() -> None:
    facts = {**GOODS, "grounds": ["emergency_rescue"], "amount": Decimal("9000000.00")}
    before = {it.method: it for it in lawful_methods(facts, region_path=KORLA, on=date(2026, 9, 30))}["emergency"]
    after = {it.method: it for it in lawful_methods(facts, region_path=KORLA, on=date(2026, 10, 1))}["emergency"]
    assert (before.lawful, before.rulings) == (False, ())
    assert (after.lawful, after.needs) == (True, ())


@pytest.mark.usefixtures("loaded")
def test_small_purchases_may_go_to_the_marketplace_and_large_ones_need_a_method() -> None:
    assert methods(amount=Decimal("299999.99"))["emall"].lawful
    assert methods(amount=Decimal("299999.99"), in_catalogue=False)["emall"].rulings[0].evidence == "V"
    above = methods(amount=Decimal("300000.00"))["emall"]
    assert (above.lawful, above.rulings[0].verdict) == (False, Verdict.WARNED)  # the threshold of Xinjiang is a placeholder


@pytest.mark.usefixtures("loaded")
@pytest.mark.parametrize(
    ("industry", "facts", "size"),
    [
        ("INDUSTRY", {"staff": 62, "revenue": Decimal("4934300.00")}, "small"),
        ("INDUSTRY", {"staff": 1000, "revenue": Decimal("400000000.00")}, "large"),
        ("INDUSTRY", {"staff": 999, "revenue": Decimal("400000000.00")}, "medium"),
        ("INDUSTRY", {"staff": 5000, "revenue": Decimal("2999999.99")}, "micro"),
        ("AGRI", {"revenue": Decimal("500000.00")}, "small"),
        ("AGRI", {"revenue": Decimal("499999.99")}, "micro"),
        ("CONSTRUCTION", {"revenue": Decimal("60000000.00"), "assets": Decimal("50000000.00")}, "medium"),
        ("LEASE_BUSINESS", {"staff": 300, "assets": Decimal("1200000000.00")}, "large"),
        ("OTHER", {"staff": 9}, "micro"),
    ],
)
def test_the_size_of_an_enterprise_follows_from_every_indicator_of_its_industry(industry: str, facts: dict[str, Any], size: str) -> None:
    [ruling] = decide("sme.size", {"industry": industry, **facts}, region_path=KORLA, on=DAY)
    assert (ruling.outcome, ruling.verdict) == ({"size": [size]}, Verdict.ALLOWED)


# The other tables


@pytest.mark.usefixtures("loaded")
def test_a_large_purchase_needs_a_survey_and_a_small_one_does_not() -> None:
    facts = {"object": "services", "public_interest": False, "complex_need": False}
    [large] = decide("demand.survey", {**facts, "amount": Decimal("10000000.00")}, region_path=KORLA, on=DAY)
    assert (large.kind, large.outcome["needs"]) == ("large", ["survey", "key_review", "legal_review"])
    assert decide("demand.survey", {**facts, "amount": Decimal("9999999.99")}, region_path=KORLA, on=DAY) == []
    [few] = decide("demand.survey_done", {"respondents": 2}, region_path=KORLA, on=DAY)
    assert (few.verdict, few.text) == (Verdict.REFUSED, "需求调查对象只有 2 个，不应少于 3 个，且应当具有代表性。")


@pytest.mark.usefixtures("loaded")
def test_what_must_be_reserved_for_small_enterprises() -> None:
    def said(**facts: Any) -> list[tuple[str, str]]:
        none = {"object": "goods", "exemptions": [], "reserved": Decimal("0.00"), "reserved_small": Decimal("0.00")}
        return [(it.kind, it.verdict) for it in decide("sme.reserve", {**none, **facts}, region_path=KORLA, on=DAY)]

    assert said(amount=Decimal("299999.99")) == []
    assert said(amount=Decimal("300000.00")) == [("whole", "warned")]  # it rests on the unverified threshold of Xinjiang
    assert said(amount=Decimal("2000000.00"), reserved=Decimal("2000000.00"), reserved_small=Decimal("1200000.00")) == []
    assert said(amount=Decimal("3000000.00"), reserved=Decimal("899999.99")) == [("share", "warned"), ("small_share", "refused")]
    assert said(amount=Decimal("3000000.00"), reserved=Decimal("900000.00"), reserved_small=Decimal("540000.00")) == []
    assert said(amount=Decimal("3000000.00"), exemptions=["one_source"]) == [("exempt", "allowed")]


@pytest.mark.usefixtures("loaded")
@pytest.mark.parametrize(
    ("table", "facts", "outcome"),
    [
        ("sme.deduction", {"sme_only": True}, {"rate": ["none"]}),
        ("sme.deduction", {"sme_only": False, "object": "goods", "size": "micro"}, {"rate": ["NR-025"]}),
        ("sme.deduction", {"sme_only": False, "object": "works", "size": "small"}, {"rate": ["NR-027"]}),
        (
            "sme.deduction",
            {"sme_only": False, "object": "services", "size": "large", "small_share": Decimal("30.00")},
            {"rate": ["NR-026"]},
        ),
        ("domestic.deduction", {"both_kinds": False}, {"rate": ["none"]}),
        (
            "domestic.deduction",
            {"both_kinds": True, "domestic_cost": Decimal("80.00"), "product_cost": Decimal("100.00")},
            {"rate": ["NR-023"]},
        ),
        (
            "domestic.deduction",
            {"both_kinds": True, "domestic_cost": Decimal("80.00"), "product_cost": Decimal("110.00")},
            {"rate": ["none"]},
        ),
        ("green.purchase", {"green_mandatory": True, "green_certified": False}, {"needs": ["certificate"]}),
        (
            "import.authorisation",
            {"imported": True, "import_authorised": False},
            {"needs": ["authorisation"], "approver": ["prefecture_finance"]},
        ),
        ("enterprise.welfare", {"disabled_staff": 10, "staff": 40}, {"counts_as": ["small"]}),
    ],
)
def test_what_follows_from_the_policies(table: str, facts: dict[str, Any], outcome: dict[str, list[str]]) -> None:
    [ruling] = decide(table, facts, region_path=KORLA, on=DAY)
    assert ruling.outcome == outcome


@pytest.mark.usefixtures("loaded")
def test_a_welfare_enterprise_needs_a_quarter_of_its_staff() -> None:
    assert decide("enterprise.welfare", {"disabled_staff": 10, "staff": 41}, region_path=KORLA, on=DAY) == []
    assert decide("enterprise.welfare", {"disabled_staff": 9, "staff": 9}, region_path=KORLA, on=DAY) == []


@pytest.mark.usefixtures("loaded")
def test_notices_stand_for_their_period() -> None:
    def days(kind: str) -> str:
        return queries.rule("notice.period", region_path=KORLA, kind=kind, on=DAY).shown

    assert [days(kind) for kind in ("TENDER", "NON_TENDER", "AWARD", "SINGLE_SOURCE")] == [
        "5个工作日",
        "3个工作日",
        "1个工作日",
        "≥ 5个工作日",
    ]


@pytest.mark.usefixtures("loaded")
def test_the_wording_of_demands_is_looked_through() -> None:
    checks = {it.id: it for it in queries.document_checks(region_path=KORLA, on=DAY)}
    assert len(checks) == 19
    tailored = checks["SZDL-004"]
    assert (tailored.areas, tailored.priority, tailored.rule.evidence) == (("qualification",), "P0", "C")
    text = "供应商须成立满3年；注册资金不限。成立 5 年以上的加分。公司成立10年。"
    assert [(it.words, text[it.start : it.end]) for it in tailored.found_in(text)] == [("成立满", "成立满"), ("成立10年", "成立10年")]
    assert tailored.sentence == "此处以成立年限排斥新设企业。请删除年限要求，改为履约能力要求。"
    assert [it.words for it in checks["SZDL-006"].found_in("检测费用全部由中标人承担。")] == ["检测费用全部由中标"]
    assert checks["SZDL-006"].found_in("检测费用另行约定。工期由中标人确定。") == []  # … does not reach into the next sentence
    assert len(checks["SZDL-017"].found_in("国际先进" * 50)) == 20
