"""What the registry does by itself: tells applicants, regulators and suppliers; ends suspensions whose term is over."""

from __future__ import annotations

from django.utils.translation import gettext_noop

from sunlit.domain.registry import services
from sunlit.domain.registry.events import ApplicationDecided, ApplicationSubmitted, StandingChanged
from sunlit.foundation.accounts.models import Organisation
from sunlit.foundation.kernel import clock
from sunlit.foundation.messages.services import tell
from sunlit.foundation.messages.templates import declare
from sunlit.foundation.outbox.events import hears
from sunlit.foundation.outbox.rounds import every_minute

declare("application.submitted", title=gettext_noop("Entry application {number} waits for review"))
_DECIDED = {
    "approve": declare("application.approved", title=gettext_noop("Your entry application {number} was approved: welcome"), mail=True),
    "return": declare(
        "application.returned",
        title=gettext_noop("Your entry application {number} was returned to be completed"),
        body=gettext_noop("Reason: {reason}"),
        mail=True,
    ),
    "refuse": declare(
        "application.refused",
        title=gettext_noop("Your entry application {number} was refused"),
        body=gettext_noop("Reason: {reason}"),
        mail=True,
    ),
}
_STANDING = {
    "suspend": declare(
        "supplier.suspended", title=gettext_noop("Your organisation was suspended"), body=gettext_noop("Reason: {reason}"), mail=True
    ),
    "reinstate": declare(
        "supplier.reinstated", title=gettext_noop("The suspension of your organisation was lifted"), body=gettext_noop("Reason: {reason}")
    ),
    "serve_out": declare("supplier.served_out", title=gettext_noop("The suspension of your organisation ended")),
    "leave": declare("supplier.left", title=gettext_noop("Your organisation left the marketplace")),
}


@hears(ApplicationSubmitted)
def tell_the_regulator(event: ApplicationSubmitted) -> None:
    """The office of the region, or the nearest one above it that has one."""
    offices = Organisation.objects.filter(kind="regulator", active=True).values_list("region__path", "pk")
    above = [(path, pk) for path, pk in offices if event.region_path == path or event.region_path.startswith(path + "/")]
    nearest = max((len(path) for path, _pk in above), default=0)
    for path, pk in above:
        if len(path) == nearest:
            tell(
                template="application.submitted",
                at=clock.now(),
                dedupe=f"application/{event.number}/submit/{clock.local_day(clock.now())}",
                organisation_id=pk,
                roles=("officer", "lead"),
                params={"number": event.number},
                link=f"/regulator/applications/{event.number}/",
            )


@hears(ApplicationDecided)
def tell_the_applicant(event: ApplicationDecided) -> None:
    tell(
        template=_DECIDED[event.verb].key,
        at=clock.now(),
        dedupe=f"application/{event.number}/{event.verb}/{event.version}",
        user_id=event.applicant_id,
        params={"number": event.number, "reason": event.reason},
        link=f"/supplier/apply/{event.number}/",
    )


@hears(StandingChanged)
def tell_the_supplier(event: StandingChanged) -> None:
    tell(
        template=_STANDING[event.verb].key,
        at=clock.now(),
        dedupe=f"supplier/{event.number}/{event.verb}/{event.version}",
        organisation_id=event.supplier_id,
        params={"number": event.number, "reason": event.reason},
    )


@every_minute
def end_suspensions() -> None:
    """After downtime it simply catches up."""
    services.serve_out_due(at=clock.now())
