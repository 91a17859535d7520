"""A prefecture with three counties, two regulators, the operator, and the shipped pack loaded on 2 March 2026."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest

from sunlit.domain.rulebook import queries, services
from sunlit.domain.rulebook.services import Loaded
from sunlit.foundation.accounts.actors import CLOCK, Actor
from sunlit.foundation.accounts.models import Region

AT = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)  # a Monday, noon in Shanghai
TODAY, TOMORROW = date(2026, 3, 2), date(2026, 3, 3)
BAZHOU, KORLA, RUOQIANG, QIEMO = "652800", "652800/652801", "652800/652824", "652800/652825"

SURINA = Actor(1, "苏日娜", 11, "JG-0001", "库尔勒市财政局", "regulator", KORLA, frozenset({"officer"}))
ZHENG = Actor(2, "郑文", 12, "JG-0000", "巴州财政局", "regulator", BAZHOU, frozenset({"lead"}))
HE = Actor(3, "何平", 13, "YY-0001", "运营中心", "operator", BAZHOU, frozenset({"operator"}))
AYGUL = Actor(4, "阿依古丽", 14, "CG-0001", "梨城实验中学", "buyer", KORLA, frozenset({"orderer"}))


@pytest.fixture(autouse=True)
def fresh_memory() -> Iterator[None]:
    """What one test read must not answer the next one's question."""
    queries.forget()
    yield
    queries.forget()


@pytest.fixture
def net(db: None) -> dict[str, Region]:
    """The regions by code."""
    top = Region.objects.create(code="652800", name_zh="巴音郭楞蒙古自治州", name_en="Bayingolin", path=BAZHOU, level="prefecture")
    named = {"652801": ("库尔勒市", "Korla"), "652824": ("若羌县", "Ruoqiang"), "652825": ("且末县", "Qiemo")}
    below = {
        code: Region.objects.create(code=code, name_zh=zh, name_en=en, parent=top, path=f"652800/{code}")
        for code, (zh, en) in named.items()
    }
    return {"652800": top, **below}


@pytest.fixture
def loaded(net: dict[str, Region]) -> Loaded:
    return services.load_pack(by=CLOCK, at=AT)
