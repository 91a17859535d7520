"""A rule as others see it, what it rules, and what must hold when a rule is changed. Pure: nothing here reads the database."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext_lazy as _

from sunlit.domain.rulebook.rules.templates.data import Malformed, built
from sunlit.foundation.kernel import money, regions
from sunlit.foundation.kernel.clock import local_day
from sunlit.foundation.kernel.refusals import CONFLICT, FORBIDDEN, Problem, Reason, Refused, catalogue
from sunlit.foundation.ledger.canonical import plain

NO_RULE = Reason("RUL-001", _("No rule “{key}” is in force for region “{region}” on {day}. The operator can load the rulebook."), CONFLICT)
NOT_YOUR_REGION = Reason(
    "RUL-002", _("Rules of “{region}” are set by an officer or the lead of the regulator of that region or of one above it."), FORBIDDEN
)
TOO_EARLY = Reason("RUL-003", _("This can take effect from {earliest} at the earliest: what is under way keeps its rule."))
FIXED = Reason("RUL-004", _("“{name}” is fixed by {source} and not open to a region's choice."))
OUT_OF_RANGE = Reason("RUL-005", _("{value} lies outside what is allowed for “{name}”: {allowed}."))
WRONG_FORM = Reason("RUL-006", _("“{value}” cannot be read as a value of “{name}”, which is now {now}."))
TOP_ALONE = Reason(
    "RUL-052", _("“{name}” is decided by the top region's finance bureau alone ({source}): hand the change in, and it decides."), FORBIDDEN
)
NO_CHANGE = Reason("RUL-007", _("Nothing would change: it already says so."))
UNKNOWN_REGION = Reason("RUL-008", _("There is no region “{region}” in this net."))
NOTHING_OWN = Reason("RUL-009", _("“{key}” has no version of its own in “{region}” to be ended."))
OPERATOR_ONLY = Reason("RUL-010", _("Only the platform's operator may do this."), FORBIDDEN)
REASON_NAMELESS = Reason("RUL-011", _("Say which day this is and where it was announced."))
ROW_SAYS = Reason("RUL-023", "{says}")  # a row of a decision table speaks in its own words

EVIDENCE: Final = ("V", "Q", "P", "C", "K", "UNVERIFIED")  # full text of the law, question bank, one province, public code, from knowledge
LAWFUL: Final = frozenset("VQ")  # what may refuse by itself; everything else warns unless the row is binding
CACHE_LIFE: Final = timedelta(seconds=60)  # how long a process may answer from memory
SETTLE: Final = 5 * CACHE_LIFE  # a change is written at least this long before its first day, so that no memory outlives it

CHOICES: Final[dict[str, str | Promise]] = {
    "free": _("at any time"),
    "lowest_conforming_price": _("lowest conforming price"),
    "earliest": _("the earlier quote"),
    "all_out": _("none of those that are equal"),
    "random": _("by lot"),
    "unlimited": _("unlimited"),
    "rank_only": _("own rank only"),
    "low_only": _("current lowest price only"),
    "own_rank_and_current_low": _("own rank and current lowest price"),
    "needed": _("needed"),
    "not_needed": _("not needed"),
    "agreement_unit_price": _("unit price of the agreement"),
    "services_once_per_cycle": _("services only, each supplier once a cycle"),
    "month": _("every month"),
    "quarter": _("every quarter"),
    "half_year": _("every half year"),
    "lowest_on_other_channels": _("not above the lowest price on other procurement channels"),
    "five_north_western_regions": _("Shaanxi, Gansu, Ningxia, Qinghai and Xinjiang"),
    "min": _("lowest source"),
    "mean": _("mean of the sources"),
    "median": _("median of the sources"),
    "hidden": _("told to nobody"),
    "shown": _("shown to all"),
    "prefecture": _("the prefecture's finance bureau"),
    "county": _("the county's own finance bureau, by delegation"),
    "on": _("watched"),
    "off": _("not watched"),
    "serious": _("serious"),
    "ordinary": _("ordinary"),
    "minor": _("minor"),
}
SOURCES: Final[dict[str, str | Promise]] = {  # what is no title of a document, in the reader's language
    "platform default": _("platform default"),
    "placeholder, to be replaced from the current 自治区 catalogue": _(
        "provisional: the national guidance, until the autonomous region's catalogue in force is entered"
    ),
    "财库〔2019〕69号 guidance (不应低于)": _("财库〔2019〕69号 (guidance: not below this)"),
    "Fujian question bank": _("question bank of Fujian"),
    "Fujian rule (trial)": _("rule of Fujian (for trial)"),
    "public API clients": _("public codes of interfaces"),
    "新疆2016-2018年度政府集中采购目录 (tocape.cn repost)": _("catalogue of Xinjiang 2016 to 2018 (a reprint)"),
    "深圳采购文件检查十九项 (OFFICIAL-SZDL)": _("nineteen checks of documents (Shenzhen)"),
    "批量集中采购 (central, Anhui)": _("batch procurement of the central authorities and Anhui"),
    "local / 财库〔2019〕38号": _("local rules; 财库〔2019〕38号"),
    "财政部令第87号; notice format": _("财政部令第87号; form of notices"),
}
SIGNS: Final = {"": "", "=": "", ">=": "≥ ", "<=": "≤ ", "<": "< ", ">": "> "}
FIELDS: Final = ("n", "yuan", "percent", "choice", "words")
TEMPLATE: Final = "template"  # the field of a value that carries a form
MEBIBYTE: Final = 1024 * 1024
_FIGURE: Final = re.compile(r"\{\w+\}")
_MONEY: Final = re.compile(r"-?\d+\.\d\d")


@dataclass(frozen=True, slots=True)
class Rule_:  # noqa: N801 (the snapshot of the row called Rule)
    """One version of a rule, in plain values. `region_path` is "" for everywhere; `until` is the first day on which it no longer holds."""

    id: int
    key: str
    region_path: str
    region_zh: str
    region_en: str
    kind: str
    value: Mapping[str, Any]
    unit: str
    allowed: Mapping[str, Any] | None
    binding: bool
    name_zh: str
    name_en: str
    source: str
    article: str
    evidence: str
    note: str
    pack: str
    set_by: str
    since: date
    until: date | None

    def holds_on(self, day: date) -> bool:
        return self.since <= day and (self.until is None or day < self.until)

    @property
    def name(self) -> str:
        return self.name_zh if chinese() else self.name_en

    @property
    def op(self) -> str:
        """How the figure bounds: >=, <=, <, = or "" for a plain parameter."""
        return str(self.value.get("op", ""))

    @property
    def n(self) -> int:
        """The whole number of days, hours, suppliers, bytes …"""
        n = self.value["n"]
        assert isinstance(n, int), f"{self.key} is not a whole number"
        return n

    @property
    def amount(self) -> Decimal:
        """The single figure, whatever its unit."""
        return Decimal(str(next(self.value[field] for field in ("n", "yuan", "percent") if field in self.value)))

    @property
    def yuan(self) -> Decimal:
        return Decimal(self.value["yuan"])

    @property
    def percent(self) -> Decimal:
        return Decimal(self.value["percent"])

    @property
    def share(self) -> Decimal:
        """The percentage as a factor: 80 % is 0.8."""
        return self.percent / 100

    @property
    def low(self) -> Decimal:
        return Decimal(self.value["low"])

    @property
    def high(self) -> Decimal:
        return Decimal(self.value["high"])

    @property
    def choice(self) -> str:
        return str(self.value["choice"])

    @property
    def words(self) -> tuple[str, ...]:
        return tuple(self.value["words"])

    @property
    def shown(self) -> str:
        """The value for people: ≥ 20 days, ¥50,000.00, 10%."""
        return shown(self.value, self.unit)

    @property
    def is_the_tops(self) -> bool:
        """Whether the top region's finance bureau alone decides on it."""
        return (self.allowed or {}).get("by") == "top"

    @property
    def allowed_shown(self) -> str:
        """What a regulator may choose, for people; "" where the rule is fixed."""
        if self.allowed is None:
            return ""
        if "choices" in self.allowed:
            return "、".join(str(CHOICES.get(name, name)) for name in self.allowed["choices"])
        low, high = (self._bound(self.allowed.get(end)) for end in ("min", "max"))
        return f"{low} – {high}" if low and high else (f"≥ {low}" if low else f"≤ {high}" if high else "")

    @property
    def citation(self) -> str:
        """The article where there is one, else the source, which for the platform's own choices is in the reader's language."""
        return self.article or cited(self.source)

    def _bound(self, figure: str | None) -> str:
        return "" if figure is None else figures_shown(Decimal(figure), self.unit)


