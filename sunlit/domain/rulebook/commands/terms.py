"""The evaluator of cases about periods: how long one is, whether it is long enough, when it ends."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from sunlit.domain.rulebook import queries
from sunlit.domain.rulebook.commands.cases import Answers, Book, Case, NotCovered, family
from sunlit.domain.rulebook.models import Holiday
from sunlit.domain.rulebook.queries import Pause
from sunlit.domain.rulebook.rules import Rule_
from sunlit.foundation.kernel import clock

AWARD_TO_CHALLENGE: Final = ("TL-019", "TL-027")  # 条例 art. 53: the challenge begins when the notice of the result ends
PAYMENT: Final = ("TL-050",)
PUBLISHED: Final = re.compile(r"publish|announce|award|result|issued|公告|发布")

# What a topic is called, and the rows of the periods that follow each other from the event given. The first that fits holds.
TOPICS: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    (r"(challenge|质疑).*(award|result|window|publish|结果|公告)|(award|result|结果|公告).*(challenge|质疑)", AWARD_TO_CHALLENGE),
    (r"(answer|reply|respon).*challenge|challenge.*(answer|reply|respon)|质疑答复(?!期满)", ("TL-028",)),
    (r"(not accept|reject|inadmiss|refus|transfer|不予受理|移送).*|.*complaint (reject|not)", ("TL-031",)),
    (r"complaint.*(copy|copies|notice)|投诉答复通知书", ("TL-032",)),
    (r"complaint.*(statement|explan)|被投诉人", ("TL-033",)),
    (r"complaint.*(decision|decid|handling|process|pause|suspend)|投诉.*处理", ("TL-034",)),
    (r"complaint.*(review|exam|admi)|投诉.*审查", ("TL-030",)),
    (r"(file|fil|lodg|make|mak|submit).*complaint|complaint.*(fil|window|limit|deadline|lodg)|投诉", ("TL-029",)),
    (r"challenge|质疑", ("TL-027",)),
    (r"suspen.*procure|procure.*suspen|暂停", ("TL-035",)),
    (r"intention|意向", ("TL-001",)),
    (r"(clarif|amend|modif|澄清|修改).*(consult|磋商)|(consult|磋商).*(clarif|amend|modif|澄清|修改)", ("TL-013",)),
    (r"(clarif|amend|modif|澄清|修改).*(negot|inquir|谈判|询价)|(negot|inquir|谈判|询价).*(clarif|amend|modif|澄清|修改)", ("TL-014",)),
    (r"(clarif|amend|modif|澄清|修改).*(prequal|预审)|(prequal|预审).*(clarif|amend|modif|澄清|修改)", ("TL-012",)),
    (r"clarif|amend|modif|澄清|修改", ("TL-011",)),
    (r"(prequal|预审).*(appl|申请|submi)", ("TL-010",)),
    (r"(sale|sell|发售).*(consult|磋商)|(consult|磋商).*(sale|sell|发售)", ("TL-007",)),
    (r"(document|文件).*(sale|sell|provi|提供|发售)|(sale|sell|provi).*document", ("TL-006",)),
    (r"(notice|announce|publici|公示|公告).*(single|单一来源)|(single|单一来源).*(notice|announce|publici|公示|公告)", ("TL-036",)),
    (
        r"(notice|announce|publici|公告).*(negot|consult|inquir|谈判|磋商|询价)|(negot|consult|inquir|谈判|磋商|询价).*(notice|announce|公告)",
        ("TL-009",),
    ),
    (r"(award|result|结果|成交|中标).*(notice|announce|公告).*(period|end|期)", ("TL-019",)),
    (r"(tender|prequal|招标|预审).*(notice|announce|公告)", ("TL-008",)),
    (r"cooperative|innovation|合作创新", ("TL-055",)),
    (r"open framework.*(publish|notice|result|announc)|开放式.*公告", ("TL-046",)),
    (r"open framework.*(review|exam|appl)|开放式.*审核", ("TL-045",)),
    (r"framework.*(fil|备案)|框架协议.*备案", ("TL-043",)),
    (r"framework.*(inform|tell|告知)|(inform|tell|告知).*(framework|框架)|框架协议.*告知", ("TL-044",)),
    (r"framework.*(sign|签订)|框架协议.*签订", ("TL-042",)),
    (r"framework.*(summary|汇总)", ("TL-047",)),
    (r"framework.*(goods).*(term|life|expir)|goods framework", ("TL-048",)),
    (r"framework.*(service).*(term|life|expir)|service framework", ("TL-049",)),
    (r"(bid|tender) bond.*winner|winner.*bond|中标人保证金", ("TL-024",)),
    (r"(withdraw|撤回).*bond|bond.*withdraw", ("TL-025",)),
    (r"bond|保证金", ("TL-023",)),
    (r"contract.*(fil|备案|copy)|合同.*备案", ("TL-022",)),
    (r"contract.*(publish|notice|announc)|合同公告", ("TL-021",)),
    (r"sign.*contract|contract.*sign|签订合同", ("TL-020",)),
    (r"enquir|询问", ("TL-026",)),
    (r"(report|评审报告).*(buyer|purchaser|sent|send|送)", ("TL-016",)),
    (r"(award|result).*(notice|publish|announc)|(notice|publish|announc).*(of|the) (award|result)|结果公告|中标公告", ("TL-018",)),
    (r"(determin|confirm|choos|确定).*(winner|award|中标|成交)|确定中标", ("TL-017",)),
    (r"(draw|抽取).*expert|expert.*draw|抽取", ("TL-038",)),
    (r"mutual|互评|互相评价", ("TL-060",)),
    (r"(rate|rating|评价).*agency", ("TL-039",)),
    (r"agency.*(register|change|更新)|代理机构.*变更", ("TL-040",)),
    (r"media|媒体", ("TL-041",)),
    (r"receivable|确权", ("TL-051",)),
    (r"invoice|发票", ("TL-052",)),
    (r"(sme|small).*pay|pay.*(sme|small)|支付", ("TL-050",)),
    (r"abnormal|explan|异常低价", ("TL-053",)),
    (r"archive|kept|retention|保存", ("TL-054",)),
    (r"opening|开标", ("TL-015",)),
    (r"negot|谈判", ("TL-004",)),
    (r"inquir|询价", ("TL-005",)),
    (r"consult|磋商", ("TL-003",)),
    (r"bid period|tender|bid deadline|投标|招标", ("TL-002",)),
)

ENDS: Final = re.compile(
    r"(^|_)(deadline|ends?|until|closes?|closed|due|done|submitted|uploaded?|finished|completed|answered|replied|signed|challenged|filed|paid|opened)(_|$)"
)
UNITS: Final = (
    (re.compile(r"(^|_)(wd|working_?days?|business_?days?)(_|$)"), "working_day"),
    (re.compile(r"(^|_)(cd|calendar_?days?|days?|d)(_|$)"), "calendar_day"),
    (re.compile(r"(^|_)(y|years?)(_|$)"), "year"),
    (re.compile(r"(^|_)(h|hours?)(_|$)"), "hour"),
    (re.compile(r"(^|_)(min|minutes?)(_|$)"), "minute"),
)
IN_WORDS: Final = re.compile(r"(\d+)[\s-]*(working[\s-]*day|wd|工作日|calendar[\s-]*day|day|日|天|year|年|hour|小时|minute|分钟)")
WORDS: Final = {
    "working": "working_day", "wd": "working_day", "工作日": "working_day", "year": "year", "年": "year", "hour": "hour", "小时": "hour",
    "minute": "minute", "分钟": "minute",
}  # fmt: skip
COUNTS: Final = {
    "days": "calendar_day", "calendar_days": "calendar_day", "working_days": "working_day", "wd": "working_day", "years": "year",
    "hours": "hour", "minutes": "minute", "elapsed_working_days": "working_day", "elapsed_days": "calendar_day",
}  # fmt: skip
TRUE_WHEN_KEPT: Final = frozenset({"ok", "lawful", "valid", "in_time", "on_time", "accepted", "compliant", "timely", "within"})
TRUE_WHEN_BROKEN: Final = frozenset({"late", "overdue", "too_late", "refused", "rejected", "violation", "expired"})
OVERLAY: Final = re.compile(r"holiday|overlay|off_days|regional")
PAUSES: Final = re.compile(r"pause|suspen|stopp|standstill")
DAY: Final = re.compile(r"\d{4}-\d\d-\d\d")


@dataclass(frozen=True)
class Told:
    """What a case tells of its period: when it began, perhaps a proposed end, and a figure of its own."""

    began: str  # what the case calls the event
    start: datetime
    end: datetime | None
    figure: tuple[int, str] | None
    pauses: tuple[Pause, ...]


@family("TM", "TL", subject="")  # every case that tells of days is of this subject
def terms(case: Case, book: Book) -> Answers:
    """RULES 2.3: the event's day excluded, the last day included, make-up days counted, a free last day rolled."""
    told = _read(case)
    _lay_over(case)
    rules = _rules(case, book, told)
    if not rules:
        return _instants(case, told)
    ends: list[queries.Term] = []
    start = told.start
    for rule in rules:
        ends.append(queries.term_of(rule, start=start, region_path=book.region, pauses=told.pauses))
        start = _in_the_day(ends[-1].ends_at)
    return _answers(case, book, told, rules, ends)


