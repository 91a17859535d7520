"""What goods cost elsewhere, brought in: by file with a dry run, and from a price feed that a round asks. History is kept; twice changes nothing."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from sunlit.domain.catalog import services as catalog
from sunlit.domain.catalog.models import Product
from sunlit.domain.supervision.models import FeedCursor
from sunlit.foundation.accounts.actors import CLOCK, Actor
from sunlit.foundation.files import workbooks
from sunlit.foundation.gateways.prices import PriceFeed, Quote
from sunlit.foundation.kernel.clock import SHANGHAI
from sunlit.foundation.kernel.refusals import Problem, Reason, Refused, check

UNREADABLE = Reason("WAT-020", _("The file cannot be read as a table: save it as XLSX or CSV."))
COLUMN_MISSING = Reason("WAT-021", _("The column “{column}” is missing."))
EMPTY_FILE = Reason("WAT-022", _("The file has no rows."))
TIME_WRONG = Reason("WAT-023", _("Row {row}: “{value}” is no day or time, such as 2026-11-23 or 2026-11-23 10:30."))
TIME_AHEAD = Reason("WAT-024", _("Row {row}: {value} lies ahead; a price is captured before it is brought in."))

HEADINGS: Final = {"product": "产品编号", "source": "来源", "price": "价格", "captured_at": "采集时间", "url": "网址"}
NEEDED: Final = ("product", "source", "price", "captured_at")
PAGES_A_ROUND: Final = 20
THE_FEED: Final = "prices"


@dataclass(frozen=True)
class Brought:
    """What an import did, or in a dry run would do."""

    rows: int
    added: int

    @property
    def known(self) -> int:
        return self.rows - self.added


def import_references(data: bytes, media_type: str, *, by: Actor, at: datetime, dry_run: bool = False) -> Brought:
    """Bring a file in: all rows or none, each problem at its row and column; known prices again are nothing new. `dry_run`: only tell.

    Refused: WAT-020 … WAT-024, CAT-070, CAT-075 … CAT-078.
    """
    rows = list(_rows_in(data, media_type))
    if not rows:
        raise Refused(Problem(EMPTY_FILE, on="file"))
    check(Problem(COLUMN_MISSING, {"column": HEADINGS[column]}, on="file") for column in NEEDED if column not in rows[0])
    problems: list[Problem] = []
    read = [{**row, "captured_at": _captured(row["captured_at"], number, at, problems)} for number, row in enumerate(rows, 2)]
    try:
        added = catalog.add_reference_prices(read, by=by, at=at, dry_run=dry_run or bool(problems))
    except Refused as refused:
        problems += [each for each in refused.problems if not _told_already(each, problems)]
        added = 0
    check(problems)
    return Brought(len(rows), added)


def template() -> str:
    """The table to fill in, as CSV that office programs open with Chinese headings."""
    return "\ufeff" + ",".join(HEADINGS.values()) + "\r\n"


def ask_price_feed(feed: PriceFeed, *, at: datetime) -> Brought:
    """Read on where the last round ended; items that are not in the library are passed over. Each page is written with its place: both or neither."""
    rows = added = 0
    for _round in range(PAGES_A_ROUND):
        with transaction.atomic():
            FeedCursor.objects.get_or_create(name=THE_FEED)
            cursor = FeedCursor.objects.select_for_update().get(name=THE_FEED)
            page = feed.page(cursor.after)
            added += _add(page.quotes, at)
            rows += len(page.quotes)
            if page.after != cursor.after:
                cursor.after, cursor.moved_at = page.after, at
                cursor.save(update_fields=["after", "moved_at"])
        if not page.more:
            break
    return Brought(rows, added)


def _add(quotes: Sequence[Quote], at: datetime) -> int:
    known = set(Product.objects.filter(number__in={quote.item for quote in quotes}).values_list("number", flat=True))
    rows = [
        {"product": it.item, "source": it.source, "price": str(it.price), "captured_at": it.captured_at, "url": it.url}
        for it in quotes
        if it.item in known and it.captured_at <= at
    ]
    return catalog.add_reference_prices(rows, by=CLOCK, at=at) if rows else 0


def _told_already(problem: Problem, problems: Sequence[Problem]) -> bool:
    """A time that could not be read is not missing as well."""
    return problem.on == "source" and any(each.params.get("row") == problem.params.get("row") for each in problems)


def _captured(text: str, row: int, at: datetime, problems: list[Problem]) -> datetime | None:
    """A day (its beginning) or a time in China, unless a zone is told."""
    try:
        told = datetime.fromisoformat(text.replace("/", "-"))
    except ValueError:
        problems.append(Problem(TIME_WRONG, {"row": row, "value": text}, on="captured_at"))
        return None
    captured = told if told.tzinfo else told.replace(tzinfo=SHANGHAI)
    if captured > at:
        problems.append(Problem(TIME_AHEAD, {"row": row, "value": text}, on="captured_at"))
        return None
    return captured


def _rows_in(data: bytes, media_type: str) -> Iterator[dict[str, str]]:
    lines = _csv(data) if media_type == "text/csv" else _workbook(data)
    while lines and not any(str(cell).strip() for cell in lines[-1]):
        lines.pop()
    if not lines:
        return
    keys = [_column(str(cell)) for cell in lines[0]]
    empty = dict.fromkeys(keys, "")
    for line in lines[1:]:
        yield {**empty, **dict(zip(keys, map(_cell, line), strict=False))}


def _csv(data: bytes) -> list[list[Any]]:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return list(csv.reader(io.StringIO(data.decode(encoding), newline="")))
        except UnicodeDecodeError:
            continue
        except csv.Error:
            break
    raise Refused(Problem(UNREADABLE, on="file"))


def _workbook(data: bytes) -> list[list[Any]]:
    try:
        return workbooks.table(data)
    except workbooks.Unreadable:
        raise Refused(Problem(UNREADABLE, on="file")) from None


def _column(heading: str) -> str:
    known: Mapping[str, str] = {text: column for column, text in HEADINGS.items()}
    told = heading.strip().removesuffix("*").strip()
    return known.get(told, told.lower())


def _cell(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    return str(value).strip()
