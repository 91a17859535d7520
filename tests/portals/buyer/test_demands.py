"""A clerk writes a demand, sees what it leaves of the market, and hands it in; somebody else reviews it."""

from __future__ import annotations

import re
from typing import Any

import pytest

from sunlit.domain.planning import services
from sunlit.domain.planning.models import Demand
from tests.domain.planning.market import ANSWERS, LAPTOPS, a_content, a_demand, a_market, a_parameter
from tests.portals.clients import at_field, browser, codes, once
from tests.town import NOON, Town

KEPT = "野外教学须单手携带，已征求三家供应商意见。"


@pytest.fixture(autouse=True)
def _market(town: Town) -> None:
    a_market(town)


def form(demand: Demand, *parameters: dict[str, Any], **more: str) -> dict[str, Any]:
    """What the editor posts: one thing with these parameters."""
    told = {
        "title": "教师用便携式计算机",
        "purpose": "更新教师备课用机，现有设备已超过报废年限。",
        **{f"t-{name}": {False: "no"}.get(value, value) if isinstance(value, bool) else value for name, value in ANSWERS.items()},
        "item-0-category": LAPTOPS,
        "item-0-quantity": "30",
        "item-0-unit": "台",
        "item-0-ceiling": "7000.00",
        "expected": str(demand.version),
    }
    for p, parameter in enumerate(parameters):
        base = {"sense": "ge", "value": "", "mandatory": "1", "reason": "教学软件运行的需要"}
        told |= {f"item-0-p-{p}-{name}": value for name, value in {**base, **parameter}.items()}
    return told | more


MEMORY = {"key": "memory", "value": "16"}
WIFI = {"key": "wifi", "sense": "eq", "value": "Wi-Fi 7"}
WEIGHT = {"key": "weight", "sense": "le", "value": "1.2"}


def test_a_demand_begins_with_an_item_found_by_its_name(town: Town) -> None:
    client = browser(town.aygul)
    page = client.get("/buyer/demands/new/?q=便携&title=教师用机").content.decode()
    assert f'value="{LAPTOPS}"' in page
    answer = client.post("/buyer/demands/new/", once(title="教师用机", category=LAPTOPS, q="便携"))
    it = Demand.objects.get()
    assert answer["Location"] == f"/buyer/demands/{it.number}/edit/"
    assert (it.title, it.state) == ("教师用机", "draft")
    assert codes(client.post("/buyer/demands/new/", once("b", title="", category=LAPTOPS))) == ["DEM-001"]


def test_the_panel_answers_while_somebody_writes_and_keeps_nothing(town: Town) -> None:
    it = a_demand(town)
    client = browser(town.aygul)
    page = client.post(f"/buyer/demands/{it.number}/panel/", form(it, MEMORY)).content.decode()
    assert "10 个商品 · 5 个品牌 · 4 家供应商" in page
    assert "8 个商品 · 5 个品牌 · 4 家供应商" in page
    page = client.post(f"/buyer/demands/{it.number}/panel/", form(it, MEMORY, WIFI, WEIGHT)).content.decode()
    assert 'data-code="DEM-030"' in page
    assert "竞争不足" in page
    it.refresh_from_db()
    assert (it.version, it.title) == (1, "便携式计算机")


def test_a_half_written_parameter_does_not_disturb_the_panel(town: Town) -> None:
    it = a_demand(town)
    for parameter in (
        {"key": "memory", "value": ""},
        {"key": "memory", "value": "很大"},
        {"key": "nothing", "value": "1"},
        {"sense": "odd"},
    ):
        answer = browser(town.aygul).post(f"/buyer/demands/{it.number}/panel/", form(it, parameter))
        assert answer.status_code == 200


def test_parameters_are_added_and_dropped_before_anything_is_saved(town: Town) -> None:
    it = a_demand(town)
    client = browser(town.aygul)
    page = client.post(f"/buyer/demands/{it.number}/edit/", form(it, MEMORY, do="add:0:weight")).content.decode()
    assert re.search(r'name="item-0-p-1-key" value="weight"', page)
    assert re.search(r'<option value="le" selected>', page)  # the lighter the better
    page = client.post(f"/buyer/demands/{it.number}/edit/", form(it, MEMORY, WEIGHT, do="drop:0:0")).content.decode()
    assert re.search(r'name="item-0-p-0-key" value="weight"', page)
    assert "item-0-p-1-key" not in page
    page = client.post(f"/buyer/demands/{it.number}/edit/", form(it, MEMORY, do="find", find="复印")).content.decode()
    assert 'value="item:A05040101"' in page
    page = client.post(f"/buyer/demands/{it.number}/edit/", form(it, MEMORY, do="item:A05040101")).content.decode()
    assert 'name="item-1-category" value="A05040101"' in page
    for act in ("drop:0:9", "drop:7:0", "add:0:nothing", "item:A", "drop_item:0", "drop::", "add:x:y"):
        assert client.post(f"/buyer/demands/{it.number}/edit/", form(it, MEMORY, do=act)).status_code == 200
    it.refresh_from_db()
    assert it.version == 1


