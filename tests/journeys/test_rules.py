"""A regulator changes a threshold from a day on: drafts it, tries it on past purchases, has it reviewed; everybody reads what comes."""

from __future__ import annotations

import re
from datetime import date, timedelta

from playwright.sync_api import expect

from sunlit.domain.rulebook.rules import CACHE_LIFE
from sunlit.foundation.kernel import clock
from tests.journeys import errands
from tests.journeys.conftest import People
from tests.journeys.house import House
from tests.journeys.people import Person

RULE = "/regulator/rules/threshold.procurement/?kind=services"
DRAFT = re.compile(r"/regulator/drafts/GZ-[0-9A-Z-]+/$")
TRIED_WITHIN = 60_000  # milliseconds: the worker may be busy
SIMULATE = "main form:has(input[name=verb][value=simulate]) button"


def propose(officer: Person, value: str, begins: str, **more: str) -> str:
    """Fill in the form of the rule's page; the draft's address."""
    officer.go(RULE)
    form = officer.page.locator("main form:has(input[name=verb][value=set])")
    for field, text in {"value": value, "effective_from": begins, "reason": "与自治区目录调整同步施行。", **more}.items():
        form.locator(f"[name={field}]").fill(text)
    form.locator("button").last.click()
    expect(officer.page).to_have_url(DRAFT)
    return "/" + officer.page.url.split("/", 3)[3]


def decide(person: Person, draft: str, verb: str) -> None:
    person.go(draft)
    person.page.click(f"main form:has(input[name=verb][value={verb}]) button")
    person.page.wait_for_load_state()


def holds_from(day: date, house: House, person: Person, draft: str) -> None:
    """As if weeks had passed, or not yet: the version that the draft became holds from this day, and no process remembers otherwise."""
    number = draft.rstrip("/").rpartition("/")[2]
    shift = (
        "UPDATE rulebook_rule SET in_force = daterange(%s, NULL) WHERE id = (SELECT enacted_id FROM rulebook_ruledraft WHERE number = %s)"
        " RETURNING id"
    )
    assert len(house.ask(shift, day, number)) == 1
    person.page.wait_for_timeout(CACHE_LIFE.total_seconds() * 1000)


def threshold_of(person: Person, order: str) -> str:
    """The threshold that an order was held against, as the page of its rulings tells it."""
    person.go(f"/regulator/orders/{order}/")
    ruling = person.page.locator("main details.ruling", has=person.page.locator("text=threshold.procurement"))
    ruling.first.locator("summary").click()
    return ruling.first.inner_text()


def test_a_threshold_is_changed_from_a_day_on(house: House, people: People) -> None:
    surina, zheng, public = people("surina"), people("zheng"), people()

    # A purchase of services under the threshold of today.
    meeting = errands.goods_of(house, "GY-0068", "C22010200", 300, 700, stock=100)
    many = int(2500 // meeting.price) + 1
    aygul = people("aygul")
    before = errands.buy(aygul, house, meeting, many, purpose="教研会议")
    today = clock.local_day(clock.now())
    begins = today + timedelta(days=40)

    # Drafted with its difference, and tried on what was bought so far.
    draft = propose(surina, "2000", begins.isoformat(), source="梨城财采〔样例〕32号")
    surina.state("draft")
    surina.sees("¥300,000.00")
    surina.sees("¥2,000.00")
    surina.page.click(SIMULATE)
    expect(surina.page.locator("main [data-trial]")).to_be_visible(timeout=TRIED_WITHIN)
    expect(surina.page.locator("main [data-trial]")).to_contain_text(before)
    surina.in_order()

    # Its drafter hands it in and does not decide.
    decide(surina, draft, "hand_in")
    surina.state("review")
    expect(surina.page.locator("main input[name=verb][value=approve]")).to_have_count(0)

    # The prefecture sees it with its trial and approves.
    zheng.go("/regulator/drafts/")
    zheng.page.click(f"main a[href='{draft}']")
    expect(zheng.page.locator("main [data-trial]")).to_be_visible()
    decide(zheng, draft, "approve")
    zheng.state("enacted")
    zheng.in_order()

    # Everybody reads what holds today and what comes.
    public.go("/rules/threshold.procurement/?region=652801&kind=services")
    public.sees("¥300,000.00")
    public.sees("¥2,000.00")
    expect(public.page.locator("main [data-state=coming]")).to_be_visible()
    public.in_order()

    # The day comes. The same purchase now needs a plan; a smaller one is lawful, under the new version; the old one keeps its own.
    holds_from(today, house, public, draft)
    errands.put_into_cart(aygul, meeting, many)
    errands.to_checkout(aygul, meeting)
    refused = aygul.page.locator("main [data-code=ORD-025]").first
    expect(refused).to_contain_text("¥2,000.00")
    aygul.in_order()
    errands.empty_cart(aygul)
    after = errands.buy(aygul, house, meeting, 1, purpose="教研会议")
    assert ("¥300,000.00" in threshold_of(surina, before), "¥2,000.00" in threshold_of(surina, before)) == (True, False)
    assert ("¥300,000.00" in threshold_of(surina, after), "¥2,000.00" in threshold_of(surina, after)) == (False, True)

    # For whoever comes to this house after us the day is still to come.
    holds_from(begins, house, public, draft)
