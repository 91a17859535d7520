"""The treasury's statement beside our books: what agrees, what does not, and how differences end."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import transaction

from sunlit.domain.planning import queries, services
from sunlit.domain.planning.models import Comparison, Statement
from sunlit.foundation.kernel.refusals import Refused
from sunlit.foundation.ledger.models import Entry
from tests.domain.planning.test_holds import hold
from tests.town import NOON, Town, build

PREFECTURE = "652800"


@pytest.fixture
def town(db: None) -> Town:
    """600.00 spent by the school, 50.00 by the hospital."""
    it = build()
    for quota, reference, amount in ((it.quota, "order/1", "600.00"), (it.hospital_quota, "order/2", "50.00")):
        hold(quota, reference, amount)
        services.commit(reference=reference, at=NOON)
        services.spend(reference=reference, at=NOON)
    return it


def row(quota: str, amount: str, voucher: str, paid_on: str = "2026-03-02") -> dict[str, str]:
    return {"quota": quota, "amount": amount, "paid_on": paid_on, "voucher": voucher}


def taken(town: Town, *rows: dict[str, str], **more: Any) -> Statement:
    return services.take_statement(rows, **{"region": PREFECTURE, "year": 2026, "by": town.zheng, "at": NOON, **more})


def outcomes(it: Statement) -> dict[str, tuple[str, str, str]]:
    return {each.quota_number: (each.outcome, str(each.here), str(each.there)) for each in queries.comparisons(it, everything=True)}


def test_every_quota_is_compared_to_the_fen(town: Town) -> None:
    found = taken(town, row("ZB-2026-001", "400.00", "V1"), row("ZB-2026-001", "199.99", "V2"), row("ZB-UNKNOWN", "7.00", "V3"))
    assert outcomes(found) == {
        "ZB-2026-001": ("different", "600.00", "599.99"),
        "ZB-2026-002": ("only_here", "50.00", "0.00"),
        "ZB-UNKNOWN": ("only_there", "0.00", "7.00"),
    }
    assert (found.rows, found.matched, found.different, found.only_here, found.only_there) == (3, 0, 1, 1, 1)
    assert Entry.objects.get(act="statement.take").facts["digest"] == found.digest


def test_the_same_rows_in_another_order_are_the_same_statement(town: Town) -> None:
    rows = [row("ZB-2026-001", "600.00", "V1"), row("ZB-2026-002", "50.00", "V2")]
    first = taken(town, *rows)
    assert (taken(town, *reversed(rows)).pk, Statement.objects.count(), Entry.objects.filter(act="statement.take").count()) == (
        first.pk,
        1,
        1,
    )
    assert {outcome for outcome, _here, _there in outcomes(first).values()} == {"matched"}


def test_a_difference_ends_by_a_later_statement(town: Town) -> None:
    first = taken(town, row("ZB-2026-001", "500.00", "V1"), row("ZB-2026-002", "50.00", "V2"))
    second = taken(town, row("ZB-2026-001", "500.00", "V1"), row("ZB-2026-001", "100.00", "V3"), row("ZB-2026-002", "50.00", "V2"))
    ended = Comparison.objects.get(statement=first, quota_number="ZB-2026-001")
    assert (ended.outcome, ended.settled_by) == ("different", second)
    with pytest.raises(Refused) as refused:
        services.explain(ended, explanation="已补录凭证", by=town.zheng, at=NOON)
    assert refused.value.codes == ["BUD-030"]


def test_a_difference_is_explained_by_the_regulator(town: Town) -> None:
    found = taken(town, row("ZB-2026-001", "600.00", "V1"))
    it = Comparison.objects.get(statement=found, quota_number="ZB-2026-002")
    for text, by, codes in (("", town.zheng, ["BUD-011"]), ("x" * 2001, town.zheng, ["BUD-031"]), ("跨月在途支付", town.ma, ["BUD-010"])):
        with pytest.raises(Refused) as refused, transaction.atomic():
            services.explain(it, explanation=text, by=by, at=NOON)
        assert refused.value.codes == codes
    services.explain(it, explanation="跨月在途支付", by=town.zheng, at=NOON)
    it.refresh_from_db()
    assert (it.explanation, it.explained_by, it.explained_at) == ("跨月在途支付", "JG-0000", NOON)
    matched = Comparison.objects.get(statement=found, quota_number="ZB-2026-001")
    with pytest.raises(Refused) as refused:
        services.explain(matched, explanation="没有差异可以说明", by=town.zheng, at=NOON)
    assert refused.value.codes == ["BUD-030"]


def test_a_file_with_faults_tells_them_all_and_keeps_nothing(town: Town) -> None:
    rows = [row("ZB-1", "1.005", "V1"), row("", "1.00", "V1", "yesterday"), row("ZB-1", "1.00", " ")]
    with pytest.raises(Refused) as refused:
        taken(town, *rows)
    assert sorted(refused.value.codes) == ["BUD-005", "BUD-007", "BUD-027", "BUD-028", "BUD-029"]
    assert Statement.objects.count() == 0


def test_a_region_compares_its_own_and_sees_its_own(town: Town) -> None:
    city = taken(town, row("ZB-2026-001", "600.00", "V1"), region="652800/652801", by=town.surina)
    assert outcomes(city) == {"ZB-2026-001": ("matched", "600.00", "600.00")}
    whole = taken(town, row("ZB-2026-001", "600.00", "V1"))
    assert [it.number for it in queries.statements(seen_by=town.surina, year=2026)] == [city.number]
    assert {it.number for it in queries.statements(seen_by=town.zheng, year=2026)} == {city.number, whole.number}
    assert queries.statement(whole.number, seen_by=town.surina) is None
    assert queries.statements(seen_by=town.zhou, year=2026) == []
    with pytest.raises(Refused) as refused:
        taken(town, row("ZB-2026-001", "600.00", "V1"), by=town.surina)
    assert refused.value.codes == ["BUD-010"]


def test_our_side_is_every_quota_with_its_figures(town: Town) -> None:
    heads, *rows = queries.our_side(seen_by=town.surina, year=2026)
    assert heads[0] == "指标编号"
    assert rows == [("ZB-2026-001", "CG-0001", "2026", "", town.quota.economic_category, "100000.00", "0.00", "0.00", "600.00", "99400.00")]
