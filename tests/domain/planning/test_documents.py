"""The nineteen checks of wording on a demand: for each a text that is remarked and one that is not."""

from __future__ import annotations

from typing import Any

import pytest

from sunlit.domain.planning import queries
from sunlit.domain.planning.rules.demands import Content, Item, Parameter
from sunlit.domain.planning.rules.documents import Figures, Place, computed
from sunlit.domain.rulebook import queries as rulebook
from tests.domain.planning.market import LAPTOPS, a_market, a_parameter
from tests.town import NOON, Town, build

CITY = "652800/652801"

# check, section, what is remarked, what is not
CASES: tuple[tuple[str, str, str, str], ...] = (
    ("001", "qualification", "供应商须为高新技术企业。", "供应商须具有独立承担民事责任的能力。"),
    ("001", "qualification", "注册资本不低于500万元。", "不得以注册资本作为资格条件。"),
    ("001", "qualification", "净资产不低于1000万元。", "本项目专门面向中小企业，须提供中小企业声明函，不接受大型企业。"),
    ("002", "qualification", "企业员工人数不少于50人。", "项目负责人应当具备相应的专业技术能力。"),
    ("002", "qualification", "提供近6个月社保缴纳证明，社保不少于二十人。", "提供依法缴纳社会保障资金的承诺。"),
    ("003", "qualification", "纳税信用等级须为A级。", "提供依法缴纳税收的承诺。"),
    ("004", "qualification", "供应商须成立满3年。", "供应商须依法成立。"),
    ("004", "qualification", "成立三年以上。", "不限定成立年限的，均可参加。不得要求成立满3年。"),
    ("005", "qualification", "具有本市同类业绩。", "具有不超过两个同类项目业绩。"),
    ("005", "scoring", "每提供一个合同金额100万元以上的业绩得2分。", "每提供一个同类项目业绩得1分，最高2分。"),
    ("006", "acceptance", "第三方检测费用由中标人承担。", "检测不合格的，检测费用由中标人承担；合格的，由采购人承担。"),
    ("006", "contract", "检验费用全部由乙方承担。", "检验费用由采购人承担。"),
    ("007", "evidence", "提供国家信息中心检测中心出具的检测报告。", "提供具备资质的检测机构出具的检测报告。"),
    ("007", "evidence", "由采购人指定检测机构检测。", "任一具有 CMA 资质的检测中心出具均可。"),
    ("008", "technical", "符合 GBT 9813.1-2016。", "符合 GB/T 9813.1-2016 和 GB 4943.1—2022。"),
    ("008", "technical", "符合 GB/T 9813.1-2106。", "符合 YD/T 1591-2021、DB65/T 4000-2017。"),
    ("008", "technical", "符合 GB/T 09813。", "内存 16GB，硬盘 512 GB，处理器 KX-7000。"),
    ("009", "technical", "屏幕大约 14 英寸，重量 1.3kg 左右。", "屏幕不小于 14 英寸。"),
    ("010", "technical", "工作电压 200～240V。", "为满足机房供电条件，工作电压 200～240V。"),
    ("011", "technical", "允许负偏离，不允许负偏离超过5%。", "允许正偏离，不允许负偏离。"),
    ("011", "technical", "功率不低于 300W±10%。", "功率不低于 300W。"),
    ("012", "scoring", "资产总额1000万元以上得3分。", "投入本项目的设备满足要求得3分。"),
    ("013", "scoring", "从业人员超过100人得2分。", "项目团队成员具有中级职称的，每人得1分。"),
    ("014", "scoring", "上一年度纳税额超过100万元得2分。", "依法纳税是参加本项目的条件。"),
    ("015", "scoring", "成立年限满5年得2分。", "培训方案可行得2分。"),
    ("016", "scoring", "具有计算机信息系统集成企业资质得2分。", "具有信息技术服务标准符合性证书得2分。"),
    ("017", "technical", "外观美观大方，操作体验良好。", "键程不小于1.3毫米。"),
    ("018", "scoring", "认证范围须覆盖计算机生产、销售和维修得2分。", "具有质量管理体系认证得1分。"),
    ("019", "scoring", "以有效报价的平均价为基准价。", "采用低价优先法计算，满足要求且价格最低的报价为评标基准价，不采用平均价。"),
)


@pytest.fixture
def town(db: None) -> Town:
    town = build()
    a_market(town)
    return town


def remarks(content: Content) -> list[tuple[str, str]]:
    """(check, field) of everything that is remarked on wording."""
    found = queries.assess(content, region_path=CITY, at=NOON)
    return [(str(ruling.figures["check"]).removeprefix("SZDL-"), on) for on, ruling in found.documents]


def on_section(section: str, text: str) -> list[tuple[str, str]]:
    return remarks(Content("需求", sections={section: text}, items=(Item(LAPTOPS, "", "1", "台", "1.00"),)))


