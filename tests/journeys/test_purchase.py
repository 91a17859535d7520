"""The whole purchase as six people live it: found, ordered, approved, delivered in two parcels, accepted, paid, rated, published, proved."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.journeys import errands
from tests.journeys.conftest import People
from tests.journeys.house import House


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "开箱.jpg"
    Image.new("RGB", (640, 480), (210, 190, 150)).save(path, quality=80)
    return path


def test_from_search_to_reply(house: House, people: People, photo: Path, tmp_path: Path) -> None:
    laptop = errands.goods_of(house, errands.SHOP, "A02010108", 5000, 15000, stock=5)
    paper = errands.goods_of(house, errands.SHOP, "A0504", 5, 200, stock=50)
    aygul, surina = people("aygul"), people("surina")

    # Surina watches the board; this mark is lost if the page is loaded again.
    surina.at("/regulator/")
    surina.page.evaluate("() => { window.neverLeft = true }")

    # 1. Aygul searches by the model, looks at all suppliers side by side, and fills the cart.
    aygul.go("/")
    aygul.page.fill(".hero input[type=search]", laptop.model)
    aygul.page.press(".hero input[type=search]", "Enter")
    aygul.page.locator(f".product a[href='/products/{laptop.product}/']").first.click()
    expect(aygul.page.locator("h1")).to_have_text(laptop.name)
    errands.put_into_cart(aygul, laptop, 2)
    errands.put_into_cart(aygul, paper, 5)

    # 2. Above the school's own limit the order waits for Zhou; the supplier does not see it yet.
    errands.to_checkout(aygul, laptop, paper)
    errands.choose_terms(aygul, house, "高二年级机房更新")
    aygul.in_order()
    number = errands.place(aygul)
    aygul.state("awaiting_approval")
    chen = people("chen")
    assert chen.go(f"/supplier/orders/{number}/") == 404

    # 3. It appears on Surina's board by itself.
    expect(surina.page.locator("main")).to_contain_text(number, timeout=30_000)
    assert surina.page.evaluate("() => window.neverLeft") is True

    # 4. Zhou finds it on his desk and approves.
    zhou = people("zhou")
    zhou.at("/buyer/")
    zhou.page.locator(f"main a[href='/buyer/orders/{number}/']").first.click()
    zhou.verb("approve")
    zhou.state("placed")

    # 5. Chen confirms and sends two parcels.
    chen.go(f"/supplier/orders/{number}/")
    chen.verb("confirm")
    chen.state("confirmed")
    errands.dispatch(chen, number, "SF2026110100", quantity_1=1)
    chen.state("partly_dispatched")
    errands.dispatch(chen, number, "SF2026110101")
    chen.state("dispatched")

    # 6. Batu receives, inspects and accepts with a photo as evidence.
    batu = people("batu")
    errands.accept(batu, number, photo)
    picture = batu.page.locator("main .photos img")
    expect(picture).to_have_count(1)
    picture.hover()  # pictures load when they are looked at; the page may renew itself meanwhile
    expect(picture).to_have_js_property("complete", True)
    expect(picture).not_to_have_js_property("naturalWidth", 0)

    # 7. Chen invoices, Li pays, the bank confirms.
    errands.invoice(chen, number, "26652000000012345678")
    errands.pay(people("li"), number)

    # 8. Aygul rates, Chen answers once.
    errands.rate(aygul, number, "送货及时，安装调试耐心。")
    chen.go("/supplier/ratings/")
    told = chen.page.locator(f"article[data-key='{number}']")
    expect(told).to_contain_text("送货及时，安装调试耐心。")
    told.locator("summary").click()
    told.locator("textarea[name=reply]").fill("感谢支持，随时为学校服务。")
    told.locator("form > button").click()
    expect(chen.page.locator(f"article[data-key='{number}'] blockquote")).to_contain_text("感谢支持，随时为学校服务。")

    # 9. The order tells its whole story, each act with its place in the ledger.
    aygul.go(f"/buyer/orders/{number}/")
    states = aygul.page.locator(".timeline [data-state]").evaluate_all("lines => lines.map(line => line.dataset.state)")
    way = [
        "awaiting_approval",
        "placed",
        "confirmed",
        "partly_dispatched",
        "dispatched",
        "received",
        "accepted",
        "invoiced",
        "paying",
        "paid",
        "rated",
    ]
    assert sorted(states, key=way.index) == way
    expect(aygul.page.locator(".steps .step-done")).not_to_have_count(0)
    entry = aygul.page.locator(".timeline li[data-state=accepted] .ledger-link").inner_text().split()[-1]

    # 10. The deal is public, with what was paid.
    public = people()
    public.find_soon(f"/deals/?q={number}", "main a[href^='/deals/GG-']").click()
    expect(public.page.locator("main")).to_contain_text(number)
    expect(public.page.locator("main")).to_contain_text(f"{laptop.price * 2 + paper.price * 5:,.2f}")

    # 11. Anybody takes the proof of the acceptance home and checks it without us.
    public.find_soon(f"/verify/?number={entry}", ".verdict[data-state=verified]")
    proof = public.download(lambda: public.page.click(f"a[href='/verify/{entry}/proof.json']"), tmp_path / "proof.json")
    vkey = tmp_path / "vkey"
    vkey.write_bytes(house.get("/ledger/vkey"))
    said = house.sunlit("verify", "entry", proof, "--vkey", vkey)
    assert re.search(r"order\.accept|在 .* 签名的账本|is in the tree", said)


def test_small_order_needs_no_approval_and_may_be_withdrawn(house: House, people: People) -> None:
    pens = errands.goods_of(house, errands.SHOP, "A0504", 1, 200, stock=50, nth=1)
    quota = errands.richest_quota(house)
    aygul = people("aygul")
    number = errands.buy(aygul, house, pens, 3)
    aygul.state("placed")
    assert errands.richest_quota(house)["available"] == quota["available"] - 3 * pens.price
    aygul.verb("withdraw", reason="型号选错，重新下单。")
    aygul.state("cancelled")
    aygul.sees("型号选错，重新下单。")
    assert errands.richest_quota(house)["available"] == quota["available"]
    stock = house.one("SELECT stock FROM catalog_offer WHERE number = %s", pens.offer)
    assert (number[:3], stock) == ("DD-", pens.stock)
