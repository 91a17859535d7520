"""What happens by itself in the registry: those concerned are told, and suspensions end."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _

from sunlit.domain.registry import services
from sunlit.domain.registry.events import ApplicationDecided, ApplicationSubmitted, StandingChanged
from sunlit.foundation.accounts.models import Organisation
from sunlit.foundation.kernel import clock
from sunlit.foundation.messages import services as messages
from sunlit.foundation.messages import templates
from sunlit.foundation.outbox.events import hears
from sunlit.foundation.outbox.rounds import every_minute

templates.declare("application.submitted", title=_("An entry application waits for review: {number}"))
templates.declare("application.approve", title=_("Your entry application {number} was approved. Welcome."), mail=True)
templates.declare("application.return", title=_("Your entry application {number} was returned: {reason}"), mail=True)
templates.declare("application.refuse", title=_("Your entry application {number} was refused: {reason}"), mail=True)
templates.declare("supplier.suspend", title=_("Your organisation was suspended until {until:day}: {reason}"), mail=True)
templates.declare("supplier.reinstate", title=_("The suspension of your organisation was lifted."), mail=True)
templates.declare("supplier.readmit", title=_("Your organisation is admitted again. Welcome back."), mail=True)
templates.declare("supplier.serve_out", title=_("The suspension of your organisation has ended."), mail=True)


@hears(ApplicationSubmitted)
def tell_the_regulators(event: ApplicationSubmitted) -> None:
    """The office of the region, or else the nearest above it."""
    office = None
    path = event.region_path
    while office is None and path:
        office = Organisation.objects.filter(kind="regulator", region__path=path, active=True).first()
        path = path.rpartition("/")[0]
    if office:
        link = f"/regulator/applications/{event.number}/"
        dedupe = f"application/{event.number}/submitted/{event.version}"
        messages.tell(
            template="application.submitted",
            organisation_id=office.pk,
            params={"number": event.number},
            link=link,
            at=clock.now(),
            dedupe=dedupe,
        )


@hears(ApplicationDecided)
def tell_the_applicant(event: ApplicationDecided) -> None:
    params = {"number": event.number, "reason": event.reason}
    dedupe = f"application/{event.number}/{event.verb}/{event.version}"
    messages.tell(
        template=f"application.{event.verb}",
        user_id=event.applicant_id,
        params=params,
        link="/supplier/apply/",
        at=clock.now(),
        dedupe=dedupe,
    )


@hears(StandingChanged)
def tell_the_supplier(event: StandingChanged) -> None:
    if event.verb != "leave":
        params = {"reason": event.reason, "until": event.until}
        dedupe = f"supplier/{event.number}/{event.verb}/{event.version}"
        messages.tell(
            template=f"supplier.{event.verb}",
            organisation_id=event.organisation_id,
            params=params,
            link="/supplier/",
            at=clock.now(),
            dedupe=dedupe,
        )


@every_minute
def end_suspensions() -> None:
    services.serve_out_due(at=clock.now())
