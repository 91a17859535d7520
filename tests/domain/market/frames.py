"""Frameworks for tests: the school solicits for the region as a central agency, or as a lead unit; suppliers respond."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from sunlit.domain.market.models import Framework, FrameworkEntry
from sunlit.domain.market.services import frameworks as services
from sunlit.domain.registry.models import Supplier
from sunlit.domain.rulebook import queries as rulebook_queries
from sunlit.domain.rulebook.models import Rule
from sunlit.foundation.accounts.actors import Actor, actor_in
from sunlit.foundation.accounts.models import Organisation, Region, Seat, User
from sunlit.foundation.files import services as files
from sunlit.foundation.files.models import File
from tests.town import NOON, Town

UNTIL = datetime(2026, 3, 24, 2, tzinfo=UTC)  # 22 days after Monday the 2nd
AFTER = UNTIL + timedelta(hours=1)
PANEL = ("玉素甫", "王建军", "乌云其米格")
PACKAGE = {
    "name": "A4复印纸",
    "grade": "70克",
    "category": "A05040101",
    "unit": "箱",
    "ceiling": "150.00",
    "requirement": "70克，五包一箱，白度不低于95",
}


def names_solicitor(organisation: Organisation, *, agency: bool = True) -> None:
    """The rulebook names it."""
    key = "framework.central_agencies" if agency else "framework.lead_units"
    Rule.objects.filter(key=key).update(value={"words": [organisation.number]})
    rulebook_queries.forget()


def told(**more: Any) -> dict[str, Any]:
    packages = more.pop("packages", [PACKAGE])
    plan = {
        "title": "2026年度复印纸框架协议",
        "kind": "goods",
        "ground": "catalogue_sporadic",
        "method": "price",
        "second_stage": ["direct", "bidding"],
        "months": "12",
        "yearly": "900000",
        "standard": "符合GB/T 24988，70克，五包一箱。",
        "price_basis": "近一年成交价中位数128.50元及三家供应商报价。",
        "surveyed_buyers": "3",
        "surveyed_suppliers": "3",
    }
    return {**plan, **more, "packages": packages}


def offer(price: str = "130.00", **more: Any) -> dict[str, Any]:
    start = {
        "name": "孔雀复印纸",
        "brand": "孔雀",
        "model": "A4-70",
        "description": "70克，白度96",
        "capacity": "manufacturer",
        "quoted": price,
    }
    return {**start, **more}


def proof(by: Actor) -> File:
    buffer = io.BytesIO()
    Image.new("RGB", (8, 8), "white").save(buffer, "PNG")
    return files.keep(SimpleUploadedFile("生产许可.png", buffer.getvalue()), purpose="document", owner=by.party, by=by, at=NOON)


def in_catalogue(*codes: str) -> None:
    Rule.objects.filter(key="catalogue.central").update(value={"words": list(codes)})
    rulebook_queries.forget()


def sellers(count: int) -> list[Actor]:
    """More active suppliers, one clerk each."""
    region, made = Region.objects.get(code="652801"), []
    for n in range(1, count + 1):
        party = Organisation.objects.create(
            number=f"GY-9{n:03}", kind="supplier", name_zh=f"库尔勒第{n}商行", region=region, created_at=NOON
        )
        Supplier.objects.create(number=party.number, region_path=region.path, state="active", organisation=party, admitted_at=NOON)
        user = User.objects.create(login=f"seller{n}", name_zh=f"业务员{n}", created_at=NOON, password="!")
        made.append(actor_in(Seat.objects.create(user=user, organisation=party, roles=["sales", "admin"])))
    return made


def opened_for_responses(town: Town, **more: Any) -> Framework:
    """Planned, reviewed and solicited."""
    names_solicitor(town.school)
    in_catalogue("A05040101")
    it = services.draft_framework(told(**more), by=town.zhou, at=NOON)
    it = services.ask_framework_review(it, by=town.zhou, at=NOON)
    it = services.approve_framework(it, by=town.surina, at=NOON)
    return services.publish_framework(it, until=UNTIL, by=town.zhou, at=NOON)


def respond(it: Framework, by: Actor, price: str = "130.00", *, at: datetime = NOON, position: int = 1, **more: Any) -> FrameworkEntry:
    package = it.packages.select_related("framework").get(position=position)
    paper = proof(by) if it.kind == "goods" else None
    return services.respond(package, offer(price, **more), proof=paper, by=by, at=at)


def reviewed(it: Framework, by: Actor, *, at: datetime = AFTER) -> Framework:
    """Opened, and everything conforms."""
    it = services.open_framework(it, by=by, at=at)
    for entry in FrameworkEntry.objects.filter(package__framework=it, state="submitted"):
        services.judge_response(entry, conforms=True, by=by, at=at)
    return it


def in_force(town: Town, *prices: str, by: list[Actor] | None = None, **more: Any) -> tuple[Framework, list[FrameworkEntry]]:
    """An agreement with everybody who was shortlisted at these prices; the last is eliminated."""
    people = by or sellers(len(prices))
    capacity = more.pop("capacity_of", "manufacturer")
    it = opened_for_responses(town, **more)
    for seller, price in zip(people, prices, strict=True):
        respond(it, seller, price, capacity=capacity)
    it = services.settle_shortlist(reviewed(it, town.zhou), panel=PANEL, by=town.zhou, at=AFTER)
    seats = {seller.party: seller for seller in people}
    for entry in FrameworkEntry.objects.filter(package__framework=it, state="shortlisted"):
        services.sign_entry(entry, by=seats[entry.supplier_id], at=AFTER)
    it = services.conclude_framework(it, by=town.zhou, at=AFTER)
    return it, list(FrameworkEntry.objects.filter(package__framework=it, state="signed").order_by("rank"))
