"""The life of a demand: written by one, reviewed by another, every edit kept, every narrow parameter explained."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.backends.postgresql.psycopg_any import DateRange

from sunlit.domain.planning import queries, services, states
from sunlit.domain.planning.models import Demand, DemandItem, DemandVersion
from sunlit.domain.planning.rules.demands import Content, Item, Parameter
from sunlit.domain.rulebook.models import Rule
from sunlit.domain.rulebook.queries import book
from sunlit.foundation.kernel.refusals import Refused
from sunlit.foundation.ledger import queries as ledger
from tests.domain.planning.market import ANSWERS, LAPTOPS, a_content, a_demand, a_market, a_parameter
from tests.town import NOON, Town, build

LATER = NOON + timedelta(hours=1)
MEMORY = a_parameter("memory", "ge", "16")
NARROWING = a_parameter("weight", "le", "1.2")  # with MEMORY and WIFI only two brands are left
WIFI = a_parameter("wifi", "eq", "Wi-Fi 7")
GENERAL = ("complete", "lawful")
KEY = (*GENERAL, "fair", "competition", "policy", "risk")


@pytest.fixture
def town(db: None) -> Town:
    town = build()
    a_market(town)
    return town


def problems(refused: pytest.ExceptionInfo[Refused]) -> list[tuple[str, str]]:
    return [(problem.code, problem.on) for problem in refused.value.problems]


def handed_in(town: Town, content: Content | None = None) -> Demand:
    return services.hand_in_demand(a_demand(town, content or a_content(MEMORY)), by=town.aygul, at=LATER)


def under(it: Demand, content: Content) -> Content:
    """The content with the version of the template that the demand is written under."""
    return replace(content, template=it.template_id or 0)


def settled(town: Town) -> Demand:
    return services.settle_demand(handed_in(town), points=GENERAL, by=town.zhou, at=LATER)


# Writing


def test_a_demand_begins_with_one_thing_of_the_category_in_its_unit(town: Town) -> None:
    made = services.begin_demand(title=" 便携式计算机 ", category_code=LAPTOPS, by=town.aygul, at=NOON)
    [item] = made.items.all()
    assert (made.state, made.title, made.total, made.drafters) == ("draft", "便携式计算机", Decimal("0.00"), [town.aygul.person])
    assert (item.category.code, item.quantity, item.unit, item.amount) == (LAPTOPS, 1, "件", Decimal("0.00"))
    assert made.number.startswith("XQ-20260302-")


@pytest.mark.parametrize(("title", "code", "expected"), [("", LAPTOPS, ("DEM-001", "title")), ("机", "A", ("DEM-004", "item-0-category"))])
def test_a_demand_does_not_begin_without_title_or_item(town: Town, title: str, code: str, expected: tuple[str, str]) -> None:
    with pytest.raises(Refused) as refused:
        services.begin_demand(title=title, category_code=code, by=town.aygul, at=NOON)
    assert (problems(refused), Demand.objects.count()) == ([expected], 0)


def test_only_an_orderer_or_lead_of_a_buyer_begins(town: Town) -> None:
    for who in (town.batu, town.li, town.chen, town.surina):
        with pytest.raises(Refused, match="LIF-002"):
            services.begin_demand(title="机", category_code=LAPTOPS, by=who, at=NOON)
    assert Demand.objects.count() == 0


def test_an_edit_writes_items_total_and_a_version(town: Town) -> None:
    made = a_demand(town, a_content(MEMORY))
    [item] = made.items.all()
    assert (made.total, item.amount, item.ceiling) == (Decimal("210000.00"), Decimal("210000.00"), Decimal("7000.00"))
    assert item.parameters[0]["value"] == "16"
    assert [it.version for it in queries.versions_of(made)] == [2, 1]
    assert queries.content_of(made) == under(made, a_content(MEMORY))


def test_the_same_content_again_is_no_new_version(town: Town) -> None:
    made = a_demand(town, a_content(MEMORY))
    again = services.edit_demand(made, a_content(MEMORY), by=town.zhou, at=LATER, expected=made.version)
    assert (again.version, again.drafters, DemandVersion.objects.count()) == (made.version, [town.aygul.person], 2)


def test_everybody_who_wrote_is_remembered(town: Town) -> None:
    made = services.edit_demand(a_demand(town), a_content(MEMORY), by=town.zhou, at=LATER)
    assert made.drafters == sorted([town.aygul.person, town.zhou.person])


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"quantity": "0"}, ("DEM-005", "item-0-quantity")),
        ({"quantity": "1.5"}, ("DEM-005", "item-0-quantity")),
        ({"unit": ""}, ("DEM-006", "item-0-unit")),
        ({"ceiling": "4999.001"}, ("DEM-007", "item-0-ceiling")),
        ({"ceiling": "-1"}, ("DEM-007", "item-0-ceiling")),
        ({"category": "A99"}, ("DEM-004", "item-0-category")),
        ({"parameters": (Parameter(name="", sense="ge", value="1"),)}, ("DEM-011", "item-0-p-0-name")),
        ({"parameters": (replace(MEMORY, sense="has"),)}, ("DEM-008", "item-0-p-0-sense")),
        ({"parameters": (replace(MEMORY, value="很大"),)}, ("CAT-017", "item-0-p-0-value")),
        ({"parameters": (replace(MEMORY, value=""),)}, ("CAT-010", "item-0-p-0-value")),
        ({"parameters": (replace(WIFI, value="Wi-Fi 9"),)}, ("CAT-016", "item-0-p-0-value")),
        ({"parameters": (replace(MEMORY, sense="between", value="32", value_to="16"),)}, ("DEM-009", "item-0-p-0-value_to")),
        ({"parameters": (replace(MEMORY, mandatory=False, points="0"),)}, ("DEM-016", "item-0-p-0-points")),
        ({"parameters": (MEMORY,) * 31}, ("DEM-010", "item-0-parameters")),
    ],
)
def test_what_cannot_be_read_is_told_at_its_field_and_changes_nothing(
    town: Town, change: dict[str, object], expected: tuple[str, str]
) -> None:
    made = a_demand(town, a_content(MEMORY))
    item = replace(a_content(MEMORY).items[0], **change)  # type: ignore[arg-type]
    with pytest.raises(Refused) as refused:
        services.edit_demand(made, a_content(items=(item,)), by=town.aygul, at=LATER)
    assert expected in problems(refused)
    made.refresh_from_db()
    assert (made.version, queries.content_of(made)) == (2, under(made, a_content(MEMORY)))


# Handing in


def test_a_mandatory_parameter_needs_its_reason_and_a_demand_its_sections(town: Town) -> None:
    bare = Content("机", items=(Item(LAPTOPS, "", "30", "台", "", (replace(MEMORY, reason=""),)),))
    made = a_demand(town, bare)
    with pytest.raises(Refused) as refused:
        services.hand_in_demand(made, by=town.aygul, at=LATER)
    found = problems(refused)
    assert {it for it in found if it[0] == "TPL-002"} == {("TPL-002", f"t-{name}") for name in ANSWERS}
    assert [it for it in found if it[0] != "TPL-002"] == [
        ("DEM-014", "purpose"),
        ("DEM-013", "item-0-ceiling"),
        ("DEM-012", "item-0-p-0-reason"),
    ]
    assert Demand.objects.get().state == "draft"


def test_where_no_template_is_in_force_the_sections_are_written_freely(town: Town) -> None:
    Rule.objects.filter(key="template.demand").delete()
    book.forget()
    made = a_demand(town, a_content(MEMORY, answers={}))
    with pytest.raises(Refused) as refused:
        services.hand_in_demand(made, by=town.aygul, at=LATER)
    assert problems(refused) == [("DEM-014", "delivery"), ("DEM-014", "acceptance"), ("DEM-014", "contract")]
    assert "template" not in DemandVersion.objects.filter(demand=made).latest("version").content


# What its template asks


def test_a_draft_may_leave_answers_open_but_not_unreadable(town: Town) -> None:
    made = a_demand(town, a_content(MEMORY, answers={"warranty": "36", "deliver_place": "信息中心"}))
    assert made.answers == {"deliver_place": "信息中心", "warranty": "36"}
    assert made.template is not None
    assert (made.template.key, made.template.kind) == ("template.demand", LAPTOPS)
    with pytest.raises(Refused) as refused:
        services.edit_demand(
            made, a_content(MEMORY, answers={"warranty": "三年", "carry": "moon", "nothing": "1"}), by=town.aygul, at=LATER
        )
    assert problems(refused) == [("TPL-008", "t-carry"), ("TPL-004", "t-warranty")]


def test_imports_are_said_once_in_the_template(town: Town) -> None:
    answers = {**ANSWERS, "imports": True, "imports_reason": "国内无同类产品"}
    made = a_demand(town, a_content(MEMORY, answers=answers, imported=False))
    assert made.imported
    assert not services.edit_demand(made, a_content(MEMORY, imported=True), by=town.aygul, at=LATER).imported


def test_a_demand_keeps_the_version_of_the_template_that_it_was_begun_under(town: Town) -> None:
    made = a_demand(town, a_content(MEMORY))
    begun_under = made.template_id
    assert begun_under is not None
    old = Rule.objects.get(pk=begun_under)
    Rule.objects.filter(pk=old.pk).update(in_force=DateRange(old.in_force.lower, date(2026, 3, 3)))
    newer = Rule.objects.get(pk=old.pk)
    newer.pk, newer.in_force = None, DateRange(date(2026, 3, 3), None)
    newer.save()
    book.forget()
    tomorrow = NOON + timedelta(days=1)
    edited = services.edit_demand(made, a_content(MEMORY, title="改过的需求"), by=town.aygul, at=tomorrow)
    assert edited.template_id == begun_under
    handed = services.hand_in_demand(edited, by=town.aygul, at=tomorrow)
    done = services.settle_demand(handed, points=GENERAL, by=town.zhou, at=tomorrow)
    revised = services.revise_demand(done, by=town.aygul, at=tomorrow)
    assert (revised.template_id, revised.answers) == (newer.pk, edited.answers)


def test_the_checks_of_documents_read_the_answers(town: Town) -> None:
    content = a_content(MEMORY, answers={**ANSWERS, "quality": "外观美观大方，符合 GBT 9813.2 要求。"})
    made = a_demand(town, content)
    found = queries.assess(queries.content_of(made), region_path=made.region_path, at=LATER)
    assert "t-quality" in [on for on, _ruling in found.documents]


def test_one_of_several_values_will_do(town: Town) -> None:
    several = a_parameter("wifi", "one_of", "Wi-Fi 5、Wi-Fi 7")
    figures = a_parameter("memory", "one_of", "8, 32")
    free = Parameter(name="cpu", sense="one_of", value="龙芯 3A6000；海光 3350", reason="教学软件运行的需要")
    made = a_demand(town, a_content(several, figures, replace(free, key="cpu", name="")))
    [item] = queries.assess(queries.content_of(made), region_path=made.region_path, at=LATER).items
    assert item.funnel is not None
    assert [step.sure.products for step in item.funnel.steps] == [4, 3, 2, 2]
    assert queries.demanded(several, item.kind) == "无线网络 任选其一：Wi-Fi 5、Wi-Fi 7"
    with pytest.raises(Refused) as refused:
        services.edit_demand(made, a_content(replace(several, value="Wi-Fi 5、Wi-Fi 9")), by=town.aygul, at=LATER)
    assert problems(refused) == [("CAT-016", "item-0-p-0-value")]
    with pytest.raises(Refused) as refused:
        services.edit_demand(made, a_content(replace(several, value="、")), by=town.aygul, at=LATER)
    assert problems(refused) == [("CAT-010", "item-0-p-0-value")]


def test_what_is_scored_must_be_a_figure(town: Town) -> None:
    made = a_demand(town, a_content(MEMORY, replace(a_parameter("cpu", "has", "龙芯"), mandatory=False, points="5")))
    with pytest.raises(Refused) as refused:
        services.hand_in_demand(made, by=town.aygul, at=LATER)
    assert problems(refused) == [("DEM-017", "item-0-p-1-sense")]


def test_two_demands_that_nothing_can_meet_are_told(town: Town) -> None:
    made = a_demand(town, a_content(MEMORY, a_parameter("memory", "le", "8", kept="经论证确有必要，已附说明。")))
    with pytest.raises(Refused) as refused:
        services.hand_in_demand(made, by=town.aygul, at=LATER)
    assert ("DEM-020", "item-0-p-1-value") in problems(refused)


def test_a_parameter_that_ends_competition_is_dropped_or_explained(town: Town) -> None:
    made = a_demand(town, a_content(MEMORY, WIFI, NARROWING))
    with pytest.raises(Refused) as refused:
        services.hand_in_demand(made, by=town.aygul, at=LATER)
    assert problems(refused) == [("DEM-015", "item-0-p-2-kept")]
    why = "野外教学须单手携带，已征求三家供应商意见。"
    made = services.edit_demand(made, a_content(MEMORY, WIFI, replace(NARROWING, kept=why)), by=town.aygul, at=LATER)
    done = services.hand_in_demand(made, by=town.aygul, at=LATER)
    assert (done.state, [told["reason"]["code"] for told in done.rulings]) == ("review", ["DEM-030"])
    assert queries.content_of(done).items[0].parameters[2].kept == why


def test_what_was_found_is_kept_in_the_language_of_the_record(town: Town) -> None:
    done = handed_in(town, a_content(MEMORY, WIFI, replace(NARROWING, kept="野外教学须单手携带，已论证。")))
    [told] = done.rulings
    assert (told["rule"]["key"], told["figures"]["parameter"], told["verdict"]) == ("demand.competition_least", "整机重量", "warned")


# Reviewing


def test_who_wrote_does_not_review(town: Town) -> None:
    done = handed_in(town)
    with pytest.raises(Refused, match="LIF-002"):
        services.settle_demand(done, points=GENERAL, by=town.aygul, at=LATER)
    with pytest.raises(Refused, match="LIF-002"):
        services.settle_demand(done, points=GENERAL, by=town.ma, at=LATER)  # another buyer
    assert {move.verb for move in states.demand.open_to(done, town.aygul)} == {"take_back", "withdraw"}
    assert {move.verb for move in states.demand.open_to(done, town.li)} == {"give_back", "settle"}


def test_every_point_of_the_review_is_confirmed(town: Town) -> None:
    done = handed_in(town)
    with pytest.raises(Refused) as refused:
        services.settle_demand(done, points=["complete"], by=town.zhou, at=LATER)
    assert problems(refused) == [("DEM-019", "point-lawful")]
    done = services.settle_demand(done, points=GENERAL, opinion="同意。", by=town.zhou, at=LATER)
    assert (done.state, done.review["points"], done.review["opinion"], done.settled_at) == ("settled", list(GENERAL), "同意。", LATER)


def test_what_article_11_names_is_reviewed_in_the_key_points_too(town: Town) -> None:
    assert tuple(queries.review_points(a_content(MEMORY), region_path="652800", at=NOON)) == GENERAL
    for name in ("public_interest", "complex", "imported"):
        assert tuple(queries.review_points(a_content(MEMORY, **{name: True}), region_path="652800", at=NOON)) == KEY
    dear = replace(a_content(MEMORY).items[0], quantity="1429")  # 10,003,000.00
    assert tuple(queries.review_points(a_content(items=(dear,)), region_path="652800", at=NOON)) == KEY
    just_below = replace(dear, quantity="1428")
    assert tuple(queries.review_points(a_content(items=(just_below,)), region_path="652800", at=NOON)) == GENERAL


def test_a_demand_given_back_has_a_reason_and_can_be_written_again(town: Town) -> None:
    done = handed_in(town)
    with pytest.raises(Refused) as refused:
        services.give_back_demand(done, reason=" ", by=town.zhou, at=LATER)
    assert problems(refused) == [("DEM-018", "reason")]
    back = services.give_back_demand(done, reason="请补充售后要求", by=town.zhou, at=LATER)
    assert (back.state, back.reason) == ("draft", "请补充售后要求")
    assert services.hand_in_demand(back, by=town.aygul, at=LATER).reason == ""


def test_a_settled_demand_is_revised_by_a_new_one_that_supersedes_it(town: Town) -> None:
    first = settled(town)
    second = services.revise_demand(first, by=town.aygul, at=LATER)
    assert (second.replaces, queries.content_of(second)) == (first, queries.content_of(first))
    with pytest.raises(Refused, match="DEM-022"):
        services.revise_demand(first, by=town.zhou, at=LATER)
    services.hand_in_demand(second, by=town.aygul, at=LATER)
    assert queries.settled_demands(town.school.pk) == [first]
    services.settle_demand(second, points=GENERAL, by=town.zhou, at=LATER)
    first.refresh_from_db()
    assert (first.state, queries.settled_demands(town.school.pk)) == ("superseded", [second])


def test_what_a_plan_asks_of_a_settled_demand(town: Town) -> None:
    settled(town)
    [it] = queries.settled_demands(town.school.pk)
    facts = queries.demand_facts(it)
    assert (facts.total, facts.categories, facts.kinds, facts.complex) == (Decimal("210000.00"), (LAPTOPS,), ("goods",), False)


def test_who_sees_a_demand(town: Town) -> None:
    draft, done = a_demand(town, a_content(MEMORY)), settled(town)
    assert queries.demand(draft.number, seen_by=town.zhou) == draft
    for who in (town.ma, town.chen, town.surina):
        assert queries.demand(draft.number, seen_by=who) is None
    assert queries.demand(done.number, seen_by=town.surina) == done
    assert queries.demand(done.number, seen_by=town.ma) is None


def test_every_act_is_in_the_ledger(town: Town) -> None:
    done = settled(town)
    acts = [entry.act for entry in ledger.history_of(f"demand/{done.number}")]
    assert acts == ["demand.draft", "demand.edit", "demand.hand_in", "demand.settle"]


def test_an_amount_that_is_not_quantity_times_ceiling_cannot_be_stored(town: Town) -> None:
    a_demand(town, a_content(MEMORY))
    with pytest.raises(IntegrityError, match="amount_of_a_demanded_item_is_exact"), transaction.atomic():
        DemandItem.objects.update(amount=Decimal("1.00"))


@pytest.mark.django_db(transaction=True)
def test_of_two_who_write_at_the_same_time_the_second_is_told() -> None:
    town = build()
    a_market(town)
    made = a_demand(town, a_content(MEMORY))
    told: list[str] = []
    gate = threading.Barrier(2)

    def write(who: str, title: str) -> None:
        try:
            gate.wait()
            services.edit_demand(made, a_content(MEMORY, title=title), by=getattr(town, who), at=LATER, expected=made.version)
            told.append("written")
        except Refused as refused:
            told.append(refused.codes[0])
        finally:
            connection.close()

    threads = [threading.Thread(target=write, args=pair) for pair in (("aygul", "甲"), ("zhou", "乙"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(told) == ["LIF-003", "written"]
    assert DemandVersion.objects.filter(demand=made).count() == 3
