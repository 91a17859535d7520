"""`sunlit check-vectors FILE`: worked cases of the law, evaluated by the rulebook as it stands, one line a case.

A case tells what is `given` and what to `expect`; an evaluator answers the questions of its family from the rows in force. Whether a case is covered is
seen from its shape and its words; its number only says who is asked first.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import click
from django.core.management import call_command
from django.db import connection, transaction

from sunlit.domain.rulebook import queries, services
from sunlit.domain.rulebook.commands import bids, limits, terms
from sunlit.domain.rulebook.commands.cases import FAMILIES, Answers, Book, Case, NotCovered
from sunlit.foundation.accounts.actors import CLOCK
from sunlit.foundation.kernel import clock
from sunlit.foundation.kernel.refusals import Refused

EVALUATORS: Final = (bids, limits, terms)  # whose import registers the families
PASS, FAIL, OPEN = "pass", "fail", "not covered"
FAILED, UNREADABLE = 1, 2
PLACES_LEAST: Final = 2


@dataclass(frozen=True)
class Result:
    """How one case ended, and what to say about it."""

    case: Case
    verdict: str
    words: str


@click.command("check-vectors")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--on", type=click.DateTime(["%Y-%m-%d"]), default=None, help="The day whose rules hold where a case names none. Default: today."
)
@click.option("--region", default="", help="Path of the region whose rules hold, such as 652800/652801. Default: the nation's.")
@click.pass_context
def check_vectors(ctx: click.Context, file: Path, on: Any, region: str) -> None:
    """Evaluate the worked cases of a JSON FILE through the rulebook. Exit status 1 when one fails, 2 when the file cannot be read."""
    try:
        cases = list(cases_in(file.read_text(encoding="utf-8-sig")))
    except (OSError, ValueError, KeyError, TypeError) as error:
        click.echo(f"{file} cannot be read as worked cases: {error}", err=True)
        ctx.exit(UNREADABLE)
    day = on.date() if on else clock.local_day(clock.now())
    with _a_rulebook():
        results = [judged(case, Book(region, day)) for case in cases]
    width = max((len(case.id) for case in cases), default=0)
    for it in results:
        click.echo(f"{it.case.id:<{width}}  {it.verdict:<11}  {it.words}")
    counts = {verdict: sum(it.verdict == verdict for it in results) for verdict in (PASS, FAIL, OPEN)}
    click.echo(f"{len(results)} cases: {counts[PASS]} pass, {counts[FAIL]} fail, {counts[OPEN]} not covered.")
    ctx.exit(FAILED if counts[FAIL] else 0)


def cases_in(text: str) -> Iterator[Case]:
    """The cases of a file, which is a list of them or has one under `cases`. Figures are read exactly."""
    told = json.loads(text, parse_float=Decimal)
    rows = told if isinstance(told, list) else told["cases"]
    for place, row in enumerate(rows, 1):
        if not isinstance(row, dict) or not isinstance(row.get("given"), dict) or not isinstance(row.get("expect"), dict):
            raise TypeError(f"case {place} has no `given` or no `expect`")
        yield Case(str(row.get("id", place)), str(row.get("topic", "")), row["given"], row["expect"])


def judged(case: Case, book: Book) -> Result:
    """The case held against the first evaluator that answers everything it expects, its own family's first."""
    reasons: list[str] = []
    for evaluate in _families(case):
        book.forget()
        try:
            with transaction.atomic():  # what a case lays down for itself, such as a region's holidays, goes with it
                answers = evaluate(case, book)
                transaction.set_rollback(True)
            return _compared(case, answers, book)
        except NotCovered as gap:
            reasons.append(str(gap))
        except Refused as refused:
            reasons.append(" ".join(problem.message for problem in refused.problems))
        except (LookupError, AttributeError, ValueError, TypeError, AssertionError, ArithmeticError) as error:
            reasons.append(f"its form is not understood ({type(error).__name__}: {error})")
        finally:
            queries.forget()
    return Result(case, OPEN, f"{case.topic}: {reasons[0] if reasons else 'nobody knows this topic'}")


def _families(case: Case) -> list[Any]:
    """The evaluator of its number, then those whose subject its words tell of: nobody answers a case of something else by chance."""
    own = FAMILIES.get(case.family)
    others = [it.evaluate for it in FAMILIES.values() if it is not own and it.knows(case)]
    return list(dict.fromkeys([*([own.evaluate] if own else []), *others]))


def _compared(case: Case, answers: Answers, book: Book) -> Result:
    unknown = [name for name in case.expect if name not in answers]
    if unknown or not case.expect:
        raise NotCovered(f"nobody answers {', '.join(unknown) or 'nothing'}")
    wrong = [
        f"{name}: expected {_told(told)}, got {_told(answers[name])}" for name, told in case.expect.items() if not same(told, answers[name])
    ]
    used = f" [{', '.join(book.used)}]" if book.used else ""
    if wrong:
        return Result(case, FAIL, f"{case.topic}: {'; '.join(wrong)}{used}")
    return Result(case, PASS, f"{case.topic}: {', '.join(f'{name} {_told(answers[name])}' for name in case.expect)}{used}")


def same(told: Any, found: Any) -> bool:
    """Figures agree at the places told, two at least; everything else is equal."""
    if isinstance(told, bool) or isinstance(found, bool) or told is None or found is None:
        return told is found
    if isinstance(told, int | Decimal) and isinstance(found, int | Decimal | Fraction):
        places = max(PLACES_LEAST, -int(Decimal(told).as_tuple().exponent))
        return round(Fraction(told), places) == round(Fraction(found), places)
    if isinstance(told, list) and isinstance(found, list | tuple):
        return len(told) == len(found) and all(map(same, told, found))
    if isinstance(told, Mapping) and isinstance(found, Mapping):
        return set(told) <= set(found) and all(same(it, found[name]) for name, it in told.items())
    return str(told).strip().casefold() == str(found).strip().casefold()


def _told(value: Any) -> str:
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: "none"}[value]
    if isinstance(value, Fraction):
        return f"{float(value):.4f}".rstrip("0").rstrip(".")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_told, value))}]"
    return str(value)


class _a_rulebook:  # noqa: N801 (reads as a word where it is used)
    """The rulebook of this platform; where none has been loaded yet, the one that came with this release, for as long as it is looked at."""

    def __enter__(self) -> None:
        if "rulebook_pack" not in connection.introspection.table_names():
            call_command("migrate", interactive=False, verbosity=0)
        self.borrowed = transaction.atomic()
        self.borrowed.__enter__()
        if not queries.pack_version():
            services.load_pack(by=CLOCK, at=clock.now())

    def __exit__(self, *_what: object) -> None:
        transaction.set_rollback(True)
        self.borrowed.__exit__(None, None, None)
        queries.forget()
