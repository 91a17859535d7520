"""The first stage of a framework agreement (110号令): planned and reviewed, solicited, closed until the deadline, shortlisted by price, signed."""

from __future__ import annotations

import threading
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from sunlit.domain.market import policies
from sunlit.domain.market.models import Framework, FrameworkEntry
from sunlit.domain.market.queries import frameworks as queries
from sunlit.domain.market.rules.frameworks import Ranked, shortlist
from sunlit.domain.market.services import frameworks as services
from sunlit.domain.rulebook import queries as rulebook
from sunlit.domain.rulebook.models import Rule
from sunlit.foundation.kernel.refusals import Refused
from tests.domain.market import frames
from tests.domain.market.frames import AFTER, PANEL, UNTIL, in_force, offer, opened_for_responses, respond, reviewed, sellers, told
from tests.town import NOON, Town, build


@pytest.fixture
def town(db: None, settings: Any, tmp_path: Any) -> Town:
    settings.DATA_DIR = tmp_path
    return build()


def codes(refused: pytest.ExceptionInfo[Refused]) -> list[tuple[str, str]]:
    return [(problem.code, problem.on) for problem in refused.value.problems]


def test_the_whole_first_stage(town: Town) -> None:
    it, parties = in_force(town, "140.00", "120.00", "130.00", "135.00")
    assert [(entry.rank, entry.price) for entry in parties] == [(1, Decimal("120.00")), (2, Decimal("130.00")), (3, Decimal("135.00"))]
    out = FrameworkEntry.objects.get(package__framework=it, state="eliminated")
    assert (out.rank, out.quoted, out.price) == (4, Decimal("140.00"), None)
    assert (it.state, it.agency, it.panel) == ("in_force", True, list(PANEL))
    assert it.valid_until is not None
    assert it.valid_until.isoformat() == "2027-03-24T16:00:00+00:00"  # twelve months, to the end of the day in China
    assert it.file_until is not None
    assert it.file_until.date().isoformat() == "2026-04-02"  # seven working days
    until = it.valid_until
    it = services.file_framework(it, by=town.aygul, at=AFTER)
    with pytest.raises(Refused) as refused:
        services.file_framework(it, by=town.aygul, at=AFTER)
    assert codes(refused) == [("FWK-030", "")]
    assert services.end_due(until - timedelta(seconds=1)) == 0
    assert services.end_due(until) == 1
    assert Framework.objects.get().state == "ended"


def test_only_who_the_rulebook_names_solicits(town: Town) -> None:
    with pytest.raises(Refused) as refused:
        services.draft_framework(told(), by=town.zhou, at=NOON)
    assert (codes(refused), Framework.objects.count()) == ([("FWK-007", "")], 0)
    assert not queries.may_solicit(town.zhou, NOON)
    frames.names_solicitor(town.school)
    assert queries.may_solicit(town.zhou, NOON)
    assert not queries.may_solicit(town.ma, NOON)


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"title": " "}, ("FWK-001", "title")),
        ({"kind": "works"}, ("FWK-002", "kind")),
        ({"yearly": "-1"}, ("FWK-003", "yearly")),
        ({"months": "x"}, ("FWK-004", "months")),
        ({"packages": []}, ("FWK-005", "name_1")),
        ({"packages": [{**frames.PACKAGE, "ceiling": "0"}]}, ("FWK-003", "ceiling_1")),
        ({"packages": [{**frames.PACKAGE, "category": "B01"}]}, ("FWK-006", "category_1")),
        ({"second_stage": []}, ("FWK-002", "second_stage")),
    ],
)
def test_a_plan_that_says_too_little_is_not_begun(town: Town, more: dict[str, Any], expected: tuple[str, str]) -> None:
    frames.names_solicitor(town.school)
    with pytest.raises(Refused) as refused:
        services.draft_framework(told(**more), by=town.zhou, at=NOON)
    assert expected in codes(refused)
    assert Framework.objects.count() == 0


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"ground": "assurance_services"}, ("FWK-014", "ground")),
        ({"method": "quality", "second_stage": ["direct"]}, ("FWK-009", "quality_ground")),
        ({"method": "quality", "quality_ground": "instruments"}, ("FWK-010", "second_stage")),
        ({"second_stage": ["rotation"]}, ("FWK-011", "second_stage")),
        ({"months": "13"}, ("FWK-012", "months")),
        ({"surveyed_buyers": "2"}, ("FWK-013", "surveyed_buyers")),
        ({"surveyed_suppliers": "0"}, ("FWK-013", "surveyed_suppliers")),
    ],
)
def test_what_the_law_does_not_allow_is_not_handed_in(town: Town, more: dict[str, Any], expected: tuple[str, str]) -> None:
    frames.names_solicitor(town.school)
    frames.in_catalogue("A05040101")
    it = services.draft_framework(told(**more), by=town.zhou, at=NOON)
    with pytest.raises(Refused) as refused:
        services.ask_framework_review(it, by=town.zhou, at=NOON)
    assert expected in codes(refused)
    assert Framework.objects.get().state == "draft"


