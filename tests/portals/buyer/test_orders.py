"""The buyer's orders: who may do what on the page, the acceptance sheet, the rating, the budget, suppliers and favourites."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from sunlit.domain.contracts import queries as papers
from sunlit.domain.contracts import services as contracts
from sunlit.domain.contracts.models import AcceptanceSheet, Payment, Rating
from sunlit.domain.market import services
from sunlit.domain.market.models import Favourite, Order, OrderLine
from sunlit.foundation.kernel.clock import local_day
from sunlit.foundation.kernel.refusals import Refused
from sunlit.foundation.ledger.models import Entry
from tests.domain.market.test_life import BAD, GOOD, PaperBank
from tests.foundation.files.samples import pdf, png
from tests.portals.clients import at_field, browser, codes, once
from tests.town import NOON, Town, an_order

PAGES = ("/buyer/", "/buyer/orders/", "/buyer/budget/", "/buyer/suppliers/", "/buyer/favourites/")


def dispatched(town: Town, key: str = "k1") -> Order:
    order = services.confirm(an_order(town, key=key, quantity=10), by=town.chen, at=NOON)
    return services.dispatch(order, carrier="邮政", waybill=f"EMS-{key}", parcel={1: 10}, by=town.chen, at=NOON)


def received(town: Town, key: str = "k1") -> Order:
    return services.receive(dispatched(town, key), by=town.batu, at=NOON)


def invoiced(town: Town) -> Order:
    order = contracts.accept(received(town), items=GOOD, by=town.batu, at=NOON)
    return contracts.invoice(order, number="FP-1", amount=Decimal("1285.00"), issued_on=local_day(NOON), by=town.chen, at=NOON)


def paid(town: Town) -> Order:
    contracts.send(contracts.request_payment(invoiced(town), by=town.li, at=NOON), bank=PaperBank("settled"), at=NOON)
    return Order.objects.get()


def act(who: Any, order: Order, verb: str, **more: Any) -> Any:
    fields = once(f"{verb}-{order.version}", verb=verb, expected=str(order.version), **more)
    return browser(who).post(f"/buyer/orders/{order.number}/do/", fields)


@pytest.mark.parametrize("who", ["aygul", "zhou", "batu", "li", "ma"])
@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_every_page_opens_for_everybody_of_the_buyer(town: Town, who: str, path: str, language: str) -> None:
    an_order(town)
    answer = browser(getattr(town, who), language=language).get(path)
    assert (answer.status_code, answer.content.decode().count("<h1")) == (200, 1)


def test_the_page_of_an_order_shows_the_whole_way(town: Town) -> None:
    order = paid(town)
    page = browser(town.aygul).get(f"/buyer/orders/{order.number}/").content.decode()
    for told in ("FP-1", "EMS-k1", "¥1,285.00", "孔雀 A4-70 复印纸", "ZB-2026-001", "巴图那仁", "验收"):
        assert told in page, told
    assert page.count("step-done") == 7
    assert f'hx-get="/buyer/orders/{order.number}/"' in page


def test_readers_of_english_meet_english_names(town: Town) -> None:
    order = paid(town)
    page = browser(town.aygul, language="en").get(f"/buyer/orders/{order.number}/").content.decode()
    assert "Aygul Mamat of Licheng Experimental Middle School placed order" in page
    assert "Batu Naran accepted the goods" in page
    for recorded in ("阿依古丽", "梨城实验中学下", "陈卓"):
        assert recorded not in page, recorded


def test_an_order_of_another_buyer_does_not_exist(town: Town) -> None:
    order = received(town)
    stranger = browser(town.ma)
    for path in ("", "acceptance/", "rating/"):
        assert stranger.get(f"/buyer/orders/{order.number}/{path}").status_code in {403, 404}
    assert stranger.get(f"/buyer/orders/{order.number}/").status_code == 404
    assert act(town.ma, order, "withdraw", reason="不要了吧").status_code == 404


def test_a_verb_that_the_buyer_has_not_does_not_exist(town: Town) -> None:
    order = an_order(town)
    for verb in ("confirm", "lapse", "pay", "steal", ""):
        assert act(town.aygul, order, verb).status_code == 404


def test_buttons_are_those_of_the_table_for_this_reader(town: Town) -> None:
    order = an_order(town)

    def buttons(who: Any) -> set[str]:
        page = browser(who).get(f"/buyer/orders/{order.number}/").content.decode()
        return {verb for verb in ("withdraw", "ask_cancel", "receive", "approve") if f'value="{verb}"' in page}

    assert buttons(town.aygul) == {"withdraw"}
    assert buttons(town.li) == set()
    order = dispatched(town, "k2")
    assert buttons(town.batu) == {"receive"}


def test_an_order_is_withdrawn_with_a_reason(town: Town) -> None:
    order = an_order(town)
    answer = act(town.aygul, order, "withdraw", reason=" ")
    assert (answer.status_code, codes(answer)) == (422, ["ORD-001"])
    assert Order.objects.get().state == "placed"
    assert act(town.aygul, order, "withdraw", reason="型号选错了").status_code == 303
    assert (Order.objects.get().state, Order.objects.get().reason) == ("cancelled", "型号选错了")
    page = browser(town.aygul).get(f"/buyer/orders/{order.number}/").content.decode()
    assert "型号选错了" in page
    assert "step-bad" in page


def test_a_stale_page_is_told_and_shown_anew(town: Town) -> None:
    order = an_order(town)
    services.confirm(order, by=town.chen, at=NOON)
    answer = act(town.aygul, order, "withdraw", reason="型号选错了")
    assert (answer.status_code, codes(answer)[0]) == (409, "LIF-003")
    assert 'data-state="confirmed"' in answer.content.decode()
    assert Order.objects.get().state == "confirmed"


def test_the_lead_decides_and_not_on_an_own_order(town: Town) -> None:
    type(town.school).objects.filter(pk=town.school.pk).update(approval_limit=Decimal("1.00"))
    order = an_order(town)
    assert codes(act(town.aygul, order, "approve")) == ["LIF-002"]
    assert act(town.zhou, order, "approve").status_code == 303
    own = an_order(town, key="k2", by=town.zhou)
    answer = act(town.zhou, own, "approve")
    assert (answer.status_code, codes(answer)[0]) == (403, "ORD-004")
    assert act(town.zhou, own, "disapprove", reason="预算另有安排").status_code == 303
    assert list(Order.objects.order_by("pk").values_list("state", flat=True)) == ["placed", "disapproved"]


# Receipt and acceptance


def test_who_received_is_led_to_the_acceptance_sheet(town: Town) -> None:
    order = dispatched(town)
    assert act(town.batu, order, "receive")["Location"] == f"/buyer/orders/{order.number}/acceptance/"
    assert browser(town.batu).get(f"/buyer/orders/{order.number}/acceptance/").status_code == 200


def sheet(order: Order, verb: str, **more: Any) -> dict[str, Any]:
    plain = {"quantity_1": "10", "conforms_1": "yes", "remark": "", **inspected(order)}
    return once(f"{verb}-{len(more)}", verb=verb, expected=str(order.version), **{**plain, **more})


def inspected(order: Order) -> dict[str, Any]:
    """The form of the category's acceptance template, filled in: everything passed."""
    [asked] = papers.acceptance_forms(order.lines.all())
    verdicts = {it.key: "pass" for it in asked.template.fields if it.kind == "verdict"}
    told = {"members.0.name": "巴图那仁", "members.0.unit": "总务处", "day": "2026-03-02", "how": ["count", "open"], **verdicts}
    return {f"{asked.prefix}{name}": value for name, value in told.items()}