def test_a_narrow_demand_is_loosened_or_explained_then_handed_in_and_settled_by_another(town: Town) -> None:
    it = a_demand(town)
    clerk = browser(town.aygul)
    address = f"/buyer/demands/{it.number}/edit/"
    answer = clerk.post(address, once("a", **form(it, MEMORY, WIFI, WEIGHT, do="hand_in")))
    assert (answer.status_code, at_field(answer, "item-0-p-2-kept")) == (422, ["DEM-015"])
    it.refresh_from_db()
    assert (it.state, it.version) == ("draft", 1)  # nothing was changed
    answer = clerk.post(address, once("b", **form(it, MEMORY, WIFI, {**WEIGHT, "kept": KEPT}, do="hand_in")))
    assert answer["Location"] == f"/buyer/demands/{it.number}/"
    page = browser(town.zhou).get(f"/buyer/demands/{it.number}/").content.decode()
    assert KEPT in page
    assert 'name="points" value="complete"' in page
    assert 'name="points"' not in clerk.get(f"/buyer/demands/{it.number}/").content.decode()
    it.refresh_from_db()
    told = {"verb": "settle", "expected": str(it.version), "points": ["complete"]}
    answer = browser(town.zhou).post(f"/buyer/demands/{it.number}/do/", told)
    assert (answer.status_code, codes(answer)[:1]) == (422, ["DEM-019"])
    answer = browser(town.zhou).post(f"/buyer/demands/{it.number}/do/", {**told, "points": ["complete", "lawful"]})
    assert answer.status_code == 303
    it.refresh_from_db()
    assert it.state == "settled"


def test_who_wrote_cannot_settle_even_by_hand(town: Town) -> None:
    it = services.hand_in_demand(a_demand(town, a_content(a_parameter("memory", "ge", "16"))), by=town.aygul, at=NOON)
    answer = browser(town.aygul).post(f"/buyer/demands/{it.number}/do/", {"verb": "settle", "points": ["complete", "lawful"]})
    assert (answer.status_code, codes(answer)) == (403, ["LIF-002"])


def test_a_second_editor_is_told(town: Town) -> None:
    it = a_demand(town)
    services.edit_demand(it, a_content(a_parameter("memory", "ge", "8")), by=town.zhou, at=NOON)
    answer = browser(town.aygul).post(f"/buyer/demands/{it.number}/edit/", once("a", **form(it, MEMORY, do="save")))
    assert (answer.status_code, codes(answer)) == (409, ["LIF-003"])
    assert Demand.objects.get(pk=it.pk).title == a_content().title


def test_take_back_give_back_revise_and_withdraw_through_the_page(town: Town) -> None:
    it = services.hand_in_demand(a_demand(town, a_content(a_parameter("memory", "ge", "16"))), by=town.aygul, at=NOON)
    address = f"/buyer/demands/{it.number}/do/"
    assert browser(town.aygul).post(address, {"verb": "take_back"})["Location"] == f"/buyer/demands/{it.number}/edit/"
    services.hand_in_demand(it, by=town.aygul, at=NOON)
    assert browser(town.zhou).post(address, {"verb": "give_back", "reason": "请补充售后要求"}).status_code == 303
    page = browser(town.aygul).get(f"/buyer/demands/{it.number}/edit/").content.decode()
    assert "请补充售后要求" in page
    services.hand_in_demand(it, by=town.aygul, at=NOON)
    services.settle_demand(it, points=["complete", "lawful"], by=town.zhou, at=NOON)
    answer = browser(town.aygul).post(address, {"verb": "revise"})
    second = Demand.objects.exclude(pk=it.pk).get()
    assert answer["Location"] == f"/buyer/demands/{second.number}/edit/"
    answer = browser(town.aygul).post(f"/buyer/demands/{second.number}/do/", {"verb": "withdraw", "reason": "不再需要"})
    assert answer.status_code == 303
    second.refresh_from_db()
    assert second.state == "withdrawn"


