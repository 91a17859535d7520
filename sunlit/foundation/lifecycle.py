"""The heart: lives as tables, and the one door through which every change of state goes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, TypeVar

from django.db import models, transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from sunlit.foundation.access import Grant, operator
from sunlit.foundation.accounts.actors import Actor
from sunlit.foundation.kernel.refusals import CONFLICT, FORBIDDEN, Problem, Reason, Refused, check
from sunlit.foundation.ledger import sentences
from sunlit.foundation.ledger import services as ledger
from sunlit.foundation.ledger.canonical import canonical, plain
from sunlit.foundation.outbox.events import Event, announce

NOT_NOW = Reason("LIF-001", _("“{verb}” is not possible while {number} is “{state}”."), CONFLICT)
NOT_YOURS = Reason("LIF-002", _("“{verb}” may be done only by: {who}."), FORBIDDEN)
STALE = Reason("LIF-003", _("{number} was changed by somebody since you opened it. Look at it again, then decide."), CONFLICT)

L = TypeVar("L", bound="Living")


class Living(models.Model):
    """Something with a number, a region and a life. Its state is set in `move` and nowhere else."""

    number = models.TextField(unique=True)
    region_path = models.TextField(default="", blank=True)
    state = models.TextField()
    version = models.PositiveIntegerField(default=0)

    sealed: ClassVar[tuple[str, ...]] = ("number", "state")  # fields whose digest every act leaves in the ledger

    class Meta:
        abstract = True


@dataclass(frozen=True)
class Case:
    """What a rule is handed: the locked subject, who, when, and the facts of the act."""

    it: Any
    by: Actor
    at: datetime
    facts: Mapping[str, Any]


Rule = Callable[[Case], Iterator[Problem]]


@dataclass(frozen=True)
class Move:
    """One line of a life. `frm` is () for a beginning; `to` is None where the state stays."""

    verb: str
    frm: str | tuple[str, ...]
    to: str | None
    by: Grant
    says: str | Promise
    label: str | Promise
    rules: tuple[Rule, ...] = ()
    stamp: str = ""

    @property
    def origins(self) -> tuple[str, ...]:
        return (self.frm,) if isinstance(self.frm, str) else self.frm


class Life:
    """All the moves of one kind of thing, by verb."""

    def __init__(self, kind: str, model: type[Living], moves: Sequence[Move], *, states: Mapping[str, str | Promise]) -> None:
        self.kind, self.model, self.states = kind, model, states
        self.moves = {move.verb: move for move in moves}
        assert len(self.moves) == len(moves), f"{kind}: a verb is told twice"
        for move in moves:
            assert {*move.origins, *([move.to] if move.to else [])} <= set(states), f"{kind}.{move.verb}: unknown state"
            sentences.say(f"{kind}.{move.verb}", move.says)
        _lives[model] = self

    def open_to(self, subject: Living, actor: Actor) -> list[Move]:
        """The moves that this actor could try now: what the buttons of a page are made from."""
        return [move for move in self.moves.values() if subject.state in move.origins and move.by.allows(actor, subject)]


_lives: dict[type[Living], Life] = {}


def lives() -> dict[type[Living], Life]:
    return dict(_lives)


def life_of(subject: Living | type[Living]) -> Life:
    return _lives[subject if isinstance(subject, type) else type(subject)]


def move(
    subject: L,
    verb: str,
    *,
    by: Actor,
    at: datetime,
    change: Mapping[str, Any] | None = None,
    facts: Mapping[str, Any] | None = None,
    handed: Mapping[str, Any] | None = None,
    announces: Callable[[L], Sequence[Event]] | None = None,
    expected: int | None = None,
    related: tuple[str, ...] = (),
    within: bool = False,
) -> L:
    """Lock, then lawful, permitted, ruled, stamped, recorded, announced: in one transaction. Returns the subject as it now stands.

    `facts` go to the rules and into the ledger; `handed` goes to the rules alone. `change` are the fields that the act sets.
    `within`: the caller's transaction stands or falls with this move, so it needs no savepoint of its own.
    Raises Refused (LIF-001 not in this state, LIF-002 not by you, LIF-003 stale `expected` version, or what the rules say) and changes nothing.
    """
    life, facts = _lives[type(subject)], dict(facts or {})
    step, told = life.moves[verb], {**facts, **(handed or {})}
    with transaction.atomic(savepoint=not within):
        it = _locked(subject, related)
        _lawful(it, life, step, expected)
        _permitted(it, step, by)
        check(problem for rule in step.rules for problem in rule(Case(it, by, at, told)))
        _stamped(it, step, at, change or {})
        _recorded(it, life, step, by=by, at=at, facts=facts)
        if announces:
            announce(*announces(it))
    return it


def enter_many(
    things: Sequence[L],
    verb: str,
    *,
    under: str,
    by: Actor,
    at: datetime,
    facts: Mapping[str, Any] | None = None,
    handed: Mapping[str, Any] | None = None,
) -> list[L]:
    """Begin many lives at once: permitted, ruled, one INSERT, and one entry about `under` (as "import/IM-…") with every row's digest."""
    if not things:
        return []
    life = _lives[type(things[0])]
    step, told = life.moves[verb], {**(facts or {}), **(handed or {})}
    assert not step.origins, f"{verb} is no beginning"
    with transaction.atomic():
        for it in things:
            _allowed(it, life, step, by, at, told)
            it.state, it.version = str(step.to), 1
            if step.stamp:
                setattr(it, step.stamp, at)
        made = type(things[0])._base_manager.bulk_create(things)
        _recorded_many(made, life, step, under=under, by=by, at=at, facts=facts or {})
    return made


