"""Direct purchase in the region: goods from their manufacturer, and one unit that has something for another, at every stage, by the real verbs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from django.core.files.base import ContentFile

from sunlit.demo import cast
from sunlit.demo.entries import Act, specimen
from sunlit.demo.hours import DAY_MINUTES, moment, working_minutes
from sunlit.demo.shapes import World
from sunlit.demo.sheets import inspected
from sunlit.domain.catalog import queries as catalog
from sunlit.domain.contracts import queries as papers
from sunlit.domain.contracts import services as contracts
from sunlit.domain.market import services as market
from sunlit.domain.market.models import Order, UnitOffer, UnitRequest
from sunlit.domain.market.modes import supermarket
from sunlit.domain.market.queries.wishes import Wish
from sunlit.domain.market.services import units
from sunlit.domain.planning import queries as planning
from sunlit.foundation.accounts import queries as accounts
from sunlit.foundation.accounts.actors import Actor
from sunlit.foundation.files import services as files
from sunlit.foundation.files.models import File
from sunlit.foundation.kernel.clock import local_day

if TYPE_CHECKING:
    from sunlit.demo.write import Rows

LAPTOPS, PRINTING, ROOMS = "laptops", "printing", "rooms"
OFFERS: Final[dict[str, dict[str, str]]] = {
    LAPTOPS: {
        "title": "计算机教室更新后闲置的便携式计算机",
        "category": "A02010108",
        "description": "2023年购置，16GB内存，电池健康度80%以上，含电源和保护套。",
        "unit": "台",
        "quantity": "12",
        "delivery_days": "5",
        "price": "1450",
        "basis": "appraisal",
        "basis_amount": "1500",
        "basis_paper": "梨城评报字〔2026〕7号",
        "asset": "yes",
        "approval": "库财资复〔2026〕15号",
    },
    PRINTING: {
        "title": "校印刷室承印试卷和资料",
        "category": "C23090199",
        "description": "A4双面黑白印刷装订，每批不少于五百份，可派车送达。",
        "unit": "百份",
        "quantity": "400",
        "delivery_days": "3",
        "price": "18",
        "basis": "cost",
        "basis_amount": "18",
        "basis_paper": "2025年度成本核算表",
    },
    ROOMS: {
        "title": "学术报告厅使用（半天）",
        "category": "C22010200",
        "description": "一百二十座，含音响、投影和保洁。",
        "unit": "场",
        "quantity": "30",
        "delivery_days": "1",
        "price": "600",
        "basis": "tariff",
        "basis_amount": "600",
        "basis_paper": "州发改价〔2025〕31号",
    },
}
MOST_A_LINE: Final = 1_500


def direct(world: World, rows: Rows) -> Iterator[Act]:
    """Their acts, counted in working days before today."""
    return Neighbours(world, rows).acts()


class Neighbours:
    """The school, the hospital, and a manufacturer of the region."""

    def __init__(self, world: World, rows: Rows) -> None:
        self.world, self.rows = world, rows
        self.offers: dict[str, UnitOffer] = {}
        self.asked: dict[str, UnitRequest] = {}
        self.bought: Order | None = None
        self.sold: Order | None = None

    def acts(self) -> Iterator[Act]:
        school, hospital = self.rows.actors[cast.ZHOU.login], self._seat(cast.SECOND_BUYER, "lead")
        clerk, nurse = self.rows.actors[cast.AYGUL.login], self.rows.actors[cast.MA.login]
        steps: tuple[tuple[float, Callable[[datetime], None]], ...] = (
            (16, partial(self._offer, LAPTOPS, school)),
            (15, partial(self._ask, LAPTOPS, nurse, "4", "护理部移动查房使用，性能已足够，就近调剂。")),
            (14.5, partial(self._confirm, school)),
            (12, partial(self._hand_over, clerk, "梨城实中交字〔2026〕3号", 3)),
            (11.5, partial(self._hand_over, clerk, "梨城实中交字〔2026〕4号", 1)),
            (10, self._receive),
            (9.5, self._accept),
            (9, partial(self._from_the_maker, clerk)),
            (8, self._sent),
            (7, partial(self._offer, PRINTING, school)),
            (5, partial(self._ask, PRINTING, nurse, "60", "健康宣教手册印刷，量小且急。")),
            (4.5, partial(self._refuse, PRINTING, school, "中考期间印刷室排期已满，六月后可以承接。")),
            (6, partial(self._voucher, self.rows.actors[cast.LI.login])),
            (3, partial(self._offer, ROOMS, hospital)),
            (1, partial(self._ask, LAPTOPS, nurse, "3", "门诊导诊台增设查询终端，闲置设备可以满足。")),
        )
        for place, (days, do) in enumerate(steps):
            at = moment(working_minutes(self.world.at) - int(days * DAY_MINUTES))
            yield Act(at, "direct", place, partial(do, at))

    def _offer(self, key: str, lead: Actor, at: datetime) -> None:
        last: date = local_day(at) + timedelta(days=120)
        told = {**OFFERS[key], "scope": lead.region_path.partition("/")[0], "valid_until": last.isoformat()}
        paper = self._paper("定价依据.png", lead, at) if key == LAPTOPS else None
        self.offers[key] = units.publish_offer(told, paper=paper, by=lead, at=at)

    def _ask(self, key: str, by: Actor, quantity: str, purpose: str, at: datetime) -> None:
        told = {"quantity": quantity, "purpose": purpose, **self._where(by, at)}
        self.asked[key] = units.request_of_unit(self.offers[key], **told, by=by, at=at)

    def _confirm(self, lead: Actor, at: datetime) -> None:
        done = units.confirm_request(self.asked[LAPTOPS], by=lead, at=at)
        self.sold = Order.objects.get(number=done.order_number)

    def _refuse(self, key: str, lead: Actor, reason: str, at: datetime) -> None:
        units.refuse_request(self.asked[key], reason=reason, by=lead, at=at)

    def _hand_over(self, clerk: Actor, sheet: str, quantity: int, at: datetime) -> None:
        """In two parts, each under its signed sheet."""
        assert self.sold is not None
        given: dict[str, Any] = {"carrier": "自行交接", "waybill": sheet, "paper": self._paper("交接单.png", clerk, at)}
        self.sold = market.dispatch(self.sold, **given, parcel={1: quantity}, by=clerk, at=at)

    def _receive(self, at: datetime) -> None:
        assert self.sold is not None
        self.sold = market.receive(self.sold, by=self._seat(cast.SECOND_BUYER, "receiver"), at=at)

    def _accept(self, at: datetime) -> None:
        assert self.sold is not None
        sheet = [{"position": 1, "quantity": 4, "conforms": True, "remark": ""}]
        receiver = self._seat(cast.SECOND_BUYER, "receiver")
        forms = {asked.template.id: inspected(asked, receiver, at) for asked in papers.acceptance_forms(self.sold.lines.all())}
        self.sold = contracts.accept(self.sold, items=sheet, forms=forms, remark="四台均可正常使用。", by=receiver, at=at)

    def _voucher(self, payee: Actor, at: datetime) -> None:
        assert self.sold is not None
        told: dict[str, Any] = {"number": "非税2026-00018", "amount": self.sold.total, "issued_on": local_day(at)}
        self.sold = contracts.invoice(self.sold, **told, file=self._paper("收据.png", payee, at), by=payee, at=at)

    def _paper(self, name: str, by: Actor, at: datetime) -> File:
        upload = ContentFile(specimen("AUTHORISATION", by.organisation_number), name=name)
        return files.keep(upload, purpose="document", owner=by.party, by=by, at=at)

    def _from_the_maker(self, clerk: Actor, at: datetime) -> None:
        """The first thing that a maker sells itself and that costs little."""
        found = catalog.direct_offers(region_path=clerk.region_path, on=local_day(at)).offers
        chosen = next((it.offer for it in found if it.offer.price <= MOST_A_LINE and it.offer.stock >= 2), None)
        if chosen is None:
            return
        where = self._where(clerk, at)
        terms = supermarket.terms_of(**where, purpose="办公用品补充", note="", by=clerk)
        [order] = supermarket.place(key="maker/1", wishes=[Wish(chosen.pk, 2, chosen.price, True)], terms=terms, by=clerk, at=at)
        sales = self._seller(order)
        self.bought = market.confirm(order, by=sales, at=at + timedelta(hours=2)) if order.state == "placed" else None

    def _sent(self, at: datetime) -> None:
        if self.bought is None:
            return
        parcel = {line.position: line.quantity for line in self.bought.lines.all()}
        market.dispatch(self.bought, carrier="绿洲快运", waybill="LZ90000001", parcel=parcel, by=self._seller(self.bought), at=at)

    def _where(self, by: Actor, at: datetime) -> dict[str, Any]:
        quota = max(planning.quotas_for_orders(by.party, local_day(at).year), key=lambda one: one.available)
        address, title = accounts.addresses_of(by.party)[0], accounts.invoice_titles_of(by.party)[0]
        return {"quota_id": quota.pk, "address_id": address.pk, "title_id": title.pk}

    def _seat(self, party: str, role: str) -> Actor:
        """Somebody of the organisation in the role."""
        organisation = self.rows.parties[party].pk
        return next(actor for actor in self.rows.actors.values() if actor.organisation_id == organisation and actor.has(role))

    def _seller(self, order: Order) -> Actor:
        return next(it for it in self.rows.actors.values() if it.organisation_id == order.supplier_id and it.has("sales", "admin"))
