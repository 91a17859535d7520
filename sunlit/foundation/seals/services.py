"""Locks, envelopes and their opening. What asks a keeper goes over the network: never call it while rows are locked that others wait for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from sunlit.foundation.accounts.actors import CLOCK
from sunlit.foundation.gateways.keepers import Keeper, KeeperDisagrees, KeeperKey, KeeperUnreachable, the_keepers
from sunlit.foundation.kernel.refusals import Problem, Refused
from sunlit.foundation.ledger import sentences
from sunlit.foundation.ledger import services as ledger
from sunlit.foundation.seals import envelopes, rules
from sunlit.foundation.seals.envelopes import CannotOpen, Recipient
from sunlit.foundation.seals.models import Envelope, Lock, Release

sentences.say("seal.lock", _("{count} key keepers made keys for {number}; {needed} of them open it, from {opens_at} on"))
sentences.say("seal.put_off", _("The key keepers open {number} at {opens_at}, not earlier"))
sentences.say("seal.release", _("Key keeper {keeper} gave out its key for {number}"))


@dataclass(frozen=True)
class Opening:
    """How far the keys of a lock are there: whether they suffice, and which keepers did not give theirs, with their words."""

    enough: bool
    missing: tuple[tuple[str, str], ...] = ()


def make_lock(procedure: str, *, opens_at: datetime, region_path: str, at: datetime) -> Lock:
    """Have every keeper make a key for the procedure; more than half of them will open it. Asked again, the lock that is there is put off if need be.

    Refused: SEA-001 a keeper does not answer.
    """
    keepers = the_keepers()
    made = [Recipient(keeper.name, _made(keeper, procedure, opens_at).recipient) for keeper in keepers]
    told = [{"keeper": it.keeper, "key": it.key} for it in made]
    needed = len(made) // 2 + 1
    with transaction.atomic():
        lock, new = Lock.objects.get_or_create(
            procedure=procedure,
            defaults={
                "region_path": region_path,
                "recipients": told,
                "needed": needed,
                "opens_at": opens_at,
                "made_at": at,
            },
        )
        if new:
            _record(lock, "lock", at, {"count": len(made), "needed": needed, "opens_at": opens_at, "recipients": told})
    return lock if new or lock.opens_at == opens_at else put_off(lock, opens_at=opens_at, at=at)


def put_off(lock: Lock, *, opens_at: datetime, at: datetime) -> Lock:
    """Every keeper opens later, before anything here says so. Refused: SEA-002 one has not confirmed; nothing is opened earlier than it was to be."""
    for keeper in the_keepers():
        try:
            keeper.make(lock.procedure, opens_at)
        except (KeeperUnreachable, KeeperDisagrees):
            raise Refused(Problem(rules.NOT_PUT_OFF, {"keeper": keeper.name}, on="until")) from None
    with transaction.atomic():
        held = Lock.objects.select_for_update(of=("self",)).get(pk=lock.pk)
        held.opens_at = opens_at
        held.save(update_fields=["opens_at"])
        _record(held, "put_off", at, {"opens_at": opens_at})
    return held


def gather(lock: Lock, *, at: datetime) -> Opening:
    """Ask the keepers for what they may give out now; each key that fits is kept and told in the ledger, once."""
    known, missing = {it.keeper for it in lock.releases.all()}, []
    announced = {row["keeper"]: row["key"] for row in lock.recipients}
    for keeper in the_keepers():
        if keeper.name in known or keeper.name not in announced:
            continue
        try:
            told = keeper.ask(lock.procedure)
        except (KeeperUnreachable, KeeperDisagrees) as trouble:
            missing.append((keeper.name, str(trouble)))
            continue
        if not told.identity:
            missing.append((keeper.name, f"opens at {told.opens_at:%Y-%m-%d %H:%M:%S}Z"))
        elif envelopes.public_key_of(told.identity) != announced[keeper.name]:
            missing.append((keeper.name, "the key is not the one that was announced"))
        else:
            _keep(lock, keeper.name, told, at=at)
            known.add(keeper.name)
    return Opening(len(known) >= lock.needed, tuple(missing))


def about(lock: Lock, owner_id: int) -> str:
    """What is sealed into an envelope, so that it cannot be taken for another's."""
    return f"{lock.procedure}/{owner_id}"


def put_in(lock: Lock, content: bytes, *, owner_id: int, at: datetime) -> Envelope:
    """Seal the content for its owner; what the owner had put in before is destroyed."""
    recipients = [Recipient(row["keeper"], row["key"]) for row in lock.recipients]
    sealed = envelopes.seal(content, about=about(lock, owner_id), recipients=recipients, needed=lock.needed)
    take_out(lock, owner_id=owner_id)
    return Envelope.objects.create(lock=lock, owner_id=owner_id, content=sealed, digest=envelopes.digest_of(sealed), at=at)


def take_out(lock: Lock, *, owner_id: int) -> None:
    """Destroy the owner's envelope unread. Its digest stays in the ledger."""
    Envelope.objects.filter(lock=lock, owner_id=owner_id).delete()


def destroy(lock: Lock) -> None:
    """Destroy all envelopes unread: nothing will be opened."""
    Envelope.objects.filter(lock=lock).delete()


def open_envelope(envelope: Envelope, releases: Sequence[Release]) -> bytes:
    """What is in it. Raises CannotOpen: damaged, another's, or not the one that came in."""
    content = bytes(envelope.content)
    if envelopes.digest_of(content) != envelope.digest:
        raise CannotOpen("it is not the envelope that came in")
    return envelopes.opened(content, about=about(envelope.lock, envelope.owner_id), identities={it.keeper: it.identity for it in releases})


def _made(keeper: Keeper, procedure: str, opens_at: datetime) -> KeeperKey:
    try:
        made = keeper.make(procedure, opens_at)
    except (KeeperUnreachable, KeeperDisagrees):
        raise Refused(Problem(rules.NO_KEYS, {"keeper": keeper.name})) from None
    if not envelopes.is_public_key(made.recipient):
        raise Refused(Problem(rules.NO_KEYS, {"keeper": keeper.name}))
    return made


@transaction.atomic
def _keep(lock: Lock, keeper: str, told: KeeperKey, *, at: datetime) -> None:
    values = {"identity": told.identity, "released_at": told.released_at or at, "at": at}
    release, new = Release.objects.get_or_create(lock=lock, keeper=keeper, defaults=values)
    if new:
        facts = {"keeper": keeper, "identity": release.identity, "released_at": release.released_at}
        _record(lock, "release", at, facts)


def _record(lock: Lock, verb: str, at: datetime, facts: dict[str, object]) -> None:
    """Told by the clock, so that everybody may read it whole: who published or put off what is locked stands in that thing's own acts."""
    ledger.record(
        act=f"seal.{verb}",
        subject=f"seal/{lock.procedure}",
        by=CLOCK,
        at=at,
        facts={"number": lock.procedure, **facts},
        region=lock.region_path,
    )
