"""What happens by itself before a purchase: those concerned are told."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_noop as _

from sunlit.domain.planning.events import DemandMoved, SurveyMoved
from sunlit.domain.planning.models import Demand
from sunlit.foundation.kernel import clock
from sunlit.foundation.messages import templates
from sunlit.foundation.messages.services import tell
from sunlit.foundation.outbox.events import hears

REVIEWERS = ("lead", "finance")
RESPONDENTS = ("sales", "admin")

templates.declare("demand.hand_in", title=_("Demand {number} waits for the review of somebody who did not write in it"))
templates.declare("demand.give_back", title=_("Demand {number} was given back: {reason}"))
templates.declare("demand.settle", title=_("Demand {number} was reviewed and settled"))
templates.declare("survey.open", title=_("A buyer asks for your answer to survey {number} by {until:at}"), mail=True)
templates.declare("survey.extend", title=_("Survey {number} can be answered until {until:at}"), mail=True)
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
