"""The regulator's verbs on a running purchase, the same for call-offs, batches and work orders: suspend, resume, void."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from django.utils.translation import gettext_lazy as _

from sunlit.domain.market.models import Stoppable
from sunlit.domain.market.rules import stops as rules
from sunlit.foundation.access import regulates
from sunlit.foundation.accounts.actors import Actor
from sunlit.foundation.lifecycle import Life, Move

FREE: Final = ("resume", "void")  # what can be done while it is suspended


def stoppable(moves: Sequence[Move], running: tuple[str, ...], *, voided: str = "", voidable: tuple[str, ...] = ()) -> list[Move]:
    """A life that regulators can suspend in its `running` states: every other move of these waits; `voidable` ones end as `voided`."""
    waiting = [
        replace(each, rules=(rules.goes_on, *each.rules)) if set(each.origins) & set(running) and each.verb not in FREE else each
        for each in moves
    ]
    waiting += [
        Move(
            "suspend",
            running,
            None,
            regulates(),
            _("{organisation} suspended {number}: {reason}"),
            _("Suspend the purchase"),
            (rules.goes_on, rules.reason_is_given),
            "suspended_at",
        ),
        Move(
            "resume",
            running,
            None,
            regulates(),
            _("{organisation} let {number} go on; the time that was left runs on: {until}"),
            _("Let it go on"),
            (rules.is_suspended,),
        ),
    ]
    if voidable:
        says = _("{organisation} voided {number}: {reason}")
        waiting.append(Move("void", voidable, voided, regulates(), says, _("Void the purchase"), (rules.reason_is_given,), "ended_at"))
    return waiting


def open_to(life: Life, it: Stoppable, actor: Actor) -> dict[str, Move]:
    """What this actor could try now: of what is suspended the regulator's verbs alone."""
    found = {move.verb: move for move in life.open_to(it, actor)}
    if it.suspended_at is None:
        return {verb: move for verb, move in found.items() if verb != "resume"}
    return {verb: move for verb, move in found.items() if verb in FREE}
