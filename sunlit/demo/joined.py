"""An open framework agreement of the region, for produce of the countryside: suppliers apply as they like, one is not admitted, one leaves again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from django.core.files.base import ContentFile

from sunlit.demo import cast
from sunlit.demo.agreed import AGENCY
from sunlit.demo.entries import Act, specimen
from sunlit.demo.hours import DAY_MINUTES, moment, working_minutes
from sunlit.demo.shapes import World
from sunlit.domain.catalog import queries as catalog
from sunlit.domain.market.models import Framework, FrameworkEntry
from sunlit.domain.market.services import calloffs, frameworks
from sunlit.domain.market.services import open_frameworks as joining
from sunlit.domain.planning import queries as planning
from sunlit.domain.rulebook import queries as rules
from sunlit.domain.rulebook import services as rulebook
from sunlit.foundation.accounts import queries as accounts
from sunlit.foundation.accounts.actors import Actor
from sunlit.foundation.files import services as files
from sunlit.foundation.kernel.clock import local_day

if TYPE_CHECKING:
    from sunlit.demo.write import Rows

FRUIT: Final = "A07060112"
GROWERS: Final = 4
PLAN: Final[dict[str, Any]] = {
    "title": "巴州乡村特色果品框架协议（2026年度）",
    "kind": "goods",
    "ground": "catalogue_sporadic",
    "form": "open",
    "open_ground": "policy",
    "second_stage": ["direct"],
    "months": "12",
    "yearly": "900000",
    "standard": "符合国家食品安全标准；产地为州内乡村振兴重点帮扶乡镇，附产地证明。",
    "price_basis": "近一年食堂采购成交价及产地批发市场价格。",
    "surveyed_buyers": "4",
    "surveyed_suppliers": "5",
    "fee_standard": "按统一单价结算；验收合格后凭订单和发票支付，运费由供应商承担。",
    "clearing": "拒不接单、以次充好、提供虚假产地证明的予以清退；有效期内符合条件的供应商可随时申请加入。",
    "packages": [
        {"name": "灰枣", "grade": "一级", "category": FRUIT, "unit": "箱", "ceiling": "96.00", "requirement": "每箱2.5千克，当年产，独立包装。"},
    ],
}  # fmt: skip


def joined(world: World, rows: Rows) -> Iterator[Act]:
    """Its acts, counted in working days before today."""
    return Orchard(world, rows).acts()


class Orchard:
    """The centre that invites, who grows and applies, and the school that buys."""

    def __init__(self, world: World, rows: Rows) -> None:
        self.world, self.rows = world, rows
        self.it = Framework()
        self.growers: list[Actor] = []
        self.entries: dict[int, FrameworkEntry] = {}

    def acts(self) -> Iterator[Act]:
        steps: tuple[tuple[int, Callable[[datetime], None]], ...] = (
            (34, self._listed),
            (31, self._plan),
            (30, self._approve),
            (29, self._invite),
            (27, partial(self._apply, 0)),
            (26, partial(self._apply, 1)),
            (25, partial(self._admit, 0)),
            (24, partial(self._turn_down, 1)),
            (20, partial(self._apply, 2)),
            (18, partial(self._admit, 2)),
            (12, partial(self._apply, 1)),
            (9, partial(self._admit, 1)),
            (6, partial(self._leave, 2)),
            (4, self._select),
            (1, partial(self._apply, 3)),
        )
        for place, (ago, do) in enumerate(steps):
            at = moment(working_minutes(self.world.at) - ago * DAY_MINUTES)
            yield Act(at, "open framework", place, partial(do, at))

    def _listed(self, at: datetime) -> None:
        """The prefecture puts fruit and nuts on its centralised catalogue."""
        zheng, day = self.rows.actors[cast.ZHENG.login], local_day(at)
        words = rules.rule("catalogue.central", region_path=zheng.region_path, on=day).words
        told: dict[str, Any] = {"region": cast.PREFECTURE, "effective_from": day + timedelta(days=1), "by": zheng, "at": at}
        rulebook.set_rule(key="catalogue.central", value={"words": [*words, FRUIT]}, **told)

    def _plan(self, at: datetime) -> None:
        it = frameworks.draft_framework(PLAN, by=self._lead(), at=at)
        self.it = frameworks.ask_framework_review(it, by=self._lead(), at=at)

    def _approve(self, at: datetime) -> None:
        self.it = frameworks.approve_framework(self.it, by=self.rows.actors[cast.ZHENG.login], at=at)

    def _invite(self, at: datetime) -> None:
        it = joining.invite_suppliers(self.it, by=self._lead(), at=at)
        self.it = frameworks.file_framework(it, by=self._lead(), at=at)

    def _apply(self, who: int, at: datetime) -> None:
        by = self._who_grows()[who]
        told = {
            "name": "若羌灰枣",
            "brand": ("雪水田", "沙枣里", "天山麓", "绿洲仓")[who],
            "model": "2.5千克礼盒",
            "description": "一级灰枣，当年产，附产地证明和检验报告。",
            "capacity": "manufacturer",
        }
        paper = files.keep(
            ContentFile(specimen("AUTHORISATION", by.organisation_name), name="产地证明.png"),
            purpose="document",
            owner=by.party,
            by=by,
            at=at,
        )
        package = self.it.packages.select_related("framework", "category").get(position=1)
        self.entries[who] = joining.apply_to_join(package, told, proof=paper, by=by, at=at)

    def _admit(self, who: int, at: datetime) -> None:
        self.entries[who] = joining.admit_supplier(self.entries[who], by=self._lead(), at=at)

    def _turn_down(self, who: int, at: datetime) -> None:
        said = "产地证明载明的乡镇不在重点帮扶名单内，补正后可再次申请。"
        self.entries[who] = joining.turn_down_supplier(self.entries[who], finding="incomplete", note=said, by=self._lead(), at=at)

    def _leave(self, who: int, at: datetime) -> None:
        self.entries[who] = joining.leave_framework(self.entries[who], by=self._who_grows()[who], at=at)

    def _select(self, at: datetime) -> None:
        """The school buys for its canteen."""
        by = self.rows.actors[cast.AYGUL.login]
        package = self.it.packages.select_related("framework__solicitor", "category").get(position=1)
        quota = max(planning.quotas_for_orders(by.party, local_day(at).year), key=lambda one: one.available)
        where: dict[str, Any] = {
            "quota_id": quota.pk,
            "address_id": accounts.addresses_of(by.party)[0].pk,
            "title_id": accounts.invoice_titles_of(by.party)[0].pk,
        }
        said: dict[str, Any] = {"purpose": "食堂采购", "reason": "产地近，上次供货新鲜。", "entry": self.entries[0].number}
        calloffs.call_off(package, mode="direct", quantity="12", **where, **said, by=by, at=at)

    def _lead(self) -> Actor:
        number = self.rows.parties[AGENCY].number
        return next(it for it in self.rows.actors.values() if it.organisation_number == number and it.has("lead"))

    def _who_grows(self) -> list[Actor]:
        """Those who have fruit and nuts on sale, but none of the cast: these may come in by hand."""
        if not self.growers:
            known = {person.login for person in cast.PERSONAS}
            found = sorted(catalog.sellers_of([FRUIT], region_path=cast.PREFECTURE, rows=40))
            sales = {
                it.organisation_id: it
                for login, it in self.rows.actors.items()
                if it.kind == "supplier" and it.has("sales", "admin") and login not in known
            }
            self.growers = [sales[pk] for pk in found if pk in sales][:GROWERS]
        return self.growers
