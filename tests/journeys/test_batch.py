"""A batch in the browser: demands of several buyers, two bids that nobody sees, and a winner that says where its dealer delivers."""

from __future__ import annotations

from typing import Final

from playwright.sync_api import expect

from sunlit.demo.write import PASSWORD
from tests.journeys.conftest import People
from tests.journeys.house import House
from tests.journeys.people import Person

MINUTES: Final = 150  # the clock looks every minute
CITY: Final = "652801"


def with_password(people: People, login: str) -> Person:
    """Somebody who is none of the cast."""
    person = people()
    person.go("/sign-in/")
    person.page.fill("input[name=login]", login)
    person.page.fill("input[name=password]", PASSWORD)
    person.page.click("form:has(input[name=password]) button")
    expect(person.page.locator("summary .avatar")).to_be_visible()
    return person


def the_time_is_over(house: House, centre: Person, number: str, state: str) -> None:
    """As if the days of this stage had passed: the clock goes on to the next."""
    assert len(house.ask("UPDATE market_batch SET until = now() WHERE number = %s RETURNING id", number)) == 1
    centre.find_soon(f"/buyer/batches/{number}/", f"main .badge[data-state={state}]", seconds=MINUTES)


def offer(seller: Person, number: str, price: str) -> None:
    seller.find_soon("/supplier/batches/", f"main a[href*='{number}']").click()
    seller.page.fill("main [name=price]", price)
    seller.page.locator("main form:has(input[name=verb][value=bid]) button.button-go").click()
    seller.sees(f"{float(price):,.2f}")


def test_the_winner_of_a_batch_says_where_its_dealer_delivers(house: House, people: People) -> None:
    zhou, chen, nurlan, centre = people("zhou"), people("chen"), people("nurlan"), with_password(people, "buyer-0008.lead")
    number = house.one("SELECT number FROM market_batch WHERE state = 'collecting' ORDER BY id DESC LIMIT 1")
    dealer = house.one(
        "SELECT o.name_zh FROM accounts_organisation o JOIN accounts_seat s ON s.organisation_id = o.id JOIN accounts_user u ON u.id = s.user_id WHERE u.login = 'nurlan' ORDER BY s.id LIMIT 1"
    )
    here = f"/buyer/batches/{number}/"
    zhou.go(here)
    zhou.verb("confirm_demand")
    the_time_is_over(house, centre, number, "pooled")
    centre.verb("publish")
    centre.state("bidding")
    offer(nurlan, number, "4400.00")
    offer(chen, number, "4380.00")
    the_time_is_over(house, centre, number, "compared")
    centre.verb("confirm")
    centre.state("offered")
    # The winner has a dealer in the city alone: it is asked for nowhere else
    chen.find_soon(f"/supplier/batches/{number}/", "main form:has(input[name=verb][value=take])")
    take = chen.page.locator("main form:has(input[name=verb][value=take])")
    expect(take.locator("select")).to_have_count(1)
    take.locator(f"[name=dealer_{CITY}]").select_option(index=1)
    chen.in_order()
    take.locator("button").click()
    chen.state("awarded")
    # Whose goods go to the city reads who brings them; the dealer has that order, the winner the others
    zhou.go(here)
    zhou.sees(dealer)
    zhou.page.locator("main a[href*='/buyer/orders/DD-']").first.click()
    zhou.state("placed")
    order = zhou.page.url.rstrip("/").rpartition("/")[2]
    nurlan.find_soon("/supplier/orders/", f"main a[href*='{order}']")
    ordered = house.ask(
        "SELECT order_number FROM market_batchdemand d JOIN market_batch b ON b.id = d.batch_id WHERE b.number = %s", number
    )
    chen.go("/supplier/orders/")
    for other in (told["order_number"] for told in ordered if told["order_number"] not in ("", order)):
        expect(chen.page.locator(f"main a[href*='{other}']").first).to_be_visible()
    expect(chen.page.locator(f"main a[href*='{order}']")).to_have_count(0)
