"""Reverse auctions with several people at once: live in every window, a tie, too few bidders, and processes killed while everybody bids."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import psutil
from playwright.sync_api import Locator, expect

from bench.killing import processes_of
from tests.journeys.conftest import People
from tests.journeys.house import House
from tests.journeys.people import SOON_SECONDS, Person

RESULT_SECONDS = 150.0  # the clock looks every minute, and its worker was killed on the way
ANSWER_SECONDS = 5.0
# Seconds before the end, and whom it hits: everybody at least once, the worker and both that take bids in the last second
KILLED = ((16.0, {"live"}), (12.0, {"web worker"}), (8.0, {"live", "web"}), (0.7, {"worker", "web worker", "live"}))
PHONE = {"width": 390, "height": 844}


def hall(house: House, title: str, *, ends_in: float, bidders: int, visibility: str = "rank_only") -> dict[str, Any]:
    return made(house, f"make({title!r}, {ends_in}, {bidders}, {visibility!r})")


def made(house: House, asked: str) -> dict[str, Any]:
    told = house.sunlit("manage", "shell", "-c", f"from tests.journeys.halls import make, make_rounds; {asked}")
    found: dict[str, Any] = json.loads(next(line for line in told.splitlines() if line.startswith("{")))
    return found


def bid(person: Person, price: str) -> None:
    """Type a price and press the button; a price far below is asked for twice. Somebody's floor may outbid it in the same breath."""
    page = person.page
    page.locator("#f-price").fill(price)
    answer = page.locator("[data-field=answer]")
    page.locator("[data-field=go]").click()
    if answer.get_attribute("data-said") == "sure":
        page.locator("[data-field=go]").click()
    expect(answer).to_have_attribute("data-said", re.compile("accepted|outbid"), timeout=SOON_SECONDS * 1000)


def state_of(house: House, number: str) -> str:
    return str(house.one("SELECT state FROM market_auction WHERE number = %s", number))


def wait_for(house: House, number: str, state: str) -> None:
    until, pause = time.monotonic() + RESULT_SECONDS, threading.Event()
    while state_of(house, number) != state:
        assert time.monotonic() < until, f"{number} is still {state_of(house, number)}"
        pause.wait(0.5)


def follow(person: Person, portal: str, number: str) -> None:
    """Open the room of an auction and wait until the stream runs."""
    assert person.go(f"{portal}/auctions/{number}/") == 200
    expect(person.page.locator("[data-auction]")).to_have_attribute("data-live", "on", timeout=SOON_SECONDS * 1000)


def shown(person: Person, name: str) -> Locator:
    return person.page.locator(f"[data-field={name}]")


def test_everybody_sees_every_bid_at_once_and_of_a_tie_the_earlier_wins(house: House, people: People) -> None:
    few = hall(house, "只有两家的竞价", ends_in=900, bidders=2)
    it = hall(house, "同价先到的竞价", ends_in=60, bidders=3)
    chen, nurlan, zhou, public = people("chen"), people("nurlan", viewport=PHONE), people("zhou"), people(viewport=PHONE)
    for person, portal in ((chen, "/supplier"), (nurlan, "/supplier"), (zhou, "/buyer"), (public, "")):
        follow(person, portal, it["number"])
    bid(chen, "4800.00")
    expect(shown(zhou, "low")).to_have_text("¥4,800.00")
    expect(shown(public, "bids")).to_have_text("1")
    bid(nurlan, "4800.00")
    expect(shown(nurlan, "rank")).to_have_text("2")
    expect(shown(chen, "rank")).to_have_text("1")
    assert "place" in (_post(f"{live(house)}/live/bid/", {"pass": it["passes"][2], "price": "4900.00", "key": "third-of-three"}) or {})
    expect(public.page.locator("[data-field=log] tr")).to_have_count(3)
    assert it["names"][0] not in public.page.content()
    nurlan.in_order()
    public.in_order()
    wait_for(house, it["number"], "to_confirm")
    public.go(f"/auctions/{it['number']}/")
    expect(public.page.locator("main table").first.locator("tbody tr").first).to_contain_text(it["names"][0])
    public.in_order()
    # The winner does not want it: the next in order does, and its order leads back to the auction
    chen.go(f"/supplier/auctions/{it['number']}/")
    chen.verb("refuse", reason="厂家断货，无法供应")
    zhou.go(f"/buyer/auctions/{it['number']}/")
    expect(zhou.page.locator("main table").first.locator("tbody tr").nth(1)).to_contain_text(it["names"][1])
    zhou.in_order()
    zhou.verb("award")
    zhou.state("awarded")
    zhou.page.locator("main a[href*='/buyer/orders/DD-']").first.click()
    zhou.state("placed")
    zhou.page.locator(f"main a[href='/buyer/auctions/{it['number']}/']").click()
    zhou.at(f"/buyer/auctions/{it['number']}/")
    wait_for(house, few["number"], "failed")


