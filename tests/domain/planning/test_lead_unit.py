"""Cooperative innovation is filed only with the consent of the lead unit: asked for, given or refused by its lead."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest

from sunlit.domain.planning import queries, reactions, services
from sunlit.domain.planning.events import PlanMoved
from sunlit.domain.planning.models import Plan
from sunlit.foundation.accounts.actors import Actor
from sunlit.foundation.accounts.models import Organisation, Seat, User
from sunlit.foundation.accounts.queries import actor_of_seat
from sunlit.foundation.kernel import clock
from sunlit.foundation.messages.models import Message
from tests.domain.planning.plans import LAPTOPS, filed, reviewed
from tests.domain.planning.test_plans import refused
from tests.portals.clients import browser, once
from tests.town import NOON, Town

NEW: dict[str, Any] = {
    "method": "cooperative_innovation",
    "grounds": ["not_on_market"],
    "ground_reason": "市场现有产品不能满足，须研制新产品",
}
LATER = NOON + timedelta(hours=1)


@pytest.fixture
def bureau(town: Town) -> Actor:
    """The education bureau that leads the school's budget, and the person who leads it."""
    unit = Organisation.objects.create(
        kind="buyer", number="CG-JYJ", name_zh="梨城教育局", name_en="Licheng Education Bureau", region=town.school.region, created_at=NOON
    )
    user = User.objects.create(login="jyj", name_zh="刘局", created_at=NOON, password="!")
    actor = actor_of_seat(Seat.objects.create(user=user, organisation=unit, roles=["lead"]).pk, user.pk)
    assert actor is not None
    return actor


def new_product(town: Town) -> Plan:
    return reviewed(town, LAPTOPS, **NEW)


def asked(town: Town, bureau: Actor) -> Plan:
    return services.ask_plan_consent(new_product(town), lead_unit=bureau.party, by=town.aygul, at=NOON)


def test_it_is_filed_only_with_the_consent_of_the_lead_unit(town: Town, bureau: Actor) -> None:
    it = new_product(town)
    assert queries.needs_consent(it, NOON)
    assert refused(services.file_plan, it, by=town.aygul, at=NOON) == [("PLN-071", "")]
    for unit in (None, town.school.pk, town.shop.pk):
        assert ("PLN-072", "lead_unit") in refused(services.ask_plan_consent, it, lead_unit=unit, by=town.aygul, at=NOON)
    it = services.ask_plan_consent(it, lead_unit=bureau.party, by=town.aygul, at=NOON)
    assert refused(services.file_plan, it, by=town.aygul, at=NOON) == [("PLN-071", "")]
    assert refused(services.consent_to_plan, it, by=town.zhou, at=NOON)[0][0] == "LIF-002"  # nobody consents to the own plan
    it = services.consent_to_plan(it, by=bureau, at=LATER)
    assert it.consented_at == LATER
    assert refused(services.consent_to_plan, it, by=bureau, at=LATER) == [("PLN-073", "")]
    assert services.file_plan(it, by=town.aygul, at=LATER).state == "filed"


def test_what_is_refused_goes_back_to_its_authors(town: Town, bureau: Actor) -> None:
    it = asked(town, bureau)
    assert refused(services.refuse_plan_consent, it, reason="", by=bureau, at=LATER) == [("PLN-036", "reason")]
    it = services.refuse_plan_consent(it, reason="研发需求论证不充分", by=bureau, at=LATER)
    assert (it.state, it.reason, it.lead_unit, it.consent_asked_at) == ("draft", "研发需求论证不充分", None, None)


def test_other_methods_need_none(town: Town, bureau: Actor) -> None:
    it = reviewed(town, LAPTOPS)
    assert refused(services.ask_plan_consent, it, lead_unit=bureau.party, by=town.aygul, at=NOON) == [("PLN-070", "")]
    assert filed(town).state == "filed"


def test_the_lead_unit_sees_what_it_is_asked_and_decides_on_the_page(town: Town, bureau: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOON)
    it = new_product(town)
    at = f"/buyer/plans/{it.number}/"
    lead = browser(bureau)
    assert lead.get(at).status_code == 404
    page = browser(town.aygul).get(at).content.decode()
    assert ('value="ask_consent"' in page, 'name="verb" value="file"' in page) == (True, False)
    assert "梨城教育局" in page
    browser(town.aygul).post(at, once("a", verb="ask_consent", lead_unit=str(bureau.party), expected=str(it.version)))
    it.refresh_from_db()
    event = PlanMoved(
        number=it.number,
        verb="ask_consent",
        state=it.state,
        buyer_id=it.buyer_id,
        region_path=it.region_path,
        reason="",
        version=it.version,
    )
    reactions.tell_who_acts_on_the_plan(event)
    assert list(Message.objects.filter(kind="plan.ask_consent").values_list("user__login", flat=True)) == ["jyj"]
    page = lead.get(at).content.decode()
    assert ('value="consent"' in page, 'value="withdraw"' in page) == (True, False)
    lead.post(at, once("b", verb="consent", expected=str(it.version)))
    it.refresh_from_db()
    assert it.consented_at == NOON
    assert 'name="verb" value="file"' in browser(town.aygul).get(at).content.decode()
    another = browser(town.aygul).get(f"/buyer/plans/{new_product(town).number}/").content.decode()
    assert re.search(rf'<option value="{bureau.party}"[^>]*selected', another)  # known from the last consent, and chosen beforehand