def test_goods_are_accepted_with_evidence(town: Town) -> None:
    order = received(town)
    given = sheet(order, "accept", remark="数量、规格相符", photos=[SimpleUploadedFile("box.png", png(), "image/png")])
    assert browser(town.batu).post(f"/buyer/orders/{order.number}/acceptance/", given).status_code == 303
    kept = AcceptanceSheet.objects.get()
    assert (kept.accepted, kept.remark, kept.photos.count(), kept.items[0]["quantity"]) == (True, "数量、规格相符", 1, 10)
    [form] = kept.forms
    assert (form["positions"], form["values"]["how"], form["values"]["quality"]) == ([1], ["count", "open"], "pass")
    assert Entry.objects.get(act="order.accept").facts["forms"] == [form["digest"]]
    assert Order.objects.get().state == "accepted"
    page = browser(town.aygul).get(f"/buyer/orders/{order.number}/").content.decode()
    assert "数量、规格相符" in page


@pytest.mark.parametrize(
    ("verb", "more", "code", "on"),
    [
        ("accept", {"conforms_1": "no"}, "CON-002", "conforms_1"),
        ("accept", {"quantity_1": "9"}, "CON-002", "conforms_1"),
        ("accept", {"quantity_1": "viele"}, "ORD-017", "quantity_1"),
        ("accept", {"photos": [SimpleUploadedFile("box.png", pdf(), "image/png")]}, "FIL-003", "photos"),
        ("reject", {}, "CON-012", ""),
        ("reject", {"conforms_1": "no", "remark": "坏"}, "ORD-001", ""),
    ],
)
def test_what_is_wrong_with_a_sheet_is_told_and_nothing_is_kept(town: Town, verb: str, more: dict[str, Any], code: str, on: str) -> None:
    order = received(town)
    answer = browser(town.batu).post(f"/buyer/orders/{order.number}/acceptance/", sheet(order, verb, **more))
    assert answer.status_code == 422
    assert [told for told in codes(answer) if not on or told in at_field(answer, on)] == [code]
    assert (AcceptanceSheet.objects.count(), Order.objects.get().state) == (0, "received")


