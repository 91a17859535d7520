"""Templates: what the pack ships can be filled in, whatever is wrong is told at its field, and a paper keeps the version it was begun under."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db.backends.postgresql.psycopg_any import DateRange
from django.utils.translation import override
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sunlit.domain.rulebook import pack, queries
from sunlit.domain.rulebook.models import Pack, Rule
from sunlit.domain.rulebook.queries import templates
from sunlit.domain.rulebook.rules.templates import (
    Field,
    Malformed,
    Parameter,
    Template,
    Words,
    built,
    failed,
    form,
    posted,
    read,
    summary,
    values_digest,
)
from sunlit.foundation.kernel.refusals import Refused
from tests.town import NOON, Town, build

CITY = "652800/652801"
DAY = date(2026, 3, 2)
MEMORY = Parameter("memory", Words("内存容量", "Memory"), "number", Words("GB", "GB"))
SYSTEM = Parameter("os", Words("操作系统", "System"), "choice", choices=("麒麟", "统信"))


def shipped() -> list[Template]:
    rows = [row for row in pack.read().rules if row.key.startswith(templates.PREFIX)]
    return [built(row.value["template"], key=row.key, kind=row.kind) for row in rows]


def an_answer(it: Field) -> Any:
    """Something that the field takes."""
    match it.kind:
        case "number" | "money":
            return str(max(it.least or Decimal(1), Decimal(1)))
        case "date":
            return "2026-05-20"
        case "choice" | "yes_no" | "verdict":
            return it.choices[0].key
        case "choices":
            return [option.key for option in it.options]
        case "table":
            return [{column.key: an_answer(column) for column in it.columns}]
        case "parameters":
            return [{"name": "噪声", "op": "<=", "value": "45", "unit": "dB", "weight": "scored", "reason": "用于教室"}]
    return "办公"


def filled(template: Template) -> dict[str, Any]:
    return {it.key: an_answer(it) for it in template.fields}


def wrong(template: Template, typed: dict[str, Any], **how: Any) -> list[tuple[str, str]]:
    return [(problem.on, problem.code) for problem in read(template, typed, **how).problems]


def small(*fields: dict[str, Any], checks: tuple[dict[str, Any], ...] = ()) -> Template:
    section = {"key": "all", "title": ["全部", "All"], "fields": [{"label": ["甲", "A"], **told} for told in fields]}
    return built({"title": ["小", "Small"], "sections": [section], "checks": list(checks)})


@pytest.mark.parametrize("template", shipped(), ids=lambda it: f"{it.key}/{it.kind}")
def test_every_shipped_template_can_be_filled_in_and_summed_up_in_both_languages(template: Template) -> None:
    found = read(template, filled(template))
    assert found.problems == ()
    assert read(template, found.values) == found  # answers read as themselves
    for language in ("zh-hans", "en"):
        with override(language):
            parts = summary(template, found.values)
            shown = [line.label for part in parts for line in part.lines]
            assert shown == [str(template.field(key).label) for key in found.values]
            assert str(template.title)
    assert all(words.zh and words.en for it in template.fields for words in (it.label, *(option.label for option in it.options)))


@pytest.mark.parametrize("template", shipped(), ids=lambda it: f"{it.key}/{it.kind}")
def test_an_empty_form_tells_every_required_field_at_its_place(template: Template) -> None:
    always = {it.key for it in template.fields if it.required and not it.when}
    assert {problem.on for problem in read(template, {}).problems} == always
    assert read(template, {}, complete=False).problems == ()


def test_what_a_form_shows_is_what_it_reads_back() -> None:
    template = next(it for it in shipped() if it.kind == "A02010105")
    typed = {**filled(template), "accept_how": ["third", "run"]}
    shown = form(template, read(template, typed).values, prefix="d.", parameters=[MEMORY])
    posting: dict[str, list[str]] = {}
    for asked in (asked for section in shown.sections for asked in section.fields):
        for cell in (cell for row in asked.rows for cell in row) if asked.rows else (asked,):
            posting[cell.name] = cell.value if isinstance(cell.value, list) else [cell.value]
    assert read(template, posted(template, posting, "d."), prefix="d.").values == read(template, typed).values


def test_a_suggested_parameter_that_nobody_filled_in_is_no_row() -> None:
    template = next(it for it in shipped() if it.kind == "A02010105")
    asked = next(
        asked for section in form(template, parameters=[MEMORY, SYSTEM]).sections for asked in section.fields if asked.kind == "parameters"
    )
    assert [row[0].value for row in asked.rows] == ["memory"]
    assert ("parameters", "TPL-009") in wrong(template, {"parameters": [{"key": "memory", "op": ">=", "weight": "must"}]})


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"key": "memory", "value": "16", "reason": "教学软件需要"}, []),
        ({"key": "memory", "value": "16"}, [("p.0.reason", "TPL-011")]),
        ({"key": "memory", "value": "很大", "reason": "x"}, [("p.0.value", "TPL-013")]),
        ({"key": "memory", "op": "<>", "value": "16", "reason": "x"}, [("p.0.op", "TPL-008")]),
        ({"key": "os", "op": "one_of", "value": "麒麟、统信", "reason": "x"}, []),
        ({"key": "os", "op": "one_of", "value": "麒麟、视窗", "reason": "x"}, [("p.0.value", "TPL-008")]),
        ({"key": "os", "op": "=", "value": "麒麟", "weight": "scored", "reason": "x"}, [("p.0.weight", "TPL-012")]),
        ({"value": "16", "reason": "x"}, [("p.0.key", "TPL-018")]),
        ({"name": "噪声", "op": "<=", "value": "45", "unit": "dB", "reason": "x"}, []),
    ],
)
def test_a_parameter_has_comparison_value_unit_weight_and_reason(row: dict[str, str], expected: list[tuple[str, str]]) -> None:
    template = small({"key": "p", "kind": "parameters"})
    assert wrong(template, {"p": [row]}, parameters=[MEMORY, SYSTEM]) == expected


def test_the_same_parameter_twice_is_told_once() -> None:
    rows = [{"key": "memory", "op": op, "value": "16", "reason": "x"} for op in (">=", "<=", ">=")]
    assert wrong(small({"key": "p", "kind": "parameters"}), {"p": rows}, parameters=[MEMORY]) == [("p.2.key", "TPL-014")]


@pytest.mark.parametrize(
    ("told", "typed", "expected"),
    [
        ({"kind": "text", "most": 3}, "四个字了", "TPL-003"),
        ({"kind": "number", "places": 1, "least": 1, "most": 9}, "1.25", "TPL-004"),
        ({"kind": "number", "places": 1, "least": 1, "most": 9}, "9.5", "TPL-005"),
        ({"kind": "number"}, "１２", "TPL-004"),
        ({"kind": "number"}, "1e3", "TPL-004"),
        ({"kind": "money"}, "1.005", "TPL-006"),
        ({"kind": "money"}, "-1", "TPL-005"),
        ({"kind": "date"}, "2026-02-30", "TPL-007"),
        ({"kind": "choice", "options": [["a", "甲", "A"]]}, "b", "TPL-008"),
        ({"kind": "yes_no"}, "maybe", "TPL-008"),
        ({"kind": "verdict", "required": True}, "", "TPL-002"),
    ],
)
def test_what_cannot_be_read_is_told_in_the_readers_language(told: dict[str, Any], typed: str, expected: str) -> None:
    template = small({"key": "x", **told})
    [problem] = read(template, {"x": typed}).problems
    assert (problem.on, problem.code) == ("x", expected)
    with override("en"):
        assert "“A”" in problem.message
    with override("zh-hans"):
        assert "甲" in problem.message


def test_a_field_is_asked_only_where_its_condition_holds() -> None:
    how = {"key": "how", "kind": "choices", "options": [["third", "第三方", "Third"], ["count", "清点", "Count"]]}
    template = small(how, {"key": "body", "kind": "text", "required": True, "when": {"how": ["third"]}})
    assert wrong(template, {"how": ["count"]}) == []
    assert wrong(template, {"how": ["third", "count"]}) == [("body", "TPL-002")]
    assert read(template, {"how": ["count"], "body": "某检测所"}).values == {"how": ["count"]}


def test_checks_look_across_fields() -> None:
    fields = (
        {"key": "a", "kind": "date"},
        {"key": "b", "kind": "date"},
        {"key": "t", "kind": "table", "columns": [{"key": "w", "kind": "number", "label": ["权重", "Weight"]}]},
    )
    template = small(
        *fields,
        checks=(
            {"check": "in_order", "fields": ["a", "b"]},
            {"check": "one_of", "fields": ["a", "t"]},
            {"check": "sum", "fields": ["t.w"], "wanted": 100},
        ),
    )
    assert wrong(template, {"a": "2026-05-02", "b": "2026-05-01"}) == [("b", "TPL-015")]
    assert wrong(template, {"b": "2026-05-01"}) == [("a", "TPL-016")]
    assert wrong(template, {"t": [{"w": "60"}, {"w": "39"}]}) == [("t", "TPL-017")]
    assert wrong(template, {"t": [{"w": "60"}, {"w": "40"}]}) == []


def test_a_field_that_nobody_asked_for_is_told() -> None:
    assert wrong(small({"key": "x", "kind": "text"}), {"x": "a", "y": "b"}) == [("y", "TPL-010")]


def test_failed_verdicts_are_found() -> None:
    template = small({"key": "x", "kind": "verdict"}, {"key": "y", "kind": "verdict"})
    assert [it.key for it in failed(template, {"x": "fail", "y": "pass"})] == ["x"]


@pytest.mark.parametrize(
    "field",
    [
        {"key": "x", "kind": "colour"},
        {"key": "X y", "kind": "text"},
        {"key": "x", "kind": "choice"},
        {"key": "x", "kind": "table"},
        {"key": "x", "kind": "text", "when": {"y": ["a"]}},
    ],
)
def test_what_is_no_template_is_not_built(field: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        small(field)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.dictionaries(
        st.sampled_from(["name", "items", "p", "how", "other"]),
        st.recursive(
            st.none() | st.booleans() | st.text() | st.integers(),
            lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
            max_leaves=8,
        ),
    )
)
def test_nothing_that_a_program_can_send_breaks_the_reader(typed: dict[str, Any]) -> None:
    template = small(
        {"key": "name", "kind": "text", "required": True},
        {"key": "items", "kind": "table", "columns": [{"key": "n", "kind": "number", "label": ["数", "N"]}]},
        {"key": "p", "kind": "parameters"},
        {"key": "how", "kind": "choices", "options": [["a", "甲", "A"]]},
    )
    found = read(template, typed)
    if not found.problems:
        assert read(template, found.values).values == found.values
        assert len(values_digest(template, found.values)) == 64


@pytest.fixture
def town(db: None) -> Town:
    return build()


def test_the_smallest_subtree_wins_and_everything_has_a_template(town: Town) -> None:
    def kind(path: str) -> str:
        return templates.find(templates.DEMAND, region_path=CITY, on=DAY, category_path=path).kind

    assert kind("A/A02000000/A02010000/A02010100/A02010105") == "A02010105"
    assert kind("A/A05000000/A05010000/A05010200/A05010201") == "A05010000"
    assert kind("A/A07000000") == "goods"
    assert kind("B/B01000000") == "works"
    assert kind("C/C21000000/C21040000") == "C21040000"
    assert templates.find(templates.DEMAND, region_path=CITY, on=DAY).kind == ""
    with pytest.raises(Refused) as refused:
        templates.find("template.nothing", region_path=CITY, on=DAY)
    assert refused.value.codes == ["TPL-001"]


def test_a_paper_keeps_the_version_that_it_was_begun_under(town: Town) -> None:
    before = templates.find(templates.DEMAND, region_path=CITY, on=DAY, kind="goods")
    old = Rule.objects.get(pk=before.id)
    content = {**old.value["template"], "title": ["新的货物需求", "New demand"]}
    later = DAY + timedelta(days=10)
    old.in_force = DateRange(old.in_force.lower, later)
    old.save()
    kept = {name: getattr(old, name) for name in ("key", "kind", "unit", "name_zh", "name_en", "source", "evidence")}
    Rule.objects.create(
        **kept, value={**old.value, "template": content}, pack=Pack.objects.get(), in_force=DateRange(later, None), created_at=NOON
    )
    queries.forget()
    after = templates.find(templates.DEMAND, region_path=CITY, on=later, kind="goods")
    assert (after.title.zh, templates.find(templates.DEMAND, region_path=CITY, on=DAY, kind="goods").id) == ("新的货物需求", before.id)
    assert (templates.get(before.id).title, templates.get(after.id).title) == (before.title, after.title)
    assert before.digest != after.digest