def test_a_floor_bids_by_itself_and_whoever_was_away_misses_nothing(house: House, people: People) -> None:
    it = hall(house, "封存底价的竞价", ends_in=590, bidders=3, visibility="own_rank_and_current_low")
    chen, nurlan, surina, public = people("chen"), people("nurlan", viewport=PHONE), people("surina"), people(viewport=PHONE)
    for person, portal in ((chen, "/supplier"), (nurlan, "/supplier"), (public, "")):
        follow(person, portal, it["number"])
    bid(chen, "4800.00")
    expect(shown(public, "low")).to_have_text("¥4,800.00")
    kill(house, {"live"})
    expect(public.page.locator("[data-auction]")).to_have_attribute("data-live", "off", timeout=SOON_SECONDS * 1000)
    # Nurlan leaves a floor: the platform bids for it, one step (5 yuan) below, and answers when Chen goes on
    nurlan.page.locator(".auction-floor summary").click()
    nurlan.page.fill("main [name=floor]", "4700.00")
    nurlan.page.locator(".auction-floor button.button-go").click()
    expect(shown(nurlan, "mine")).to_have_text("¥4,795.00")
    expect(shown(chen, "rank")).to_have_text("2", timeout=SOON_SECONDS * 1000)
    expect(shown(chen, "low")).to_have_text("¥4,795.00")
    chen.page.locator("#f-price").fill("4795.00")
    shown(chen, "go").click()
    expect(shown(chen, "answer")).to_contain_text("AUC-023")
    bid(chen, "4710.00")
    expect(shown(chen, "low")).to_have_text("¥4,705.00")
    expect(shown(nurlan, "rank")).to_have_text("1")
    expect(shown(public, "low")).to_have_text("¥4,705.00", timeout=SOON_SECONDS * 1000)
    expect(public.page.locator("[data-field=log] tr td:first-child")).to_have_text(["4", "3", "2", "1"])
    assert "4,700" not in public.page.content()
    nurlan.in_order()
    # The regulator stops the clock: every room tells it by itself
    surina.go(f"/regulator/auctions/{it['number']}/")
    surina.verb("pause", reason="核实举报情况")
    for person in (chen, nurlan, public):
        expect(person.page.locator("[data-auction]")).to_have_attribute("data-state", "paused", timeout=SOON_SECONDS * 1000)
    surina.in_order()
    surina.verb("resume")
    expect(shown(chen, "go")).to_be_enabled(timeout=SOON_SECONDS * 1000)
    bid(chen, "4700.00")


def test_a_buyer_turns_a_bidder_away_and_withdraws(house: House, people: People) -> None:
    it = hall(house, "撤回的竞价", ends_in=1100, bidders=4)
    zhou, chen, public = people("zhou"), people("chen", viewport=PHONE), people()
    chen.go(f"/supplier/auctions/{it['number']}/")
    expect(shown(chen, "go")).to_be_disabled()
    chen.in_order()
    zhou.go(f"/buyer/auctions/{it['number']}/")
    turned = zhou.page.locator("details:has(input[name=verb][value=turn_away])").first
    turned.locator("summary").click()
    turned.locator("textarea").fill("不具备售后服务网点")
    turned.locator("button").click()
    expect(zhou.page.locator("details:has(input[value=turn_away])")).to_have_count(3)
    zhou.verb("withdraw", reason="预算调整，取消采购")
    zhou.state("withdrawn")
    zhou.in_order()
    public.go(f"/auctions/{it['number']}/")
    public.sees("预算调整，取消采购")
    assert house.one("SELECT count(*) FROM planning_hold WHERE reference LIKE %s AND state <> 'released'", f"auction/{it['number']}%") == 0


# By rounds: three bidders, three rounds of two minutes a turn, five minutes before the first and two between them, as the rulebook has it

FIRST_ROUND, TURN, A_ROUND = 300.0, 120.0, 480.0
ENOUGH = 30.0  # seconds that it takes to open every window


def at(number: int, place: int) -> float:
    """When a turn begins, in seconds after the auction does."""
    return FIRST_ROUND + (number - 1) * A_ROUND + (place - 1) * TURN


def party_of(house: House, login: str) -> int:
    """The organisation for which somebody acts."""
    return int(
        house.one(
            "SELECT s.organisation_id FROM accounts_seat s JOIN accounts_user u ON u.id = s.user_id WHERE u.login = %s ORDER BY s.id LIMIT 1",
            login,
        )
    )


