"""A year of purchases: who orders what, how it goes, and when; and the budgets that pay for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random

from sunlit.demo import words
from sunlit.demo.cast import MAIN_BUYER, MAIN_SUPPLIER, REMOTE, SECOND_SUPPLIER, SORTS
from sunlit.demo.hours import DAY_MINUTES, moment, working_minutes
from sunlit.demo.shapes import Budget, Offer, OrderPlan, Organisation, Person, Product, Step
from sunlit.foundation.kernel.clock import local_day

HOUR, DAY = 60, DAY_MINUTES
TOTAL_MOST = Decimal(80_000)  # the supermarket is meant for small purchases
TRIES = 200
# How often people go to no shop in particular, to the first and to the second of the cast.
FAVOURS, FAVOURS_OF_MAIN = (86, 8, 6), (30, 55, 15)
LINES = (1, 1, 1, 2, 2, 3, 4)
# How often an order ends, or now stands, in each state; of a thousand.
FATES: dict[str, int] = {
    "closed": 545, "rated": 62, "paid": 75, "paying": 12, "invoiced": 30, "accepted": 22, "received": 22, "dispatched": 34, "partly_dispatched": 9,
    "confirmed": 28, "placed": 26, "awaiting_approval": 12, "declined": 22, "lapsed": 13, "withdrawn": 15, "cancelled": 13, "cancel_asked": 5,
    "disapproved": 10, "rejected": 4, "returning": 6, "returned": 14, "exchanging": 5, "exchanged": 14, "cancel_refused": 4, "bounced": 8, "parted": 10,
}  # fmt: skip
MOODS = ("good", "fair", "poor")
# Which way leads to each fate. `place` stands for asking and approving where the organisation's limit demands it.
DELIVERED = ("place", "confirm", "dispatch", "receive")
ACCEPTED = (*DELIVERED, "accept")
PAID = (*ACCEPTED, "invoice", "request_payment", "pay")
WAYS: dict[str, tuple[str, ...]] = {
    "closed": (*PAID, "rate", "reply", "close"),
    "rated": (*PAID, "rate"),
    "paid": PAID,
    "paying": (*ACCEPTED, "invoice", "request_payment"),
    "invoiced": (*ACCEPTED, "invoice"),
    "accepted": ACCEPTED,
    "received": DELIVERED,
    "dispatched": DELIVERED[:3],
    "partly_dispatched": ("place", "confirm", "dispatch_part"),
    "confirmed": ("place", "confirm"),
    "placed": ("place",),
    "awaiting_approval": ("request",),
    "declined": ("place", "decline"),
    "lapsed": ("place", "lapse"),
    "withdrawn": ("place", "withdraw"),
    "cancelled": ("place", "confirm", "ask_cancel", "agree_cancel"),
    "cancel_asked": ("place", "confirm", "ask_cancel"),
    "disapproved": ("request", "disapprove"),
    "rejected": (*DELIVERED, "reject"),
    "returning": (*DELIVERED, "reject", "ask_return"),
    "returned": (*DELIVERED, "reject", "ask_return", "take_back"),
    "exchanging": (*DELIVERED, "reject", "ask_exchange"),
    "exchanged": (*DELIVERED, "reject", "ask_exchange", "redeliver", "receive", *PAID[4:], "rate", "close"),
    "cancel_refused": ("place", "confirm", "ask_cancel", "refuse_cancel", *PAID[2:], "rate", "close"),
    "bounced": (*ACCEPTED, "invoice", "request_payment", "bounce", "request_payment", "pay", "rate", "close"),
    "parted": ("place", "confirm", "dispatch_part", *PAID[2:], "rate", "reply", "close"),
}
ENDS = {"withdrawn": "cancelled", "exchanged": "closed", "cancel_refused": "closed", "bounced": "closed", "parted": "closed"}
ALIVE = frozenset({
    "rated", "paid", "paying", "invoiced", "accepted", "received", "dispatched", "partly_dispatched", "confirmed", "placed", "awaiting_approval", "cancel_asked", "rejected",
    "returning", "exchanging",
})  # fmt: skip
# Office minutes before each verb: the least and the most, and how much people lean to the least.
DELAYS: dict[str, tuple[int, int]] = {
    "approve": (10, 4 * HOUR), "disapprove": (20, 6 * HOUR), "withdraw": (15, 2 * HOUR), "confirm": (4, 5 * HOUR), "decline": (30, 7 * HOUR), "lapse": (2 * DAY + HOUR, 2 * DAY + 3 * HOUR),
    "ask_cancel": (HOUR, 6 * HOUR), "agree_cancel": (20, 5 * HOUR), "refuse_cancel": (30, 4 * HOUR), "dispatch_part": (HOUR, DAY), "dispatch": (30, int(1.6 * DAY)),
    "receive": (HOUR, int(2.2 * DAY)), "accept": (20, int(1.5 * DAY)), "reject": (30, DAY), "ask_return": (15, 3 * HOUR), "ask_exchange": (15, 3 * HOUR), "take_back": (DAY, 4 * DAY),
    "redeliver": (DAY, 4 * DAY), "invoice": (30, 2 * DAY), "request_payment": (HOUR, 6 * DAY), "pay": (5, 4 * HOUR), "bounce": (10, 3 * HOUR), "rate": (HOUR, 5 * DAY), "reply": (HOUR, 2 * DAY),
    "close": (6 * DAY, 8 * DAY),
}  # fmt: skip
# How long an order that is alive may have stood where it stands, so that its deadline still runs (a few run over: those are reminded).
STANDS: dict[str, tuple[int, int]] = {
    "awaiting_approval": (10, DAY), "placed": (5, int(1.4 * DAY)), "confirmed": (30, 3 * DAY), "partly_dispatched": (HOUR, 3 * DAY), "dispatched": (HOUR, int(2.2 * DAY)),
    "received": (20, 4 * DAY), "accepted": (30, 6 * DAY), "invoiced": (HOUR, 12 * DAY), "paying": (5, 2 * HOUR), "paid": (HOUR, 4 * DAY), "rated": (HOUR, 5 * DAY),
    "cancel_asked": (20, DAY), "rejected": (10, 5 * HOUR), "returning": (HOUR, 2 * DAY), "exchanging": (HOUR, 2 * DAY),
}  # fmt: skip
BUYERS_PART: dict[str, str] = {
    "place": "orderer", "request": "orderer", "withdraw": "orderer", "ask_cancel": "orderer", "rate": "orderer", "approve": "lead", "disapprove": "lead",
    "receive": "receiver", "accept": "receiver", "reject": "receiver", "ask_return": "receiver", "ask_exchange": "receiver", "request_payment": "finance",
}  # fmt: skip
CLOCKS = frozenset({"lapse", "pay", "bounce", "close"})  # whatever is left is the supplier's part
MONTHS = (8, 3, 9, 9, 10, 9, 7, 8, 13, 9, 12, 12)  # how busy each month is

# Quotas: name, economic category of the budget classification, and what it pays for.
QUOTAS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("办公设备购置", "31002", ("computing", "printing", "display", "appliance", "electric", "furniture")),
    ("专用设备购置", "31003", ("medical", "safety", "sport")),
    ("信息网络及软件购置更新", "31007", ("network", "software")),
    ("办公费", "30201", ("paper", "stationery", "consumable", "cleaning", "food")),
    ("维修与后勤服务", "30213", ("motor", "press", "upkeep", "premises")),
)
QUOTA_OF = {family: index for index, (_, _, families) in enumerate(QUOTAS) for family in families}


@dataclass
class Market:
    """What the planning reads: who there is, what is on sale, and how much of it is left."""

    goods: Mapping[str, Product]
    parties: Mapping[str, Organisation]
    seats: Mapping[tuple[str, str], str]  # (organisation, role) → login
    on_sale: Mapping[str, list[Offer]]  # by family
    left: dict[str, int] = field(default_factory=dict)


def plans(
    seed: int,
    count: int,
    people: Sequence[Person],
    parties: Sequence[Organisation],
    goods: Sequence[Product],
    offers: Sequence[Offer],
    at: datetime,
) -> tuple[OrderPlan, ...]:
    """So many orders over the year that ends now, in the order in which they were placed."""
    rng = Random(f"{seed}/orders")
    market = _market(people, parties, goods, offers)
    buyers = [party for party in parties if party.kind == "buyer"]
    weights = [buyer.staff * (2 if index < 2 else 1) for index, buyer in enumerate(buyers)]
    drawn, shown = [], set()
    for fate in _fates(rng, count):
        for_the_cast = fate in ALIVE and fate not in shown  # the personas have something to do in every state
        shown.add(fate)
        drawn.append(_some_plan(rng, market, buyers[:1] if for_the_cast else buyers, weights[:1] if for_the_cast else weights, fate, at))
    drawn.sort(key=lambda plan: plan.steps[0].at)
    return tuple(_keyed(plan, index) for index, plan in enumerate(drawn, 1))


def budgets(seed: int, buyers: Sequence[Organisation], orders: Sequence[OrderPlan], at: datetime) -> tuple[Budget, ...]:
    """Quotas of this year and the last: what the orders need, and something over. A few are almost used up."""
    rng = Random(f"{seed}/budgets")
    needed: dict[str, Decimal] = {}
    for order in orders:
        needed[order.budget] = needed.get(order.budget, Decimal(0)) + order.total
    this_year = local_day(at).year
    found = []
    for buyer in buyers:
        for year in (this_year - 1, this_year):
            for index, (name, category, families) in enumerate(QUOTAS):
                key = _budget_key(buyer.key, year, index)
                if key in needed or set(families) & set(SORTS[buyer.families[0]]):
                    floor = Decimal(buyer.staff * 400)
                    total = max(floor, needed.get(key, Decimal(0)) * Decimal(str(rng.choice((1.04, 1.2, 1.5, 1.9, 2.4)))))
                    found.append(
                        Budget(
                            key,
                            buyer.key,
                            year,
                            f"{year} 年{name}",
                            category,
                            (total / 1000).to_integral_value(rounding="ROUND_CEILING") * Decimal("1000.00"),
                        )
                    )
    return tuple(found)


def _market(people: Sequence[Person], parties: Sequence[Organisation], goods: Sequence[Product], offers: Sequence[Offer]) -> Market:
    by_key = {product.key: product for product in goods}
    on_sale: dict[str, list[Offer]] = {}
    for offer in offers:
        if offer.state == "listed" and offer.stock > 3:
            on_sale.setdefault(by_key[offer.product].family, []).append(offer)
    seats = {(person.organisation, role): person.login for person in reversed(people) for role in person.roles}
    return Market(by_key, {party.key: party for party in parties}, seats, on_sale, {offer.key: offer.stock for offer in offers})


def _fates(rng: Random, count: int) -> list[str]:
    """Every fate at least once where there is room, else in proportion."""
    total = sum(FATES.values())
    fates = [fate for fate, share in FATES.items() for _ in range(max(1, round(share * count / total)))]
    while len(fates) < count:
        fates.append("closed")
    rng.shuffle(fates)
    return fates if len(fates) == count else _trimmed(fates, count)


def _trimmed(fates: list[str], count: int) -> list[str]:
    """As many as asked for, taken from the commonest first."""
    for fate in sorted(FATES, key=lambda it: -FATES[it]):
        while len(fates) > count and fates.count(fate) > 1:
            fates.remove(fate)
    return fates[:count]


def _some_plan(rng: Random, market: Market, buyers: Sequence[Organisation], weights: Sequence[int], fate: str, at: datetime) -> OrderPlan:
    for _attempt in range(TRIES):
        plan = _plan(rng, market, rng.choices(buyers, weights)[0], fate, at)
        if plan is not None:
            return plan
    raise AssertionError(f"no basket was found for an order that ends {fate}: the shelves are too empty for so many orders")


def _plan(rng: Random, market: Market, buyer: Organisation, fate: str, at: datetime) -> OrderPlan | None:
    """One order, or None when nothing suitable was found on sale."""
    way = WAYS[fate]
    delays = {index: _delay(rng, market, buyer, verb) for index, verb in enumerate(way) if index}
    placed = _placed_at(rng, fate, sum(delays.values()), at)
    asked = placed - _delay(rng, market, buyer, "approve") if way[0] == "place" else placed
    for _attempt in range(12):
        family = _family(rng, market, buyer)
        lines = _basket(rng, market, buyer, family, moment(placed), parts="dispatch_part" in way)
        needs = _total(lines, asked) > (buyer.approval_limit or TOTAL_MOST)
        total = _total(lines, asked if needs else placed)
        suits = needs == (total > (buyer.approval_limit or TOTAL_MOST)) and (needs or way[0] != "request")
        if lines and total < TOTAL_MOST and suits:
            for offer, quantity in lines:
                market.left[offer.key] -= quantity
            steps = _steps(rng, market, buyer, lines, way, delays, placed, asked if needs and asked != placed else None)
            return OrderPlan(
                key="",
                buyer=buyer.key,
                supplier=lines[0][0].supplier,
                orderer=market.seats[buyer.key, "orderer"],
                budget=_budget_key(buyer.key, local_day(steps[0].at).year, QUOTA_OF[family]),
                lines=tuple((offer.key, quantity) for offer, quantity in lines),
                total=total,
                purpose=rng.choice(words.PURPOSES[family]),
                note=rng.choice(("", "", "", "请工作日送货，提前一天电话联系。", "请随货附送货单与合格证。", "送至二楼库房，门卫处登记。")),
                state=ENDS.get(fate, fate),
                steps=steps,
            )
    return None


def _total(lines: Sequence[tuple[Offer, int]], minute: int) -> Decimal:
    return sum((offer.price_at(moment(minute)) * quantity for offer, quantity in lines), Decimal(0))


def _delay(rng: Random, market: Market, buyer: Organisation, verb: str) -> int:
    least, most = DELAYS[verb]
    far = 2 if verb in ("receive", "redeliver") and buyer.region in REMOTE else 1
    return int(least + (most - least) * rng.betavariate(1.3, 3.2) * far)


def _placed_at(rng: Random, fate: str, wait: int, at: datetime) -> int:
    """The office minute of the first step: counted back from now where the order is alive, else anywhere in the year."""
    now = working_minutes(at)
    if fate in ALIVE:
        least, most = STANDS[fate]
        return now - wait - int(least + (most - least) * rng.random()) - DAY // 12
    first, last = working_minutes(at - timedelta(days=364)), now - wait - DAY
    tried = [rng.randint(first, last) for _ in range(4)]
    return rng.choices(tried, [MONTHS[moment(minute).month - 1] for minute in tried])[0]


def _family(rng: Random, market: Market, buyer: Organisation) -> str:
    wishes = {family: weight for family, weight in SORTS[buyer.families[0]].items() if market.on_sale.get(family)}
    return rng.choices(list(wishes), list(wishes.values()))[0]


def _basket(rng: Random, market: Market, buyer: Organisation, family: str, when: datetime, *, parts: bool) -> list[tuple[Offer, int]]:
    """Some goods of one shop: the cheaper offers of a product are taken more often."""
    favourite = rng.choices(("", MAIN_SUPPLIER, SECOND_SUPPLIER), FAVOURS if buyer.key != MAIN_BUYER else FAVOURS_OF_MAIN)[0]
    shelf = (_of_shop(market, family, favourite) if favourite else []) or market.on_sale[family]
    first = min((rng.choice(shelf) for _ in range(3)), key=lambda it: it.price / market.goods[it.product].price)
    usable = [offer for offer in _of_shop(market, family, first.supplier) if _can_be_had(offer, market, buyer, when)]
    if first not in usable:
        return []
    others = [offer for offer in usable if offer is not first]
    chosen = sorted(
        [first, *rng.sample(others, min(len(others), rng.choice(LINES) - 1))], key=lambda it: it.key
    )  # as orders count their lines
    found = [(offer, quantity(rng, float(offer.price), market.left[offer.key])) for offer in chosen]
    return [(offer, max(2, quantity)) for offer, quantity in found] if parts else found


def _of_shop(market: Market, family: str, supplier: str) -> list[Offer]:
    return [offer for offer in market.on_sale[family] if offer.supplier == supplier]


def _can_be_had(offer: Offer, market: Market, buyer: Organisation, when: datetime) -> bool:
    there = not offer.delivery_regions or buyer.region in offer.delivery_regions
    return there and offer.created_at + timedelta(days=3) < when and market.left[offer.key] > 3


def quantity(rng: Random, price: float, left: int) -> int:
    """How many are taken: many of what is cheap."""
    most = 2_000 if price < 4 else 60 if price < 30 else 24 if price < 200 else 10 if price < 1_500 else 5 if price < 6_000 else 2
    return max(1, min(left - 1, int(1 + most * rng.betavariate(1, 2.5))))


def _steps(
    rng: Random,
    market: Market,
    buyer: Organisation,
    lines: Sequence[tuple[Offer, int]],
    way: Sequence[str],
    delays: Mapping[int, int],
    placed: int,
    asked: int | None,
) -> tuple[Step, ...]:
    """The verbs with their times. Where a lead must approve, the order was asked for earlier."""
    minute, steps = placed, []
    seat = _seats(market, buyer, lines[0][0].supplier)
    mood = rng.choices(MOODS, (78, 16, 6))[0]
    if asked is not None:
        steps.append(_step(rng, "request", asked, seat, lines, mood))
        steps.append(_step(rng, "approve", placed, seat, lines, mood))
    for index, verb in enumerate(way):
        minute += delays.get(index, 0)
        if index or asked is None:
            steps.append(_step(rng, verb, minute, seat, lines, mood))
    return tuple(steps)


def _seats(market: Market, buyer: Organisation, supplier: str) -> Callable[[str], str]:
    def who(verb: str) -> str:
        if verb in CLOCKS:
            return "clock"
        role = BUYERS_PART.get(verb)
        return market.seats[buyer.key, role] if role else market.seats[supplier, "sales"]

    return who


def _step(rng: Random, verb: str, minute: int, who: Callable[[str], str], lines: Sequence[tuple[Offer, int]], mood: str) -> Step:
    at = (moment(minute) + timedelta(seconds=rng.randint(0, 59))).astimezone(UTC)
    return Step(verb, at, who(verb), _facts(rng, verb, lines, mood))


def _facts(rng: Random, verb: str, lines: Sequence[tuple[Offer, int]], mood: str) -> dict[str, object]:
    if verb in REASONS:
        return {"reason": rng.choice(REASONS[verb])}
    if verb in ("dispatch", "redeliver"):
        return {"carrier": rng.choice(words.CARRIERS), "waybill": f"SL{rng.randrange(10**10):010d}"}
    if verb == "dispatch_part":
        quantity = {str(position): max(1, quantity // 2) for position, (_, quantity) in enumerate(lines, 1)}
        return {"carrier": rng.choice(words.CARRIERS), "waybill": f"SL{rng.randrange(10**10):010d}", "quantities": quantity}
    if verb == "invoice":
        return {"number": f"26{rng.randrange(10**18):018d}"}
    if verb in ("pay", "bounce"):
        return {"receipt": f"LHD{rng.randrange(10**12):012d}"} if verb == "pay" else {"reason": "收款账户户名与账号不符，银行退回。"}
    if verb == "rate":
        return _rating(rng, mood)
    if verb == "reply":
        return {"text": rng.choice(words.REPLIES[mood])}
    return {}


REASONS: dict[str, tuple[str, ...]] = {
    "decline": words.DECLINE_REASONS,
    "withdraw": words.WITHDRAW_REASONS,
    "ask_cancel": words.CANCEL_REASONS,
    "refuse_cancel": words.REFUSE_CANCEL_REASONS,
    "disapprove": words.DISAPPROVE_REASONS,
    "reject": words.REJECT_REASONS,
    "ask_return": words.RETURN_REASONS,
    "ask_exchange": words.EXCHANGE_REASONS,
}


def _rating(rng: Random, mood: str) -> dict[str, object]:
    stars, text = {"good": ((4, 5, 5, 5), words.PRAISE), "fair": ((3, 4, 4), words.FAIR), "poor": ((1, 2, 3), words.COMPLAINT)}[mood]
    return {
        "quality": rng.choice(stars),
        "delivery": rng.choice(stars),
        "service": rng.choice(stars),
        "comment": rng.choice(text) if rng.random() < 0.8 else "",
    }


def _budget_key(buyer: str, year: int, index: int) -> str:
    return f"{buyer}/{year}/{QUOTAS[index][1]}"


def _keyed(plan: OrderPlan, index: int) -> OrderPlan:
    return replace(plan, key=f"order-{index:05d}")
