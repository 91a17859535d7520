"""What an order is made of and what it leaves behind: the sheets of every paper, and the clerk who fills them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from random import Random
from typing import Any

from sunlit.demo import deals, words
from sunlit.demo.bazhou.cells import compact_date, date_of, stamp, text, yuan
from sunlit.demo.bazhou.copying import Sheet, first_id, quoted
from sunlit.demo.bazhou.goods import figure
from sunlit.demo.bazhou.shelves import Counter
from sunlit.demo.bazhou.ways import STAMPS, Course
from sunlit.demo.play import REMARK
from sunlit.domain.contracts.models import AcceptanceSheet, Invoice, Payment, Rating
from sunlit.domain.disclosure.models import DealNotice
from sunlit.domain.market.models import Dispatch, Order, OrderLine, Return
from sunlit.domain.planning.models import Hold, Purchase
from sunlit.foundation.kernel.numbering import number_of as spelled
from sunlit.foundation.ledger.canonical import canonical

MOODS = (78, 16, 6)
ORDER = (
    "id", "number", "region_path", "state", "version", "mode", "checkout_key", "total", "contents_hash", "delivery", "invoice_title", "note", "purpose", "rulings",
    "delivery_days", *STAMPS, "reminded", "reason", "approver_id", "buyer_id", "orderer_id", "quota_id", "receiver_id", "supplier_id", "parties",
)  # fmt: skip


@dataclass(frozen=True)
class Item:
    """An offer as an order freezes it."""

    pk: int
    product: int
    category: int
    snapshot: Mapping[str, Any]
    tags: Sequence[Mapping[str, str]]
    delivery_days: int
    moments: Sequence[int]
    cents: Sequence[int]

    def tags_on(self, day: date) -> list[Mapping[str, str]]:
        """The policy tags whose proof had not ended."""
        return [it for it in self.tags if not it["until"] or it["until"] >= day.isoformat()]

    def price_at(self, when: int) -> int:
        """What it cost then, in cents."""
        return next(
            (cents for moment, cents in zip(reversed(self.moments), reversed(self.cents), strict=True) if moment <= when), self.cents[0]
        )


@dataclass(frozen=True)
class Line:
    """One line of an order; amounts in cents."""

    item: Item
    snapshot: Mapping[str, Any]
    price: int
    quantity: int

    @property
    def amount(self) -> int:
        return self.price * self.quantity


@dataclass(frozen=True)
class Desk:
    """Who acts for a buyer, and what it writes on each order."""

    people: Mapping[str, int]
    delivery: Mapping[str, str]
    invoice_title: Mapping[str, str]


class Papers:
    """The sheets of everything that hangs on orders, each row with an id of its own."""

    TABLES: Mapping[str, tuple[type[Any], tuple[str, ...]]] = {
        "order": (Order, ORDER[1:]),
        "line": (OrderLine, ("order_id", "position", "offer_id", "product_id", "category_code", "snapshot", "price", "quantity", "amount", "dispatched", "accepted")),
        "dispatch": (Dispatch, ("order_id", "carrier", "waybill", "contents", "at")),
        "return": (Return, ("order_id", "kind", "reason", "asked_at", "settled_at")),
        "sheet": (AcceptanceSheet, ("order_id", "accepted", "items", "remark", "inspector_id", "at")),
        "invoice": (Invoice, ("order_id", "supplier_id", "number", "amount", "issued_on", "at")),
        "payment": (
            Payment,
            ("number", "region_path", "state", "version", "order_id", "amount", "payee", "payee_account", "ordered_by_id", "ordered_at", "sent_at", "settled_at", "receipt", "reason"),
        ),
        "rating": (Rating, ("order_id", "supplier_id", "quality", "delivery", "service", "comment", "at", "reply", "replied_at")),
        "notice": (
            DealNotice,
            (
                "number", "order_number", "buyer_id", "supplier_id", "region_path", "title_zh", "title_en", "lines", "total", "reference_total", "compared_total", "energy_saving",
                "environmental", "green", "placed_at", "accepted_at", "published_at",
            ),
        ),
        "hold": (Hold, ("quota_id", "reference", "amount", "paid", "released", "state", "held_at", "committed_at", "spent_at", "released_at")),
        "purchase": (
            Purchase,
            ("buyer_id", "quota_id", "reference", "supplier_id", "category_code", "category_class", "kind", "method", "amount", "at", "struck_at"),
        ),
    }  # fmt: skip

    def __init__(self) -> None:
        self.sheets = {name: Sheet(quoted(model), ("id", *columns)) for name, (model, columns) in self.TABLES.items()}
        self.next = {name: first_id(model) for name, (model, _columns) in self.TABLES.items()}

    def add(self, name: str, *cells: str) -> int:
        """Put a row on a sheet; returns its id."""
        pk = self.next[name]
        self.sheets[name].add(str(pk), *cells)
        self.next[name] = pk + 1
        return pk

    def send(self) -> None:
        for sheet in self.sheets.values():
            sheet.send()


@dataclass(frozen=True)
class Case:
    """An order with what its papers need of it."""

    order: int
    path: str
    desk: Desk
    counter: Counter
    lines: Sequence[Line]
    total: int
    way: Course

    @property
    def supplier(self) -> str:
        return str(self.counter.shop.pk)


class Clerk:
    """Keeps what orders left behind: parcels, sheets, returns, invoices, payments and ratings."""

    def __init__(self, papers: Papers, seed: int, rng: Random) -> None:
        self.papers, self.seed, self.rng, self.pays = papers, seed, rng, 0

    def keep(self, case: Case) -> dict[str, str]:
        """All papers of one order; returns the digests of its payments by their numbers."""
        payments: dict[str, str] = {}
        verbs = [verb for verb, _at, _reason in case.way.steps]
        mood = self.rng.choices(deals.MOODS, MOODS)[0]
        for index, (verb, at, reason) in enumerate(case.way.steps):
            if verb in ("dispatch", "dispatch_part", "redeliver"):
                self._parcel(case, verb, at, "dispatch_part" in verbs[:index])
            elif verb in ("accept", "reject"):
                self._sheet(case, verb == "accept", reason, at)
            elif verb in ("ask_return", "ask_exchange"):
                settled = case.way.at("take_back" if verb == "ask_return" else "redeliver")
                self.papers.add("return", str(case.order), verb.removeprefix("ask_"), reason, stamp(at), stamp(settled))
            elif verb == "invoice":
                issued = date_of(at)
                invoice = f"{issued[2:4]}{self.rng.randrange(10**18):018d}"
                self.papers.add("invoice", str(case.order), case.supplier, invoice, yuan(case.total), issued, stamp(at))
            elif verb == "request_payment":
                payments |= self._payment(case, at, case.way.steps[index + 1 : index + 2])
            elif verb == "rate":
                self._rating(case, mood, at)
        return payments

    def _parcel(self, case: Case, verb: str, at: int, rest: bool) -> None:
        contents = {}
        for position, line in enumerate(case.lines, 1):
            half = line.quantity // 2
            contents[str(position)] = (
                half if verb == "dispatch_part" else line.quantity - half if rest and verb == "dispatch" else line.quantity
            )
        waybill = f"SL{self.rng.randrange(10**10):010d}"
        self.papers.add("dispatch", str(case.order), self.rng.choice(words.CARRIERS), waybill, json_cell(contents), stamp(at))

    def _sheet(self, case: Case, accepted: bool, reason: str, at: int) -> None:
        items = [
            {"position": position, "quantity": line.quantity, "conforms": accepted or position > 1, "remark": ""}
            for position, line in enumerate(case.lines, 1)
        ]
        inspector = str(case.desk.people["receiver"])
        self.papers.add(
            "sheet", str(case.order), "t" if accepted else "f", json_cell(items), REMARK if accepted else reason, inspector, stamp(at)
        )

    def _payment(self, case: Case, at: int, answer: Sequence[tuple[str, int, str]]) -> dict[str, str]:
        """Ordered, and answered by the bank or still with it."""
        party = case.counter.party
        verb, settled, reason = answer[0] if answer else ("", 0, "")
        state = {"pay": "paid", "bounce": "failed"}.get(verb, "sent")
        number = spelled("FK", compact_date(at), figure(self.seed, self.pays))
        self.pays += 1
        receipt = f"LHD{self.rng.randrange(10**12):012d}" if state == "paid" else ""
        sealed = {
            "number": number,
            "state": state,
            "order_id": case.order,
            "amount": yuan(case.total),
            "receipt": receipt,
            "reason": reason,
        }
        self.papers.add(
            "payment", number, case.path, state, "2" if state == "sent" else "3", str(case.order), yuan(case.total), party.name_zh, party.credit_code,
            str(case.desk.people["finance"]), stamp(at), stamp(at + 2), stamp(settled or None), receipt, reason,
        )  # fmt: skip
        return {number: sha256(canonical(sealed).encode()).hexdigest()}

    def _rating(self, case: Case, mood: str, at: int) -> None:
        stars, said = {"good": ((4, 5, 5, 5), words.PRAISE), "fair": ((3, 4, 4), words.FAIR), "poor": ((1, 2, 3), words.COMPLAINT)}[mood]
        comment = self.rng.choice(said) if self.rng.random() < 0.8 else ""
        answered = case.way.at("reply")
        reply = self.rng.choice(words.REPLIES[mood]) if answered else ""
        given = (str(self.rng.choice(stars)) for _criterion in range(3))
        self.papers.add("rating", str(case.order), case.supplier, *given, comment, stamp(at), reply, stamp(answered))


def json_cell(value: Any) -> str:
    """Any JSON as a cell."""
    return text(json.dumps(value, ensure_ascii=False))