def test_a_catalogue_that_nobody_verified_only_warns(town: Town) -> None:
    frames.names_solicitor(town.school)
    frames.in_catalogue("A02010108")
    it = services.draft_framework(told(), by=town.zhou, at=NOON)
    it = services.ask_framework_review(it, by=town.zhou, at=NOON)
    assert [(ruling["reason"]["code"], ruling["verdict"]) for ruling in it.rulings if ruling["verdict"] != "allowed"] == [
        ("FWK-015", "warned")
    ]
    Rule.objects.filter(key="catalogue.central").update(evidence="V")
    rulebook.forget()
    other = services.draft_framework(told(), by=town.zhou, at=NOON)
    with pytest.raises(Refused) as refused:
        services.ask_framework_review(other, by=town.zhou, at=NOON)
    assert codes(refused) == [("FWK-008", "ground")]


def test_an_agencys_plan_is_reviewed_and_a_lead_units_filed(town: Town) -> None:
    frames.names_solicitor(town.school)
    frames.in_catalogue("A05040101")
    it = services.draft_framework(told(), by=town.zhou, at=NOON)
    with pytest.raises(Refused) as refused:
        services.file_framework_plan(it, by=town.zhou, at=NOON)
    assert codes(refused) == [("FWK-021", "")]
    it = services.ask_framework_review(it, by=town.zhou, at=NOON)
    with pytest.raises(Refused):
        services.approve_framework(it, by=town.zhou, at=NOON)
    it = services.send_back_framework(it, reason="最高限价依据不足", by=town.surina, at=NOON)
    assert (it.state, it.reason) == ("draft", "最高限价依据不足")
    it = services.write_framework(it, told(title="复印纸框架协议"), by=town.aygul, at=NOON)
    assert (it.title, it.packages.count()) == ("复印纸框架协议", 1)


def test_responses_have_twenty_days(town: Town) -> None:
    frames.names_solicitor(town.school)
    frames.in_catalogue("A05040101")
    it = services.ask_framework_review(services.draft_framework(told(), by=town.zhou, at=NOON), by=town.zhou, at=NOON)
    it = services.approve_framework(it, by=town.surina, at=NOON)
    with pytest.raises(Refused) as refused:
        services.publish_framework(it, until=NOON + timedelta(days=19), by=town.zhou, at=NOON)
    assert codes(refused) == [("FWK-031", "until")]
    with pytest.raises(Refused) as refused:
        services.publish_framework(it, until=None, by=town.zhou, at=NOON)
    assert codes(refused) == [("FWK-023", "until")]
    assert services.publish_framework(it, until=UNTIL, by=town.zhou, at=NOON).state == "open"


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"quoted": "150.01"}, ("FWK-041", "quoted")),
        ({"quoted": "1e2"}, ("FWK-003", "quoted")),
        ({"brand": ""}, ("FWK-001", "brand")),
        ({"capacity": "provider"}, ("FWK-002", "capacity")),
        ({"name": "政府专供复印纸"}, ("FWK-045", "name")),
    ],
)
def test_a_response_that_cannot_stand_is_refused_at_its_field(town: Town, more: dict[str, Any], expected: tuple[str, str]) -> None:
    it = opened_for_responses(town)
    with pytest.raises(Refused) as refused:
        respond(it, town.chen, **({"price": more.pop("quoted")} if "quoted" in more else {}), **more)
    assert expected in codes(refused)
    assert FrameworkEntry.objects.count() == 0