class Verdict(StrEnum):
    ALLOWED = "allowed"
    WARNED = "warned"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Ruling:
    """What the rulebook says to an act: the verdict, the version of the rule, its source, and the figures that were compared."""

    verdict: Verdict
    key: str
    rule_id: int
    since: date
    region_path: str
    code: str
    told: str  # the sentence as it was told when the ruling was given
    name_zh: str
    name_en: str
    source: str
    article: str
    evidence: str
    figures: Mapping[str, Any]
    # Of a row of a decision table: its name in the table, its sentence in both languages, what follows, the other rules whose figures counted
    kind: str = ""
    says: Mapping[str, str] = field(default_factory=dict)
    outcome: Mapping[str, list[str]] = field(default_factory=dict)
    used: tuple[tuple[str, int], ...] = ()

    @property
    def name(self) -> str:
        return self.name_zh if chinese() else self.name_en

    @property
    def text(self) -> str:
        """The reason's sentence in the reader's language, or as it was told when the code is no longer known; "" where all is well."""
        if self.says:
            return fill(self.says, self.figures)
        reason = catalogue().get(self.code)
        return _sentence(reason, self.figures) if reason else self.told

    @property
    def versions(self) -> tuple[int, ...]:
        """Every version of a rule that it rests on, by identity: its own first."""
        return (self.rule_id, *(version for _key, version in self.used))

    def problem(self, on: str = "") -> Problem:
        """A refused ruling as the problem to raise."""
        return Problem(catalogue()[self.code], {"says": self.text} if self.says else _for_people(self.figures), on)

    def to_json(self) -> dict[str, Any]:
        return {
            "verdict": str(self.verdict),
            "rule": {"key": self.key, "id": self.rule_id, "since": self.since.isoformat(), "region": self.region_path},
            "reason": {"code": self.code, "text": self.told},
            "name": {"zh": self.name_zh, "en": self.name_en},
            "source": self.source,
            "article": self.article,
            "evidence": self.evidence,
            "figures": dict(self.figures),
            **({"row": self._row()} if self.says else {}),
        }

    def _row(self) -> dict[str, Any]:
        used = [{"key": key, "id": version} for key, version in self.used]
        return {"kind": self.kind, "says": dict(self.says), "outcome": dict(self.outcome), "used": used}

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> Ruling:
        rule, reason, row = told["rule"], told["reason"], told.get("row", {})
        return cls(
            verdict=Verdict(told["verdict"]),
            key=rule["key"],
            rule_id=rule["id"],
            since=date.fromisoformat(rule["since"]),
            region_path=rule["region"],
            code=reason["code"],
            told=reason["text"],
            name_zh=told["name"]["zh"],
            name_en=told["name"]["en"],
            source=told["source"],
            article=told["article"],
            evidence=told["evidence"],
            figures=dict(told["figures"]),
            kind=row.get("kind", ""),
            says=row.get("says", {}),
            outcome=row.get("outcome", {}),
            used=tuple((used["key"], used["id"]) for used in row.get("used", ())),
        )


