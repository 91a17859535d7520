"""Framework agreements of the region: one for laptops that runs and is bought under, and one for desktop computers that is solicited, by the real verbs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from django.core.files.base import ContentFile

from sunlit.demo import cast
from sunlit.demo.entries import Act, specimen
from sunlit.demo.hours import DAY_MINUTES, moment, working_minutes
from sunlit.demo.shapes import World
from sunlit.domain.catalog import queries as catalog
from sunlit.domain.market import services as market
from sunlit.domain.market.models import CallOff, Framework, FrameworkDealer, FrameworkEntry, FrameworkUpgrade, Order
from sunlit.domain.market.services import calloffs, frameworks, parties
from sunlit.domain.planning import queries as planning
from sunlit.domain.rulebook import services as rulebook
from sunlit.foundation.accounts import queries as accounts
from sunlit.foundation.accounts.actors import CLOCK, Actor
from sunlit.foundation.files import services as files
from sunlit.foundation.files.models import File
from sunlit.foundation.kernel.clock import local_day

if TYPE_CHECKING:
    from sunlit.demo.write import Rows

AGENCY: Final = "buyer-0008"
LAPTOP, DESKTOP = "A02010108", "A02010105"
SELLERS_MOST: Final = 6
PANEL: Final = ("古丽娜尔·艾合买提", "孙立群", "巴特尔")
STANDARD: Final = "符合财政部计算机类政府采购需求标准；预装正版操作系统；整机质保三年；州内八县一市上门服务。"
LAPTOPS: Final = {
    "title": "巴州便携式计算机框架协议（2026年度）",
    "standard": STANDARD,
    "yearly": "6800000",
    "packages": [
        {"name": "便携式计算机", "grade": "通用办公", "category": LAPTOP, "unit": "台", "ceiling": "5200.00", "requirement": "14英寸，内存不低于16GB，固态硬盘不低于512GB，整机不超过1.5千克。"},
    ],
}  # fmt: skip
DESKTOPS: Final = {
    "title": "巴州台式计算机框架协议（2026年度）",
    "standard": STANDARD,
    "yearly": "5200000",
    "packages": [
        {"name": "台式计算机", "grade": "通用办公", "category": DESKTOP, "unit": "台", "ceiling": "4600.00", "requirement": "内存不低于16GB，固态硬盘不低于512GB，含23.8英寸显示器。"},
    ],
}  # fmt: skip
PRICES: Final = ("4780.00", "4650.00", "4899.00", "4720.00", "4990.00", "5080.00")


def agreed(world: World, rows: Rows) -> Iterator[Act]:
    """Their acts, counted in working days before today."""
    return Agency(world, rows).acts()


class Agency:
    """The centre that solicits for all, and who responds."""

    def __init__(self, world: World, rows: Rows) -> None:
        self.world, self.rows = world, rows
        self.made: dict[str, Framework] = {}
        self.sellers: list[Actor] = []
        self.bidding = CallOff()
        self.more = Framework()
        self.dealer, self.newer, self.leaving = FrameworkDealer(), FrameworkUpgrade(), FrameworkEntry()

    def acts(self) -> Iterator[Act]:
        steps: tuple[tuple[int, Callable[[datetime], None]], ...] = (
            (68, self._named),
            (66, partial(self._plan, LAPTOP, LAPTOPS)),
            (65, partial(self._approve, LAPTOP)),
            (64, partial(self._publish, LAPTOP, 22)),
            (56, partial(self._respond, LAPTOP, PRICES)),
            (47, partial(self._review, LAPTOP)),
            (46, partial(self._shortlist, LAPTOP)),
            (43, partial(self._sign, LAPTOP)),
            (42, partial(self._conclude, LAPTOP)),
            (41, partial(self._file, LAPTOP)),
            (40, self._deal),
            (38, self._accept_dealing),
            (30, self._upgrade),
            (27, self._approve_upgrade),
            (18, self._clear_out),
            (14, self._ask_leave),
            (13, self._release),
            (12, self._invite),
            (11, self._bid),
            (10, self._solicit_anew),
            (9, self._publish_anew),
            (9, self._settle),
            (8, self._take),
            (7, self._select),
            (6, self._take),
            (5, self._deliver_by_the_dealer),
            (5, self._look_outside),
            (2, self._settle),
            (1, self._invite),
            (9, partial(self._plan, DESKTOP, DESKTOPS)),
            (7, partial(self._approve, DESKTOP)),
            (6, partial(self._publish, DESKTOP, 26)),
            (2, partial(self._respond, DESKTOP, ("4350.00", "4280.00"))),
        )
        for place, (ago, do) in enumerate(steps):
            at = moment(working_minutes(self.world.at) - ago * DAY_MINUTES)
            yield Act(at, "framework", place, partial(do, at))

    def _named(self, at: datetime) -> None:
        """The prefecture's regulator enters the centre in the rulebook as its central purchasing agency."""
        number = self.rows.parties[AGENCY].number
        day = local_day(at) + timedelta(days=1)
        key = "framework.central_agencies"
        rulebook.set_rule(
            key=key, region=cast.PREFECTURE, value={"words": [number]}, effective_from=day, by=self.rows.actors[cast.ZHENG.login], at=at
        )

    def _plan(self, key: str, told: dict[str, Any], at: datetime) -> None:
        plan = {
            **told,
            "kind": "goods",
            "ground": "catalogue_sporadic",
            "method": "price",
            "second_stage": ["direct", "bidding"],
            "months": "12",
            "price_basis": "近一年全州成交价及三家生产厂家报价。",
            "surveyed_buyers": "5",
            "surveyed_suppliers": "4",
        }
        it = frameworks.draft_framework(plan, by=self.lead(), at=at)
        self.made[key] = frameworks.ask_framework_review(it, by=self.lead(), at=at)

    def _approve(self, key: str, at: datetime) -> None:
        self.made[key] = frameworks.approve_framework(self.made[key], by=self.rows.actors[cast.ZHENG.login], at=at)

    def _publish(self, key: str, days: int, at: datetime) -> None:
        self.made[key] = frameworks.publish_framework(self.made[key], until=at + timedelta(days=days), by=self.lead(), at=at)

    def _respond(self, key: str, prices: tuple[str, ...], at: datetime) -> None:
        package = self.made[key].packages.select_related("framework", "category").get(position=1)
        for n, (by, price) in enumerate(zip(self.who_sells(), prices, strict=False)):
            told = {
                "name": f"{package.category.name_zh}（办公型）",
                "brand": ("孔雀", "胡杨", "天山", "塔里木", "楼兰", "铁门关")[n],
                "model": f"KJ-{key[-3:]}{n + 1}",
                "description": "各项指标满足或优于采购需求，逐条应答见附件。",
                "capacity": "sole_agent",
                "quoted": price,
            }
            frameworks.respond(package, told, proof=self._paper(by, "授权书.png", at), by=by, at=at + timedelta(minutes=40 * n))

    def _review(self, key: str, at: datetime) -> None:
        it = self.made[key] = frameworks.open_framework(self.made[key], by=self.lead(), at=at)
        entries = FrameworkEntry.objects.filter(package__framework=it, state="submitted").select_related("package").order_by("pk")
        for entry in entries:
            if entry.quoted == Decimal(PRICES[3]):
                said = "应答整机重量1.7千克，超过需求规定的1.5千克。"
                frameworks.judge_response(
                    entry, conforms=False, finding="below_standard", note=said, by=self.lead(), at=at + timedelta(hours=1)
                )
            else:
                frameworks.judge_response(entry, conforms=True, by=self.lead(), at=at + timedelta(hours=1))

    def _shortlist(self, key: str, at: datetime) -> None:
        self.made[key] = frameworks.settle_shortlist(self.made[key], panel=PANEL, by=self.lead(), at=at)

    def _sign(self, key: str, at: datetime) -> None:
        seats = {by.party: by for by in self.who_sells()}
        for entry in FrameworkEntry.objects.filter(package__framework=self.made[key], state="shortlisted").select_related("package"):
            frameworks.sign_entry(entry, by=seats[entry.supplier_id], at=at)

    def _conclude(self, key: str, at: datetime) -> None:
        self.made[key] = frameworks.conclude_framework(self.made[key], by=self.lead(), at=at)

    def _file(self, key: str, at: datetime) -> None:
        self.made[key] = frameworks.file_framework(self.made[key], by=self.lead(), at=at)

    def _deal(self, at: datetime) -> None:
        """The first of the cast has another one deliver in the city and in the south."""
        entry, by, dealer = self._entry_of(0), self.who_sells()[0], self.who_sells()[1]
        told = {"dealer": dealer.organisation_number, "regions": ["652801", "652824", "652825"]}
        self.dealer = parties.name_dealer(entry, told, paper=self._paper(by, "委托代理协议.png", at), by=by, at=at)

    def _accept_dealing(self, at: datetime) -> None:
        self.dealer = parties.accept_dealing(self.dealer, by=self.who_sells()[1], at=at)

    def _upgrade(self, at: datetime) -> None:
        """Its newer machine has more memory and costs no more."""
        entry, by = self._entry_of(0), self.who_sells()[0]
        told = {
            "name": entry.name,
            "brand": entry.brand,
            "model": f"{entry.model}S",
            "description": entry.description,
            "price": str(entry.price),
        }
        rows = [
            {"parameter": "内存", "before": "16GB DDR4", "after": "16GB DDR5"},
            {"parameter": "固态硬盘", "before": "512GB", "after": "1TB"},
            {"parameter": "整机重量", "before": "1.45千克", "after": "1.38千克"},
        ]
        self.newer = parties.ask_upgrade(entry, told, rows=rows, proof=self._paper(by, "检测报告.png", at), by=by, at=at)

    def _approve_upgrade(self, at: datetime) -> None:
        self.newer = parties.approve_upgrade(self.newer, by=self.lead(), at=at)

    def _clear_out(self, at: datetime) -> None:
        """The last of the parties refused three orders."""
        said = "三次无正当理由拒绝接受订单，经书面催告仍未改正。"
        frameworks.clear_out_entry(self._parties()[-1], reason=said, removal="refused_orders", by=self.lead(), at=at)

    def _ask_leave(self, at: datetime) -> None:
        entry = self._parties()[-1]
        by = next(seller for seller in self.who_sells() if seller.party == entry.supplier_id)
        self.leaving = frameworks.ask_leave(entry, reason="所供型号已停产，无法继续供货。", by=by, at=at)

    def _release(self, at: datetime) -> None:
        frameworks.release_entry(self.leaving, reason="停产证明属实，无替代型号，同意退出。", by=self.lead(), at=at)

    def _solicit_anew(self, at: datetime) -> None:
        """Two of four are left: others are asked on the same conditions."""
        said = "四家入围供应商仅余两家，塔什店、且末等地供货周期超过约定，影响协议执行。"
        self.more = frameworks.supplement_framework(self.made[LAPTOP], reason=said, by=self.lead(), at=at)

    def _publish_anew(self, at: datetime) -> None:
        self.more = frameworks.publish_framework(self.more, until=at + timedelta(days=22), by=self.lead(), at=at)

    def _deliver_by_the_dealer(self, at: datetime) -> None:
        """The dealer has the machines at hand in the city: it takes the order."""
        reason = "代理商在库尔勒市设有服务网点，送货安装及时。"
        self._call("direct", "3", at, entry=self._entry_of(0).number, dealer=self.dealer.number, reason=reason)

    def _look_outside(self, at: datetime) -> None:
        """The same machine is cheaper elsewhere; nobody matches."""
        least = min(entry.price for entry in self._parties() if entry.price is not None)
        listed = {entry.supplier_id for entry in self._parties()}
        other = next(by for by in self.who_sells() if by.party not in listed)
        offer = {"supplier": other.organisation_number, "price": str(least - Decimal(150))}
        paper = self._paper(self.rows.actors[cast.AYGUL.login], "名单外报价单.png", at)
        self.bidding = self._call("outside", "2", at, outside=offer, proof=paper, reason="同品牌同型号，名单外报价更低。")

    def _select(self, at: datetime) -> None:
        """The school takes the laptops of the best ranked party."""
        first = self._parties()[0]
        self._call("direct", "12", at, entry=first.number, reason="协议价最低，本地设有维修点，响应及时。")

    def _invite(self, at: datetime) -> None:
        self.bidding = self._call("bidding", "20", at)

    def _bid(self, at: datetime) -> None:
        seats = {by.party: by for by in self.who_sells()}
        for n, entry in enumerate(self._parties()[:3]):
            assert entry.price is not None
            price = entry.price - Decimal(60 * (3 - n))
            self.bidding = calloffs.bid(self.bidding, price=str(price), by=seats[entry.supplier_id], at=at + timedelta(minutes=25 * n))

    def _settle(self, at: datetime) -> None:
        assert self.bidding.answer_until is not None
        self.bidding = calloffs.settle(self.bidding, by=CLOCK, at=max(at, self.bidding.answer_until))

    def _take(self, at: datetime) -> None:
        """The supplier of the order that was just placed confirms it and sends it; the school's keeper has it two days later."""
        order = Order.objects.filter(mode="framework", state="placed").select_related("supplier").latest("pk")
        by = next(seller for seller in self.who_sells() if seller.party == order.supplier_id)
        order = market.confirm(order, by=by, at=at)
        parcel = {line.position: line.quantity for line in order.lines.all()}
        order = market.dispatch(order, carrier="绿洲快运", waybill=f"LZ{order.pk:08}", parcel=parcel, by=by, at=at + timedelta(hours=3))
        market.receive(order, by=self.rows.actors[cast.BATU.login], at=at + timedelta(days=2))

    def _call(self, mode: str, quantity: str, at: datetime, **more: Any) -> CallOff:
        by = self.rows.actors[cast.AYGUL.login]
        package = self.made[LAPTOP].packages.select_related("framework", "category").get(position=1)
        quota = max(planning.quotas_for_orders(by.party, local_day(at).year), key=lambda one: one.available)
        address, title = accounts.addresses_of(by.party)[0], accounts.invoice_titles_of(by.party)[0]
        where: dict[str, Any] = {"quota_id": quota.pk, "address_id": address.pk, "title_id": title.pk}
        return calloffs.call_off(package, mode=mode, quantity=quantity, purpose="教师办公用机更新", **where, **more, by=by, at=at)

    def _paper(self, by: Actor, name: str, at: datetime) -> File:
        upload = ContentFile(specimen("AUTHORISATION", by.organisation_number), name=name)
        return files.keep(upload, purpose="document", owner=by.party, by=by, at=at)

    def _entry_of(self, n: int) -> FrameworkEntry:
        """The party that is the n-th of those who sell."""
        entries = FrameworkEntry.objects.filter(package__framework=self.made[LAPTOP], state="signed").select_related(
            "package__framework", "supplier"
        )
        return entries.get(supplier_id=self.who_sells()[n].party)

    def _parties(self) -> list[FrameworkEntry]:
        return list(FrameworkEntry.objects.filter(package__framework=self.made[LAPTOP], state="signed").order_by("rank"))

    def lead(self) -> Actor:
        number = self.rows.parties[AGENCY].number
        return next(it for it in self.rows.actors.values() if it.organisation_number == number and it.has("lead"))

    def who_sells(self) -> list[Actor]:
        """Those of the cast first, then others who have laptops on sale."""
        if not self.sellers:
            known = [self.rows.parties[key].pk for key in (cast.MAIN_SUPPLIER, cast.SECOND_SUPPLIER)]
            more = [pk for pk in catalog.sellers_of([LAPTOP], region_path=cast.PREFECTURE, rows=40) if pk not in known]
            sales = {it.organisation_id: it for it in self.rows.actors.values() if it.kind == "supplier" and it.has("sales", "admin")}
            self.sellers = [sales[pk] for pk in [*known, *sorted(more)] if pk in sales][:SELLERS_MOST]
        return self.sellers
