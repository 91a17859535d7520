"""The fourth stage: two years of purchases with their papers and money, as the predecessor system kept them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from hashlib import sha256
from random import Random
from typing import Any

from django.db import connection

from sunlit.demo import cast, deals, words
from sunlit.demo.bazhou.cells import NULL, array, compact_date, seconds, stamp, text, yuan
from sunlit.demo.bazhou.copying import bare, go_on_counting
from sunlit.demo.bazhou.goods import figure
from sunlit.demo.bazhou.papers import Case, Clerk, Desk, Item, Line, Papers, json_cell
from sunlit.demo.bazhou.quotas import Quotas
from sunlit.demo.bazhou.region import Ground
from sunlit.demo.bazhou.shelves import Basket, Shelves
from sunlit.demo.bazhou.ways import STAMPS, Course, Start, Terms, course, local_date, starts
from sunlit.demo.hours import moment
from sunlit.demo.shapes import Organisation
from sunlit.demo.write import Progress, number_of
from sunlit.domain.catalog import queries as catalog
from sunlit.domain.catalog.models import Category
from sunlit.domain.contracts.models import AcceptanceSheet, Invoice, Payment, Rating
from sunlit.domain.disclosure.models import DealNotice
from sunlit.domain.disclosure.services import green_sums, policies_of
from sunlit.domain.market.models import Dispatch, Order, OrderLine, Return
from sunlit.domain.market.modes.supermarket import MODE, SNAPSHOT_VERSION, tag_cell
from sunlit.domain.planning.models import BudgetQuota, Hold, Purchase, QuotaChange
from sunlit.domain.planning.queries.splitting import class_of
from sunlit.foundation.accounts.models import Address, InvoiceTitle, Seat
from sunlit.foundation.kernel.numbering import number_of as spelled
from sunlit.foundation.ledger import services as ledger
from sunlit.foundation.ledger.canonical import canonical
from sunlit.foundation.lifecycle import take_over

A_BATCH = 2_500  # orders of one bulk act
NOTES = ("", "", "", "请工作日送货，提前一天电话联系。", "请随货附送货单与合格证。", "送至二楼库房，门卫处登记。")
GONE = frozenset({"disapproved", "declined", "lapsed", "cancelled", "returned"})
_DETAILS = """
SELECT o.id, o.number, o.sku_code, o.title, o.warranty_months, o.delivery_days, p.id, p.number, p.name_zh, p.name_en, b.name_zh, p.model, p.category_id, p.unit, p.attributes,
       h.moments, h.cents, t.tags