def _answers(case: Case, book: Book, told: Told, rules: list[Rule_], ends: list[queries.Term]) -> Answers:
    answers: dict[str, Any] = {}
    for name, value in case.expect.items():
        if name in COUNTS and told.end is not None:
            answers[name] = queries.counted(COUNTS[name], start=told.start, end=told.end, region_path=book.region, pauses=told.pauses)
        elif isinstance(value, str) and DAY.match(value):
            answers[name] = _as_told(_step(name, ends, case), value)
        elif name in TRUE_WHEN_KEPT | TRUE_WHEN_BROKEN and told.end is not None:
            answers[name] = _kept(case, book, told, rules, ends) == (name in TRUE_WHEN_KEPT)
        elif name == "provisional":
            answers[name] = any(it.provisional for it in ends)
    return answers


def _kept(case: Case, book: Book, told: Told, rules: list[Rule_], ends: list[queries.Term]) -> bool:
    assert told.end is not None, "an end is told"
    if len(rules) > 1:
        return ends[-1].keeps(told.end)
    return (
        queries.judge_term(rules[0], start=told.start, end=told.end, region_path=book.region, pauses=told.pauses).verdict
        == queries.Verdict.ALLOWED
    )


def _step(name: str, ends: list[queries.Term], case: Case) -> queries.Term:
    """Which of the periods that follow each other is asked for: the notice, or what comes last."""
    if len(ends) == 1:
        return ends[0]
    if re.search(r"notice|announce|publici|公告", name):
        return ends[0]
    dates = [it for it, value in case.expect.items() if isinstance(value, str) and DAY.match(value)]
    return ends[dates.index(name)] if len(dates) == len(ends) else ends[-1]