def judge(rule: Rule_, ok: bool, hard: bool, reason: Reason, figures: Mapping[str, Any]) -> Ruling:
    """Allowed when `ok`; else refused if the act is one that the law forbids (`hard`) and the rule can carry it, else warned.

    A rule carries a refusal when its evidence is the law's own text (V, Q) or the row is binding. Figures: whole numbers, text, dates,
    amounts in yuan as Decimal with two places, which are shown as money, and names in both languages ({"zh": …, "en": …, "code": …}).
    """
    verdict = Verdict.ALLOWED if ok else Verdict.REFUSED if hard and may_refuse(rule) else Verdict.WARNED
    kept: dict[str, Any] = plain(figures)
    return Ruling(
        verdict=verdict,
        key=rule.key,
        rule_id=rule.id,
        since=rule.since,
        region_path=rule.region_path,
        code="" if ok else reason.code,
        told="" if ok else _sentence(reason, kept),
        name_zh=rule.name_zh,
        name_en=rule.name_en,
        source=rule.source,
        article=rule.article,
        evidence=rule.evidence,
        figures=kept,
    )


def may_refuse(rule: Rule_) -> bool:
    return rule.binding or rule.evidence in LAWFUL


def worst(rulings: list[Ruling]) -> Verdict:
    """The gravest verdict of several; allowed when there is none."""
    return max((ruling.verdict for ruling in rulings), key=list(Verdict).index, default=Verdict.ALLOWED)


