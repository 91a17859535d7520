"""Plans of the school for tests: written by Aygul, reviewed by Zhou, filed; with what each step of the form says."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from sunlit.domain.planning import services
from sunlit.domain.planning.models import BudgetQuota, Plan
from sunlit.domain.planning.rules import plans as rules
from tests.town import NOON, Town

PAPER = {"category": "A05040101", "name": "复印纸", "quantity": "600", "unit": "箱", "amount": "80000"}
LAPTOPS = {"category": "A02010108 便携式计算机", "name": "教师用机", "quantity": "10", "unit": "台", "amount": "50000"}


def what(*items: dict[str, str], **more: Any) -> dict[str, Any]:
    return {"name": "全年复印纸", "purpose": "教学与办公", "starts_on": "2026-03-16", "items": list(items or (PAPER,)), **more}


def drafted(town: Town, *items: dict[str, str], method: str = "emall", at: datetime = NOON, **more: Any) -> Plan:
    """A draft with every step filled in."""
    it = services.draft_plan(what(*items, **{k: v for k, v in more.items() if k in WHAT}), by=town.aygul, at=at)
    pays = {f"quota_{item.position}": str(town.quota.pk) for item in it.items.all()}
    it = services.write_plan(it, "money", pays, by=town.aygul, at=at)
    how = {"form": "dispersed", "method": method, **{k: v for k, v in more.items() if k in HOW}}
    it = services.write_plan(it, "how", how, by=town.aygul, at=at)
    policy = {"set_aside": "whole", **{k: v for k, v in more.items() if k in POLICY}}
    return services.write_plan(it, "policy", policy, by=town.aygul, at=at)


def reviewed(town: Town, *items: dict[str, str], at: datetime = NOON, **more: Any) -> Plan:
    it = services.hand_in_plan(drafted(town, *items, at=at, **more), by=town.aygul, at=at)
    return services.review_plan(it, points=list(rules.REVIEW_POINTS), by=town.zhou, at=at)


def filed(town: Town, *items: dict[str, str], at: datetime = NOON, **more: Any) -> Plan:
    return services.file_plan(reviewed(town, *items, at=at, **more), by=town.aygul, at=at)


def rich(town: Town, total: str = "9000000.00") -> BudgetQuota:
    """The school's quota, large enough for what needs a plan."""
    BudgetQuota.objects.filter(pk=town.quota.pk).update(total=Decimal(total))
    town.quota.refresh_from_db()
    return town.quota


WHAT = {"name", "purpose", "starts_on", "demand", "public_interest", "complex", "intention", "no_intention_reason"}
HOW = {"form", "grounds", "ground_reason", "original", "added"}
POLICY = {"set_aside", "reserved", "reserved_small", "exemption", "exemption_reason", "imported", "authorisation"}
