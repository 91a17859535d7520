"""A regulator changes a threshold from a day on: drafts it, tries it on past purchases, has it reviewed; everybody reads what comes."""

from __future__ import annotations

import re
from datetime import timedelta

from playwright.sync_api import expect

from sunlit.foundation.kernel import clock
from tests.journeys.conftest import People
from tests.journeys.people import Person

RULE = "/regulator/rules/threshold.procurement/?kind=services"
DRAFT = re.compile(r"/regulator/drafts/GZ-[0-9A-Z-]+/$")
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


def test_a_threshold_is_changed_from_a_day_on(people: People) -> None:
    surina, zheng, public = people("surina"), people("zheng"), people()
    begins = (clock.local_day(clock.now()) + timedelta(days=40)).isoformat()

    # Drafted with its difference, and tried on what was bought so far.
    draft = propose(surina, "2000", begins, source="梨城财采〔样例〕32号")
    surina.state("draft")
    surina.sees("¥300,000.00")
    surina.sees("¥2,000.00")
    surina.page.click(SIMULATE)
    expect(surina.page.locator("main [data-trial]")).to_be_visible()
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
