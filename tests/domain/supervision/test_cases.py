"""Cases: found, told, corrected, explained, frozen, appealed, released; never twice; by night as by day."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from math import log

import pytest

from sunlit.domain.catalog import services as catalog
from sunlit.domain.catalog.models import Offer
from sunlit.domain.rulebook import queries as rulebook
from sunlit.domain.rulebook.models import Rule
from sunlit.domain.supervision import queries, services, states
from sunlit.domain.supervision.models import Level, WatchCase, Yardstick
from sunlit.domain.supervision.reactions import tell_the_other_side, tell_the_supplier
from sunlit.domain.supervision.rules import score
from sunlit.domain.supervision.rules.classes import sentence
from sunlit.domain.supervision.rules.score import shrunken
from sunlit.foundation.kernel.refusals import Refused
from sunlit.foundation.ledger.models import Entry
from sunlit.foundation.ledger.queries import Act
from sunlit.foundation.messages.models import Message
from tests.domain.supervision.conftest import set_price, the_case
from tests.town import NOON, Town

LATER = NOON + timedelta(hours=2)


def look(offer: Offer) -> None:
    services.look_at_offers([offer.number], under="act/1", at=NOON)


def test_a_dear_offer_becomes_a_case_with_its_figures(town: Town, dear: Offer) -> None:
    look(dear)
    case = the_case(dear)
    assert (case.kind, case.state, case.severity, case.region_path) == ("price_high", "notified", "serious", "652800/652801")
    assert case.answer_until is not None
    assert case.answer_until.isoformat() == "2026-03-04T16:00:00+00:00"  # two working days, to the end of Wednesday
    assert (case.figures["percent"], case.figures["median"], case.figures["count"]) == ("49.6", "100.25", 8)
    assert "49.6" in sentence(case.kind, case.figures)
    assert "¥100.25" in sentence(case.kind, case.figures)


def test_an_auditor_computes_the_figures_again(town: Town, dear: Offer) -> None:
    look(dear)
    told = the_case(dear).figures
    basis, exact = told["basis"], told["exact"]
    x = log(150) - float(basis["region_effect"])
    others = [float(line[4]) for line in told["rows"]] + [float(level) for level in told["neighbours"]]
    again = score.score(x, others, category_mad=float(basis["category_mad"]), shrinkage=basis["shrinkage"])
    assert again.z == pytest.approx(float(exact["z"]), abs=1e-6)
    assert again.scale == pytest.approx(shrunken(float(exact["mad"]), 8, float(basis["category_mad"]), 8), abs=1e-6)
    assert sorted(line[0] for line in told["rows"]) == sorted(["100.00", "98.00", "102.00", "101.00", "99.00", "100.50", "97.00", "103.00"])


def test_the_yardstick_and_the_level_are_kept(town: Town, dear: Offer) -> None:
    look(dear)
    kept = Yardstick.objects.get(category=dear.product.category)
    assert kept.rows == 9
    assert kept.mad is not None
    assert 0.01 < kept.mad < 0.05
    assert not Level.objects.exists()  # paper has no key parameters, so it is nobody's neighbour


def test_what_lies_within_ten_percent_is_no_case(town: Town, dear: Offer) -> None:
    look(set_price(dear, "109.00"))
    assert not WatchCase.objects.exists()


def test_with_few_sellers_nothing_is_said(town: Town) -> None:
    look(set_price(town.laptop, "49990.00"))
    assert not WatchCase.objects.exists()


def test_a_case_is_not_found_twice(town: Town, dear: Offer) -> None:
    look(dear)
    look(dear)
    services.sweep(at=LATER)
    assert WatchCase.objects.count() == 1


def test_repricing_closes_the_case(town: Town, dear: Offer) -> None:
    look(dear)
    catalog.reprice(dear, price="101.00", by=town.wu, at=LATER)
    look(dear)
    case = the_case(dear)
    assert (case.state, case.corrected_by) == ("corrected", "price")
    assert Entry.objects.filter(subject=f"case/{case.number}").values_list("act", flat=True).order_by("pk")[0] == "case.find"


def test_taking_it_off_sale_closes_the_case(town: Town, dear: Offer) -> None:
    look(dear)
    catalog.delist(dear, by=town.wu, at=LATER)
    look(dear)
    assert the_case(dear).corrected_by == "off_sale"


def test_an_explanation_is_accepted_and_holds_while_the_price_stays(town: Town, dear: Offer) -> None:
    look(dear)
    case = services.explain(the_case(dear), explanation="含安装和三年上门服务", by=town.wu, at=LATER)
    assert case.state == "explained"
    services.clear(case, by=town.surina, at=LATER)
    look(dear)
    assert the_case(dear).state == "cleared"
    set_price(dear, "160.00")
    look(dear)
    assert WatchCase.objects.filter(offer=dear, state="notified").count() == 1


def test_freeze_appeal_keep_release(town: Town, dear: Offer) -> None:
    look(dear)
    case = services.freeze(the_case(dear), reason="价格明显偏高", by=town.surina, at=LATER)
    dear.refresh_from_db()
    assert (case.state, dear.state) == ("frozen", "frozen")
    case = services.appeal(case, reason="已经联系厂家调价", by=town.wu, at=LATER)
    dear.refresh_from_db()
    assert (case.state, dear.state) == ("appealed", "unfreeze_review")
    case = services.keep_frozen(case, reason="价格尚未调整", by=town.surina, at=LATER)
    dear.refresh_from_db()
    assert (case.state, dear.state) == ("frozen", "frozen")
    case = services.release(case, reason="说明成立", by=town.surina, at=LATER)
    dear.refresh_from_db()
    assert (case.state, dear.state) == ("released", "listed")
    look(dear)
    assert WatchCase.objects.count() == 1  # released as it is


def test_a_release_beside_the_case_takes_the_case_along(town: Town, dear: Offer) -> None:
    look(dear)
    services.freeze(the_case(dear), reason="价格明显偏高", by=town.surina, at=LATER)
    dear.refresh_from_db()
    catalog.release(dear, reason="现场核实无误", by=town.surina, at=LATER)
    from sunlit.domain.supervision.services import deciding

    deciding.keep_in_step(dear.number, "release", reason="现场核实无误", at=LATER)
    assert the_case(dear).state == "released"


def test_the_clock_notes_what_was_not_answered(town: Town, dear: Offer) -> None:
    look(dear)
    assert services.fall_due(at=LATER) == 0
    assert services.fall_due(at=NOON + timedelta(days=3)) == 1
    case = the_case(dear)
    assert case.state == "overdue"
    assert services.explain(case, explanation="迟到的说明", by=town.wu, at=NOON + timedelta(days=4)).state == "explained"


def test_only_the_own_supplier_explains_and_only_the_own_regulator_decides(town: Town, dear: Offer) -> None:
    look(dear)
    case = the_case(dear)
    for act in (
        lambda: services.explain(case, explanation="不是我的", by=town.nurlan, at=LATER),
        lambda: services.freeze(case, reason="我没有权限", by=town.chen, at=LATER),
        lambda: services.dismiss(case, reason="我没有权限", by=town.wu, at=LATER),
    ):
        with pytest.raises(Refused, match="LIF-002"):
            act()
    assert the_case(dear).state == "notified"


@pytest.mark.parametrize("verb", ["explain", "dismiss", "freeze"])
def test_words_are_asked_for(verb: str, town: Town, dear: Offer) -> None:
    look(dear)
    name, by = ("explanation", town.wu) if verb == "explain" else ("reason", town.surina)
    with pytest.raises(Refused, match="WAT-00"):
        getattr(services, verb)(the_case(dear), **{name: " 无 "}, by=by, at=LATER)
    dear.refresh_from_db()
    assert (the_case(dear).state, dear.state) == ("notified", "listed")


def test_every_verb_in_every_state_that_the_table_does_not_have_is_refused(town: Town, dear: Offer) -> None:
    look(dear)
    case = the_case(dear)
    people = {"explain": town.wu, "appeal": town.wu}
    for verb, step in states.case.moves.items():
        service = getattr(services, verb, None)
        if service is None or verb == "fall_due":
            continue
        for state in set(states.case.states) - set(step.origins):
            WatchCase.objects.filter(pk=case.pk).update(state=state, explanation="说明", reason="理由")
            words = {"explain": {"explanation": "一些说明"}, "clear": {}}.get(verb, {"reason": "一些理由"})
            with pytest.raises(Refused, match="LIF-001"):
                service(WatchCase.objects.get(pk=case.pk), **words, by=people.get(verb, town.surina), at=LATER)


def test_a_dismissed_case_stays_dismissed(town: Town, dear: Offer) -> None:
    look(dear)
    services.dismiss(the_case(dear), reason="同款规格不同", by=town.surina, at=LATER)
    services.sweep(at=LATER)
    assert the_case(dear).state == "dismissed"


def test_the_supplier_is_told_once(town: Town, dear: Offer) -> None:
    from sunlit.domain.supervision.events import CaseMoved, CasesNotified

    look(dear)
    case = the_case(dear)
    event = CasesNotified(town.shop.pk, "act/1", 1, case.number, "2026-03-04T16:00:00+00:00")
    tell_the_supplier(event)
    tell_the_supplier(event)
    [message] = Message.objects.filter(user__login="wu")
    assert message.link == f"/supplier/cases/{case.number}/"
    tell_the_other_side(CaseMoved(case.number, town.shop.pk, case.region_path, "explain", "", 3))
    assert Message.objects.filter(user__login="surina", kind="case.explained").count() == 1


def test_night_finds_what_day_finds(town: Town, dear: Offer) -> None:
    run = services.sweep(at=NOON)
    by_night = the_case(dear)
    assert (run.opened, run.found) == (1, {"price_high": 1})
    assert (by_night.state, by_night.kind) == ("notified", "price_high")
    WatchCase.objects.all().delete()
    look(dear)
    by_day = the_case(dear)
    assert by_day.figures == by_night.figures
    assert by_day.fingerprint == by_night.fingerprint


def test_the_price_is_exact(town: Town, dear: Offer) -> None:
    look(dear)
    assert the_case(dear).price == Decimal("150.00")


def test_before_its_rules_hold_nothing_is_watched(town: Town, dear: Offer) -> None:
    """After an upgrade new rules hold from the next day: until then the feed goes on and the desk opens."""
    Rule.objects.filter(key="watch.model_fillers").delete()
    rulebook.forget()
    services.follow([Act(3, 1, NOON, "offer.reprice", f"offer/{dear.number}", "", "", {})], at=NOON)
    assert not WatchCase.objects.exists()
    assert queries.settings_of("652800", NOON) == {}


def test_the_feed_is_followed(town: Town, dear: Offer) -> None:
    acts = [Act(3, 1, NOON, "offer.update_many", "import/DR-1", "", "", {"rows": {dear.number: "0" * 64}})]
    services.follow(acts, at=NOON)
    services.follow(acts, at=NOON)
    assert WatchCase.objects.filter(offer=dear).count() == 1


def test_where_it_is_not_delegated_the_county_watches_and_the_prefecture_decides(town: Town, dear: Offer) -> None:
    Rule.objects.filter(key="watch.decides").update(value={"choice": "prefecture"})
    rulebook.forget()
    look(dear)
    case = services.explain(the_case(dear), explanation="含安装和三年上门服务", by=town.wu, at=LATER)
    assert queries.case(case.number, seen_by=town.surina) is not None
    with pytest.raises(Refused) as refused:
        services.clear(case, by=town.surina, at=LATER)
    assert (refused.value.codes, the_case(dear).state) == (["LIF-002"], "explained")
    assert states.case.open_to(the_case(dear), town.surina) == []
    prefecture = replace(town.surina, region_path="652800")
    assert services.clear(the_case(dear), by=prefecture, at=LATER).state == "cleared"
