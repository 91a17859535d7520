"""What happens by itself before a purchase: those concerned are told."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_noop as _

from sunlit.domain.planning import queries
from sunlit.domain.planning.events import DemandMoved, PlanMoved, SurveyMoved
from sunlit.domain.planning.models import Demand, Plan
from sunlit.foundation.kernel import clock
from sunlit.foundation.messages import templates
from sunlit.foundation.messages.services import tell
from sunlit.foundation.outbox.events import hears
from sunlit.foundation.outbox.rounds import every_day

REVIEWERS = ("lead", "finance")
RESPONDENTS = ("sales", "admin")
APPROVERS = ("officer", "lead")

templates.declare("demand.hand_in", title=_("Demand {number} waits for the review of somebody who did not write in it"))
templates.declare("demand.give_back", title=_("Demand {number} was given back: {reason}"))
templates.declare("demand.settle", title=_("Demand {number} was reviewed and settled"))
templates.declare("survey.open", title=_("A buyer asks for your answer to survey {number} by {until:at}"), mail=True)
templates.declare("survey.extend", title=_("Survey {number} can be answered until {until:at}"), mail=True)
templates.declare("plan.hand_in", title=_("Plan {number} “{name}” waits for the review of somebody who did not write in it"))
templates.declare("plan.review", title=_("Plan {number} “{name}” was reviewed: it can be filed, or its method approved"))
templates.declare("plan.send_back", title=_("Plan {number} “{name}” was sent back: {reason}"))
templates.declare("plan.file", title=_("Plan {number} “{name}” was filed: what is planned can be bought"))
templates.declare("plan.ask_approval", title=_("The method of plan {number} “{name}” waits for your approval"), mail=True)
templates.declare("plan.approve", title=_("The method of plan {number} “{name}” was approved"), mail=True)
templates.declare("plan.refuse", title=_("The method of plan {number} “{name}” was not approved: {reason}"), mail=True)
templates.declare("plan.review_near", title=_("The review of plan {number} “{name}” is due by {until:at}"))
templates.declare("plan.decision_near", title=_("The decision on the method of plan {number} “{name}” is due by {until:at}"), mail=True)
templates.declare("plan.object", title=_("A supplier objects to the single source of plan {number} “{name}”: answer it"), mail=True)
templates.declare(
    "plan.objection_near",
    title=_("The objections to the single source of plan {number} “{name}” must be answered by {until:at}"),
    mail=True,
)
templates.declare("plan.ask_consent", title=_("Plan {number} “{name}” waits for the consent of your unit"), mail=True)
templates.declare("plan.consent", title=_("The lead unit consented to plan {number} “{name}”: it can be filed"))
templates.declare("plan.refuse_consent", title=_("The lead unit did not consent to plan {number} “{name}”: {reason}"), mail=True)
PLANS_TO_AUTHORS = frozenset({"consent", "refuse_consent", "review", "object", "send_back", "file", "approve", "refuse"})
TO_AUTHORS = frozenset({"give_back", "settle"})


@hears(DemandMoved)
def tell_who_is_next(event: DemandMoved) -> None:
    """Reviewers of a demand that was handed in; its authors of what became of it."""
    told: dict[str, Any] = {
        "template": f"demand.{event.verb}",
        "at": clock.now(),
        "dedupe": f"demand/{event.number}/{event.verb}/{event.version}",
        "organisation_id": event.buyer_id,
        "params": {"number": event.number, "reason": event.reason},
        "link": f"/buyer/demands/{event.number}/",
    }
    if event.verb == "hand_in":
        tell(roles=REVIEWERS, **told)
    elif event.verb in TO_AUTHORS:
        for author in Demand.objects.get(number=event.number).drafters:
            tell(user_id=author, **told)


@hears(PlanMoved)
def tell_who_acts_on_the_plan(event: PlanMoved) -> None:
    """Reviewers of what was handed in, the approving office of what it is asked, the authors of what became of their plan."""
    it = Plan.objects.get(number=event.number)
    told = _of_plan(it, f"plan.{event.verb}", f"plan/{event.number}/{event.verb}/{event.version}", reason=event.reason)
    if event.verb == "hand_in":
        tell(organisation_id=it.buyer_id, roles=REVIEWERS, **told)
    elif event.verb == "ask_consent" and it.lead_unit_id:
        tell(organisation_id=it.lead_unit_id, roles=("lead",), **told)
    elif event.verb == "ask_approval":
        _tell_approvers(it, told)
    elif event.verb in PLANS_TO_AUTHORS:
        for author in it.drafters:
            tell(user_id=author, organisation_id=it.buyer_id, **told)


@every_day
def tell_what_is_nearly_due() -> None:
    """Who has to review or decide on a plan, or to answer what is said against it, hears of it before the term ends, once for each term."""
    at = clock.now()
    for it in queries.plans_nearly_due(at):
        near, until = ("review", it.review_until) if it.state == "in_review" else ("decision", it.decide_until)
        told = _of_plan(it, f"plan.{near}_near", f"plan/{it.number}/near/{until}", until=until)
        if near == "review":
            tell(organisation_id=it.buyer_id, roles=REVIEWERS, **told)
        else:
            _tell_approvers(it, told)
    for it, until in queries.objections_nearly_due(at):
        told = _of_plan(it, "plan.objection_near", f"plan/{it.number}/objection/{until}", until=until)
        for author in it.drafters:
            tell(user_id=author, organisation_id=it.buyer_id, **told)


def _tell_approvers(it: Plan, told: dict[str, Any]) -> None:
    if office := queries.approving_office(it.region_path):
        tell(organisation_id=office, roles=APPROVERS, **{**told, "link": f"/regulator/plans/{it.number}/"})


def _of_plan(it: Plan, template: str, dedupe: str, **params: Any) -> dict[str, Any]:
    figures = {"number": it.number, "name": it.name, **params}
    return {"template": template, "at": clock.now(), "dedupe": dedupe, "params": figures, "link": f"/buyer/plans/{it.number}/"}


@hears(SurveyMoved)
def tell_the_invited(event: SurveyMoved) -> None:
    """Suppliers that may answer, each once for each term."""
    for supplier in event.suppliers:
        tell(
            template=f"survey.{event.verb}",
            at=clock.now(),
            dedupe=f"survey/{event.number}/{event.until}",
            organisation_id=supplier,
            roles=RESPONDENTS,
            params={"number": event.number, "until": event.until},
            link=f"/supplier/surveys/{event.number}/",
        )
