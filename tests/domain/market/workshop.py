"""Designated vehicle repair for tests: an agreement in force with three workshops at 85, 88 and 90 percent of one rate sheet."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from sunlit.domain.catalog import queries as catalog
from sunlit.domain.catalog.models import Category
from sunlit.domain.market.models import FrameworkEntry, Package, WorkOrder
from sunlit.domain.market.services import workorders as services
from sunlit.domain.planning.models import Hold
from sunlit.foundation.accounts.actors import Actor
from sunlit.foundation.files import services as files
from sunlit.foundation.files.models import File
from tests.domain.market import frames
from tests.town import NOON, Town

THEN = frames.AFTER + timedelta(days=1)
SHEET = "工时费|小时|120\n救援拖车|公里|6.5\n配件|目录价折扣|95\n单据打印|页|0.15"
PLATE = "新M·A1234"


@dataclass
class Workshop:
    """The town, the package, the workshops' people and the parties by rank."""

    town: Town
    package: Package
    people: list[Actor]
    parties: list[FrameworkEntry]

    def seat(self, it: WorkOrder) -> Actor:
        """Who answers for the supplier that is asked."""
        return next(one for one in self.people if one.party == it.entry.supplier_id)


def row(n: int, sheet: str = SHEET, service: str = "vehicle_repair", category: str = "C0814") -> dict[str, Any]:
    return {
        "name": "公务用车维修",
        "category": category,
        "requirement": "二类以上维修资质",
        "service": service,
        "rates": sheet,
        "grade": f"第{n}包",
    }


def opened(town: Town, **more: Any) -> Workshop:
    top = Category.objects.create(code="C", name_zh="服务", path="C", level=0, kind="services", leaf=False)
    Category.objects.create(code="C0814", name_zh="车辆维修和保养服务", parent=top, path="C/C0814", level=1, kind="services", in_use=True)
    catalog.forget()
    people = frames.sellers(4)
    terms: dict[str, Any] = {
        "kind": "services",
        "packages": [row(1)],
        "second_stage": ["direct", "rotation"],
        "ground": "catalogue_sporadic",
        **more,
    }
    it, parties = frames.in_force(town, "85.00", "88.00", "90.00", "97.00", by=people, capacity_of="provider", **terms)
    package = it.packages.select_related("framework__solicitor", "category").get(position=1)
    return Workshop(town, package, people, parties)


def asked(shop: Workshop, mode: str = "direct", *, at: datetime = THEN, by: Actor | None = None, **more: Any) -> WorkOrder:
    town = shop.town
    start: dict[str, Any] = {
        "target": PLATE, "need": "发动机异响，检修", "quota_id": town.quota.pk, "address_id": town.address.pk, "title_id": town.title.pk,
        "entry": shop.parties[0].number, "reason": "距离最近，随到随修",
    }  # fmt: skip
    return services.ask_service(shop.package, mode=mode, **{**start, **more}, by=by or town.aygul, at=at)


def lines(hours: str = "2.5", parts: str = "", **more: str) -> Sequence[Mapping[str, str]]:
    """Labour, and one part at its list price."""
    rows: list[dict[str, str]] = [{"item": "1", "row": "1", "quantity": hours, **more}]
    if parts:
        rows.append({"item": "3", "row": "3_1", "quantity": "1", "base": parts, "basis": "厂家2026年配件目录"})
    return rows


def quoted(shop: Workshop, it: WorkOrder, hours: str = "2.5", parts: str = "", **more: str) -> WorkOrder:
    return services.quote_work(it, lines(hours, parts, **more), by=shop.seat(it), at=THEN)


def approved(shop: Workshop, hours: str = "2.5", parts: str = "", **more: Any) -> WorkOrder:
    it = quoted(shop, asked(shop, **more), hours, parts)
    return services.approve_work(it, by=shop.town.aygul, at=THEN)


def photo(by: Actor) -> File:
    buffer = io.BytesIO()
    Image.new("RGB", (8, 8), "white").save(buffer, "PNG")
    return files.keep(SimpleUploadedFile("派工单.png", buffer.getvalue()), purpose="document", owner=by.party, by=by, at=NOON)


def reported(shop: Workshop, it: WorkOrder, quantities: Mapping[int, str]) -> WorkOrder:
    by = shop.seat(it)
    told: dict[str, Any] = {"done": "更换皮带并试车", "reading": "里程表 86240 公里；派工单 0713", "papers": [photo(by)]}
    return services.report_work(it, quantities, **told, by=by, at=THEN)


def held() -> dict[str, Decimal]:
    """What is held, by reference up to the slash."""
    found: dict[str, Decimal] = {}
    for hold in Hold.objects.filter(state="held"):
        kind = hold.reference.partition("/")[0]
        found[kind] = found.get(kind, Decimal(0)) + hold.open
    return found
