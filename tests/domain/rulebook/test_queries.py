"""What holds here and now: inheritance, history, the calendar, deadlines, and the memory they are answered from."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import translation

from sunlit.domain.rulebook import pack, queries, services
from sunlit.domain.rulebook.models import Rule
from sunlit.domain.rulebook.queries import book, periods
from sunlit.domain.rulebook.rules import CACHE_LIFE
from sunlit.foundation.kernel.refusals import Refused
from tests.domain.rulebook.conftest import AT, BAZHOU, HE, KORLA, QIEMO, RUOQIANG, SURINA, TODAY, TOMORROW, ZHENG

pytestmark = pytest.mark.usefixtures("loaded")


def test_the_nearest_region_wins() -> None:
    assert queries.rule("order.delivery_limit", region_path=KORLA, on=TODAY).n == 7
    assert queries.rule("order.delivery_limit", region_path=RUOQIANG, on=TODAY).n == 12
    assert queries.rule("order.delivery_limit", region_path=QIEMO + "/652825001", on=TODAY).n == 12
    assert queries.rule("order.delivery_limit", region_path="", on=TODAY).region_path == ""


def test_a_prefectures_threshold_holds_for_its_counties_by_kind() -> None:
    rule = queries.rule("threshold.procurement", region_path=KORLA, kind="goods", on=TODAY)
    assert (str(rule.yuan), rule.region_path, rule.region_en, rule.evidence, rule.kind) == (
        "300000.00",
        BAZHOU,
        "Bayingolin",
        "UNVERIFIED",
        "goods",
    )
    assert queries.rule("threshold.procurement", region_path="", kind="goods", on=TODAY).evidence == "K"


def test_a_kind_without_a_row_takes_the_rule_for_all_kinds() -> None:
    assert queries.rule("order.receipt_limit", region_path=KORLA, kind="services", on=TODAY).kind == ""


def test_the_version_of_the_day_holds() -> None:
    before, after = (queries.rule("order.payment_limit", region_path=KORLA, on=day) for day in (date(2025, 5, 31), date(2025, 6, 1)))
    assert (before.evidence, before.citation) == ("K", "平台默认")
    assert (after.evidence, after.citation) == ("V", "保障中小企业款项支付条例 第9、10条")
    assert (before.until, after.since) == (date(2025, 6, 1), date(2025, 6, 1))


def test_no_rule_is_said_clearly() -> None:
    for key, on in (("order.unheard_of", TODAY), ("order.receipt_limit", date(2018, 12, 31))):
        with pytest.raises(Refused) as refused:
            queries.rule(key, region_path=KORLA, on=on)
        assert refused.value.codes == ["RUL-001"]
        assert key in refused.value.problems[0].message


def test_the_page_shows_own_and_inherited_rules() -> None:
    page = {(it.key, it.kind): it for it in queries.rules_page(RUOQIANG, TODAY)}
    assert page["order.delivery_limit", ""].region_path == RUOQIANG
    assert page["order.receipt_limit", ""].region_path == ""
    assert page["threshold.procurement", "goods"].region_path == BAZHOU
    assert ("threshold.central_catalogue_single", "goods") not in page  # ended in 2018
    assert list(page) == sorted(page)
    assert all(it.holds_on(TODAY) for it in page.values())


def test_history_tells_every_version_that_held_or_will() -> None:
    services.set_rule(key="threshold.procurement", region=KORLA, kind="goods", value="250000", effective_from=TOMORROW, by=ZHENG, at=AT)
    told = [(it.kind, it.region_path, it.since) for it in queries.history("threshold.procurement", KORLA) if it.kind == "goods"]
    assert told == [
        ("goods", KORLA, TOMORROW),
        ("goods", "", date(2020, 1, 1)),
        ("goods", BAZHOU, date(2019, 1, 1)),
        ("goods", BAZHOU, date(2016, 1, 1)),
    ]
    assert KORLA not in {it.region_path for it in queries.history("threshold.procurement", RUOQIANG)}
    assert [it.key for it in queries.coming(KORLA, TODAY) if it.region_path] == ["threshold.procurement"]
    assert queries.pack_version() == pack.read().version


# Calendars and deadlines


def test_the_nations_calendar_and_a_regions_own_days() -> None:
    services.add_holiday(day=date(2026, 5, 27), region=BAZHOU, working=False, name="古尔邦节", source="自治区公告", by=HE, at=AT)
    services.add_holiday(day=date(2026, 5, 27), region=KORLA, working=True, name="古尔邦节调休", source="市公告", by=SURINA, at=AT)
    assert queries.calendar_for("").is_working_day(date(2026, 5, 27))
    assert not queries.calendar_for(RUOQIANG).is_working_day(date(2026, 5, 27))
    assert queries.calendar_for(KORLA).is_working_day(date(2026, 5, 27))
    assert queries.calendar_for(KORLA).known_years == frozenset(range(2019, 2027))
    assert queries.calendar_for(KORLA).provisional(2027)


@pytest.mark.parametrize(
    ("key", "region", "start", "due"),
    [
        # placed on Thursday 12 February 2026, noon: Friday 13 and the made-up Saturday 14 are the two working days
        ("order.supplier_confirm_limit", KORLA, datetime(2026, 2, 12, 4, tzinfo=UTC), datetime(2026, 2, 14, 16, tzinfo=UTC)),
        # half past midnight of the 13th in Shanghai is still the 12th in UTC: the day in China counts
        ("order.supplier_confirm_limit", KORLA, datetime(2026, 2, 12, 16, 30, tzinfo=UTC), datetime(2026, 2, 24, 16, tzinfo=UTC)),
        ("order.delivery_limit", KORLA, AT, datetime(2026, 3, 11, 16, tzinfo=UTC)),
        ("order.delivery_limit", RUOQIANG, AT, datetime(2026, 3, 18, 16, tzinfo=UTC)),
        # thirty days from 2 March end on Wednesday 1 April
        ("order.payment_limit", KORLA, AT, datetime(2026, 4, 1, 16, tzinfo=UTC)),
        # fifteen days from Friday 20 March end on Saturday 4 April, Tomb-Sweeping until the 6th: Tuesday
        ("order.rating_limit", KORLA, datetime(2026, 3, 20, 4, tzinfo=UTC), datetime(2026, 4, 7, 16, tzinfo=UTC)),
        ("price.raise_cooldown", KORLA, AT, AT + timedelta(hours=24)),
        ("ra.duration", KORLA, AT, AT + timedelta(minutes=30)),
        ("TL-015", KORLA, AT, AT),
        # a file of 2 March 2026 is kept until 2 March 2041, a Saturday: Monday
        ("TL-054", KORLA, AT, datetime(2041, 3, 4, 16, tzinfo=UTC)),
    ],
)
def test_a_period_ends(key: str, region: str, start: datetime, due: datetime) -> None:
    assert queries.deadline(key, start=start, region_path=region, on=date(2026, 3, 1)) == due


def test_a_leap_day_ends_with_february() -> None:
    assert periods._years_after(date(2024, 2, 29), 1) == date(2025, 2, 28)
    assert periods._years_after(date(2024, 2, 29), 4) == date(2028, 2, 29)


def test_what_is_no_period_has_no_deadline() -> None:
    with pytest.raises(AssertionError, match="not a period"):
        queries.deadline("order.approval_limit", start=AT, region_path=KORLA, on=TODAY)


# Memory


def test_warm_questions_cost_no_query(django_assert_num_queries) -> None:
    queries.forget()
    with django_assert_num_queries(2):
        queries.deadline("order.delivery_limit", start=AT, region_path=KORLA, on=TODAY)
    with django_assert_num_queries(0):
        queries.deadline("order.receipt_limit", start=AT, region_path=RUOQIANG, on=TODAY)
        queries.rule("threshold.procurement", region_path=KORLA, kind="goods", on=date(2017, 1, 1))
        queries.rules_page(QIEMO, TODAY)
        queries.coming(QIEMO, TODAY)


def test_memory_lasts_a_minute(monkeypatch: pytest.MonkeyPatch, django_assert_num_queries) -> None:
    seconds = [1000.0]
    monkeypatch.setattr(book, "CACHE_LIFE", CACHE_LIFE)
    monkeypatch.setattr(book, "monotonic", lambda: seconds[0])
    queries.forget()
    queries.rule("order.receipt_limit", region_path=KORLA, on=TODAY)
    Rule.objects.filter(key="order.receipt_limit").update(value={"n": 9, "unit": "working_day"})
    seconds[0] += 60
    assert queries.rule("order.receipt_limit", region_path=KORLA, on=TODAY).n == 3
    seconds[0] += 1
    with django_assert_num_queries(1):
        assert queries.rule("order.receipt_limit", region_path=KORLA, on=TODAY).n == 9


def test_a_change_is_seen_at_once_by_who_made_it(django_capture_on_commit_callbacks) -> None:
    queries.rule("order.receipt_limit", region_path=KORLA, on=TOMORROW)
    with django_capture_on_commit_callbacks(execute=True) as said:
        services.set_rule(key="order.receipt_limit", region=KORLA, value="5", effective_from=TOMORROW, by=ZHENG, at=AT)
    assert queries.forget in said
    assert queries.rule("order.receipt_limit", region_path=KORLA, on=TOMORROW).n == 5


# Words


def test_rules_are_told_in_both_languages() -> None:
    rules = {
        key: queries.rule(key, region_path=KORLA, on=TODAY)
        for key in (
            "order.supplier_confirm_limit",
            "TL-002",
            "NR-030",
            "ra.visibility",
            "rfq.kpi_cycle_days",
            "upload.size_max",
            "NR-046",
            "order.approval_limit",
            "listing.banned_words",
        )
    }
    with translation.override("en"):
        assert {key: it.shown for key, it in rules.items()} == {
            "order.supplier_confirm_limit": "2 working days",
            "TL-002": "≥ 20 days",
            "NR-030": "≥ 30%",
            "ra.visibility": "own rank and current lowest price",
            "rfq.kpi_cycle_days": "6 – 7 days",
            "upload.size_max": "10 MiB",
            "NR-046": "= PBOC benchmark loan rate x 1.2",
            "order.approval_limit": "¥50,000.00",
            "listing.banned_words": "专供、特供、特配、政采版",
        }
        assert rules["order.supplier_confirm_limit"].allowed_shown == "1 working day – 5 working days"
        assert rules["order.approval_limit"].allowed_shown == "≥ ¥0.00"
        assert rules["TL-002"].allowed_shown == ""
        assert rules["TL-002"].name == "From issuing the tender documents to the bid deadline"
    with translation.override("zh-hans"):
        assert rules["NR-046"].shown == "人民银行同期贷款基准利率上浮百分之二十"
        assert rules["TL-002"].name == "招标文件发出至投标截止"


def test_figures_come_in_their_type() -> None:
    rule = queries.rule("order.repeat_share", region_path=KORLA, on=TODAY)
    assert (str(rule.percent), str(rule.share)) == ("80", "0.8")
    promised = queries.rule("medical.discount", region_path=KORLA, on=TODAY)
    assert (str(promised.low), str(promised.high)) == ("10", "30")
    assert str(queries.rule("order.kpi_cycle_days", region_path=KORLA, on=TODAY).amount) == "0.8"
    assert queries.rule("TL-002", region_path=KORLA, on=TODAY).op == ">="
    with pytest.raises(AssertionError, match="whole number"):
        _ = queries.rule("order.kpi_cycle_days", region_path=KORLA, on=TODAY).n