def test_every_item_of_the_template_is_answered_and_none_may_fail(town: Town) -> None:
    order = received(town)
    [asked] = papers.acceptance_forms(order.lines.all())
    name = f"{asked.prefix}quality"
    address = f"/buyer/orders/{order.number}/acceptance/"
    open_ = browser(town.batu).post(address, {key: value for key, value in sheet(order, "accept").items() if key != name})
    assert (open_.status_code, codes(open_)) == (422, ["TPL-002"])
    failed = browser(town.batu).post(address, sheet(order, "accept", **{name: "fail", f"{asked.prefix}left": "<b>待整改"}))
    assert (failed.status_code, codes(failed), at_field(failed, name)) == (422, ["CON-014"], ["CON-014"])
    assert "&lt;b&gt;待整改" in failed.content.decode()  # what was typed stays
    assert (AcceptanceSheet.objects.count(), Order.objects.get().state) == (0, "received")


def test_a_row_more_is_given_without_scripts_and_nothing_is_kept(town: Town) -> None:
    order = received(town)
    [asked] = papers.acceptance_forms(order.lines.all())
    table = f"{asked.prefix}members"
    answer = browser(town.batu).post(f"/buyer/orders/{order.number}/acceptance/", {**sheet(order, "accept"), "_more": table})
    page = answer.content.decode()
    assert (answer.status_code, f'name="{table}.0.name"' in page, f'name="{table}.1.name"' in page) == (200, True, True)
    assert 'value="巴图那仁"' in page
    assert (AcceptanceSheet.objects.count(), Order.objects.get().state) == (0, "received")


def test_an_order_of_before_there_were_templates_keeps_its_plain_sheet(town: Town) -> None:
    order = received(town)
    line = order.lines.get()
    OrderLine.objects.filter(pk=line.pk).update(snapshot={key: value for key, value in line.snapshot.items() if key != "acceptance"})
    page = browser(town.batu).get(f"/buyer/orders/{order.number}/acceptance/").content.decode()
    assert "data-template" not in page
    given = once("plain", verb="accept", expected=str(order.version), quantity_1="10", conforms_1="yes", remark="")
    assert browser(town.batu).post(f"/buyer/orders/{order.number}/acceptance/", given).status_code == 303
    assert AcceptanceSheet.objects.get().forms == []


def test_a_form_of_another_template_is_refused(town: Town) -> None:
    with pytest.raises(Refused) as refused:
        contracts.accept(received(town), items=GOOD, forms={0: {}}, by=town.batu, at=NOON)
    assert refused.value.codes == ["CON-015"]


