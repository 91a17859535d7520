"""How a supplier stands: suspended with reason and term, reinstated, gone and back; and buyers that are set up."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from procrastinate.contrib.django.models import ProcrastinateJob

from sunlit.domain.market import services as market
from sunlit.domain.registry import queries, reactions, services, states
from sunlit.domain.registry.events import ApplicationDecided, ApplicationSubmitted, StandingChanged
from sunlit.domain.registry.models import Supplier
from sunlit.foundation.accounts.actors import CLOCK, Actor
from sunlit.foundation.accounts.models import Organisation
from sunlit.foundation.kernel import credit_code
from sunlit.foundation.kernel.clock import end_of_day
from sunlit.foundation.kernel.refusals import Refused
from sunlit.foundation.ledger import queries as ledger
from sunlit.foundation.lifecycle import move
from sunlit.foundation.messages.models import Message
from tests.domain.registry.conftest import submitted
from tests.town import NOON, Town, an_order, build

REASON = "多次超期未发货，经约谈未按期整改"
UNTIL = end_of_day(date(2026, 4, 30))


def shop(town: Town) -> Supplier:
    return Supplier.objects.get(organisation=town.shop)


def suspended(town: Town) -> Supplier:
    return services.suspend(shop(town), until=UNTIL, reason=REASON, by=town.surina, at=NOON)


def announced(kind: str, number: str) -> list[dict[str, Any]]:
    """What was announced of this number, once for each announcement whoever listens."""
    jobs = ProcrastinateJob.objects.filter(task_name="deliver", args__event=kind, args__data__number=number).order_by("pk")
    told = [job.args["data"] for job in jobs]
    return [data for index, data in enumerate(told) if data not in told[:index]]


def refused(code: str, act: Any, on: str | None = None) -> None:
    before = list(Supplier.objects.order_by("pk").values())
    with pytest.raises(Refused) as no:
        act()
    assert no.value.codes == [code]
    if on is not None:
        assert no.value.problems[0].on == on
    assert list(Supplier.objects.order_by("pk").values()) == before


def test_a_suspension_has_a_term_and_a_reason_and_ends_by_itself(town: Town) -> None:
    it = suspended(town)
    assert (it.state, it.reason, it.suspended_until) == ("suspended", REASON, UNTIL)
    [entry] = ledger.history_of(f"supplier/{it.number}")
    assert entry.facts["until"] == "2026-04-30"  # the last day, not the midnight after it
    told = announced("StandingChanged", it.number)[-1]
    assert (told["organisation_id"], told["verb"], told["until"]) == (town.shop.pk, "suspend", "2026-04-30")
    assert services.serve_out_due(at=UNTIL - timedelta(microseconds=1)) == 0
    assert services.serve_out_due(at=UNTIL) == 1
    assert services.serve_out_due(at=UNTIL) == 0
    it = shop(town)
    assert (it.state, it.reason, it.suspended_until) == ("active", "", None)


def test_a_suspended_supplier_takes_no_orders(town: Town) -> None:
    order = an_order(town)
    suspended(town)
    with pytest.raises(Refused) as no:
        market.confirm(order, by=town.chen, at=NOON)
    assert no.value.codes == ["ORD-012"]
    with pytest.raises(Refused) as no:
        an_order(town, key="k2")
    assert no.value.codes == ["ORD-012"]


def test_a_suspension_wants_a_reason_and_an_end_that_lies_ahead(town: Town) -> None:
    refused("REG-001", lambda: services.suspend(shop(town), until=UNTIL, reason=" ", by=town.surina, at=NOON), "reason")
    refused("REG-005", lambda: services.suspend(shop(town), until=NOON, reason=REASON, by=town.surina, at=NOON), "until")


def test_only_the_regulator_of_the_region_suspends(town: Town) -> None:
    for stranger in (town.he, town.chen, town.aygul):
        refused("LIF-002", lambda by=stranger: services.suspend(shop(town), until=UNTIL, reason=REASON, by=by, at=NOON))
    corner = Supplier.objects.get(organisation=town.corner)  # of another county
    refused("LIF-002", lambda: services.suspend(corner, until=UNTIL, reason=REASON, by=town.surina, at=NOON))
    assert services.suspend(corner, until=UNTIL, reason=REASON, by=town.zheng, at=NOON).state == "suspended"


def test_a_suspension_is_lifted_early_with_a_reason(town: Town) -> None:
    it = suspended(town)
    refused("REG-001", lambda: services.reinstate(it, reason="", by=town.surina, at=NOON), "reason")
    it = services.reinstate(it, reason="已完成整改并经复核", by=town.surina, at=NOON)
    assert (it.state, it.reason, it.suspended_until) == ("active", "已完成整改并经复核", None)
    assert services.serve_out_due(at=UNTIL) == 0


def test_a_supplier_leaves_when_it_owes_nothing_and_may_come_back(town: Town) -> None:
    refused("REG-007", lambda: services.leave(shop(town), open_orders=1, by=town.chen, at=NOON))
    refused("LIF-002", lambda: services.leave(shop(town), open_orders=0, by=town.nurlan, at=NOON))
    it = services.leave(shop(town), open_orders=0, by=town.chen, at=NOON)
    assert (it.state, it.left_at) == ("left", NOON)
    refused("LIF-001", lambda: services.suspend(it, until=UNTIL, reason=REASON, by=town.surina, at=NOON))
    refused("LIF-002", lambda: services.readmit(it, by=town.chen, at=NOON))
    it = services.readmit(it, by=town.surina, at=NOON)
    assert (it.state, it.left_at) == ("active", None)


def test_a_stale_form_is_refused(town: Town) -> None:
    it = suspended(town)
    refused("LIF-003", lambda: services.reinstate(it, reason="已完成整改", by=town.surina, at=NOON, expected=it.version - 1))


def test_the_database_itself_wants_a_term_and_a_reason(town: Town) -> None:
    with pytest.raises(IntegrityError, match="suspension_has_a_term_and_a_reason"), transaction.atomic():
        Supplier.objects.filter(organisation=town.shop).update(state="suspended")


ALL = [(state, verb) for state in states.supplier.states for verb in states.supplier.moves]


@pytest.mark.parametrize(("state", "verb"), [pair for pair in ALL if pair[0] not in states.supplier.moves[pair[1]].origins])
def test_what_is_not_in_the_table_cannot_happen(town: Town, state: str, verb: str) -> None:
    it = shop(town)
    Supplier.objects.filter(pk=it.pk).update(state=state, reason=REASON, suspended_until=UNTIL)
    with pytest.raises(Refused) as no:
        move(it, verb, by=CLOCK if verb == "serve_out" else town.surina, at=NOON, facts={"reason": REASON})
    assert no.value.codes == ["LIF-001"]
    assert Supplier.objects.values_list("state", flat=True).get(pk=it.pk) == state


@pytest.mark.django_db(transaction=True)
def test_lifted_by_a_person_and_by_time_at_once() -> None:
    town = build()
    for _round in range(4):
        it = suspended(town)

        def act(who: str, it: Supplier = it) -> str:
            try:
                if who == "clock":
                    return f"{who} {services.serve_out_due(at=UNTIL)}"
                services.reinstate(it, reason="已完成整改", by=town.surina, at=NOON)
            except Refused as no:
                return no.codes[0]
            finally:
                connection.close()
            return who

        with ThreadPoolExecutor(2) as pool:
            answers = sorted(pool.map(act, ["clock", "regulator"]))
        assert answers in (["clock 0", "regulator"], ["LIF-001", "clock 1"])
        assert shop(town).state == "active"


# Ratings


def test_ratings_are_kept_exactly_and_twice_is_once(town: Town) -> None:
    assert queries.rating_of(shop(town)) is None
    for _twice in range(2):
        services.set_ratings(town.shop.pk, count=2, points=5 + 4 + 5 + 4 + 4 + 4)
    assert (shop(town).ratings, queries.rating_of(shop(town))) == (2, Decimal("4.3"))


# What happens by itself


def test_the_office_of_the_region_is_told_once_of_each_submission(town: Town, patigul: Actor) -> None:
    it = submitted(patigul)
    [event] = announced("ApplicationSubmitted", it.number)
    for _twice in range(2):
        reactions.tell_the_regulators(ApplicationSubmitted(**event))
    told = Message.objects.filter(kind="application.submitted")
    assert {(m.user.login, m.organisation_id, m.params["number"], m.link) for m in told} == {
        ("surina", town.bureau.pk, it.number, f"/regulator/applications/{it.number}/")
    }
    it = services.return_application(it, reason="材料不齐全", by=town.surina, at=NOON)
    services.submit_application(it, by=patigul, at=NOON)
    reactions.tell_the_regulators(ApplicationSubmitted(**announced("ApplicationSubmitted", it.number)[-1]))
    assert Message.objects.filter(kind="application.submitted", user_id=town.surina.person).count() == 2


def test_where_a_county_has_no_office_the_prefecture_is_told(town: Town, patigul: Actor) -> None:
    it = submitted(patigul, region_code="652824")
    [event] = announced("ApplicationSubmitted", it.number)
    reactions.tell_the_regulators(ApplicationSubmitted(**event))
    assert set(Message.objects.values_list("organisation_id", flat=True)) == {town.prefecture.pk}


def test_the_applicant_hears_each_decision_once(town: Town, patigul: Actor) -> None:
    it = services.return_application(submitted(patigul), reason="材料不齐全", by=town.surina, at=NOON)
    it = services.submit_application(it, by=patigul, at=NOON)
    it = services.return_application(it, reason="材料不齐全", by=town.surina, at=NOON)  # the same reason, another decision
    for event in announced("ApplicationDecided", it.number) * 2:
        reactions.tell_the_applicant(ApplicationDecided(**event))
    assert Message.objects.filter(user_id=patigul.person, kind="application.return").count() == 2
    assert "材料不齐全" in Message.objects.filter(user_id=patigul.person)[0].title_text


def test_the_supplier_hears_of_its_standing(town: Town) -> None:
    it = services.reinstate(suspended(town), reason="已完成整改", by=town.surina, at=NOON)
    services.leave(it, open_orders=0, by=town.chen, at=NOON)
    for event in announced("StandingChanged", it.number) * 2:
        reactions.tell_the_supplier(StandingChanged(**event))
    kinds = Message.objects.filter(user_id=town.chen.person).order_by("pk").values_list("kind", flat=True)
    assert list(kinds) == ["supplier.suspend", "supplier.reinstate"]
    assert "2026年4月30日" in Message.objects.get(user_id=town.chen.person, kind="supplier.suspend").title_text


# Buyers


def test_a_buyer_is_set_up_by_its_regulator_or_the_operator(town: Town) -> None:
    region = town.school.region
    made = services.set_up_buyer(name_zh="库尔勒市图书馆", region=region, credit_code=credit_code.make(77), by=town.surina, at=NOON)
    assert (made.kind, made.number[:3], made.name_key[:3], made.region_id) == ("buyer", "CG-", "ku ", region.pk)
    assert services.set_up_buyer(name_zh="库尔勒市档案馆", region=region, by=town.he, at=NOON).credit_code == ""
    before = Organisation.objects.count()
    for by, given, code in (
        (town.surina, {"region": town.hospital.region}, "ACC-010"),
        (town.chen, {}, "ACC-010"),
        (town.surina, {"name_zh": "  "}, "ACC-008"),
        (town.surina, {"credit_code": "123"}, "USC-001"),
        (town.surina, {"credit_code": town.school.credit_code}, "REG-009"),
    ):
        asked: dict[str, Any] = {"name_zh": "某单位", "region": region, "by": by, "at": NOON, **given}
        with pytest.raises(Refused) as no:
            services.set_up_buyer(**asked)
        assert no.value.codes == [code]
    assert Organisation.objects.count() == before


@pytest.mark.django_db(transaction=True)
def test_the_same_buyer_set_up_twice_at_once() -> None:
    town = build()

    def set_up(_turn: int) -> str:
        try:
            services.set_up_buyer(
                name_zh="库尔勒市图书馆", region=town.school.region, credit_code=credit_code.make(77), by=town.surina, at=NOON
            )
        except Refused as no:
            return no.codes[0]
        finally:
            connection.close()
        return "done"

    with ThreadPoolExecutor(2) as pool:
        answers = sorted(pool.map(set_up, range(2)))
    assert answers[1] == "done"
    assert answers[0] in {"REG-009", "ACC-025", "ACC-026"}
    assert Organisation.objects.filter(name_zh="库尔勒市图书馆").count() == 1