def test_goods_want_the_proof_of_the_maker(town: Town) -> None:
    package = opened_for_responses(town).packages.get()
    with pytest.raises(Refused) as refused:
        services.respond(package, offer(), by=town.chen, at=NOON)
    assert codes(refused) == [("FWK-044", "proof")]


def test_consumables_are_priced_for_three_years(town: Town) -> None:
    it = opened_for_responses(town, packages=[{**frames.PACKAGE, "consumables": "1"}])
    with pytest.raises(Refused) as refused:
        respond(it, town.chen, consumables="硒鼓 320元/支", consumable_years="2")
    assert codes(refused) == [("FWK-046", "consumable_years")]
    assert respond(it, town.chen, consumables="硒鼓 320元/支", consumable_years="3").consumable_years == 3


def test_one_product_a_package_and_nothing_after_the_deadline(town: Town) -> None:
    it = opened_for_responses(town)
    mine = respond(it, town.chen)
    with pytest.raises(Refused) as refused:
        respond(it, town.chen, "129.00")
    assert codes(refused) == [("FWK-043", "")]
    mine = services.revise_response(mine, offer("128.00"), by=town.chen, at=UNTIL - timedelta(seconds=1))
    assert mine.quoted == Decimal("128.00")
    for late in (
        lambda: services.revise_response(mine, offer("127.00"), by=town.chen, at=UNTIL),
        lambda: services.withdraw_response(mine, by=town.chen, at=UNTIL),
        lambda: respond(it, town.nurlan, at=UNTIL),
    ):
        with pytest.raises(Refused) as refused:
            late()
        assert codes(refused) == [("FWK-040", "")]
    services.withdraw_response(mine, by=town.chen, at=UNTIL - timedelta(seconds=1))
    assert respond(it, town.chen, "126.00", at=UNTIL - timedelta(seconds=1)).quoted == Decimal("126.00")


def test_nobody_but_its_author_sees_a_response_before_the_deadline(town: Town) -> None:
    it = opened_for_responses(town)
    mine = respond(it, town.chen)
    everybody = {who: policies.entries_visible_to(getattr(town, who)).count() for who in ("zhou", "surina", "zheng", "he", "nurlan", "ma")}
    assert everybody == dict.fromkeys(everybody, 0)
    assert policies.entries_visible_to(town.chen).get() == mine
    with pytest.raises(Refused) as refused:
        services.open_framework(it, by=town.zhou, at=UNTIL - timedelta(seconds=1))
    assert codes(refused) == [("FWK-024", "")]
    assert (services.open_due(UNTIL - timedelta(seconds=1)), services.open_due(UNTIL)) == (0, 1)
    everybody = {who: policies.entries_visible_to(getattr(town, who)).count() for who in everybody}
    assert everybody == {"zhou": 1, "surina": 1, "zheng": 1, "he": 1, "nurlan": 0, "ma": 0}


def test_too_few_conforming_responses_fail(town: Town) -> None:
    it = opened_for_responses(town)
    one, two = respond(it, town.chen), respond(it, town.nurlan, "120.00")
    it = services.open_framework(it, by=town.zhou, at=AFTER)
    services.judge_response(one, conforms=True, by=town.zhou, at=AFTER)
    with pytest.raises(Refused) as refused:
        services.settle_shortlist(it, panel=PANEL, by=town.zhou, at=AFTER)
    assert codes(refused) == [("FWK-025", "")]
    with pytest.raises(Refused) as refused:
        services.judge_response(two, conforms=False, finding="", note="", by=town.zhou, at=AFTER)
    assert codes(refused) == [("FWK-047", "finding"), ("FWK-020", "note")]
    services.judge_response(two, conforms=False, finding="below_standard", note="白度只有92", by=town.zhou, at=AFTER)
    with pytest.raises(Refused) as refused:
        services.settle_shortlist(it, panel=PANEL[:2], by=town.zhou, at=AFTER)
    assert codes(refused) == [("FWK-026", "panel")]
    it = services.settle_shortlist(it, panel=PANEL, by=town.zhou, at=AFTER)
    assert (it.state, it.packages.get().failed) == ("failed", "few_conforming")
    one.refresh_from_db()
    assert one.state == "conforming"