@dataclass
class Rounds:
    """An auction by rounds whose timetable is at some instant, and everybody's window. The bidders are counted in the order in which they speak first."""

    house: House
    told: dict[str, Any]
    bidders: dict[int, Person]  # by their organisations; the third has no window and bids as a program
    public: Person

    @property
    def windows(self) -> dict[int, Person]:
        parties = self.told["parties"]
        return {parties.index(party): person for party, person in self.bidders.items()}

    def open(self) -> None:
        for person in self.windows.values():
            follow(person, "/supplier", self.told["number"])
        follow(self.public, "", self.told["number"])

    def speaks(self, who: int) -> None:
        """It is this one's turn, and every window says so."""
        for number, person in self.windows.items():
            wanted = expect(shown(person, "go"))
            wanted.to_be_enabled(timeout=SOON_SECONDS * 1000) if number == who else wanted.to_be_disabled(timeout=SOON_SECONDS * 1000)
        current = self.public.page.locator("[data-turn][aria-current=step] [data-who]")
        expect(current).to_have_text(re.compile(rf"\b{self.told['masks'][who]}$"), timeout=SOON_SECONDS * 1000)

    def ordered(self, number: int, *order: int) -> None:
        """In every window this is the order of a round."""
        names = [re.compile(rf"\b{self.told['masks'][who]}$") for who in order]
        for person in (*self.windows.values(), self.public):
            expect(person.page.locator(f'[data-turn^="{number}-"] [data-who]')).to_have_text(names, timeout=SOON_SECONDS * 1000)

    def bid(self, who: int, price: str) -> None:
        if who in self.windows:
            bid(self.windows[who], price)
        else:
            assert "place" in self.post(who, price)

    def post(self, who: int, price: str) -> dict[str, Any]:
        asked = {"pass": self.told["passes"][who], "price": price, "key": f"by-program-{price}"}
        return _post(f"{live(self.house)}/live/bid/", asked) or {}


def test_by_rounds_each_speaks_in_turn_the_worst_first(house: House, people: People) -> None:
    bidders = {party_of(house, each.login): each for each in (people("chen"), people("nurlan", viewport=PHONE))}
    public = people(viewport=PHONE)

    def begun(title: str, since: float, bids: Sequence[tuple[int, str, float]] = ()) -> Rounds:
        found = Rounds(house, made(house, f"make_rounds({title!r}, {since}, {list(bids)!r})"), bidders, public)
        found.open()
        return found

    # The first bidder lets its turn pass: the turn goes on by itself, and afterwards nothing more is taken from it in this round
    it = begun("一家错过报价的分轮竞价", at(1, 2) - ENOUGH)
    it.ordered(1, 0, 1, 2)
    it.speaks(0)
    it.speaks(1)
    assert it.post(0, "4950.00")["problems"][0]["code"] == "AUC-042"
    it.bid(1, "4900.00")
    it.ordered(2, 0, 2, 1)  # who has not bid speaks first
    for person in (*it.windows.values(), public):
        expect(shown(person, "low")).to_have_text("¥4,900.00")
        person.in_order()

    # A round begins: the dearest is behind who never bid, and each bid draws up the next round anew
    said = [(1, "4900.00", at(1, 2) + 9), (2, "4800.00", at(1, 3) + 9)]
    it = begun("第二轮开始的分轮竞价", at(2, 1) - ENOUGH, said)
    expect(shown(public, "clock-label")).to_contain_text("2")
    for person in it.windows.values():
        expect(shown(person, "go")).to_be_disabled()
    it.ordered(2, 0, 1, 2)
    it.speaks(0)
    it.bid(0, "4700.00")
    it.ordered(3, 1, 2, 0)

    # The last turn of the last round: who leads has the last word, and what everybody saw is what is published
    said += [(0, "4700.00", at(2, 1) + 9), (1, "4650.00", at(3, 1) + 9), (2, "4600.00", at(3, 2) + 9)]
    it = begun("末轮收尾的分轮竞价", at(3, 4) - ENOUGH, said)
    it.ordered(3, 1, 2, 0)
    it.speaks(0)
    it.bid(0, "4590.00")
    expect(public.page.locator("[data-field=log] tr td:first-child")).to_have_text(["6", "5", "4", "3", "2", "1"])
    wait_for(house, it.told["number"], "to_confirm")
    public.go(f"/auctions/{it.told['number']}/")
    expect(public.page.locator("main table").first.locator("tbody tr").first).to_contain_text(it.told["names"][0])
    result = house.get(f"/auctions/{it.told['number']}/result.json").decode()
    first, second, third = it.told["masks"]
    assert json.loads(result)["lots"][0]["ranking"] == [first, third, second]
    assert house.sunlit("replay", "auction", it.told["number"]) == result


