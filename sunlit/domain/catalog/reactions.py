"""What the library does by itself: checks and carries out files, tells the parties, keeps the search index."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext_noop

from sunlit.domain.catalog import services
from sunlit.domain.catalog.events import CorrectionDecided, ImportAsked, ImportEnded, OfferDecided, OfferSetAside, OffersListed
from sunlit.domain.registry.events import SizeDeclared
from sunlit.foundation.kernel import clock
from sunlit.foundation.messages.services import tell
from sunlit.foundation.messages.templates import declare
from sunlit.foundation.outbox.events import hears
from sunlit.foundation.outbox.follow import keeps_copy
from sunlit.foundation.outbox.rounds import every_day

CLERKS = ("catalog", "admin")

_caretaker = services.Caretaker()

_DECIDED = {
    "approve": declare("offer.approved", title=gettext_noop("Offer {number} is on sale")),
    "refuse": declare("offer.refused", title=gettext_noop("Offer {number} was refused"), body=gettext_noop("Reason: {reason}")),
    "freeze": declare("offer.frozen", title=gettext_noop("Offer {number} was frozen"), body=gettext_noop("Reason: {reason}"), mail=True),
    "release": declare("offer.released", title=gettext_noop("Offer {number} is on sale again"), body=gettext_noop("Reason: {reason}")),
    "keep_frozen": declare("offer.kept_frozen", title=gettext_noop("Offer {number} stays frozen"), body=gettext_noop("Reason: {reason}")),
}
declare(
    "offer.set_aside",
    title=gettext_noop("Offer {number} was taken off sale"),
    body=gettext_noop("Two products of the library are one now, and your offer {kept} is of the same product. It stays on sale."),
)
declare("correction.accepted", title=gettext_noop("Your correction {number} was accepted"))
declare("correction.refused", title=gettext_noop("Your correction {number} was refused"), body=gettext_noop("Reason: {reason}"))
declare(
    "claims.ending",
    title=gettext_noop("{count} policy tags that your offers claim by size end with {until}"),
    body=gettext_noop(
        "Declare the size of your enterprise, or of the makers of these goods, by newer figures before that day: the tags then stay."
    ),
    mail=True,
)
declare("offers.listed", title=gettext_noop("{count} offers are on sale"))
_ENDED = {
    "checked": declare("import.checked", title=gettext_noop("Import {number} was checked: {good} good rows, {bad} with problems")),
    "done": declare("import.done", title=gettext_noop("Import {number} was carried out")),
    "failed": declare("import.failed", title=gettext_noop("Import {number} could not be read")),
}


@hears(ImportAsked)
def work_on_import(event: ImportAsked) -> None:
    """The dry run, or the carrying out, of a file; by the person who asked."""
    work = services.carry_on_import if event.carry_out else services.check_import
    work(event.number, by=services.actor_of(event), at=clock.now())


@hears(ImportEnded)
def tell_about_import(event: ImportEnded) -> None:
    params: dict[str, str | int] = {"number": event.number, "good": event.good, "bad": event.bad}
    _tell_clerks(
        event.supplier_id, _ENDED[event.state].key, params, f"/supplier/imports/{event.number}/", f"import/{event.number}/{event.state}"
    )


@hears(SizeDeclared)
def rest_claims_on_the_new_size(event: SizeDeclared) -> None:
    """Tags that were claimed by size lapse with the declaration that carried them; the index follows the act."""
    services.rest_claims_on_size(event.organisation_id, at=clock.now())


@every_day
def tell_of_claims_that_end() -> None:
    """Nothing that is claimed by size ends without a word: its supplier is told once a day of ending, in time to declare anew."""
    for it in services.claims_that_end(at=clock.now()):
        params: dict[str, str | int] = {"count": it.count, "until": it.until.isoformat()}
        _tell_clerks(it.supplier_id, "claims.ending", params, "/supplier/size/", f"claims/{it.supplier_id}/{it.until}")


@hears(OfferDecided)
def tell_the_supplier(event: OfferDecided) -> None:
    params = {"number": event.number, "reason": event.reason}
    dedupe = f"offer/{event.number}/{event.verb}/{event.version}"
    _tell_clerks(event.supplier_id, _DECIDED[event.verb].key, params, f"/supplier/offers/{event.number}/", dedupe)


@hears(OfferSetAside)
def tell_the_supplier_of_a_duplicate(event: OfferSetAside) -> None:
    params = {"number": event.number, "kept": event.kept}
    dedupe = f"offer/{event.number}/set_aside/{event.kept}"
    _tell_clerks(event.supplier_id, "offer.set_aside", params, f"/supplier/offers/{event.number}/", dedupe)


@hears(CorrectionDecided)
def tell_about_a_correction(event: CorrectionDecided) -> None:
    template = "correction.accepted" if event.state == "accepted" else "correction.refused"
    params = {"number": event.number, "reason": event.reason}
    _tell_clerks(event.supplier_id, template, params, f"/supplier/corrections/{event.number}/", f"correction/{event.number}/{event.state}")


@hears(OffersListed)
def tell_the_supplier_of_many(event: OffersListed) -> None:
    _tell_clerks(event.supplier_id, "offers.listed", {"count": event.count}, "/supplier/offers/", f"{event.batch}/{event.supplier_id}")


@keeps_copy("search")
def keep_the_index() -> int:
    """Whatever happens to offers, their suppliers and the tree is soon found, or no longer found."""
    return _caretaker.make_a_pass(at=clock.now())


def _tell_clerks(supplier_id: int, template: str, params: Mapping[str, str | int], link: str, dedupe: str) -> None:
    tell(template=template, at=clock.now(), dedupe=dedupe, organisation_id=supplier_id, roles=CLERKS, params=params, link=link)