def test_who_does_not_sign_in_time_is_no_party(town: Town) -> None:
    people = sellers(3)
    it = opened_for_responses(town)
    for seller, price in zip(people, ("120.00", "121.00", "122.00"), strict=True):
        respond(it, seller, price)
    it = services.settle_shortlist(reviewed(it, town.zhou), panel=PANEL, by=town.zhou, at=AFTER)
    first, second = FrameworkEntry.objects.filter(state="shortlisted").order_by("rank")
    with pytest.raises(Refused) as refused:
        services.conclude_framework(it, by=town.zhou, at=AFTER)
    assert codes(refused) == [("FWK-027", ""), ("FWK-028", "")]
    services.sign_entry(first, by=people[0], at=AFTER)
    assert it.sign_until is not None
    with pytest.raises(Refused) as refused:
        services.sign_entry(second, by=people[1], at=it.sign_until)
    assert codes(refused) == [("FWK-050", "")]
    it = services.conclude_framework(it, by=town.zhou, at=it.sign_until)
    second.refresh_from_db()
    assert (it.state, second.state) == ("in_force", "unsigned")


def test_where_nobody_signs_it_fails_by_itself(town: Town) -> None:
    it = opened_for_responses(town)
    respond(it, town.chen), respond(it, town.nurlan, "120.00")
    it = services.settle_shortlist(reviewed(it, town.zhou), panel=PANEL, by=town.zhou, at=AFTER)
    assert it.sign_until is not None
    assert (services.collapse_due(it.sign_until - timedelta(seconds=1)), services.collapse_due(it.sign_until)) == (0, 1)
    assert sorted(FrameworkEntry.objects.values_list("state", flat=True)) == ["eliminated", "unsigned"]


def test_prices_only_fall_and_nobody_leaves_freely(town: Town) -> None:
    people = sellers(3)
    _it, [first, second] = in_force(town, "120.00", "121.00", "122.00", by=people)
    with pytest.raises(Refused) as refused:
        services.reduce_price(first, price="120.00", by=people[0], at=AFTER)
    assert codes(refused) == [("FWK-051", "price")]
    assert services.reduce_price(first, price="118.00", by=people[0], at=AFTER).price == Decimal("118.00")
    with pytest.raises(Refused) as refused:
        services.release_entry(second, reason="企业停产，无法继续供货", by=people[1], at=AFTER)
    assert codes(refused) == [("LIF-002", "")]
    assert services.release_entry(second, reason="企业停产，无法继续供货", by=town.zhou, at=AFTER).state == "left"
    assert services.clear_out_entry(first, reason="三次拒绝供货", by=town.zhou, at=AFTER).state == "cleared_out"


def test_the_regulator_warns_and_voids(town: Town) -> None:
    it = opened_for_responses(town)
    it = services.warn_framework(it, reason="征集公告缺少联系方式", by=town.surina, at=NOON)
    with pytest.raises(Refused):
        services.void_framework(it, reason="", by=town.surina, at=NOON)
    with pytest.raises(Refused):
        services.void_framework(it, reason="方案违法", by=town.zhou, at=NOON)
    assert services.void_framework(it, reason="方案违法", by=town.zheng, at=NOON).state == "voided"
    with pytest.raises(Refused) as refused:
        respond(it, town.chen)
    assert codes(refused) == [("FWK-040", "")]


# The arithmetic


@pytest.mark.parametrize(
    ("count", "percent", "kept"), [(2, "20", 1), (4, "20", 3), (5, "20", 4), (6, "20", 4), (5, "40", 3), (10, "20", 8), (11, "20", 8)]
)
def test_the_tail_is_at_least_the_share_and_at_least_one(count: int, percent: str, kept: int) -> None:
    told = [Ranked(n, Decimal(100 + n), None, (n, n)) for n in range(count)]
    found = shortlist(told, method="price", percent=Decimal(percent), least=1, tie="earliest")
    assert (len(found.listed), found.listed) == (kept, list(range(kept)))