def earliest_day(at: datetime) -> date:
    """The first day on which something written at this instant may come into force: a later day, and not within minutes."""
    return local_day(at + SETTLE) + timedelta(days=1)


def begins_on_a_later_day(day: date, at: datetime, *, on: str) -> Iterator[Problem]:
    """What is under way keeps the rule it began under (立法法 art. 104: no rule looks back)."""
    if day < earliest_day(at):
        yield Problem(TOO_EARLY, {"earliest": earliest_day(at)}, on)


def is_open_to_choice(rule: Rule_) -> Iterator[Problem]:
    """A region chooses only where the rule leaves it a choice."""
    if rule.allowed is None:
        yield Problem(FIXED, {"name": rule.name, "source": rule.citation}, "value")


def is_set_by_who_may(rule: Rule_, office: str) -> Iterator[Problem]:
    """`office` is the region of who sets it. Some choices are the top region's alone, also for the regions below it, which may propose them."""
    if rule.is_the_tops and regions.depth(office) > 1:
        yield Problem(TOP_ALONE, {"name": rule.name, "source": rule.citation}, "value")


def lies_within(rule: Rule_, value: Mapping[str, Any]) -> Iterator[Problem]:
    """The value is one of those that the rule allows."""
    if rule.allowed is not None and not _fits(value, rule.allowed):
        yield Problem(OUT_OF_RANGE, {"value": shown(value, rule.unit), "name": rule.name, "allowed": rule.allowed_shown}, "value")


def like(rule: Rule_, value: Mapping[str, Any] | str) -> dict[str, Any]:
    """The value in the form of the rule's own: from what a person typed ("3", "60000.00"), or from a value. Refused (RUL-006) when it does not fit."""
    if TEMPLATE in rule.value:
        return _template_like(rule, value)
    form = next((name for name in FIELDS if name in rule.value), "")
    typed = _typed(value, form)
    try:
        read = _READ[form](typed)
    except (KeyError, ValueError, InvalidOperation):
        raise Refused(Problem(WRONG_FORM, {"value": typed, "name": rule.name, "now": rule.shown}, "value")) from None
    return {**rule.value, form: read}


def cited(source: str) -> str:
    """The source for people: titles of documents as they are, the platform's own words in the reader's language."""
    return str(SOURCES.get(source, source))


def _template_like(rule: Rule_, value: Mapping[str, Any] | str) -> dict[str, Any]:
    """A template's data with how many fields it has, as the pack tells its own."""
    content = value.get(TEMPLATE) if isinstance(value, Mapping) else None
    try:
        fields = len(built(content or {}, key=rule.key, kind=rule.kind).fields)
    except Malformed as wrong:
        raise Refused(Problem(WRONG_FORM, {"value": str(wrong), "name": rule.name, "now": rule.shown}, "value")) from None
    return {"zh": f"{fields} 项", "en": f"{fields} fields", TEMPLATE: content}


def shown(value: Mapping[str, Any], unit: str) -> str:
    """A value of a rule for people, in the active language."""
    if "zh" in value:
        return _FIGURE.sub("…", str(value["zh"] if chinese() else value["en"]))  # a row's sentence leaves room for the figures of a case
    if "choice" in value:
        return str(CHOICES.get(value["choice"], value["choice"]))
    if "words" in value:
        return "、".join(value["words"])
    if "low" in value:
        return f"{value['low']} – {figures_shown(Decimal(value['high']), unit)}"
    figure = next(value[field] for field in ("n", "yuan", "percent") if field in value)
    return SIGNS[value.get("op", "")] + figures_shown(Decimal(str(figure)), unit)


