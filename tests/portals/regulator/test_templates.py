"""A region writes its own version of a template: reviewed by a second person, inherited below, never looser than what holds above."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.test import Client

from sunlit.domain.rulebook.models import RuleDraft
from sunlit.domain.rulebook.queries import templates
from sunlit.domain.rulebook.rules.templates import Template
from tests.portals.clients import at_field, codes
from tests.portals.regulator.test_rules_and_budgets import decide, number_of
from tests.town import Town

CITY, BELOW = "652800/652801", "652800/652801/652801100"
PAGE = "/regulator/rules/template.demand/template/"
APRIL = date(2026, 4, 1)
FORM = {
    "kind": "goods",
    "region": "652801",
    "effective_from": "2026-04-01",
    "reason": "统一全市货物需求的包装和冬季运输要求",
    "source": "梨城财采〔样例〕5号",
}
CHANGES = {
    "title-zh": "梨城货物类采购需求",
    "title-en": "Demand for goods (Korla)",
    "f-packing-asked": "1",
    "f-packing-required": "1",
    "f-packing-help-zh": "写明冬季防冻要求",
    "f-accept_how-o--zh": "冬季复验",
    "f-after_sales-asked": "1",
    "f-after_sales-out": "1",
    "s-delivery-new-zh": "冬季运输保障",
    "s-delivery-new-kind": "yes_no",
    "s-delivery-new-required": "1",
}


def goods(path: str, on: date = APRIL) -> Template:
    return templates.find(templates.DEMAND, region_path=path, on=on, kind="goods")


def drafted(client: Client, **more: str) -> str:
    return number_of(client.post(PAGE, {**FORM, **CHANGES, **more}))


def test_a_version_is_drafted_reviewed_and_inherited_from_its_day(town: Town, surina: Client, zheng: Client) -> None:
    page = surina.get(f"{PAGE}?kind=goods&region=652801").content.decode()
    assert 'name="f-packing-required"' in page
    assert 'name="f-deliver_place-required"' not in page  # obligatory above
    number = drafted(surina)
    shown = surina.get(f"/regulator/drafts/{number}/").content.decode()
    assert "冬季运输保障" in shown
    assert "冬季复验" in shown
    decide(surina, number, "hand_in")
    assert decide(surina, number, "approve").status_code == 403  # who drafted it does not decide
    decide(zheng, number, "approve")
    own = goods(BELOW)  # what the city set is inherited
    assert (own.title.zh, own.region_path) == ("梨城货物类采购需求", CITY)
    assert (own.field("packing").required, own.field("packing").help.zh) == (True, "写明冬季防冻要求")
    assert own.field("accept_how").options[-1].label.zh == "冬季复验"
    assert (own.field("own_1").label.zh, own.field("own_1").kind, own.field("own_1").required) == ("冬季运输保障", "yes_no", True)
    assert "after_sales" not in {it.key for it in own.fields}
    assert goods(BELOW, date(2026, 3, 31)).title.zh == "货物类采购需求"
    assert goods("652800").title.zh == "货物类采购需求"


def test_what_is_obligatory_above_cannot_be_loosened(town: Town, surina: Client) -> None:
    for change in ({"f-deliver_place-asked": "1"}, {"f-deliver_place-out": "1"}):
        answer = surina.post(PAGE, {**FORM, **change})
        assert (answer.status_code, set(codes(answer))) == (422, {"TPL-019"})
    answer = surina.post(PAGE, {**FORM, "title-zh": "", "f-packing-label-zh": ""})
    assert at_field(answer, "f-packing-label-zh") == at_field(answer, "title-zh") == ["TPL-020"]
    assert RuleDraft.objects.count() == 0


def test_the_wording_of_declarations_is_the_laws(town: Town, surina: Client) -> None:
    assert surina.get("/regulator/rules/template.declaration.sme/template/?kind=goods").status_code == 404
    assert surina.get("/regulator/rules/order.rating_limit/template/").status_code == 404
    assert surina.get(f"{PAGE}?kind=goods&region=652800").status_code == 404


def test_a_draft_is_written_anew(town: Town, surina: Client) -> None:
    number = drafted(surina)
    page = surina.get(f"{PAGE}?draft={number}").content.decode()
    assert "梨城货物类采购需求" in page
    it = RuleDraft.objects.get()
    told: dict[str, Any] = {**FORM, "draft": number, "expected": str(it.version), "title-zh": "货物类采购需求（2026年版）"}
    surina.post(PAGE, told)
    it.refresh_from_db()
    assert it.value["template"]["title"][0] == "货物类采购需求（2026年版）"
    assert "own_1" in str(it.value)  # what the form did not touch stays


def test_fields_stand_at_the_places_that_were_typed(town: Town, surina: Client) -> None:
    def keys(number: str) -> list[str]:
        sections = RuleDraft.objects.get(number=number).value["template"]["sections"]
        return [
            it["key"] for section in sections if section["key"] == "delivery" for it in section["fields"] if not it["key"].startswith("own")
        ]

    assert 'name="f-packing-place"' in surina.get(f"{PAGE}?kind=goods&region=652801").content.decode()
    plain = keys(number_of(surina.post(PAGE, {**FORM, "title-zh": "一"})))
    up = keys(number_of(surina.post(PAGE, {**FORM, "title-zh": "二", f"f-{plain[2]}-place": "1"})))
    assert up == [plain[2], plain[0], plain[1], *plain[3:]]
    down = keys(number_of(surina.post(PAGE, {**FORM, "title-zh": "三", f"f-{plain[0]}-place": "3"})))
    assert down == [plain[1], plain[2], plain[0], *plain[3:]]
    odd = keys(number_of(surina.post(PAGE, {**FORM, "title-zh": "四", f"f-{plain[0]}-place": "x", f"f-{plain[1]}-place": "99999"})))
    assert odd == plain
