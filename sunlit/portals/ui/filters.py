"""How values are written for people: days and moments in Shanghai, money, figures, names in the reader's language."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import get_language, gettext, ngettext
from django.utils.translation import gettext_lazy as _

from sunlit.domain.market.models import FrameworkDealer
from sunlit.domain.market.queries.parties import where
from sunlit.foundation.kernel.clock import SHANGHAI
from sunlit.foundation.kernel.money import show

WEEKDAYS_ZH = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")
WEEKDAYS_EN = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS_EN = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
SOON = timedelta(hours=24)
NONE = "—"
FIGURE_WORDS: dict[str, str | Promise] = {
    "budget_adjusted": _("the budget was adjusted in the year"),
    "method_approved": _("another method was approved"),
}


def chinese() -> bool:
    return (get_language() or "zh").startswith("zh")


def day(value: date | datetime | None) -> str:
    """`2026年3月5日 周四`, `Thu 5 Mar 2026`."""
    if value is None:
        return NONE
    local = _local_day(value)
    if chinese():
        return f"{local.year}年{local.month}月{local.day}日 {WEEKDAYS_ZH[local.weekday()]}"
    return f"{WEEKDAYS_EN[local.weekday()]} {local.day} {MONTHS_EN[local.month - 1]} {local.year}"


def moment(value: datetime | None) -> str:
    """`2026年3月5日 周四 14:30`, `Thu 5 Mar 2026 14:30`."""
    return NONE if value is None else f"{day(value)} {clock_time(value)}"


def short_day(value: date | datetime | None) -> str:
    """`2026-03-05`: for narrow columns."""
    return NONE if value is None else _local_day(value).isoformat()


def short_moment(value: datetime | None) -> str:
    """`03-05 14:30`."""
    return NONE if value is None else f"{_local_day(value):%m-%d} {clock_time(value)}"


def clock_time(value: datetime) -> str:
    return f"{value.astimezone(SHANGHAI):%H:%M}"


def term(value: datetime | None) -> str:
    """The end of a term; midnight is the 24:00 of the day that still belongs to it: `2026年3月4日 周三 24:00`."""
    if value is None:
        return NONE
    return moment(value) if clock_time(value) != "00:00" else f"{day(value - timedelta(minutes=1))} 24:00"


def iso(value: date | datetime | None) -> str:
    """For `datetime=` attributes and scripts."""
    return "" if value is None else value.isoformat()


def ago(value: datetime | None, now: datetime) -> str:
    """`3 minutes ago`, `2 days ago`; further back than a month, the day itself."""
    if value is None:
        return NONE
    passed = max(now - value, timedelta())
    if passed < timedelta(minutes=1):
        return gettext("just now")
    if passed < timedelta(hours=1):
        count = int(passed / timedelta(minutes=1))
        return ngettext("%(count)s minute ago", "%(count)s minutes ago", count) % {"count": count}
    if passed < timedelta(days=1):
        count = int(passed / timedelta(hours=1))
        return ngettext("%(count)s hour ago", "%(count)s hours ago", count) % {"count": count}
    if passed < timedelta(days=31):
        return ngettext("%(count)s day ago", "%(count)s days ago", passed.days) % {"count": passed.days}
    return day(value)


def left(until: datetime, now: datetime) -> str:
    """Time to a deadline in its two largest units, or how long it has been over."""
    rest = until - now
    size = duration(abs(rest))
    return gettext("%(time)s left") % {"time": size} if rest > timedelta() else gettext("%(time)s overdue") % {"time": size}


def urgency(until: datetime, now: datetime) -> str:
    """calm, soon (less than a day) or past: the tone of a deadline."""
    rest = until - now
    return "past" if rest <= timedelta() else "soon" if rest < SOON else "calm"


def duration(span: timedelta) -> str:
    """`2 days 3 hours`, `5 hours 10 minutes`, `4 minutes`."""
    minutes = int(span.total_seconds() // 60)
    days, hours, minutes = minutes // 1440, minutes % 1440 // 60, minutes % 60
    if days:
        return _two(ngettext("%(count)s day", "%(count)s days", days), days, ngettext("%(count)s hour", "%(count)s hours", hours), hours)
    if hours:
        return _two(
            ngettext("%(count)s hour", "%(count)s hours", hours), hours, ngettext("%(count)s minute", "%(count)s minutes", minutes), minutes
        )
    return ngettext("%(count)s minute", "%(count)s minutes", minutes) % {"count": minutes}


def _two(first: str, first_count: int, second: str, second_count: int) -> str:
    text = first % {"count": first_count}
    return f"{text} {second % {'count': second_count}}" if second_count else text


def yuan(value: Decimal | None) -> str:
    """`¥1,234.50`."""
    return NONE if value is None else show(value)


def price_parts(value: Decimal) -> tuple[str, str]:
    """Whole yuan and fen, for large figures: `("1,234", "50")`."""
    whole, _, fen = f"{value:,.2f}".partition(".")
    return whole, fen


def number(value: int | Decimal | Fraction | None, places: int = 0) -> str:
    """Thousand separators; `places` decimals, rounded half up for the eye."""
    return NONE if value is None else f"{_rounded(value, places):,}"


def percent(value: Decimal | Fraction | int | None, places: int = 1) -> str:
    """A share of one: 0.173 is `17.3%`."""
    return NONE if value is None else f"{_rounded(Fraction(value) * 100, places):,}%"


def compact(value: int | Decimal | None) -> str:
    """A large figure in few characters: `1.25 万`, `7.50 亿` in Chinese; `12.5 K`, `750 M` in English."""
    if value is None:
        return NONE
    steps: tuple[tuple[int, str], ...] = ((10**8, "亿"), (10**4, "万")) if chinese() else ((10**9, "B"), (10**6, "M"), (10**3, "K"))
    for size, unit in steps:
        if abs(Fraction(value)) >= size * (1 if chinese() else 10):
            return f"{_rounded(Fraction(value) / size, 2):,f}".rstrip("0").rstrip(".") + f" {unit}"
    return number(value, 0 if value == int(value) else 2)


def lang(thing: Any, name: str = "name") -> str:
    """`lang(region, "name")`: `name_zh` (or plain `name`) or `name_en` by the reader's language; falls back to the other when empty."""
    order = (f"{name}_zh", name, f"{name}_en") if chinese() else (f"{name}_en", f"{name}_zh", name)
    found = (getattr(thing, field, "") or "" for field in order)
    return next((text for text in found if text), "")


