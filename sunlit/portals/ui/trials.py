"""A trial of a rule as a page shows it: names for regions, classes and sizes, and only the purchases that the reader may see."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

from django.utils.translation import gettext as _

from sunlit.domain.catalog import queries as catalog
from sunlit.domain.insight import states
from sunlit.domain.insight.models import Trial
from sunlit.domain.insight.queries import trials
from sunlit.foundation.accounts import queries as accounts
from sunlit.foundation.accounts.actors import Actor
from sunlit.foundation.kernel.refusals import catalogue
from sunlit.portals.ui.filters import lang

Name = Callable[[str], str]


def shown(it: Trial, *, seen_by: Actor) -> SimpleNamespace:
    """How far the trial is, why it failed, or its figures in words and typed amounts: the variable `trial` of `regulator/_trial.html`."""
    if it.state != states.TRIED:
        why = catalogue()[it.code].text if it.code else ""
        return SimpleNamespace(number=it.number, state=it.state, done=it.done, steps=it.steps, doing=_doing(it), why=why)
    told = it.figures
    moves = [_move(*row) for row in told["moves"]]
    return SimpleNamespace(
        number=it.number,
        state=it.state,
        unjudged=told.get("unjudged", 0),
        purchases=it.purchases,
        amount=Decimal(told["amount"]),
        since=it.since,
        until=it.until,
        at=it.at,
        digest=it.digest,
        seconds=it.seconds,
        rules=it.rules,
        changed={"count": sum(row["count"] for row in moves), "amount": sum((row["amount"] for row in moves), Decimal(0))},
        outcomes=[_outcome(told, name) for name in trials.OUTCOMES if name in told["before"] or name in told["after"]],
        moves=moves,
        breakdowns=[
            (_("By region"), _("Region"), _rows(told["regions"], _region_names())),
            (_("By class of goods"), _("Class"), _rows(told["classes"], _class)),
            (_("By size of the supplier"), _("Size"), _rows(told["sizes"], lambda name: str(trials.SIZES.get(name, name)))),
        ],
        sample=[
            {"number": number, "amount": Decimal(amount), "before": _word(before), "after": _word(after)}
            for number, amount, before, after in trials.seen_sample(it, seen_by=seen_by)
        ],
    )


def _doing(it: Trial) -> str:
    if it.taken_at is None:
        return _("Waiting for its turn")
    if not it.done:
        return _("Reading past purchases")
    return _("Judging them as they were, and with the change") if it.done < it.steps - 1 else _("Adding up")


def _word(outcome: str) -> str:
    return str(trials.OUTCOMES[outcome])


def _outcome(told: dict[str, Any], name: str) -> dict[str, Any]:
    before, after = told["before"].get(name, [0, "0.00"]), told["after"].get(name, [0, "0.00"])
    return {
        "label": _word(name),
        "before": before[0],
        "before_amount": Decimal(before[1]),
        "after": after[0],
        "after_amount": Decimal(after[1]),
    }


def _move(before: str, after: str, count: int, amount: str) -> dict[str, Any]:
    return {"before": _word(before), "after": _word(after), "count": count, "amount": Decimal(amount)}


def _rows(lines: Sequence[Sequence[Any]], name_of: Name) -> list[dict[str, Any]]:
    return [
        {
            "name": name_of(name),
            "count": count,
            "amount": Decimal(amount),
            "before": before,
            "after": after,
            "changed": changed,
            "changed_amount": Decimal(changed_amount),
        }
        for name, count, amount, before, _before_amount, after, _after_amount, changed, changed_amount in lines
    ]


def _region_names() -> Name:
    names = {region.path: lang(region) for region in accounts.regions()}
    return lambda path: names.get(path, path)


def _class(code: str) -> str:
    known = catalog.category(f"{code}0000")
    return f"{code} {lang(known)}" if known else code