def _as_told(term: queries.Term, value: str) -> str:
    """The last day, or the instant where the case tells one."""
    if term.last_day is not None:
        return term.last_day.isoformat()
    local = term.ends_at.astimezone(clock.SHANGHAI)
    return (
        local.strftime("%Y-%m-%dT%H:%M:%S")[: max(len(value), len("2026-01-01"))]
        if "T" in value
        else local.strftime("%Y-%m-%d %H:%M:%S")[: len(value)]
    )


def _instants(case: Case, told: Told) -> Answers:
    """A deadline and when something was finished: at the instant itself it is too late."""
    if told.end is None or told.figure is not None or not set(case.expect) & (TRUE_WHEN_KEPT | TRUE_WHEN_BROKEN):
        raise NotCovered("no period of the rulebook is known by this topic")
    until, done = told.start, told.end
    kept = queries.in_time(until, done)
    return {name: kept == (name in TRUE_WHEN_KEPT) for name in case.expect if name in TRUE_WHEN_KEPT | TRUE_WHEN_BROKEN}


# Reading a case


def _read(case: Case) -> Told:
    dates = {name: it for name, value in case.given.items() if isinstance(value, str) and (it := _instant(value)) is not None}
    if not dates:
        raise NotCovered("no day is given")
    pauses = tuple(_pauses(case))
    names = [
        name for name in dates if not PAUSES.search(name) and not (pauses and name in ("paused_from", "paused_to", "resumed"))
    ] or list(dates)
    ends = [name for name in names if ENDS.search(name)]
    if len(names) > 1 and len(ends) == len(names):  # a deadline, and when something was finished
        ends = [name for name in names if not re.search(r"deadline|until|due", name)] or names[1:]
    starts = [name for name in names if name not in ends] or names[:1]
    end = next((name for name in ends if name != starts[0]), names[1] if len(names) > 1 and not ends else None)
    return Told(starts[0], dates[starts[0]], dates[end] if end else None, _figure(case), pauses)


def _figure(case: Case) -> tuple[int, str] | None:
    """The length that the case tells itself, as `limit_wd` 7 or `n` 5 with `unit`."""
    first = next(_figures(case), None)
    if first is not None:
        return first
    number, unit = case.first("n", "limit", "period"), str(case.first("unit") or "")
    return (int(number), unit) if number is not None and unit in {it for _pattern, it in UNITS} else None


def _figures(case: Case) -> Iterator[tuple[int, str]]:
    """Every length told under a name that ends in its unit, in their order."""
    for name, value in case.given.items():
        if isinstance(value, int) and not isinstance(value, bool):
            unit = next((it for pattern, it in UNITS if pattern.search(name.casefold())), None)
            if unit is not None:
                yield value, unit