def test_ties_at_the_line() -> None:
    told = [Ranked(1, Decimal(10), None, (5, 1)), Ranked(2, Decimal(12), None, (3, 2)), Ranked(3, Decimal(12), None, (2, 3))]
    assert shortlist(told, method="price", percent=Decimal(20), least=1, tie="earliest").listed == [1, 3]
    assert shortlist(told, method="price", percent=Decimal(20), least=1, tie="all_out").listed == [1]
    equal = [Ranked(n, Decimal(10), None, (n, n)) for n in range(3)]
    assert shortlist(equal, method="price", percent=Decimal(20), least=1, tie="all_out").listed == [0, 1]


def test_quality_first_ranks_by_score_then_price() -> None:
    told = [
        Ranked(1, Decimal(10), Decimal("80.00"), (1, 1)),
        Ranked(2, Decimal(20), Decimal("90.00"), (2, 2)),
        Ranked(3, Decimal(15), Decimal("90.00"), (3, 3)),
    ]
    assert shortlist(told, method="quality", percent=Decimal(40), least=1, tie="earliest") == ([3], [2, 1])


PRICES = st.lists(st.integers(1, 20), min_size=2, max_size=30)


@given(PRICES, st.sampled_from(["20", "40", "33.33"]), st.sampled_from(["earliest", "all_out"]))
def test_nobody_who_stays_is_dearer_than_somebody_who_leaves(prices: list[int], percent: str, tie: str) -> None:
    told = [Ranked(n, Decimal(price), None, (n, n)) for n, price in enumerate(prices)]
    found = shortlist(told, method="price", percent=Decimal(percent), least=1, tie=tie)
    assert sorted(found.listed + found.eliminated) == list(range(len(prices)))
    assert len(found.eliminated) * 100 >= Decimal(percent) * len(prices)
    assert len(found.eliminated) >= 1
    assert max((prices[n] for n in found.listed), default=0) <= min(prices[n] for n in found.eliminated)


def test_the_rulebook_decides_ties(town: Town) -> None:
    Rule.objects.filter(key="framework.tie").update(value={"choice": "all_out"})
    rulebook.forget()
    it = opened_for_responses(town)
    for seller, price in zip(sellers(3), ("120.00", "121.00", "121.00"), strict=True):
        respond(it, seller, price)
    services.settle_shortlist(reviewed(it, town.zhou), panel=PANEL, by=town.zhou, at=AFTER)
    assert sorted(FrameworkEntry.objects.values_list("state", flat=True)) == ["eliminated", "eliminated", "shortlisted"]


@pytest.mark.django_db(transaction=True)
def test_a_response_and_the_opening_at_once_are_one_after_the_other(settings: Any, tmp_path: Any) -> None:
    """The response holds the framework's row: what is opened is opened with it."""
    settings.DATA_DIR = tmp_path
    town = build()
    it = opened_for_responses(town)
    paper = frames.proof(town.chen)
    package = it.packages.get()
    opened: list[int] = []

    def open_it() -> None:
        try:
            services.open_framework(it, by=town.zhou, at=UNTIL)
            opened.append(FrameworkEntry.objects.filter(state="submitted").count())
        finally:
            connection.close()

    with transaction.atomic():
        services.respond(package, offer(), proof=paper, by=town.chen, at=UNTIL - timedelta(seconds=1))
        other = threading.Thread(target=open_it)
        other.start()
        other.join(0.3)
        assert other.is_alive()  # it waits for the row
    other.join(10)
    assert opened == [1]


@pytest.mark.django_db(transaction=True)
def test_two_responses_of_one_supplier_at_once_are_one(settings: Any, tmp_path: Any) -> None:
    settings.DATA_DIR = tmp_path
    town = build()
    it = opened_for_responses(town)
    paper, package = frames.proof(town.chen), it.packages.get()
    found: list[str] = []

    def answer() -> None:
        try:
            services.respond(package, offer(), proof=paper, by=town.chen, at=NOON)
            found.append("in")
        except Refused as refused:
            found.extend(problem.code for problem in refused.problems)
        finally:
            connection.close()

    threads = [threading.Thread(target=answer) for _n in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert (sorted(found), FrameworkEntry.objects.count()) == (["FWK-043", "in"], 1)