@pytest.mark.parametrize(("who", "status"), [("aygul", 200), ("chen", 200), ("surina", 200), ("he", 200), ("ma", 404), ("nurlan", 404)])
def test_the_papers_are_for_those_who_see_the_order(town: Town, who: str, status: int) -> None:
    order = received(town)
    browser(town.batu).post(f"/buyer/orders/{order.number}/acceptance/", sheet(order, "accept"))
    kept = AcceptanceSheet.objects.get()
    for path in ("order.pdf", f"acceptance-{kept.pk}.pdf"):
        answer = browser(getattr(town, who)).get(f"/papers/orders/{order.number}/{path}")
        assert answer.status_code == status
        if status == 200:
            assert (answer["Content-Type"], answer.content[:5]) == ("application/pdf", b"%PDF-")
    assert browser(None).get(f"/papers/orders/{order.number}/order.pdf").status_code == 302


def test_goods_are_rejected_and_sent_back(town: Town) -> None:
    order = received(town)
    client = browser(town.batu)
    given = sheet(order, "reject", conforms_1="no", remark_1="纸张受潮", remark="整批受潮，不能使用")
    assert client.post(f"/buyer/orders/{order.number}/acceptance/", given).status_code == 303
    order = Order.objects.get()
    assert (order.state, order.reason, AcceptanceSheet.objects.get().items[0]["remark"]) == ("rejected", "整批受潮，不能使用", "纸张受潮")
    assert act(town.batu, order, "ask_return", reason="整批退回，不再更换").status_code == 303
    assert Order.objects.get().state == "returning"


def test_who_ordered_does_not_accept_where_duties_are_separated(town: Town) -> None:
    services.receive(dispatched(town), by=town.batu, at=NOON)
    order = Order.objects.get()
    Order.objects.update(orderer_id=town.batu.user_id)
    answer = browser(town.batu).post(f"/buyer/orders/{order.number}/acceptance/", sheet(order, "accept"))
    assert (answer.status_code, codes(answer)) == (403, ["ORD-005"])
    assert Order.objects.get().state == "received"


def test_the_sheet_is_only_there_while_goods_wait_for_it(town: Town) -> None:
    order = an_order(town)
    assert browser(town.batu).get(f"/buyer/orders/{order.number}/acceptance/")["Location"] == f"/buyer/orders/{order.number}/"
    assert browser(town.li).get(f"/buyer/orders/{order.number}/acceptance/").status_code == 403
    assert browser(town.aygul).get(f"/buyer/orders/{order.number}/rating/")["Location"] == f"/buyer/orders/{order.number}/"


# Payment and rating


def test_finance_orders_the_payment_once(town: Town) -> None:
    order = invoiced(town)
    assert codes(act(town.aygul, order, "request_payment")) == ["LIF-002"]
    for _twice in range(2):
        assert act(town.li, order, "request_payment").status_code in {302, 303}
    assert (Payment.objects.count(), Payment.objects.get().amount) == (1, Decimal("1285.00"))


def test_a_rating_is_given_with_stars_for_everything(town: Town) -> None:
    order = paid(town)
    client = browser(town.aygul)
    path = f"/buyer/orders/{order.number}/rating/"
    assert client.get(path).status_code == 200
    answer = client.post(path, once("a", expected=str(order.version), quality="5", delivery="6", service=""))
    assert (answer.status_code, codes(answer), Rating.objects.count()) == (422, ["CON-005"], 0)
    assert (at_field(answer, "quality"), at_field(answer, "delivery"), at_field(answer, "service")) == ([], ["CON-005"], ["CON-005"])
    stars = {"quality": "5", "delivery": "4", "service": "5", "comment": "送货及时"}
    assert client.post(path, once("b", expected=str(order.version), **stars)).status_code == 303
    assert (Rating.objects.get().quality, Rating.objects.get().comment, Order.objects.get().state) == (5, "送货及时", "rated")


# Lists