def _agreed(figure: tuple[int, str], book: Book, on: date) -> tuple[int, str]:
    """The contract may give the buyer longer to pay, up to what the law allows (支付条例 art. 9)."""
    most = book.rule("order.payment_limit", on=on).allowed or {}
    return min(figure[0], int(most.get("max", figure[0]))), figure[1]


def _rules(case: Case, book: Book, told: Told) -> list[Rule_]:
    """The rows of the topic as they were in force on the day of the event; a length that the case tells itself counts instead of another one's."""
    on = clock.local_day(told.start)
    keys = _keys(case)
    if keys == AWARD_TO_CHALLENGE and not PUBLISHED.search(
        told.began
    ):  # the notice has ended, or the harm is known: its days are not counted
        keys = keys[1:]
    rules = [queries.rule(key, region_path=book.region, on=on) for key in keys]
    figures = list(_figures(case))
    if len(figures) == len(rules) > 1:
        return [_of_its_own(it, case, book, on) for it in figures]
    if told.figure is not None and keys == PAYMENT:
        return [_of_its_own(_agreed(told.figure, book, on), case, book, on)]
    figure = told.figure or (_in_topic(case.topic) if not rules or len(rules) == 1 else None)
    if figure is None or (len(rules) > 1 and told.figure is None):
        return [book.note(rule) for rule in rules]
    same = [rule for rule in rules[-1:] if (rule.value.get("n"), rule.unit) == figure]
    if same:
        return [book.note(rule) for rule in (rules if told.figure is None or len(rules) == 1 else same)]
    return [_of_its_own(figure, case, book, on)]


def _keys(case: Case) -> tuple[str, ...]:
    own = re.findall(r"\bTL-\d{3}\b", " ".join(map(str, case.given.values())) + case.topic)
    if own:
        return tuple(own)
    keys = next((keys for pattern, keys in TOPICS if re.search(pattern, case.words)), ())
    to_challenge = keys == AWARD_TO_CHALLENGE[1:] or (not keys and "challenge" in " ".join(case.expect))
    return AWARD_TO_CHALLENGE if to_challenge and any(map(PUBLISHED.search, case.given)) else keys


def _of_its_own(figure: tuple[int, str], case: Case, book: Book, on: date) -> Rule_:
    """A period that only the case tells: counted by the rulebook's calendar, as a row of its kind would be."""
    base = queries.rule("TL-002", region_path=book.region, on=on)
    least = bool(re.search(r"period|notice|sale|at least|不少于|least|min", case.words))
    return replace(base, id=0, key="given", value={"n": figure[0], "unit": figure[1], "op": ">=" if least else "<="}, unit=figure[1])


def _in_topic(topic: str) -> tuple[int, str] | None:
    found = IN_WORDS.search(topic.casefold())
    if found is None:
        return None
    word = re.split(r"[\s-]", found[2])[0]
    return int(found[1]), WORDS.get(word, "calendar_day")


def _pauses(case: Case) -> Iterable[Pause]:
    for name, value in case.given.items():
        if PAUSES.search(name) and isinstance(value, list):
            for it in value:
                since, until = it.values() if isinstance(it, dict) else it
                yield Pause(_known(since), _known(until))
    since, until = case.first("paused_from", "pause_start"), case.first("paused_to", "pause_end", "resumed")
    if since and until:
        yield Pause(_known(since), _known(until))


def _lay_over(case: Case) -> None:
    """A region's own holidays that the case tells are days of the calendar while it is looked at."""
    days = [it for name, value in case.given.items() if OVERLAY.search(name) for it in (value if isinstance(value, list) else [value])]
    for told in days:
        if isinstance(told, str) and DAY.fullmatch(told):
            said = {"working": False, "name": "区域节假日", "source": case.id, "pack": None, "set_by": "case"}
            Holiday.objects.update_or_create(day=date.fromisoformat(told), region=None, defaults=said)
    if days:
        queries.forget()


def _known(value: Any) -> datetime:
    instant = _instant(str(value))
    if instant is None:
        raise ValueError(f"{value} is no day")
    return instant


def _instant(value: str) -> datetime | None:
    """A day (its noon, which is as good as any instant of it) or an instant; times without a zone are told in China."""
    if not DAY.match(value):
        return None
    try:
        if DAY.fullmatch(value):
            return datetime.combine(date.fromisoformat(value), time(12), clock.SHANGHAI)
        at = datetime.fromisoformat(value)
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=clock.SHANGHAI)


def _in_the_day(end: datetime) -> datetime:
    """An instant of the last day, from which the next period is counted."""
    return end - timedelta(hours=12)
