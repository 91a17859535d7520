"""The regulator's pen: who may set what, from when, and what is left behind."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from sunlit.domain.rulebook import queries, services
from sunlit.domain.rulebook.models import Holiday, Rule
from sunlit.domain.rulebook.rules import earliest_day
from sunlit.foundation.accounts.actors import CLOCK, NOBODY, Actor
from sunlit.foundation.kernel.refusals import Refused
from sunlit.foundation.ledger.models import Entry
from sunlit.foundation.ledger.sentences import sentence
from tests.domain.rulebook.conftest import AT, AYGUL, BAZHOU, HE, KORLA, RUOQIANG, SURINA, TODAY, TOMORROW, ZHENG

pytestmark = pytest.mark.usefixtures("loaded")

KEY = "order.supplier_confirm_limit"


def set_confirm(value: Any = "3", **other: Any) -> Any:
    return services.set_rule(**{"key": KEY, "region": KORLA, "value": value, "effective_from": TOMORROW, "by": SURINA, "at": AT, **other})


def refused(code: str, **other: Any) -> None:
    """The change is refused for this reason, and nothing is left behind."""
    before = (list(Rule.objects.order_by("id").values()), list(Holiday.objects.order_by("id").values()), Entry.objects.count())
    with pytest.raises(Refused) as told:
        set_confirm(**other)
    assert told.value.codes == [code]
    assert (list(Rule.objects.order_by("id").values()), list(Holiday.objects.order_by("id").values()), Entry.objects.count()) == before


def held(on: date, region: str = KORLA) -> int:
    return queries.rule(KEY, region_path=region, on=on).n


def test_a_regulator_sets_a_rule_from_tomorrow() -> None:
    rule = set_confirm("3")
    assert (rule.n, rule.region_path, rule.since, rule.until, rule.set_by, rule.pack, rule.evidence) == (
        3,
        KORLA,
        TOMORROW,
        None,
        "JG-0001",
        "",
        "K",
    )
    assert (held(TODAY), held(TOMORROW), held(TOMORROW, RUOQIANG), held(TOMORROW, BAZHOU)) == (2, 3, 2, 2)
    entry = Entry.objects.get(act="rule.set")
    assert (entry.subject, entry.region, entry.organisation) == (f"rule/{KEY}", KORLA, "JG-0001")
    assert entry.facts["value"] == {"n": 3, "unit": "working_day"}
    assert entry.facts["before"] == {"n": 2, "unit": "working_day"}
    assert entry.facts["effective_from"] == "2026-03-03"
    assert "苏日娜" in sentence(entry)


def test_who_only_administers_the_regulators_seats_sets_no_rule() -> None:
    refused("RUL-002", by=replace(SURINA, roles=frozenset({"admin"})))


def test_the_prefecture_sets_a_rule_for_all_and_for_one_county() -> None:
    set_confirm("4", region=BAZHOU, by=ZHENG)
    set_confirm("5", region=RUOQIANG, by=ZHENG)
    assert (held(TOMORROW), held(TOMORROW, BAZHOU), held(TOMORROW, RUOQIANG)) == (4, 4, 5)


@pytest.mark.parametrize("actor", [AYGUL, HE, CLOCK, NOBODY], ids=lambda actor: actor.kind)
def test_others_set_no_rules(actor: Actor) -> None:
    refused("RUL-002", by=actor)


def test_a_county_sets_no_rules_for_others() -> None:
    for region in (RUOQIANG, BAZHOU, ""):
        refused("RUL-002", region=region)
    refused("RUL-008", region=KORLA + "/652801001")


def test_a_rule_begins_on_a_later_day() -> None:
    refused("RUL-003", effective_from=TODAY)
    refused("RUL-003", effective_from=date(2025, 1, 1))


def test_minutes_before_midnight_tomorrow_is_too_early() -> None:
    """Other processes remember the book for a minute: none may answer past midnight from before the change."""
    late = datetime(2026, 3, 2, 15, 56, tzinfo=UTC)  # 23:56 in Shanghai
    assert earliest_day(late) == date(2026, 3, 4)
    assert earliest_day(datetime(2026, 3, 2, 15, 54, tzinfo=UTC)) == TOMORROW
    refused("RUL-003", at=late)


def test_only_within_what_is_allowed() -> None:
    refused("RUL-005", value="6")
    refused("RUL-005", value="0")
    refused("RUL-005", key="rfq.tie", value="by_sympathy")
    refused("RUL-004", key="TL-002", value="10")
    refused("RUL-004", key="NR-002", value="20")


@pytest.mark.parametrize("value", ["", "two", "-1", "1.5", "３", "1e1", {"n": "x"}, {"yuan": "3.00"}])
def test_only_in_the_form_of_the_rule(value: Any) -> None:
    refused("RUL-006", value=value)


@pytest.mark.parametrize("value", ["", "-0.01", "1.234", "NaN", "1e5", "lots"])
def test_an_amount_is_an_amount(value: str) -> None:
    refused("RUL-006", key="order.approval_limit", value=value)


def test_values_of_every_form_are_read() -> None:
    def put(key: str, value: Any) -> Any:
        return dict(set_confirm(value, key=key).value)

    assert put("order.approval_limit", " 60,000 ") == {"yuan": "60000.00"}
    assert put("price.above_median_warn", "12.5%") == {"percent": "12.5"}
    assert put("rfq.tie", "random") == {"choice": "random"}
    assert put("listing.banned_words", "专供、特供，定制") == {"words": ["专供", "特供", "定制"]}
    assert put("fw.solicit_eliminate_price", {"percent": "25", "op": "<="}) == {"percent": "25", "op": ">="}
    assert put("price.raise_cooldown", {"n": 48, "unit": "hour"}) == {"n": 48, "unit": "hour"}


def test_saying_the_same_is_no_change() -> None:
    set_confirm("3")
    refused("RUL-007", value="3", effective_from=date(2026, 4, 1))


def test_a_second_version_closes_the_first() -> None:
    set_confirm("3")
    set_confirm("4", effective_from=date(2026, 4, 1))
    assert (held(date(2026, 3, 31)), held(date(2026, 4, 1))) == (3, 4)


def test_a_version_set_before_one_that_waits_holds_until_that_one_begins() -> None:
    set_confirm("4", effective_from=date(2026, 4, 1))
    rule = set_confirm("3")
    assert rule.until == date(2026, 4, 1)
    assert (held(TODAY), held(TOMORROW), held(date(2026, 4, 1))) == (2, 3, 4)


def test_a_version_for_the_same_day_withdraws_the_one_that_waited() -> None:
    first = set_confirm("3")
    set_confirm("4")
    assert held(TOMORROW) == 4
    assert Rule.objects.get(pk=first.id).in_force.isempty
    assert first.id not in {it.id for it in queries.history(KEY, KORLA)}
    assert Entry.objects.filter(act="rule.set").count() == 2


def test_the_official_threshold_replaces_the_placeholder() -> None:
    rule = services.set_rule(
        key="threshold.procurement",
        region=BAZHOU,
        kind="goods",
        value="400000",
        effective_from=TOMORROW,
        by=ZHENG,
        at=AT,
        source="新财购〔2026〕1号",
        article="二",
    )
    assert (rule.evidence, rule.source, rule.article, str(rule.yuan)) == ("V", "新财购〔2026〕1号", "二", "400000.00")
    assert queries.rule("threshold.procurement", region_path=KORLA, kind="goods", on=TOMORROW).id == rule.id
    assert queries.rule("threshold.procurement", region_path=KORLA, kind="services", on=TOMORROW).evidence == "UNVERIFIED"


def test_a_region_may_make_a_rule_binding() -> None:
    rule = services.set_rule(
        key="price.above_median_warn", region=KORLA, value="10", effective_from=TOMORROW, by=SURINA, at=AT, binding=True
    )
    assert rule.binding
    assert not queries.rule("price.above_median_warn", region_path=RUOQIANG, on=TOMORROW).binding


def test_ending_the_own_version_lets_the_one_above_hold_again() -> None:
    set_confirm("3")
    set_confirm("4", effective_from=date(2026, 5, 1))
    services.end_rule(key=KEY, region=KORLA, effective_from=date(2026, 4, 1), by=SURINA, at=AT)
    assert [held(day) for day in (TODAY, TOMORROW, date(2026, 3, 31), date(2026, 4, 1), date(2026, 6, 1))] == [2, 3, 3, 2, 2]
    entry = Entry.objects.get(act="rule.end")
    assert (entry.subject, len(entry.facts["rules"])) == (f"rule/{KEY}", 2)
    assert KORLA in sentence(entry)


@pytest.mark.parametrize(
    ("code", "other"),
    [
        ("RUL-009", {}),
        ("RUL-002", {"by": AYGUL}),
        ("RUL-003", {"effective_from": TODAY}),
        ("RUL-002", {"region": RUOQIANG}),
        ("RUL-002", {"region": ""}),
    ],
)
def test_ending_is_refused(code: str, other: dict[str, Any]) -> None:
    count = Entry.objects.count()
    with pytest.raises(Refused) as told:
        services.end_rule(**{"key": KEY, "region": KORLA, "effective_from": TOMORROW, "by": SURINA, "at": AT, **other})
    assert told.value.codes == [code]
    assert Entry.objects.count() == count


# Days off


def announce(**other: Any) -> Holiday:
    said = {
        "day": date(2026, 5, 27),
        "region": BAZHOU,
        "working": False,
        "name": "古尔邦节",
        "source": "自治区人民政府办公厅通知",
        "by": HE,
        "at": AT,
    }
    return services.add_holiday(**{**said, **other})


def test_a_regional_holiday_moves_deadlines_there() -> None:
    start = datetime(2026, 5, 26, 4, tzinfo=UTC)
    before = queries.deadline(KEY, start=start, region_path=KORLA, on=TODAY)
    announce()
    assert before == datetime(2026, 5, 28, 16, tzinfo=UTC)
    assert queries.deadline(KEY, start=start, region_path=KORLA, on=TODAY) == datetime(2026, 5, 29, 16, tzinfo=UTC)
    assert queries.deadline(KEY, start=start, region_path="", on=TODAY) == before
    entry = Entry.objects.get(act="holiday.add")
    assert (entry.subject, entry.region, entry.facts["name"]) == ("holiday/2026-05-27", BAZHOU, "古尔邦节")
    assert "2026-05-27" in sentence(entry)


def test_the_later_word_about_a_day_holds() -> None:
    announce()
    announce(working=True, name="古尔邦节（更正）", by=ZHENG)
    assert queries.calendar_for(KORLA).is_working_day(date(2026, 5, 27))
    assert Holiday.objects.filter(day=date(2026, 5, 27)).count() == 1


def test_the_operator_enters_the_nations_next_calendar() -> None:
    announce(day=date(2027, 1, 1), region="", name="元旦", source="国务院办公厅通知")
    assert not queries.calendar_for(KORLA).provisional(2027)
    assert not queries.calendar_for(KORLA).is_working_day(date(2027, 1, 1))


@pytest.mark.parametrize(
    ("codes", "other"),
    [
        (["RUL-002"], {"by": AYGUL}),
        (["RUL-002"], {"by": SURINA}),
        (["RUL-010"], {"by": ZHENG, "region": ""}),
        (["RUL-003"], {"day": TODAY}),
        (["RUL-003", "RUL-011", "RUL-011"], {"day": TODAY, "name": " ", "source": ""}),
        (["RUL-008"], {"region": "350000"}),
    ],
)
def test_announcing_is_refused(codes: list[str], other: dict[str, Any]) -> None:
    before = (Holiday.objects.count(), Entry.objects.count())
    with pytest.raises(Refused) as told:
        announce(**other)
    assert told.value.codes == codes
    assert (Holiday.objects.count(), Entry.objects.count()) == before


def test_announcing_the_same_again_is_no_change() -> None:
    announce()
    with pytest.raises(Refused) as told:
        announce()
    assert told.value.codes == ["RUL-007"]