def move_many(
    things: Sequence[L],
    verb: str,
    *,
    under: str,
    by: Actor,
    at: datetime,
    change: Callable[[L], Mapping[str, Any]] = lambda _it: {},
    facts: Mapping[str, Any] | None = None,
    handed: Mapping[str, Any] | None = None,
) -> list[L]:
    """Move many at once: locked in the order of their ids, lawful, permitted, ruled, written together, one entry about `under`.

    `change` gives each thing's own new values (of a relation its `…_id`). All move or, with Refused, none.
    """
    if not things:
        return []
    life = _lives[type(things[0])]
    step, told = life.moves[verb], {**(facts or {}), **(handed or {})}
    with transaction.atomic():
        rows = type(things[0])._base_manager
        held = list(rows.select_for_update(of=("self",), no_key=True).filter(pk__in=[it.pk for it in things]).order_by("pk"))
        named: set[str] = set()
        for it in held:
            _allowed(it, life, step, by, at, told)
            for name, value in _changes(it, step, at, change(it)).items():
                if getattr(it, name) != value:
                    setattr(it, name, value)
                    named.add(name)  # columns that nobody changes are not written
        rows.bulk_update(held, sorted(named))
        _recorded_many(held, life, step, under=under, by=by, at=at, facts=facts or {})
    return held


def take_over(model: type[Living], rows: Mapping[str, str], *, under: str, by: Actor, at: datetime, region_path: str) -> None:
    """Lives that began in a predecessor system go on here: their rows came in by COPY, and one entry about `under` tells the digest of each.

    `rows` gives each row's digest, as `row_digest` would find it, by its number. Only the operator brings them.
    """
    life = _lives[model]
    if not operator.allows(by, None):
        raise Refused(Problem(NOT_YOURS, {"verb": _("Take over"), "who": operator.label}))
    told = {"number": under.partition("/")[2], "actor": by.user_name, "organisation": by.organisation_name}
    summed = {"count": len(rows), "rows": dict(rows), "digest": digest(rows)}
    ledger.record(act=f"{life.kind}.take_over_many", subject=under, by=by, at=at, facts={**told, **summed}, region=region_path)


def row_digest(subject: Living) -> str:
    """SHA-256 of the subject's sealed fields, as its last act left it in the ledger."""
    return digest({name: getattr(subject, name) for name in type(subject).sealed})


def digest(value: Any) -> str:
    """SHA-256 of the value as canonical JSON: the same for the same content."""
    return hashlib.sha256(canonical(plain(value)).encode()).hexdigest()


def _locked(subject: L, related: tuple[str, ...]) -> L:
    if subject._state.adding:
        return subject
    # As an UPDATE locks: rows that are being written and name the subject do not wait, nor two of them crosswise when both then move it.
    rows = type(subject)._base_manager.select_for_update(of=("self",), no_key=True)
    return rows.select_related(*related).get(pk=subject.pk) if related else rows.get(pk=subject.pk)


def _lawful(it: Living, life: Life, step: Move, expected: int | None) -> None:
    if expected is not None and expected != it.version:
        raise Refused(Problem(STALE, {"number": it.number}))
    lawful = not step.origins if it._state.adding else it.state in step.origins
    if not lawful:
        raise Refused(Problem(NOT_NOW, {"verb": step.label, "number": it.number, "state": life.states.get(it.state, it.state)}))


def _permitted(it: Living, step: Move, by: Actor) -> None:
    if not step.by.allows(by, it):
        raise Refused(Problem(NOT_YOURS, {"verb": step.label, "who": step.by.label}))


def _stamped(it: Living, step: Move, at: datetime, change: Mapping[str, Any]) -> None:
    changed = _changes(it, step, at, change)
    for name, value in changed.items():
        setattr(it, name, value)
    if it._state.adding:
        it.save(force_insert=True)
    else:
        it.save(update_fields=list(changed))


def _changes(it: Living, step: Move, at: datetime, change: Mapping[str, Any]) -> dict[str, Any]:
    changed = dict(change)
    if step.to is not None:
        changed["state"] = step.to
    if step.stamp:
        changed[step.stamp] = at
    changed["version"] = it.version + 1
    return changed


def _allowed(it: Living, life: Life, step: Move, by: Actor, at: datetime, told: Mapping[str, Any]) -> None:
    _lawful(it, life, step, None)
    _permitted(it, step, by)
    check(problem for rule in step.rules for problem in rule(Case(it, by, at, told)))


def _recorded(it: Living, life: Life, step: Move, *, by: Actor, at: datetime, facts: Mapping[str, Any]) -> None:
    told = {"number": it.number, "actor": by.user_name, "organisation": by.organisation_name, "state": it.state, "row": row_digest(it)}
    ledger.record(
        act=f"{life.kind}.{step.verb}", subject=f"{life.kind}/{it.number}", by=by, at=at, facts={**facts, **told}, region=it.region_path
    )


def _recorded_many(
    things: Sequence[Living], life: Life, step: Move, *, under: str, by: Actor, at: datetime, facts: Mapping[str, Any]
) -> None:
    """One entry, `offer.enter_many`: how many, the digest of each row by its number, and the digest of all."""
    rows = {it.number: row_digest(it) for it in things}
    told = {"number": under.partition("/")[2], "actor": by.user_name, "organisation": by.organisation_name}
    summed = {"count": len(rows), "rows": rows, "digest": digest(rows)}
    region = things[0].region_path
    ledger.record(act=f"{life.kind}.{step.verb}_many", subject=under, by=by, at=at, facts=plain({**facts, **told, **summed}), region=region)
