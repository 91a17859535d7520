"""Online quotations on their pages: written, published, quoted, asked about, opened, judged and awarded by people in browsers, with every refusal at its field."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from sunlit.domain.disclosure import services as disclosure
from sunlit.domain.market import services
from sunlit.domain.market.models import Order, Quotation
from sunlit.foundation.accounts.actors import NOBODY
from sunlit.foundation.kernel import clock
from sunlit.foundation.ledger.models import Entry
from sunlit.foundation.outbox import events, queue
from sunlit.portals.public.views.verify import may_know
from tests.portals.clients import at_field, browser, codes
from tests.quoting import OPENS, Fair, open_fair
from tests.town import NOON

PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


@pytest.fixture
def fair(tmp_path: Path, db: None, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Fair]:
    """Everybody at their desks at noon; what is announced is heard at once."""
    settings.DATA_DIR = tmp_path
    with (
        open_fair(tmp_path) as fair,
        queue.taken_by(heard),
    ):
        time_is(NOON, monkeypatch)
        yield fair


def heard(jobs: list[dict[str, Any]]) -> None:
    for job in jobs:
        if "messages" not in job["listener"]:
            events.deliver(**job)


def time_is(at: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: at)


def form(fair: Fair, **changes: str) -> dict[str, str]:
    told = {name: value for name, value in fair.told().items() if isinstance(value, str)}
    [line] = fair.told()["items"]
    line = {**line, "category": f"{line['category']} 便携式计算机", "brands": ""}
    return {**told, "note": "", "plan": "", "invitation": "open", **{f"{name}_1": value for name, value in line.items()}, **changes}


def page(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, path
    return str(answer.content.decode())


def quote_form(price: str, meets: str = "yes") -> dict[str, str]:
    return {
        "verb": "hand_in", "price_1": price, "brand_1": "孔雀", "model_1": "KQ-14", "meets_1_0": meets, "meets_1_1": "yes", "text_1_0": "16GB",
        "delivery_days": "7", "note": "",
    }  # fmt: skip


def test_from_the_form_to_the_order(fair: Fair, monkeypatch: pytest.MonkeyPatch) -> None:
    aygul, chen, song = browser(fair.town.aygul), browser(fair.town.chen), browser(fair.song)
    assert "新建询价" in page(aygul, "/buyer/quotations/")
    made = aygul.post("/buyer/quotations/new/", form(fair))
    it = Quotation.objects.get()
    here = f"/buyer/quotations/{it.number}/"
    assert made.headers["Location"] == here
    assert browser(fair.town.chen).get(f"/supplier/quotations/{it.number}/").status_code == 404
    assert browser().get(f"/quotations/{it.number}/").status_code == 404
    aygul.post(here, {"verb": "paper", "paper": SimpleUploadedFile("图纸.pdf", PDF)})
    assert "图纸.pdf" in page(aygul, here)
    assert codes(aygul.post(here, {"verb": "publish", "expected": "1"})) == ["LIF-003"]
    assert aygul.post(here, {"verb": "publish", "expected": "2"}).status_code == 303
    it.refresh_from_db()
    assert it.state == "open"
    public = page(browser(), f"/quotations/{it.number}/")
    assert "在线询价公告" in public
    paper = it.papers.get().file_id
    served: Any = browser().get(f"/files/{paper}/")
    assert b"".join(served.streaming_content) == PDF
    there = f"/supplier/quotations/{it.number}/"
    assert it.title in page(chen, "/supplier/quotations/")
    chen.post(there, {"verb": "ask", "question": "质保期从何时起算？"})
    assert "质保期从何时起算" not in page(song, there)
    question = it.questions.get().pk
    aygul.post(here, {"verb": "answer", "question": str(question), f"answer_{question}": "自验收合格之日起算。"})
    assert "自验收合格之日起算" in page(song, there)
    for seller, price, meets in zip(fair.sellers, ("4800.00", "4700.00", "4650.00", "4100.00"), ("yes", "yes", "yes", "no"), strict=True):
        assert browser(seller).post(there, quote_form(price, meets)).status_code == 303
    surina = browser(fair.town.surina)
    for who, path in (
        (aygul, here),
        (chen, there),
        (song, there),
        (browser(), f"/quotations/{it.number}/"),
        (surina, f"/regulator{here[6:]}"),
    ):
        assert "650.00" not in page(who, path)
    envelope = song.get(f"{there}envelope/")
    assert envelope.headers["Content-Type"] == "application/json"
    assert browser(fair.town.aygul).get(f"{there}envelope/").status_code == 403
    time_is(OPENS, monkeypatch)
    fair.clock(OPENS)
    shown = page(aygul, here)
    assert "¥4,650.00" in shown
    assert "不满足：内存不低于16GB" in shown
    given = Entry.objects.filter(act="seal.release").latest("id")
    assert f"提供了{it.number}的密钥" in page(browser(), f"/verify/?number=seal/{it.number}")
    assert may_know(given, NOBODY)  # the proof of it has the key in it, for everybody
    assert given.facts["identity"].startswith("AGE-SECRET-KEY-1")
    numbers = dict(it.quotes.values_list("supplier__number", "number"))
    refused = aygul.post(here, {"verb": "exclude", "quote": numbers["GY-0004"], "cause": "", "reason": "短"})
    assert (refused.status_code, codes(refused), at_field(refused, "reason")) == (422, ["QUO-025", "QUO-026"], ["QUO-026"])
    assert codes(aygul.post(here, {"verb": "conform", "quote": numbers["GY-0004"]})) == ["QUO-030"]
    aygul.post(here, {"verb": "exclude", "quote": numbers["GY-0004"], "cause": "parameter", "reason": "内存仅有8GB，低于要求的16GB。"})
    for number in ("GY-0001", "GY-0002", "GY-0003"):
        aygul.post(here, {"verb": "conform", "quote": numbers[number]})
    it.refresh_from_db()
    assert aygul.post(here, {"verb": "award", "expected": str(it.version)}).status_code == 303
    order = Order.objects.get()
    assert (order.supplier_id, str(order.total)) == (fair.song.party, "46500.00")
    result = page(browser(), f"/quotations/{it.number}/")
    assert "内存仅有8GB，低于要求的16GB。" in result
    assert "在线询价结果公告" in result
    assert "在3份报价中列第2位" in page(browser(fair.town.nurlan), there)
    assert it.number in page(song, f"/supplier/orders/{order.number}/")
    assert order.number in page(song, there)


def test_problems_stand_at_their_fields(fair: Fair) -> None:
    aygul = browser(fair.town.aygul)
    refused = aygul.post("/buyer/quotations/new/", form(fair, title="", quantity_1="0", quote_until=""))
    assert refused.status_code == 422
    assert (at_field(refused, "title"), at_field(refused, "quantity_1"), at_field(refused, "quote_until")) == (
        ["QUO-001"],
        ["QUO-005"],
        ["QUO-009"],
    )
    assert "教学用笔记本电脑" in refused.content.decode()
    it = fair.published()
    there = f"/supplier/quotations/{it.number}/"
    refused = browser(fair.song).post(there, {**quote_form("5000"), "meets_1_0": "", "brand_1": ""})
    assert (at_field(refused, "price_1"), at_field(refused, "meets_1_0"), at_field(refused, "brand_1")) == (
        ["QUO-018"],
        ["QUO-020"],
        ["QUO-021"],
    )
    assert 'value="KQ-14"' in refused.content.decode()
    assert codes(browser(fair.town.wu).post(there, quote_form("4000"))) == ["LIF-002"]
    assert at_field(browser(fair.song).post(there, {"verb": "ask", "question": "?"}), "question") == ["QUO-031"]


def test_a_draft_is_changed_on_its_page(fair: Fair) -> None:
    it, aygul = fair.draft(), browser(fair.town.aygul)
    shown = page(aygul, f"/buyer/quotations/{it.number}/edit/")
    assert 'value="4900.00"' in shown
    answer = aygul.post(f"/buyer/quotations/{it.number}/edit/", form(fair, title="台式机", expected=str(it.version), quantity_1="5"))
    assert answer.status_code == 303
    it.refresh_from_db()
    assert (it.title, str(it.ceiling)) == ("台式机", "24500.00")
    stale = aygul.post(f"/buyer/quotations/{it.number}/edit/", form(fair, title="旧稿", expected="1"))
    assert (stale.status_code, codes(stale)) == (409, ["LIF-003"])
    assert browser(fair.town.ma).get(f"/buyer/quotations/{it.number}/").status_code == 404
    assert aygul.post(f"/buyer/quotations/{it.number}/", {"verb": "discard", "expected": str(it.version)}).status_code == 303


def test_the_regulator_steps_in_and_the_public_reads_why(fair: Fair) -> None:
    it = fair.quoted("4800.00", "4700.00", "4650.00")
    surina, there = browser(fair.town.surina), f"/regulator/quotations/{it.number}/"
    assert it.title in page(surina, "/regulator/quotations/")
    assert at_field(surina.post(there, {"verb": "suspend", "reason": "短"}), "reason") == ["QUO-026"]
    assert surina.post(there, {"verb": "suspend", "reason": "收到投诉，先行调查核实。"}).status_code == 303
    assert "收到投诉，先行调查核实。" in page(browser(), f"/quotations/{it.number}/")
    assert surina.post(there, {"verb": "resume"}).status_code == 303
    assert surina.post(there, {"verb": "void", "reason": "询价文件具有倾向性，予以废止。"}).status_code == 303
    public = page(browser(), f"/quotations/{it.number}/")
    assert "询价文件具有倾向性，予以废止。" in public
    assert "4,650" not in public
    aygul = browser(fair.town.aygul)
    assert "重新询价" in page(aygul, f"/buyer/quotations/{it.number}/")
    assert aygul.post(f"/buyer/quotations/{it.number}/", {"verb": "again"}).status_code == 303
    assert Quotation.objects.filter(replaces=it).count() == 1


def test_calling_off_and_withdrawing(fair: Fair) -> None:
    it = fair.quoted("4800.00")
    there, here = f"/supplier/quotations/{it.number}/", f"/buyer/quotations/{it.number}/"
    assert browser(fair.town.chen).post(there, {"verb": "withdraw"}).status_code == 303
    assert it.quotes.get().state == "withdrawn"
    aygul = browser(fair.town.aygul)
    later = {"verb": "extend", "until": "2026-03-06T09:00"}
    assert aygul.post(here, later).status_code == 303
    assert at_field(aygul.post(here, later), "until") == ["QUO-032"]
    assert at_field(aygul.post(here, {"verb": "cancel", "cause": "", "reason": "需求已经取消，不再采购。"}), "cause") == ["QUO-025"]
    assert aygul.post(here, {"verb": "cancel", "cause": "demand_changed", "reason": "需求已经取消，不再采购。"}).status_code == 303
    services.close_due_quotations(OPENS)
    assert "需求已经取消，不再采购。" in page(browser(), f"/quotations/{it.number}/")
    assert disclosure.tell_quotation(Quotation.objects.get(pk=it.pk), at=OPENS).about == it.number


@pytest.mark.parametrize("path", ["/quotations/", "/quotations/?state=open&q=x&region=652801", "/quotations/?after=1"])
def test_the_public_list(fair: Fair, path: str) -> None:
    fair.published()
    fair.draft(title="未公开的草稿")
    assert "未公开的草稿" not in page(browser(), path)
    assert browser().get("/quotations/ZX-1/").status_code == 404
