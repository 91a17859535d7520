"""What the rulebook does by itself: looks whether the platform was away, before anything lapses; tells who decides next, and who waits for it."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

from sunlit.domain.rulebook import queries, services
from sunlit.domain.rulebook.events import DraftMoved, OutageReportMoved
from sunlit.foundation.gateways import itself
from sunlit.foundation.kernel import clock
from sunlit.foundation.messages import templates
from sunlit.foundation.messages.services import tell
from sunlit.foundation.outbox.events import hears
from sunlit.foundation.outbox.rounds import before_the_rounds, every_day

TO_REVIEWERS = templates.declare("rule_draft.handed_in", title=_("Change {number} of a rule ({told}) waits for your review"), mail=True)
TO_DRAFTER = {
    "approve": templates.declare("rule_draft.approved", title=_("Your change {number} of a rule ({told}) was approved")),
    "send_back": templates.declare("rule_draft.sent_back", title=_("Your change {number} of a rule ({told}) was sent back: {answer}")),
}
TO_THE_TOP = templates.declare(
    "outage.declared", title=_("An outage from {since} to {until} was declared ({number}): please decide"), mail=True
)
TO_REPORTER = {
    "confirm": templates.declare("outage.confirmed", title=_("The declared outage {number} was confirmed: deadlines were put off")),
    "refuse": templates.declare("outage.refused", title=_("The declared outage {number} was not confirmed: {reason}")),
}


@before_the_rounds
def feel_the_pulse() -> bool:
    """Deadlines that fell into an outage are put off before any is looked at; while the web is away none lapses."""
    return services.beat(web=itself.answers(), at=clock.now())


@every_day
def forget_old_pulses() -> None:
    services.forget_pulses(at=clock.now())


@hears(DraftMoved)
def tell_of_the_draft(event: DraftMoved) -> None:
    """Whoever could approve it; then its drafter what came of it."""
    params = {"number": event.number, "told": event.told, "answer": event.answer}
    link, dedupe = f"/regulator/drafts/{event.number}/", f"rule_draft/{event.number}/{event.verb}/{event.version}"
    if event.verb == "hand_in":
        for seat in queries.reviewers(event.region_path, besides=event.drafter_id):
            tell(
                template=TO_REVIEWERS.key,
                at=clock.now(),
                dedupe=dedupe,
                user_id=seat.user_id,
                organisation_id=seat.organisation_id,
                params=params,
                link=link,
            )
    else:
        tell(template=TO_DRAFTER[event.verb].key, at=clock.now(), dedupe=dedupe, user_id=event.drafter_id, params=params, link=link)


@hears(OutageReportMoved)
def tell_of_the_outage(event: OutageReportMoved) -> None:
    """The officers of the top region's regulator, who decide; then who declared it what came of it."""
    params = {"number": event.number, "since": event.since, "until": event.until, "reason": event.reason}
    dedupe = f"outage_report/{event.number}/{event.verb}"
    if event.verb == "declare":
        for seat in queries.at_the_top():
            tell(
                template=TO_THE_TOP.key,
                at=clock.now(),
                dedupe=dedupe,
                user_id=seat.user_id,
                organisation_id=seat.organisation_id,
                params=params,
                link=f"/regulator/outages/{event.number}/",
            )
    else:
        key = TO_REPORTER[event.verb].key
        tell(template=key, at=clock.now(), dedupe=dedupe, user_id=event.reporter_id, params=params, link="/operator/outages/")