def area(dealer: FrameworkDealer) -> str:
    """Where a dealer delivers, in the reader's language."""
    return gettext(", ").join(lang(one) for one in where(dealer.regions, dealer.region_path))


def initial(name: str) -> str:
    """One character that stands for a person or organisation."""
    return name.strip()[:1].upper()


def figure_value(value: Any) -> str:
    """A figure that a ruling compared: money with its sign, days as days, whole numbers with separators."""
    if isinstance(value, str) and re.fullmatch(r"-?[0-9]+\.[0-9]{2}", value):
        return show(Decimal(value))
    if isinstance(value, str) and re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        return day(date.fromisoformat(value))
    if isinstance(value, Decimal):
        return show(value)
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(FIGURE_WORDS.get(str(value), value))


def plain(value: Any) -> Any:
    """Values that JSON does not know, for data blocks."""
    if isinstance(value, Decimal | Fraction):
        return float(value)
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, Promise):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no plain form")


def _local_day(value: date | datetime) -> date:
    return value.astimezone(SHANGHAI).date() if isinstance(value, datetime) else value


def _rounded(value: int | Decimal | Fraction, places: int) -> Decimal:
    if isinstance(value, int) and not places:
        return Decimal(value)
    exact = value if isinstance(value, Decimal) else Decimal(Fraction(value).numerator) / Decimal(Fraction(value).denominator)
    return exact.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


FILTERS: dict[str, Callable[..., Any]] = {
    "day": day,
    "moment": moment,
    "short_day": short_day,
    "short_moment": short_moment,
    "clock_time": clock_time,
    "term": term,
    "iso": iso,
    "ago": ago,
    "left": left,
    "urgency": urgency,
    "duration": duration,
    "yuan": yuan,
    "price_parts": price_parts,
    "number": number,
    "percent": percent,
    "compact": compact,
    "lang": lang,
    "area": area,
    "initial": initial,
    "figure_value": figure_value,
}