def figures_shown(figure: Decimal, unit: str) -> str:
    """A figure with its unit, in the active language."""
    if unit == "yuan":
        return money.show(figure)
    if unit == "percent":
        return f"{_bare(figure)}%"
    if unit == "third":
        return f"{_bare(figure)}/3"
    if unit == "byte" and figure % MEBIBYTE == 0:
        return f"{_bare(figure / MEBIBYTE)} MiB"
    if unit == "same_instant":
        return str(_("at the same instant"))
    template = _units(int(figure)).get(unit, "{n}")
    return template.format(n=_bare(figure))


def _units(n: int) -> dict[str, str]:
    return {
        "working_day": ngettext("{n} working day", "{n} working days", n),
        "calendar_day": ngettext("{n} day", "{n} days", n),
        "year": ngettext("{n} year", "{n} years", n),
        "hour": ngettext("{n} hour", "{n} hours", n),
        "minute": ngettext("{n} minute", "{n} minutes", n),
        "character": ngettext("{n} character", "{n} characters", n),
        "byte": ngettext("{n} byte", "{n} bytes", n),
    }


def _bare(figure: Decimal) -> str:
    """Thousands separated, no idle noughts after the point."""
    return f"{figure:,f}".rstrip("0").rstrip(".") if "." in f"{figure:f}" else f"{figure:,f}"


def _fits(value: Mapping[str, Any], allowed: Mapping[str, Any]) -> bool:
    if "choice" in value:
        return value["choice"] in allowed.get("choices", ())
    if "words" in value or TEMPLATE in value:
        return bool(allowed.get("any"))
    figure = Decimal(str(next(value[field] for field in ("n", "yuan", "percent") if field in value)))
    return Decimal(allowed.get("min", "-Infinity")) <= figure <= Decimal(allowed.get("max", "Infinity"))


def _typed(value: Mapping[str, Any] | str, field: str) -> str:
    """The text that a person would have typed for the value."""
    if isinstance(value, str):
        return value.strip()
    figure = value.get(field, "")
    return " ".join(figure) if isinstance(figure, list | tuple) else str(figure)


def _whole(text: str) -> int:
    if not re.fullmatch(r"\d{1,12}", text, re.ASCII):
        raise ValueError(text)
    return int(text)


def _percentage(text: str) -> str:
    if not re.fullmatch(r"\d{1,5}(\.\d{1,4})?", text.removesuffix("%"), re.ASCII):
        raise ValueError(text)
    return text.removesuffix("%")


def _chosen(text: str) -> str:
    if not text:
        raise ValueError(text)
    return text


def _word_list(text: str) -> list[str]:
    words = [word for word in re.split(r"[\s、,，;；]+", text) if word]
    if not words:
        raise ValueError(text)
    return words


def _not_negative(text: str) -> str:
    amount = money.yuan(text)
    if amount < 0:
        raise ValueError(text)
    return str(amount)


_READ: Final = {"n": _whole, "yuan": _not_negative, "percent": _percentage, "choice": _chosen, "words": _word_list}


def fill(says: Mapping[str, str], figures: Mapping[str, Any]) -> str:
    """The sentence of a row in the active language, with the figures that were compared."""
    return says["zh" if chinese() else "en"].format_map(_for_people(figures))


def _sentence(reason: Reason, figures: Mapping[str, Any]) -> str:
    return Problem(reason, _for_people(figures)).message


def _for_people(figures: Mapping[str, Any]) -> dict[str, Any]:
    """Amounts with two places read as money, names in both languages as the reader's."""
    return {name: _figure_for_people(it) for name, it in figures.items()}


def _figure_for_people(it: Any) -> Any:
    if isinstance(it, Mapping) and "zh" in it:
        return it["zh" if chinese() else "en"]
    return money.show(Decimal(it)) if isinstance(it, str) and _MONEY.fullmatch(it) else it


def chinese() -> bool:
    return (get_language() or "zh-hans").startswith("zh")