def test_orders_are_found_by_group_state_number_and_name(town: Town) -> None:
    placed, sent = an_order(town), dispatched(town, "k2")
    client = browser(town.aygul)

    def found(query: str) -> set[str]:
        page = client.get(f"/buyer/orders/{query}").content.decode()
        return {order.number for order in (placed, sent) if f'data-key="{order.number}"' in page}

    assert found("") == {placed.number, sent.number}
    assert found("?group=delivery") == {sent.number}
    assert found("?state=placed") == {placed.number}
    assert found(f"?q={placed.number.lower()}") == {placed.number}
    assert found("?q=天山") == {placed.number, sent.number}
    assert found("?q=nobody") == set()
    assert found(f"?after={sent.pk}") == {placed.number}
    assert found("?after=nonsense") == {placed.number, sent.number}


def test_the_desk_shows_what_waits_for_this_person(town: Town) -> None:
    order = dispatched(town)

    def desk(who: Any) -> str:
        return browser(who).get("/buyer/").content.decode().partition('id="waiting"')[2].partition("<h2")[0]

    assert [order.number in desk(who) for who in (town.batu, town.zhou, town.aygul, town.li)] == [True, True, False, False]


def test_the_budget_and_its_quotas(town: Town) -> None:
    order = an_order(town, quantity=10)
    client = browser(town.li)
    page = client.get("/buyer/budget/").content.decode()
    assert ("¥98,715.00" in page, "¥1,285.00" in page) == (True, True)
    page = client.get("/buyer/budget/ZB-2026-001/").content.decode()
    assert order.number in page
    assert client.get("/buyer/budget/ZB-2026-002/").status_code == 404
    assert "ZB-2026-001" not in client.get("/buyer/budget/?year=2025").content.decode()
    assert client.get("/buyer/budget/?year=99999").status_code == 200


def test_suppliers_and_favourites(town: Town) -> None:
    an_order(town, quantity=10)
    client = browser(town.aygul)
    assert "¥1,285.00" in client.get("/buyer/suppliers/").content.decode()
    for _twice in range(2):
        client.post("/buyer/favourites/keep/", {"product": "SPU-1"})
        client.post("/buyer/favourites/keep/", {"supplier": "GY-0001"})
    assert Favourite.objects.count() == 2
    page = browser(town.zhou).get("/buyer/favourites/").content.decode()  # shared in the organisation
    assert ("KQ-14" in page, "天山办公" in page) == (True, True)
    assert "KQ-14" not in browser(town.ma).get("/buyer/favourites/").content.decode()
    client.post("/buyer/favourites/keep/", {"product": "SPU-1", "drop": "1"})
    assert Favourite.objects.count() == 1
    for unknown in ({"product": "SPU-9"}, {"supplier": "CG-0001"}, {}):
        assert client.post("/buyer/favourites/keep/", unknown).status_code == 404


def test_rejected_goods_in_exchange_tell_their_reason(town: Town) -> None:
    order = contracts.reject(received(town), items=BAD, reason="纸张受潮严重", by=town.batu, at=NOON)
    order = contracts.ask_exchange(order, reason="请换干燥的纸", by=town.batu, at=NOON)
    page = browser(town.aygul).get(f"/buyer/orders/{order.number}/").content.decode()
    assert "请换干燥的纸" in page


@pytest.mark.parametrize(
    ("path", "most"), [("/buyer/", 12), ("/buyer/orders/", 6), ("/buyer/budget/", 6), ("/buyer/suppliers/", 5), ("/buyer/favourites/", 5)]
)
def test_lists_ask_the_database_a_fixed_number_of_times(town: Town, path: str, most: int, django_assert_max_num_queries: Any) -> None:
    for turn in range(3):
        received(town, f"k{turn}")
    client = browser(town.zhou)
    client.get(path)
    with django_assert_max_num_queries(most):
        client.get(path)


def test_the_page_of_an_order_asks_the_database_a_fixed_number_of_times(town: Town, django_assert_max_num_queries: Any) -> None:
    order = paid(town)
    client = browser(town.aygul)
    client.get(f"/buyer/orders/{order.number}/")
    with django_assert_max_num_queries(14):
        client.get(f"/buyer/orders/{order.number}/")