def test_others_do_not_see_it(town: Town) -> None:
    it = a_demand(town)
    for who in (town.ma,):
        for address in ("", "edit/"):
            assert browser(who).get(f"/buyer/demands/{it.number}/{address}").status_code == 404
        assert browser(who).post(f"/buyer/demands/{it.number}/panel/", form(it)).status_code == 404
        assert browser(who).post(f"/buyer/demands/{it.number}/do/", {"verb": "withdraw", "reason": "不再需要"}).status_code == 404
    assert browser(town.batu).get(f"/buyer/demands/{it.number}/edit/").status_code == 403
    assert browser(town.batu).get(f"/buyer/demands/{it.number}/").status_code == 200
    assert it.title not in browser(town.ma).get("/buyer/demands/").content.decode()


def test_the_list_finds_by_title_and_state(town: Town) -> None:
    it = a_demand(town, a_content(a_parameter("memory", "ge", "16")))
    client = browser(town.zhou, language="en")
    assert it.number in client.get("/buyer/demands/?q=高一").content.decode()
    assert it.number not in client.get("/buyer/demands/?state=settled").content.decode()
    assert client.get("/buyer/demands/?after=x&state=nothing").status_code == 200


def test_answers_are_kept_shown_and_compared(town: Town) -> None:
    it = a_demand(town)
    clerk, at = browser(town.aygul), f"/buyer/demands/{it.number}/"
    answer = clerk.post(at + "edit/", once("a", **form(it, MEMORY, do="save", **{"t-warranty": "三年"})))
    assert (answer.status_code, at_field(answer, "t-warranty")) == (422, ["TPL-004"])
    assert 'value="三年"' in answer.content.decode()
    clerk.post(at + "edit/", once("b", **form(it, MEMORY, do="save")))
    page = clerk.get(at).content.decode()
    assert "定价方式" in page
    assert "固定单价" in page
    clerk.post(
        at + "edit/",
        once("c", **form(it, {**MEMORY, "value": "32"}, do="save", expected="2", **{"t-payment": "验收合格后15日内一次付清。"})),
    )
    page = clerk.get(at + "versions/").content.decode()
    assert ("<del>30</del>" in page, "<ins>15</ins>" in page) == (True, True)
    assert ("<del>16</del>" in page, "<ins>32</ins>" in page) == (True, True)
    assert "2 处不同" in page
    first = clerk.get(at + "versions/?old=1&new=2").content.decode()
    assert "逐台开箱" in first
    assert clerk.get(at + "versions/?old=x&new=99").status_code == 200
    assert browser(town.ma).get(at + "versions/").status_code == 404


def test_several_choices_are_ticked(town: Town) -> None:
    it = a_demand(town)
    clerk, at = browser(town.aygul), f"/buyer/demands/{it.number}/"
    several = {**WIFI, "sense": "one_of", "value": ["Wi-Fi 6", "Wi-Fi 7"]}
    shown = clerk.post(at + "edit/", form(it, several, do="check")).content.decode()
    assert len(re.findall(r'type="checkbox" name="item-0-p-0-value" value="Wi-Fi [67]" checked', shown)) == 2
    clerk.post(at + "edit/", once("a", **form(it, several, do="save")))
    assert it.items.get().parameters[0]["value"] == "Wi-Fi 6、Wi-Fi 7"


def test_the_template_says_what_a_section_must_tell(town: Town) -> None:
    it = a_demand(town)
    page = browser(town.aygul).get(f"/buyer/demands/{it.number}/edit/").content.decode()
    assert "便携式计算机采购需求" in page
    assert 'name="t-deliver_place"' in page
    assert 'name="delivery"' not in page  # what the template asks is not asked twice
    assert 'name="qualification"' in page
    assert 'name="imported"' not in page
    assert page.index('value="add:0:cpu"') < page.index('value="add:0:weight"')  # the template's usual parameters come first


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_a_demand_is_a_paper_for_whoever_sees_it(town: Town, language: str) -> None:
    content = a_content(a_parameter("memory", "ge", "16"), a_parameter("weight", "le", "2", mandatory=False, points="5"), complex=False)
    it = services.hand_in_demand(a_demand(town, content), by=town.aygul, at=NOON)
    services.settle_demand(it, points=["complete", "lawful"], opinion="同意。", by=town.zhou, at=NOON)
    answer = browser(town.batu, language=language).get(f"/buyer/demands/{it.number}/demand.pdf")
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
    assert answer.content.startswith(b"%PDF-")
    assert browser(town.ma).get(f"/buyer/demands/{it.number}/demand.pdf").status_code == 404
