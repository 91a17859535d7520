"""How a supplier enters: applied for, reviewed, returned, refused, admitted; every no is told and leaves nothing behind."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from sunlit.domain.registry import queries, services, states
from sunlit.domain.registry.models import Application, Supplier
from sunlit.foundation.accounts import queries as accounts
from sunlit.foundation.accounts.actors import NOBODY, Actor
from sunlit.foundation.accounts.models import Organisation, Seat
from sunlit.foundation.kernel import credit_code
from sunlit.foundation.kernel.refusals import Refused
from sunlit.foundation.ledger import queries as ledger
from sunlit.foundation.lifecycle import move
from tests.domain.registry.conftest import CODE, FIELDS, draft, licence, newcomer, submitted
from tests.town import NOON, Town, build


def problems_of(**given: Any) -> list[tuple[str, str]]:
    with pytest.raises(Refused) as no:
        services.begin_application(**given)
    return [(problem.code, problem.on) for problem in no.value.problems]


def the_same(it: Application) -> None:
    """Nothing of it changed, in the row or in the ledger."""
    now = Application.objects.get(pk=it.pk)
    assert (now.state, now.version, now.reason) == (it.state, it.version, it.reason)
    assert len(ledger.history_of(f"application/{it.number}")) == it.version


def test_the_whole_way_in(town: Town, patigul: Actor) -> None:
    it = draft(patigul)
    assert (it.state, it.region_path, it.staff, it.category_codes) == ("draft", "652800/652801", 24, ["A05040101"])
    it = services.edit_application(it, phone=" 0996-0900301 ", name_en="Yanqi  Dawn Education", by=patigul, at=NOON, expected=1)
    assert (it.phone, it.name_en) == ("0996-0900301", "Yanqi Dawn Education")
    it = services.submit_application(it, by=patigul, at=NOON, expected=2)
    assert it.review_until is not None
    it = services.return_application(it, reason="营业执照照片看不清楚", by=town.surina, at=NOON)
    assert (it.state, it.reason) == ("returned", "营业执照照片看不清楚")
    it = services.edit_application(it, documents=[licence(patigul, "licence-2.pdf")], by=patigul, at=NOON)
    it = services.submit_application(it, by=patigul, at=NOON)
    assert it.reason == ""
    it = services.approve_application(it, by=town.surina, at=NOON, expected=it.version)
    supplier = Supplier.objects.get(pk=it.supplier_id or 0)
    assert (it.state, supplier.state, supplier.category_codes, supplier.staff) == ("approved", "active", ["A05040101"], 24)
    company = Organisation.objects.get(pk=supplier.organisation_id)
    assert (company.kind, company.number, company.credit_code, company.phone) == ("supplier", supplier.number, CODE, "0996-0900301")
    [seat] = accounts.seats_of(patigul.person)
    assert (seat.organisation_id, seat.roles) == (company.pk, ["admin", "catalog", "finance", "sales"])
    assert [entry.act for entry in ledger.history_of(f"application/{it.number}")] == [
        "application.begin",
        "application.edit",
        "application.submit",
        "application.return",
        "application.edit",
        "application.submit",
        "application.approve",
    ]
    assert [entry.act for entry in ledger.history_of(f"supplier/{supplier.number}")] == ["supplier.admit"]
    assert queries.standing(company.pk) == "active"


def test_the_review_ends_by_the_rulebooks_working_days(town: Town, patigul: Actor) -> None:
    it = submitted(patigul)
    assert it.review_until is not None
    assert it.review_until > NOON + timedelta(days=1)
    assert it.submitted_at == NOON


def test_a_wrong_credit_code_is_told_at_its_field_and_nothing_is_kept(town: Town, patigul: Actor) -> None:
    wrong = CODE[:-1] + ("0" if CODE[-1] != "0" else "1")
    assert problems_of(credit_code=wrong, by=patigul, at=NOON, **FIELDS) == [("USC-003", "credit_code")]
    assert problems_of(credit_code="123", by=patigul, at=NOON, **FIELDS) == [("USC-001", "credit_code")]
    assert Application.objects.count() == 0


def test_a_credit_code_is_read_as_people_write_it(town: Town, patigul: Actor) -> None:
    assert draft(patigul, code=f" {CODE.lower()[:9]} {CODE.lower()[9:]} ").credit_code == CODE


def test_all_wrong_fields_are_told_at_once(town: Town, patigul: Actor) -> None:
    given = {**FIELDS, "region_code": "110000", "staff": "很多", "name_zh": "焉" * 201, "category_codes": ["A05040101", "办公"]}
    told = problems_of(credit_code=CODE, by=patigul, at=NOON, **given)
    assert sorted(told) == [("REG-010", "category_codes"), ("REG-011", "region_code"), ("REG-015", "name_zh"), ("REG-016", "staff")]
    assert Application.objects.count() == 0


@pytest.mark.parametrize("staff", ["-1", "1.5", "1000001", "٣"])
def test_a_number_of_staff_is_a_whole_number(town: Town, patigul: Actor, staff: str) -> None:
    assert problems_of(credit_code=CODE, by=patigul, at=NOON, **{**FIELDS, "staff": staff}) == [("REG-016", "staff")]


def test_only_own_documents_and_not_too_many(town: Town, patigul: Actor) -> None:
    strange = licence(town.chen)
    assert problems_of(credit_code=CODE, by=patigul, at=NOON, documents=[strange], **FIELDS) == [("REG-018", "documents")]
    own = licence(patigul)
    assert problems_of(credit_code=CODE, by=patigul, at=NOON, documents=[own] * 21, **FIELDS) == [("REG-017", "documents")]


def test_a_code_that_is_admitted_or_under_way_is_refused(town: Town, patigul: Actor) -> None:
    assert problems_of(credit_code=town.shop.credit_code, by=patigul, at=NOON, **FIELDS) == [("REG-009", "credit_code")]
    draft(patigul)
    assert problems_of(credit_code=CODE, by=newcomer("yusuf", "玉苏甫"), at=NOON, **FIELDS) == [("REG-009", "credit_code")]
    assert Application.objects.count() == 1


def test_a_refused_company_may_apply_again(town: Town, patigul: Actor) -> None:
    it = services.refuse_application(submitted(patigul), reason="经营范围不含所申请类目", by=town.surina, at=NOON)
    assert (it.state, it.reason, it.decided_at) == ("refused", "经营范围不含所申请类目", NOON)
    assert Organisation.objects.filter(credit_code=CODE).count() == 0
    assert submitted(patigul).state == "submitted"


def test_nobody_cannot_begin(town: Town) -> None:
    assert problems_of(credit_code=CODE, by=NOBODY, at=NOON, **FIELDS) == [("LIF-002", "")]
    assert Application.objects.count() == 0


def test_an_incomplete_application_is_not_submitted(town: Town, patigul: Actor) -> None:
    it = draft(patigul, legal_representative=" ", contact="", category_codes=[], documents=[])
    with pytest.raises(Refused) as no:
        services.submit_application(it, by=patigul, at=NOON)
    assert [(p.code, p.on) for p in no.value.problems] == [
        ("REG-002", "legal_representative"),
        ("REG-002", "contact"),
        ("REG-004", "category_codes"),
        ("REG-003", "documents"),
    ]
    the_same(it)


def test_an_application_under_review_is_not_changed(town: Town, patigul: Actor) -> None:
    it = submitted(patigul)
    with pytest.raises(Refused) as no:
        services.edit_application(it, phone="1", by=patigul, at=NOON)
    assert no.value.codes == ["LIF-001"]
    the_same(it)


def test_a_stale_form_is_refused(town: Town, patigul: Actor) -> None:
    it = draft(patigul)
    services.edit_application(it, phone="0996-1", by=patigul, at=NOON, expected=1)
    for stale in (services.submit_application, services.withdraw_application):
        with pytest.raises(Refused) as no:
            stale(it, by=patigul, at=NOON, expected=1)
        assert no.value.codes == ["LIF-003"]
    later = services.submit_application(it, by=patigul, at=NOON)
    for decide in (services.return_application, services.refuse_application):
        with pytest.raises(Refused) as no:
            decide(later, reason="材料不齐全", by=town.surina, at=NOON, expected=1)
        assert no.value.codes == ["LIF-003"]
    with pytest.raises(Refused) as no:
        services.approve_application(later, by=town.surina, at=NOON, expected=1)
    assert no.value.codes == ["LIF-003"]
    the_same(later)


@pytest.mark.parametrize("decide", [services.return_application, services.refuse_application])
def test_a_decision_has_a_reason(town: Town, patigul: Actor, decide: Any) -> None:
    it = submitted(patigul)
    with pytest.raises(Refused) as no:
        decide(it, reason="  不 ", by=town.surina, at=NOON)
    assert [(p.code, p.on) for p in no.value.problems] == [("REG-001", "reason")]
    the_same(it)


def test_only_the_regulator_of_the_region_decides(town: Town, patigul: Actor) -> None:
    it = submitted(patigul)
    for stranger in (town.chen, town.aygul, town.he, patigul):
        with pytest.raises(Refused) as no:
            services.approve_application(it, by=stranger, at=NOON)
        assert no.value.codes == ["LIF-002"]
    away = submitted(newcomer("yusuf", "玉苏甫"), code=credit_code.make(5), region_code="652824")
    with pytest.raises(Refused) as no:
        services.approve_application(away, by=town.surina, at=NOON)
    assert no.value.codes == ["LIF-002"]
    assert services.approve_application(away, by=town.zheng, at=NOON).state == "approved"
    the_same(it)


def test_nobody_decides_an_own_application(town: Town) -> None:
    it = submitted(town.surina)
    with pytest.raises(Refused) as no:
        services.approve_application(it, by=town.surina, at=NOON)
    assert no.value.codes == ["REG-019"]
    the_same(it)
    assert Organisation.objects.filter(credit_code=CODE).count() == 0


def test_a_company_that_was_set_up_meanwhile_is_not_admitted_twice(town: Town, patigul: Actor) -> None:
    it = submitted(patigul)
    Organisation.objects.filter(pk=town.corner.pk).update(credit_code=CODE)
    with pytest.raises(Refused) as no:
        services.approve_application(it, by=town.surina, at=NOON)
    assert no.value.codes == ["REG-009"]
    the_same(it)
    assert Seat.objects.filter(user_id=patigul.person).count() == 0


def test_what_is_withdrawn_is_over_and_the_code_is_free(town: Town, patigul: Actor) -> None:
    it = services.withdraw_application(submitted(patigul), by=patigul, at=NOON)
    assert it.state == "withdrawn"
    with pytest.raises(Refused) as no:
        services.approve_application(it, by=town.surina, at=NOON)
    assert no.value.codes == ["LIF-001"]
    assert draft(patigul).state == "draft"


def test_a_draft_is_its_applicants_alone_and_what_was_submitted_is_the_regions(town: Town, patigul: Actor) -> None:
    it = draft(patigul)
    everybody = (patigul, town.surina, town.zheng, town.he, town.chen, town.aygul, NOBODY)
    assert [bool(queries.application(it.number, seen_by=who)) for who in everybody] == [True] + [False] * 6
    services.submit_application(it, by=patigul, at=NOON)
    assert [bool(queries.application(it.number, seen_by=who)) for who in everybody] == [True] * 4 + [False] * 3
    assert [a.number for a in queries.applications_to_review(seen_by=town.surina).applications] == [it.number]
    assert queries.to_review_count(seen_by=town.chen) == 0


ALL = [(state, verb) for state in states.application.states for verb in states.application.moves]


@pytest.mark.parametrize(("state", "verb"), [pair for pair in ALL if pair[0] not in states.application.moves[pair[1]].origins])
def test_what_is_not_in_the_table_cannot_happen(town: Town, patigul: Actor, state: str, verb: str) -> None:
    it = draft(patigul)
    Application.objects.filter(pk=it.pk).update(state=state)
    by = patigul if states.application.moves[verb].by is states.applicant else town.surina
    with pytest.raises(Refused) as no:
        move(it, verb, by=by, at=NOON, facts={"reason": "材料不齐全", "documents": ["x"]})
    assert no.value.codes == ["LIF-001"]
    assert Application.objects.values_list("state", flat=True).get(pk=it.pk) == state


def together(*acts: Any) -> list[str]:
    """Carry the acts out at the same instant; the codes of the refused ones, "done" for the others."""

    def tried(act: Any) -> str:
        try:
            act()
        except Refused as no:
            return no.codes[0]
        finally:
            connection.close()
        return "done"

    with ThreadPoolExecutor(len(acts)) as pool:
        return sorted(pool.map(tried, acts))


@pytest.mark.django_db(transaction=True)
def test_two_regulators_decide_at_once() -> None:
    town = build()
    for round_ in range(4):
        it = submitted(newcomer(f"new-{round_}", "新人"), code=credit_code.make(100 + round_))

        def approve(by: Actor, it: Application = it) -> None:
            services.approve_application(it, by=by, at=NOON, expected=it.version)

        def refuse(it: Application = it) -> None:
            services.refuse_application(it, reason="材料不齐全", by=town.zheng, at=NOON)

        assert together(lambda: approve(town.surina), lambda: approve(town.zheng), refuse).count("done") == 1
        made = Organisation.objects.filter(credit_code=it.credit_code).count()
        state = Application.objects.values_list("state", flat=True).get(pk=it.pk)
        assert (state, made) in {("approved", 1), ("refused", 0)}


@pytest.mark.django_db(transaction=True)
def test_the_same_code_applied_for_twice_at_once() -> None:
    build()
    first, second = newcomer("first", "甲"), newcomer("second", "乙")
    given = {"credit_code": CODE, "at": NOON, **FIELDS}
    answers = together(lambda: services.begin_application(by=first, **given), lambda: services.begin_application(by=second, **given))
    assert answers == ["REG-009", "done"]
    assert Application.objects.count() == 1