def on_parameter(**told: Any) -> list[str]:
    parameter = Parameter(**{"key": "memory", "sense": "ge", "value": "16", "reason": "教学软件运行的需要", **told})
    return [check for check, _on in remarks(Content("需求", items=(Item(LAPTOPS, "", "1", "台", "1.00", (parameter,)),)))]


def test_all_nineteen_are_in_the_rulebook_and_all_are_tried_here(town: Town) -> None:
    checks = rulebook.document_checks(region_path=CITY, on=NOON.date())
    assert [it.id for it in checks] == [f"SZDL-{n:03}" for n in range(1, 20)]
    assert {check for check, *_rest in CASES} == {f"{n:03}" for n in range(1, 20)}


def test_each_remarks_the_bad_text_and_leaves_the_good_one_alone(town: Town) -> None:
    wrong = [(check, bad) for check, section, bad, _good in CASES if (check, section) not in on_section(section, bad)]
    wrong += [(check, good) for check, section, _bad, good in CASES if (check, section) in on_section(section, good)]
    assert wrong == []


def test_words_count_only_where_the_check_looks(town: Town) -> None:
    assert on_section("delivery", "供应商须为高新技术企业，成立满3年。") == []
    assert on_section("scoring", "供应商须为高新技术企业。") == []  # scoring an enterprise's type is another matter than shutting it out


def test_a_remark_names_rule_place_words_and_what_to_write_instead(town: Town) -> None:
    content = Content("需求", sections={"qualification": "供应商须成立满3年。"}, items=(Item(LAPTOPS, "", "1", "台", "1.00"),))
    [(on, ruling)] = queries.assess(content, region_path=CITY, at=NOON).documents
    assert on == "qualification"
    assert ruling.figures["place"] == "供应商资格条件"
    assert ruling.figures["words"] == "成立满"
    assert ruling.text == "供应商资格条件：“成立满”。此处以成立年限排斥新设企业。请删除年限要求，改为履约能力要求。"
    assert (ruling.name_zh, ruling.evidence, ruling.verdict) == ("资格条件中设置成立年限", "C", "warned")


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({}, []),
        ({"key": "", "name": "电池循环次数", "value": "1000"}, ["009"]),
        ({"key": "", "name": "电池循环次数", "value": "1000", "unit": "次"}, []),
        ({"value": "0"}, ["009"]),
        ({"sense": "between", "value": "16", "value_to": "16"}, ["009"]),
        ({"sense": "between", "value": "16", "value_to": "32", "reason": ""}, ["010"]),
        ({"sense": "between", "value": "16", "value_to": "32", "reason": "下限为软件需要，上限为预算所限"}, []),
        ({"reason": "为教学需要，允许负偏离"}, ["011"]),
        ({"reason": "为教学需要，允许正偏离，不允许负偏离"}, []),
        ({"sense": "le", "reason": "为教学需要，允许正偏离"}, ["011"]),
        ({"sense": "le", "reason": "为教学需要，不允许正偏离"}, []),
        ({"sense": "eq", "reason": "为满足教学需要，±10%均可"}, ["011"]),
        ({"reason": "人体工程学设计"}, ["017"]),
    ],
)
def test_parameters_are_computed_on(town: Town, told: dict[str, Any], expected: list[str]) -> None:
    assert on_parameter(**told) == expected


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("GB 4943.1-2022", False),
        ("GB4943.1—2022", False),
        ("GB/T 9813.1", False),
        ("GB/Z 28828-2012", False),
        ("GB 1234-88", False),
        ("GJB 150A-2009", False),
        ("T/CESA 1234-2022", False),
        ("ISO 9001:2015", False),
        ("GBT9813", True),
        ("GB/X 9813-2016", True),
        ("XY/T 9813-2016", True),
        ("GB/T-9813", True),
        ("GB 4943.1-1822", True),
        ("GB 4943.1-2027", True),
        ("GB 4943..1-2016", True),
        ("16 GB 3200 MHz", False),
    ],
)
def test_numbers_of_standards(text: str, wrong: bool) -> None:
    place = Place(frozenset({"technical"}), "technical", "", f"符合 {text} 的要求")
    assert bool(computed("SZDL-008", place, year=2026)) is wrong


def test_a_long_text_takes_no_time(town: Town) -> None:
    text = "允许偏离" * 1000 + "±" * 500 + "GB/T" * 500 + "成立" * 1000
    place = Place(frozenset({"technical"}), "technical", "", text, Figures("ge", "1", "", "", text, True))
    assert all(len(computed(f"SZDL-{n:03}", place, year=2026)) >= 0 for n in range(1, 20))
    assert isinstance(on_section("technical", text[:9000]), list)


def test_what_is_demanded_is_named_in_the_remark(town: Town) -> None:
    parameter = a_parameter("", "ge", "1000", name="循环次数")
    content = Content("需求", items=(Item(LAPTOPS, "", "1", "台", "1.00", (parameter,)),))
    [(on, ruling)] = queries.assess(content, region_path=CITY, at=NOON).documents
    assert (on, ruling.figures["place"]) == ("item-0-p-0-value", "循环次数 ≥ 1000")