FROM catalog_offer o JOIN catalog_product p ON p.id = o.product_id JOIN catalog_brand b ON b.id = p.brand_id
CROSS JOIN LATERAL (
    SELECT array_agg(extract(epoch FROM c.at)::bigint ORDER BY c.at, c.id) moments, array_agg((c.price * 100)::bigint ORDER BY c.at, c.id) cents
    FROM catalog_pricechange c WHERE c.offer_id = o.id
) h
CROSS JOIN LATERAL (
    SELECT coalesce(jsonb_agg(jsonb_build_array(g.tag, g.certificate, coalesce(g.expires_on::text, '')) ORDER BY g.tag), '[]') tags
    FROM catalog_policytag g WHERE g.offer_id = o.id
) t
WHERE o.id = ANY(%s)
"""
_REFERENCES = """
SELECT product_id, source, extract(epoch FROM captured_at)::bigint, price FROM catalog_referenceprice WHERE product_id = ANY(%s)
ORDER BY product_id, source, captured_at
"""
_SOLD = f"""
UPDATE catalog_offer o SET sold = s.pieces FROM (
    SELECT l.offer_id, sum(l.quantity) pieces FROM market_orderline l JOIN market_order m ON m.id = l.order_id
    WHERE m.state NOT IN ({", ".join(f"'{state}'" for state in sorted(GONE))}) GROUP BY l.offer_id
) s WHERE s.offer_id = o.id
"""  # noqa: S608 (our own states)
_RATED = """
UPDATE registry_supplier s SET ratings = r.count, rating_sum = r.points FROM (
    SELECT supplier_id, count(*) count, sum(quality + delivery + service) points FROM contracts_rating GROUP BY supplier_id
) r WHERE r.supplier_id = s.organisation_id
"""


def write_orders(ground: Ground, progress: Progress) -> None:
    """All orders with lines, parcels, sheets, invoices, payments, ratings, notices, quotas and holds."""
    progress("orders", 0, ground.size.orders)
    writer = Writer(ground)
    drawn = starts(writer.rng, ground.size.orders, seconds(ground.at))
    models = (
        Order,
        OrderLine,
        Dispatch,
        Return,
        AcceptanceSheet,
        Invoice,
        Payment,
        Rating,
        DealNotice,
        BudgetQuota,
        Hold,
        Purchase,
        QuotaChange,
    )
    with bare(*models):
        for first in range(0, len(drawn), A_BATCH):
            writer.portion(drawn[first : first + A_BATCH])
            progress("orders", min(first + A_BATCH, len(drawn)), len(drawn))
        writer.quotas.write(ground, writer.rng)
    go_on_counting(*models)
    with connection.cursor() as cursor:
        cursor.execute(_SOLD)
        cursor.execute(_RATED)
    writer.record()


class Writer:
    """Fills baskets, goes the ways, and writes what is left of both."""

    def __init__(self, ground: Ground) -> None:
        self.ground, self.at = ground, seconds(ground.at)
        self.rng = Random(f"{ground.plan.seed}/bazhou/orders")
        self.shelves, self.papers, self.terms = Shelves(ground), Papers(), Terms()
        self.clerk = Clerk(self.papers, ground.plan.seed, self.rng)
        self.quotas = Quotas(ground)
        self.categories = {it.pk: it for it in Category.objects.all()}
        self.desks = _desks(ground)
        self.buyers = ground.buyers
        self.weights = [buyer.staff * (2 if index < 2 else 1) for index, buyer in enumerate(self.buyers)]
        self.count = self.portions = self.notices = 0
        self.shown: set[str] = set()
        self.published = sha256()

    def portion(self, drawn: Sequence[Start]) -> None:
        """So many orders, with one bulk act for them and one for their payments."""
        asked = [self._asked_for(start) for start in drawn]
        items = _items({pk for _start, _buyer, basket in asked for pk, _quantity in basket.lines}, self.categories)
        references = _references({item.product for item in items.values()})
        orders: dict[str, str] = {}
        payments: dict[str, str] = {}
        for start, buyer, basket in asked:
            self._order(start, buyer, basket, items, references, orders, payments)
        self.papers.send()
        by, at = self.ground.operator, self.ground.at
        under = self.ground.batch("order", self.portions)
        take_over(Order, orders, under=under, by=by, at=at, region_path=by.region_path)
        if payments:
            take_over(Payment, payments, under=self.ground.batch("payment", self.portions), by=by, at=at, region_path=by.region_path)
        self.portions += 1

    def record(self) -> None:
        """The notices of all deals, as one act."""
        by = self.ground.operator
        under = self.ground.batch("notice", 0)
        told = {"number": under.partition("/")[2], "actor": by.user_name, "organisation": by.organisation_name}
        facts = {**told, "count": self.notices, "digest": self.published.hexdigest()}
        ledger.record(act="deals.take_over", subject=under, by=by, at=self.ground.at, facts=facts, region=by.region_path)

    def _asked_for(self, start: Start) -> tuple[Start, Organisation, Basket]:
        rng = self.rng
        for_the_cast = start.fate in deals.ALIVE and start.fate not in self.shown  # the personas have something to do in every state
        self.shown.add(start.fate)
        buyer = self.buyers[0] if for_the_cast else rng.choices(self.buyers, self.weights)[0]
        when = int(moment(start.placed).timestamp())
        parts = "dispatch_part" in deals.WAYS[start.fate]
        return start, buyer, self.shelves.basket(rng, buyer, cast.SORTS[buyer.families[0]], when, several=parts)

    def _order(
        self,
        start: Start,
        buyer: Organisation,
        basket: Basket,
        items: Mapping[int, Item],
        references: Mapping[int, Sequence[tuple[str, int, Decimal]]],
        orders: dict[str, str],
        payments: dict[str, str],
    ) -> None:
        rng, path = self.rng, self.ground.paths[buyer.region]
        when = int(moment(start.placed).timestamp())
        lines = [_line(items[pk], count, when) for pk, count in basket.lines]
        limit = int((buyer.approval_limit or deals.TOTAL_MOST) * 100)
        if start.fate in ("awaiting_approval", "disapproved") and sum(line.amount for line in lines) <= limit:
            first = lines[0]
            lines[0] = Line(first.item, first.snapshot, first.price, limit // first.price + 1)
        total = sum(line.amount for line in lines)
        days = max(line.item.delivery_days for line in lines)
        way = course(rng, start, asked=total > limit, path=path, days=days, remote=buyer.region in cast.REMOTE, terms=self.terms)
        begun = way.steps[0][1]
        number = spelled("DD", compact_date(begun), figure(self.ground.plan.seed, self.count))
        self.count += 1
        quota = self.quotas.id_of(buyer.key, local_date(begun).year, basket.family)
        pk = self._row(number, buyer, basket, lines, total, days, way, quota, orders)
        self._lines(pk, lines, way)
        self._hold(number, quota, total, way)
        self._purchases(number, self.ground.ids[buyer.key], quota, basket, lines, way)
        payments |= self.clerk.keep(Case(pk, self.ground.paths[buyer.region], self.desks[buyer.key], basket.counter, lines, total, way))
        if way.at("accept") is not None:
            self._notice(number, buyer, basket, lines, total, way, references)

    def _row(
        self,
        number: str,
        buyer: Organisation,
        basket: Basket,
        lines: Sequence[Line],
        total: int,
        days: int,
        way: Course,
        quota: int,
        orders: dict[str, str],
    ) -> int:
        rng, desk, shop = self.rng, self.desks[buyer.key], basket.counter
        buyer_id, supplier_id = self.ground.ids[buyer.key], shop.shop.pk
        contents = sha256(
            canonical([[n, it.snapshot, it.quantity, yuan(it.price), yuan(it.amount)] for n, it in enumerate(lines, 1)]).encode()
        )
        sealed = {
            "number": number, "state": way.state, "buyer_id": buyer_id, "supplier_id": supplier_id, "quota_id": quota, "total": yuan(total),
            "contents_hash": contents.hexdigest(), "delivery": desk.delivery, "invoice_title": desk.invoice_title, "reason": way.reason,
        }  # fmt: skip
        orders[number] = sha256(canonical(sealed).encode()).hexdigest()
        people = desk.people
        return self.papers.add(
            "order", number, self.ground.paths[buyer.region], way.state, str(way.version), MODE, f"moved-in/{number}", yuan(total), contents.hexdigest(), json_cell(desk.delivery),
            json_cell(desk.invoice_title), rng.choice(NOTES), rng.choice(words.PURPOSES[basket.family]), "[]", str(days), *(stamp(way.stamps.get(name)) for name in STAMPS), "",
            way.reason, str(people["lead"]) if way.at("approve") else NULL, str(buyer_id), str(people["orderer"]), str(quota),
            str(people["receiver"]) if way.at("receive") else NULL, str(supplier_id), array((number_of(buyer), number_of(shop.party))),
        )  # fmt: skip

    def _lines(self, order: int, lines: Sequence[Line], way: Course) -> None:
        whole, part = way.at("dispatch", "redeliver"), way.at("dispatch_part")
        for position, line in enumerate(lines, 1):
            sent = line.quantity if whole else line.quantity // 2 if part else 0
            accepted = line.quantity if way.at("accept") else 0
            self.papers.add(
                "line", str(order), str(position), str(line.item.pk), str(line.item.product), self.categories[line.item.category].code, json_cell(line.snapshot), yuan(line.price),
                str(line.quantity), yuan(line.amount), str(sent), str(accepted),
            )  # fmt: skip

    def _hold(self, number: str, quota: int, total: int, way: Course) -> None:
        state = "released" if way.state in GONE else "spent" if way.at("pay") else "committed" if way.at("accept") else "held"
        released = way.stamps.get("ended_at") if state == "released" else None
        self.quotas.take(quota, state, total)
        self.papers.add(
            "hold", str(quota), f"order/{number}", yuan(total), yuan(total if state == "spent" else 0), yuan(total if state == "released" else 0), state, stamp(way.steps[0][1]), stamp(way.at("accept")), stamp(way.at("pay")), stamp(released),
        )  # fmt: skip

    def _purchases(self, number: str, buyer: int, quota: int, basket: Basket, lines: Sequence[Line], way: Course) -> None:
        """What was bought, by category: what planning would have written beside the hold."""
        sums: dict[int, int] = {}
        for line in lines:
            sums[line.item.category] = sums.get(line.item.category, 0) + line.amount
        struck = stamp(way.stamps.get("ended_at") if way.state in GONE else None)
        for pk, cents in sums.items():
            category = self.categories[pk]
            self.papers.add(
                "purchase", str(buyer), str(quota), f"order/{number}", str(basket.counter.shop.pk), category.code, class_of(category.code), category.kind, MODE,
                yuan(cents), stamp(way.steps[0][1]), struck,
            )  # fmt: skip

    def _notice(
        self,
        number: str,
        buyer: Organisation,
        basket: Basket,
        lines: Sequence[Line],
        total: int,
        way: Course,
        references: Mapping[int, Sequence[tuple[str, int, Decimal]]],
    ) -> None:
        placed, accepted = way.steps[0][1], way.at("accept") or 0
        path = self.ground.paths[buyer.region]
        known = [self._reference(references.get(line.item.product, ()), placed, path) for line in lines]
        told = [_told(line, reference) for line, reference in zip(lines, known, strict=True)]
        there = [(line, reference) for line, reference in zip(lines, known, strict=True) if reference is not None]
        elsewhere = sum((reference * line.quantity for line, reference in there), Decimal(0))
        cells = (
            spelled("GG", compact_date(accepted), figure(self.ground.plan.seed, self.notices)), number, str(self.ground.ids[buyer.key]), str(basket.counter.shop.pk), path,
            text(_title(lines, "name", f"等{len(lines)}项")), text(_title(lines, "name_en", f" and {len(lines) - 1} more")), json_cell(told), yuan(total),
            str(elsewhere) if there else NULL, yuan(sum(line.amount for line, _reference in there)) if there else NULL,
            *(NULL if sum_ is None else str(sum_) for sum_ in green_sums(told).values()), stamp(placed), stamp(accepted),
            stamp(min(accepted + self.rng.randint(1, 20), self.at)),
        )  # fmt: skip
        self.published.update("\t".join(cells).encode())
        self.papers.add("notice", *cells)
        self.notices += 1

    def _reference(self, captures: Sequence[tuple[str, int, Decimal]], when: int, path: str) -> Decimal | None:
        newest = {source: price for source, captured, price in captures if captured <= when}  # the later ones come later
        if not newest:
            return None
        return catalog.reference_of(list(newest.values()), on=local_date(when), region_path=path)


def _desks(ground: Ground) -> dict[str, Desk]:
    """The people of each buyer, its address and the title of its invoices."""
    people: dict[int, dict[str, int]] = {}
    for seat in Seat.objects.filter(organisation__kind="buyer").order_by("pk"):
        for role in seat.roles:
            people.setdefault(seat.organisation_id, {}).setdefault(role, seat.user_id)
    addresses = {it.organisation_id: it for it in Address.objects.select_related("region")}
    titles = {it.organisation_id: it for it in InvoiceTitle.objects.all()}
    return {buyer.key: _desk(pk, people[pk], addresses[pk], titles[pk]) for buyer in ground.buyers if (pk := ground.ids[buyer.key])}


def _desk(_pk: int, people: Mapping[str, int], address: Address, title: InvoiceTitle) -> Desk:
    region = address.region
    delivery = {
        "receiver": address.receiver, "phone": address.phone, "address": address.text, "region": region.code, "region_name": region.name_zh, "region_path": region.path,
    }  # fmt: skip
    return Desk(people, delivery, {"title": title.title, "tax_number": title.tax_number, "bank": title.bank, "account": title.account})


def _items(pks: set[int], categories: Mapping[int, Category]) -> dict[int, Item]:
    return {row[0]: _item(row, categories) for row in _rows(_DETAILS, [sorted(pks)])}


def _item(row: Sequence[Any], categories: Mapping[int, Category]) -> Item:
    (
        pk,
        number,
        sku,
        title,
        warranty,
        days,
        product,
        product_number,
        name,
        name_en,
        brand,
        model,
        category_id,
        unit,
        attributes,
        moments,
        cents,
        tags,
    ) = row
    category = categories[category_id]
    snapshot = {
        "v": SNAPSHOT_VERSION, "offer": number, "product": product_number, "sku": sku, "title": title, "name": name, "name_en": name_en, "brand": brand, "model": model,
        "category": {"code": category.code, "name": category.name_zh, "name_en": category.name_en, "icon": category.icon}, "unit": unit,
        "attributes": attributes if isinstance(attributes, dict) else json.loads(attributes), "image": "", "warranty_months": warranty, "delivery_days": days,
    }  # fmt: skip
    claims = [tag_cell(*it) for it in (tags if isinstance(tags, list) else json.loads(tags))]
    return Item(pk, product, category_id, snapshot, claims, days, moments, cents)


def _line(item: Item, count: int, when: int) -> Line:
    price = item.price_at(when)
    return Line(item, {**item.snapshot, "price": yuan(price), "tags": item.tags_on(local_date(when))}, price, count)


def _references(products: set[int]) -> dict[int, list[tuple[str, int, Decimal]]]:
    """What the products cost elsewhere: source, moment, price; of each source the earliest first."""
    found: dict[int, list[tuple[str, int, Decimal]]] = {}
    for product, source, captured, price in _rows(_REFERENCES, [sorted(products)]):
        found.setdefault(product, []).append((source, captured, price))
    return found


def _told(line: Line, reference: Decimal | None) -> dict[str, Any]:
    kept = {name: line.snapshot[name] for name in ("name", "name_en", "brand", "model", "category", "unit", "product")}
    figures = {"quantity": line.quantity, "price": yuan(line.price), "amount": yuan(line.amount)}
    return {**kept, **figures, "reference": str(reference) if reference is not None else None, **policies_of(line.snapshot)}


def _title(lines: Sequence[Line], name: str, more: str) -> str:
    first = str(lines[0].snapshot[name] or lines[0].snapshot["name"])
    return first + more if len(lines) > 1 else first


def _rows(statement: str, values: Sequence[Any]) -> Iterator[Sequence[Any]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, list(values))
        yield from cursor.fetchall()