@dataclass
class Bidder(threading.Thread):
    """Bids one step lower again and again, as the page does: what is not answered is sent again with the same key."""

    url: str
    told: str
    number: int
    until: float
    accepted: dict[int, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__init__(daemon=True)

    def __hash__(self) -> int:
        return id(self)

    def run(self) -> None:
        price, count = Decimal("5000.00"), 0
        while time.time() < self.until and price > 0:
            count += 1
            asked = {"pass": self.told, "price": str(price), "key": f"bidder-{self.number}-{count:05}"}
            answer = None
            while answer is None and time.time() < self.until + ANSWER_SECONDS:
                answer = _post(self.url, asked)
            if answer is not None and "place" in answer:
                self.accepted[answer["place"]] = answer["price"]
                price = Decimal(answer["next"])
            elif answer is not None:
                return  # the time is over


@dataclass
class Watcher(threading.Thread):
    """A browser's EventSource in few lines: comes back behind the last event it has seen."""

    url: str
    until: float
    seen: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(daemon=True)

    def __hash__(self) -> int:
        return id(self)

    def run(self) -> None:
        last = "0"
        while time.time() < self.until:
            with contextlib.suppress(OSError):
                asked = urllib.request.Request(self.url, headers={"Last-Event-ID": last})
                with urllib.request.urlopen(asked, timeout=ANSWER_SECONDS * 3) as stream:
                    for line in stream:
                        if line.startswith(b"id: "):
                            last = line[4:].strip().decode()
                            self.seen.append(int(last))
                        if time.time() > self.until:
                            return


def live(house: House) -> str:
    return house.url.rpartition(":")[0] + f":{int(house.url.rpartition(':')[2]) + 1}"


def _post(url: str, body: dict[str, str]) -> dict[str, Any] | None:
    asked = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "text/plain"})
    try:
        with urllib.request.urlopen(asked, timeout=ANSWER_SECONDS) as answer:
            told: dict[str, Any] = json.load(answer)
            return told
    except urllib.error.HTTPError as error:
        with error:
            refused: dict[str, Any] = json.load(error) if error.code < 500 else {}
        return refused or None
    except (OSError, ValueError):
        return None


def kill(house: House, duties: set[str]) -> None:
    """Kill processes of this house by their duty, without a word of warning."""
    supervisor = next(p for p in psutil.Process().children() if p.cmdline()[-1:] == ["run"] and str(house.folder) in p.environ().values())
    for duty, process in processes_of(supervisor.pid, lambda: None):
        if duty in duties:
            os.kill(process.pid, signal.SIGKILL)


def test_whatever_is_killed_every_acknowledged_bid_is_there_and_the_ledger_tells_the_same(house: House, people: People) -> None:
    people()
    it = hall(house, "进程中断的竞价", ends_in=24, bidders=4)
    ends, lot = it["ends_at"], f"auction/{it['number']}/1"
    bidders = [Bidder(f"{live(house)}/live/bid/", told, n, ends + 4) for n, told in enumerate(it["passes"])]
    watcher = Watcher(f"{live(house)}/live/room/?room={lot}", ends + 12)
    for each in (*bidders, watcher):
        each.start()
    pause = threading.Event()
    for before_the_end, duties in KILLED:
        pause.wait(max(0.0, ends - before_the_end - time.time()))
        kill(house, duties)
    for each in (*bidders, watcher):
        each.join(60)
    acknowledged = {place: price for each in bidders for place, price in each.accepted.items()}
    rows = house.ask(
        "SELECT b.place, b.price::text FROM market_auctionbid b JOIN market_auctionlot l ON l.id = b.lot_id"
        " JOIN market_auction a ON a.id = l.auction_id WHERE a.number = %s ORDER BY b.place",
        it["number"],
    )
    kept = {row["place"]: row["price"] for row in rows}
    assert len(acknowledged) > 20
    assert acknowledged.items() <= kept.items()
    assert list(kept) == list(range(1, len(kept) + 1))
    told = house.ask('SELECT "index" FROM live_roomevent WHERE room = %s ORDER BY "index"', lot)
    wait_for(house, it["number"], "to_confirm")
    assert set(watcher.seen) >= {row["index"] for row in told}
    assert watcher.seen == sorted(set(watcher.seen))
    assert house.sunlit("replay", "auction", it["number"]) == house.get(f"/auctions/{it['number']}/result.json").decode()
