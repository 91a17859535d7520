"""The data pack: its tables, its version, and what loading it does."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from django.db import IntegrityError, transaction
from django.db.backends.postgresql.psycopg_any import DateRange

from sunlit.domain.rulebook import commands, pack, queries, services
from sunlit.domain.rulebook.models import Holiday, Pack, Rule
from sunlit.domain.rulebook.pack import PackData, build
from sunlit.domain.rulebook.rules import EVIDENCE
from sunlit.foundation.accounts.actors import CLOCK
from sunlit.foundation.accounts.models import Region
from sunlit.foundation.kernel.refusals import Refused
from sunlit.foundation.ledger.models import Entry
from sunlit.foundation.ledger.sentences import sentence
from tests.domain.rulebook.conftest import AT, AYGUL, BAZHOU, HE, KORLA, RUOQIANG, SURINA, TODAY, TOMORROW

RESEARCH = Path(__file__).parents[4] / "shared" / "domain"
NEXT_WEEK = AT + timedelta(days=7)


def changed() -> PackData:
    """The shipped pack as a next version in which a confirmation takes other than two working days."""
    shipped = pack.read()
    rules = tuple(
        replace(it, value={"n": 3, "unit": "working_day"}) if it.key == "order.supplier_confirm_limit" else it for it in shipped.rules
    )
    return replace(shipped, version="2026.12.1", digest="next", rules=rules)


# The tables


def test_the_tables_are_those_of_the_version() -> None:
    shipped = pack.read()
    assert shipped.version == build.VERSION
    assert len(shipped.digest) == 64
    assert {it.evidence for it in shipped.rules} <= set(EVIDENCE)
    assert all(it.name_zh and it.name_en and it.source and it.unit for it in shipped.rules)
    assert len(shipped.days) == 286


@pytest.mark.skipif(not RESEARCH.is_dir(), reason="the research tables are not beside the project")
def test_building_again_gives_the_same_tables() -> None:
    here = Path(pack.__file__).parent
    for name, text in build.build(RESEARCH).items():
        assert (here / f"{name}.json").read_text(encoding="utf-8") == text, name


def test_versions_of_one_rule_do_not_overlap_in_the_pack() -> None:
    by_identity: dict[tuple[str, str, str], list[tuple[date, date | None]]] = {}
    for it in pack.read().rules:
        by_identity.setdefault(it.identity, []).append((it.since, it.until))
    for identity, spans in by_identity.items():
        for (_, until), (since, _) in zip(
            sorted(spans, key=lambda span: span[0]), sorted(spans, key=lambda span: span[0])[1:], strict=False
        ):
            assert until is not None, identity
            assert until <= since, identity


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2 wd", {"n": 2, "unit": "working_day"}),
        (">= 20 d", {"n": 20, "unit": "calendar_day", "op": ">="}),
        ("0.8 d", {"n": "0.8", "unit": "calendar_day"}),
        ("50000 yuan", {"yuan": "50000.00"}),
        ("< 45 %", {"percent": "45", "op": "<"}),
        ("30..60 %", {"low": "30", "high": "60", "unit": "percent"}),
        ("choice free", {"choice": "free"}),
        ("words 专供 特供", {"words": ["专供", "特供"]}),
    ],
)
def test_a_value_is_typed(text: str, value: dict[str, object]) -> None:
    assert build.value_of(text) == value


@pytest.mark.parametrize(
    ("marks", "one"),
    [
        ("Q/K", "K"),
        ("V/Q", "Q"),
        ("V", "V"),
        ("V(seed)", "V"),
        ("V(seed)/K names", "K"),
        ("P (Fujian)", "P"),
        ("K (条例20(6))", "K"),
        ("UNVERIFIED", "UNVERIFIED"),
    ],
)
def test_a_mixed_mark_counts_as_its_weakest(marks: str, one: str) -> None:
    assert build.weakest(marks) == one


def test_a_citation_is_written_out() -> None:
    assert build.cite("条例31; 87号令27") == (
        "中华人民共和国政府采购法实施条例; 财政部令第87号",
        "中华人民共和国政府采购法实施条例 第31条; 财政部令第87号 第27条",
        "2015-03-01",
    )
    assert build.cite("platform default") == ("platform default", "", "2019-01-01")


def test_every_note_is_told_in_both_languages_without_the_marks_of_its_source() -> None:
    told = pack.notes()
    assert {pack.plain(it.note) for it in pack.read().rules} - {""} == set(told)
    assert all(it.zh and it.en for it in told.values())
    assert pack.plain("30% (works 40%); evidence: Q/C") == "30% (works 40%)"
    assert pack.plain("evidence: Q/K") == ""


# Loading


def test_the_first_loading_opens_everything_and_is_one_act(loaded: services.Loaded) -> None:
    shipped = pack.read()
    fujian = sum(it.region == "350000" for it in shipped.rules)
    opened = len(shipped.rules) - fujian
    assert loaded == services.Loaded(shipped.version, opened=opened, closed=0, kept=0, left_out=fujian, days=286)
    assert Rule.objects.count() == opened
    assert Holiday.objects.count() == 286
    [entry] = Entry.objects.filter(act="pack.load")
    assert (entry.subject, entry.organisation, entry.facts["opened"]) == (f"pack/{shipped.version}", "clock", opened)
    assert shipped.version in sentence(entry)


def test_the_first_loading_may_begin_in_the_past(loaded: services.Loaded) -> None:
    assert queries.rule("order.supplier_confirm_limit", region_path=KORLA, on=date(2019, 1, 1)).n == 2
    assert queries.rule("threshold.procurement", kind="goods", region_path=KORLA, on=date(2017, 6, 1)).shown == "¥100,000.00"


def test_loading_again_changes_nothing(loaded: services.Loaded) -> None:
    rows = list(Rule.objects.order_by("id").values_list("id", "in_force"))
    again = services.load_pack(by=HE, at=NEXT_WEEK)
    assert not again.changed
    assert list(Rule.objects.order_by("id").values_list("id", "in_force")) == rows
    assert Entry.objects.filter(act="pack.load").count() == Pack.objects.count() == 1


def test_a_new_version_closes_what_differs_and_opens_it_from_the_next_day(loaded: services.Loaded) -> None:
    done = services.load_pack(by=HE, at=AT, pack=changed())
    assert (done.version, done.opened, done.closed, done.days) == ("2026.12.1", 1, 1, 0)
    old, new = Rule.objects.filter(key="order.supplier_confirm_limit").order_by("id")
    assert (old.in_force.lower, old.in_force.upper, old.value["n"]) == (date(2019, 1, 1), TOMORROW, 2)
    assert (new.in_force.lower, new.in_force.upper, new.value["n"]) == (TOMORROW, None, 3)
    assert queries.rule("order.supplier_confirm_limit", region_path=KORLA, on=TODAY).n == 2
    assert queries.rule("order.supplier_confirm_limit", region_path=KORLA, on=TOMORROW).pack == "2026.12.1"
    assert not services.load_pack(by=HE, at=NEXT_WEEK, pack=changed()).changed


def test_what_the_pack_no_longer_tells_ends(loaded: services.Loaded) -> None:
    shipped = pack.read()
    fewer = replace(shipped, version="2027.1", digest="fewer", rules=tuple(it for it in shipped.rules if it.key != "batch.period"))
    done = services.load_pack(by=HE, at=AT, pack=fewer)
    assert (done.opened, done.closed) == (0, 1)
    assert queries.rule("batch.period", region_path=BAZHOU, on=TODAY).choice == "month"
    with pytest.raises(Refused, match="RUL-001"):
        queries.rule("batch.period", region_path=BAZHOU, on=TOMORROW)


def test_a_regulators_own_version_survives_the_next_pack(loaded: services.Loaded) -> None:
    services.set_rule(
        key="order.delivery_limit", region=RUOQIANG, value="20", effective_from=TOMORROW, by=replace(SURINA, region_path=BAZHOU), at=AT
    )
    shipped = pack.read()
    rules = tuple(
        replace(it, value={"n": 15, "unit": "working_day"}) if it.identity == ("order.delivery_limit", "652824", "") else it
        for it in shipped.rules
    )
    done = services.load_pack(by=HE, at=NEXT_WEEK, pack=replace(shipped, version="2026.12.2", digest="other", rules=rules))
    assert (done.opened, done.closed, done.kept) == (0, 0, 1)
    assert queries.rule("order.delivery_limit", region_path=RUOQIANG, on=date(2026, 4, 1)).n == 20


def test_rules_of_a_region_that_joins_later_begin_then(net: dict[str, Region]) -> None:
    net["652824"].delete()
    assert services.load_pack(by=CLOCK, at=AT).left_out == sum(it.region in {"350000", "652824"} for it in pack.read().rules)
    Region.objects.create(code="652824", name_zh="若羌县", name_en="Ruoqiang", parent=net["652800"], path=RUOQIANG)
    done = services.load_pack(by=CLOCK, at=AT)
    assert (done.opened, done.closed) == (1, 0)
    assert queries.rule("order.delivery_limit", region_path=RUOQIANG, on=TODAY).n == 7
    assert queries.rule("order.delivery_limit", region_path=RUOQIANG, on=TOMORROW).n == 12


def test_a_new_calendar_replaces_the_nations_days_and_leaves_the_regions(loaded: services.Loaded) -> None:
    corban = date(2026, 5, 27)
    services.add_holiday(day=corban, region=BAZHOU, working=False, name="古尔邦节", source="自治区公告", by=HE, at=AT)
    shipped = pack.read()
    days = tuple(
        replace(it, working=not it.working) if it.day == date(2026, 10, 10) else it for it in shipped.days if it.day != date(2019, 10, 12)
    )
    done = services.load_pack(by=HE, at=AT, pack=replace(shipped, version="2026.12.3", digest="days", days=days))
    assert done.days == 2
    calendar = queries.calendar_for(KORLA)
    assert not calendar.is_working_day(corban)
    assert not calendar.is_working_day(date(2026, 10, 10))
    assert not Holiday.objects.filter(day=date(2019, 10, 12)).exists()


def test_only_the_operator_or_the_clock_loads(net: dict[str, Region]) -> None:
    for actor in (AYGUL, SURINA):
        with pytest.raises(Refused) as refused:
            services.load_pack(by=actor, at=AT)
        assert refused.value.codes == ["RUL-010"]
    assert not Rule.objects.exists()
    assert not Pack.objects.exists()


def test_a_version_never_means_two_things(loaded: services.Loaded) -> None:
    with pytest.raises(AssertionError, match="other content"):
        services.load_pack(by=HE, at=AT, pack=replace(pack.read(), digest="tampered"))


def test_the_command_loads_and_tells(net: dict[str, Region], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sunlit.foundation.kernel.clock.now", lambda: AT)
    told = CliRunner().invoke(commands.rules)
    assert told.exit_code == 0
    shipped = pack.read()
    opened = sum(it.region != "350000" for it in shipped.rules)
    assert f"Rule pack {shipped.version}: {opened} versions opened, 0 closed, 0 kept" in told.output
    assert "0 versions opened" in CliRunner().invoke(commands.rules).output


# What the database itself refuses


def copy_of(row: Rule, since: date, until: date | None) -> Rule:
    row.pk, row.in_force = None, DateRange(since, until)
    row._state.adding = True
    return row


def test_two_versions_can_never_hold_on_one_day(loaded: services.Loaded) -> None:
    row = Rule.objects.get(key="order.receipt_limit")
    with pytest.raises(IntegrityError, match="rule_versions_never_overlap"), transaction.atomic():
        copy_of(row, date(2030, 1, 1), None).save()
    regional = Rule.objects.get(key="order.delivery_limit", region__path=RUOQIANG)
    with pytest.raises(IntegrityError, match="rule_versions_never_overlap"), transaction.atomic():
        copy_of(regional, date(2018, 1, 1), date(2019, 1, 2)).save()
    copy_of(regional, date(2018, 1, 1), date(2019, 1, 1)).save()


def test_evidence_author_and_beginning_are_checked(loaded: services.Loaded) -> None:
    row = Rule.objects.get(key="order.receipt_limit")
    for change, name in (
        ({"evidence": "sure"}, "rule_evidence_is_known"),
        ({"set_by": "JG-0001"}, "rule_has_one_author"),
        ({"in_force": DateRange(None, None)}, "rule_begins_on_a_day"),
    ):
        with pytest.raises(IntegrityError, match=name), transaction.atomic():
            Rule.objects.filter(pk=row.pk).update(**change)


def test_one_word_about_a_day(loaded: services.Loaded) -> None:
    day = Holiday.objects.get(day=date(2026, 10, 1))
    with pytest.raises(IntegrityError, match="one_word_about_a_day_and_region"), transaction.atomic():
        Holiday.objects.create(day=day.day, region=None, working=True, name="国庆节", source="x", pack=day.pack)
