"""Writes the pack's tables anew: `python -m sunlit.domain.rulebook.pack.build DOMAIN_FOLDER`.

DOMAIN_FOLDER holds the research tables (emall_defaults, thresholds, time_limits, numeric_rules as CSV; calendar/*.json). What they tell in prose is
given names in both languages and a typed value in `words/`; a figure in `words/` that the research does not know stops the build.
Raise VERSION with every change: an installed platform takes over what differs from the day after it loads the new version.
"""

from __future__ import annotations

import csv
import json
import re
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from sunlit.domain.rulebook.pack import digest_of, plain
from sunlit.domain.rulebook.rules.documents import CHECK, readable
from sunlit.domain.rulebook.rules.tables import ROW, read
from sunlit.domain.rulebook.rules.templates import built

VERSION: Final = "2026.12.08"
OPEN_TEMPLATES: Final = ("template.demand", "template.acceptance")  # declarations have the wording that the law annexes
OPEN_TO_ALL: Final = {"any": True}
HERE: Final = Path(__file__).parent
START: Final = "2019-01-01"  # the first year whose working calendar is known: platform parameters hold from here
PLATFORM: Final = "platform default"
TOP_ALONE: Final = " @top"
BAZHOU, FUJIAN = "652800", "350000"

Row = dict[str, Any]

UNITS: Final = {
    "wd": "working_day", "d": "calendar_day", "y": "year", "h": "hour", "min": "minute", "instant": "same_instant",
    "count": "count", "third": "third", "char": "character", "byte": "byte", "%": "percent", "yuan": "yuan",
}  # fmt: skip
UNIT_BY_FIELD: Final = {"yuan": "yuan", "percent": "percent", "choice": "choice", "words": "words", "zh": "text"}
LIMIT_UNITS: Final = {"working_day": "wd", "calendar_day": "d", "year": "y", "minute": "min", "same_instant": "instant"}

# An instrument: how the research abbreviates it → its name, and the day it came into force.
INSTRUMENTS: Final = {
    "政府采购法": ("中华人民共和国政府采购法", "2003-01-01"),
    "条例": ("中华人民共和国政府采购法实施条例", "2015-03-01"),
    "支付条例": ("保障中小企业款项支付条例", "2025-06-01"),
    "保障中小企业款项支付条例": ("保障中小企业款项支付条例", "2025-06-01"),
    "74号令": ("财政部令第74号", "2014-02-01"),
    "87号令": ("财政部令第87号", "2017-10-01"),
    "94号令": ("财政部令第94号", "2018-03-01"),
    "101号令": ("财政部令第101号", "2020-03-01"),
    "110号令": ("财政部令第110号", "2022-03-01"),
    "214号": ("财库〔2014〕214号", "2014-12-31"),
    "财库〔2014〕214号": ("财库〔2014〕214号", "2014-12-31"),
    "工信部联企业〔2011〕300号": ("工信部联企业〔2011〕300号", "2011-06-18"),
    "财库〔2007〕119号": ("财库〔2007〕119号", "2007-12-27"),
    "财库〔2019〕9号": ("财库〔2019〕9号", "2019-04-01"),
    "财库〔2012〕69号": ("财库〔2012〕69号", "2012-12-31"),
    "财库〔2015〕124号": ("财库〔2015〕124号", "2015-12-31"),
    "财库〔2016〕198号": ("财库〔2016〕198号", "2017-01-01"),
    "财库〔2017〕141号": ("财库〔2017〕141号", "2017-10-01"),
    "财库〔2018〕2号": ("财库〔2018〕2号", "2018-03-01"),
    "财库〔2019〕38号": ("财库〔2019〕38号", "2019-09-01"),
    "财库〔2020〕10号": ("财库〔2020〕10号", "2022-01-01"),
    "财库〔2020〕46号": ("财库〔2020〕46号", "2021-01-01"),
    "财办库〔2020〕50号": ("财办库〔2020〕50号", "2020-07-01"),
    "财库〔2021〕22号": ("财库〔2021〕22号", "2021-07-01"),
    "财库〔2022〕19号": ("财库〔2022〕19号", "2022-07-01"),
    "财库〔2022〕17号": ("财库〔2022〕17号", "2022-05-16"),
    "财库〔2024〕13号": ("财库〔2024〕13号", "2024-06-01"),
    "国办发〔2025〕34号": ("国办发〔2025〕34号", "2026-01-01"),
    "财库〔2026〕2号": ("财库〔2026〕2号", "2026-02-01"),
    "财库〔2026〕12号": ("财库〔2026〕12号", "2026-10-01"),
}

# Where an e-mall parameter comes from when it is not the platform's own choice, in the research's abbreviations.
EMALL_SOURCES: Final = {
    "order.payment_limit": "支付条例9,10",
    "order.late_interest": "支付条例17",
    "order.kpi_cycle_days": "巴州政采云 2021",
    "rfq.kpi_cycle_days": "巴州政采云 2021",
    "ra.abnormal_low": "财库〔2026〕2号",
    "fw.solicit_eliminate_price": "110号令",
    "fw.solicit_eliminate_quality": "110号令",
    "fw.term_goods_max": "110号令",
    "fw.term_service_max": "110号令",
    "fw.second_bid_cap": "110号令",
    "fw.rotation_scope": "110号令",
    "batch.period": "批量集中采购 (central, Anhui)",
    "batch.cycle_days": "批量集中采购 (central, Anhui)",
    "price.vs_reference_tolerance": "浙江 商品发布及审核指南 2025-09",
    "price.self_history": "浙江 商品发布及审核指南 2025-09",
    "listing.review_limit": "青海 电子卖场 2025-09",
    "listing.name_max": "public API clients",
    "listing.images": "public API clients",
    "listing.detail_max": "public API clients",
    "listing.attr_key_max": "public API clients",
    "listing.attr_val_max": "public API clients",
    "medical.discount": "巴州政采云 2021",
    "medical.lowest_of": "巴州政采云 2021",
    "selfbuy.fujian_rule": "福建 电子卖场",
}
BEFORE_THE_LAW: Final = ("order.payment_limit", "order.late_interest")  # held as platform defaults until 支付条例 came into force
BINDING: Final = ("price.vs_reference_tolerance",)  # the listing discipline (RULES 5.3) blocks although its evidence is a province's guide
FUJIAN_ONLY: Final = ("selfbuy.fujian_rule", "TL-061", "NR-058", "NR-061")

NOTICE_SOURCES: Final = {
    "PREQUALIFICATION": ("87号令16", "Q"),
    "TENDER": ("87号令16", "Q"),
    "NON_TENDER": ("财办库〔2020〕50号", "K"),
    "AWARD": ("87号令69", "C"),
    "SINGLE_SOURCE": ("条例38", "V"),
    "FW_SOLICITATION": ("110号令", "K"),
    "FW_SHORTLIST": ("110号令", "K"),
    "FW_CALLOFF_SUMMARY": ("110号令", "Q"),
}
DOCUMENT_SOURCE: Final = "深圳采购文件检查十九项 (OFFICIAL-SZDL)"
SIZES: Final = (("large", "大型", "Large"), ("medium", "中型", "Medium"), ("small", "小型", "Small"), ("micro", "微型", "Micro"))
FLOORS: Final = {
    "large": ("sme_staff_lt", "sme_revenue_lt_wan", "sme_assets_lt_wan"),
    "medium": ("medium_staff_ge", "medium_revenue_ge_wan", "medium_assets_ge_wan"),
    "small": ("small_staff_ge", "small_revenue_ge_wan", "small_assets_ge_wan"),
}

THRESHOLDS: Final = {
    "procurement_threshold": ("threshold.procurement", "采购限额标准", "Procurement threshold"),
    "open_tender_threshold": ("threshold.open_tender", "公开招标数额标准", "Open-tender threshold"),
    "mandatory_tender": ("threshold.mandatory_tender", "必须招标的工程项目规模标准", "Works that must be tendered"),
    "central_catalogue_single": (
        "threshold.central_catalogue_single",
        "集中采购目录单笔起点",
        "Single buy from which the central catalogue applies",
    ),
}
XINJIANG_CATALOGUE: Final = "新疆2016-2018年度政府集中采购目录 (tocape.cn repost)"
THRESHOLD_SOURCES: Final = {
    "same repost": XINJIANG_CATALOGUE,
    "新疆2016-2018年度目录 (tocape.cn repost): single 20万, yearly 100万 (and/or unclear)": XINJIANG_CATALOGUE,
    "NOT FOUND: replace with the current 自治区 catalogue": "placeholder, to be replaced from the current 自治区 catalogue",
    "NOT FOUND": "placeholder, to be replaced from the current 自治区 catalogue",
}
THRESHOLD_KINDS: Final = {
    "goods/services": ("goods", "services"),
    "works": ("works",),
    "works-survey/design/supervision": ("works-services",),
}


def build(domain: Path) -> dict[str, str]:
    """All the tables as text, by name."""
    lists = {
        "emall": list(emall(domain)),
        "platform": list(platform()),
        "thresholds": list(thresholds(domain)),
        "time_limits": list(time_limits(domain)),
        "numbers": list(numbers(domain)),
        "tables": [*tables(), *sizes(domain)],
        "notices": list(notices(domain)),
        "documents": list(documents(domain)),
        "templates": list(templates()),
        "calendar": list(days(domain)),
    }
    texts = {name: _lines(rows) for name, rows in lists.items()}
    texts["notes"] = _notes({plain(row["note"]) for rows in lists.values() for row in rows if row.get("note")})
    return {**texts, "pack": json.dumps({"version": VERSION, "digest": digest_of({name: texts[name] for name in lists})}, indent=1) + "\n"}


def emall(domain: Path) -> Iterator[Row]:
    told = {row["param"]: row for row in _csv(domain / "emall_defaults.csv")}
    words = _csv(HERE / "words" / "emall.csv")
    assert {row["param"] for row in words} == set(told), "words/emall.csv must name every parameter, and no other"
    for word in words:
        row, key = told[word["param"]], word["key"]
        _known(word["value"], row["default"])
        source, article, since = cite(EMALL_SOURCES.get(key, PLATFORM))
        base = _rule(
            key, value=value_of(word["value"]), allowed=allowed_of(word["allowed"]), names=word, source=source, article=article,
            evidence=row["evidence"], note=row["note"], since=since, binding=key in BINDING, region=FUJIAN if key in FUJIAN_ONLY else "",
        )  # fmt: skip
        if key in BEFORE_THE_LAW:
            yield {**base, "source": PLATFORM, "article": "", "evidence": "K", "since": START, "until": since}
        yield base


def platform() -> Iterator[Row]:
    """Our own choices; where one has a source, the row names it in the research's abbreviations, with its evidence."""
    for word in _csv(HERE / "words" / "platform.csv"):
        source, article, since = cite(word["source"] or PLATFORM)
        yield _rule(
            word["key"], value=value_of(word["value"]), allowed=allowed_of(word["allowed"]), names=word, source=source, article=article,
            evidence=word["evidence"] or "K", note=word["note"], since=max(since, START), kind=word["kind"], region=word["region"],
            binding=word["binding"] == "binding",
        )  # fmt: skip


THRESHOLD_SET_BY: Final = {
    "mandatory_tender": "-"
}  # the nation's alone (发改委令16号); the others are the province's (政府采购法7, 8, 27), no county's


def thresholds(domain: Path) -> Iterator[Row]:
    """One row for each kind of object. National guidance tells two levels: a prefecture and its counties take the lower one."""
    for row in _csv(domain / "thresholds.csv"):
        key, name_zh, name_en = THRESHOLDS[row["kind"]]
        if row["region"] in ("全国指导", "福建") and row["level"] == "province":
            key, name_zh, name_en = f"{key}_provincial", f"{name_zh}（省级）", f"{name_en}, provincial level"
        if row["region"] == "全国指导" and row["kind"] == "open_tender_threshold":
            key, name_zh, name_en = THRESHOLDS[row["kind"]]  # one figure for all levels
        for kind in THRESHOLD_KINDS.get(row["object"], (row["object"],)):
            yield _rule(
                key, value=value_of(f"{row['yuan']} yuan"), allowed=allowed_of(THRESHOLD_SET_BY.get(row["kind"], "1.. yuan @top")), names={"name_zh": name_zh, "name_en": name_en},
                source=THRESHOLD_SOURCES.get(row["source"], row["source"]), article="", evidence=row["evidence"],
                note=f"{row['region']} {row['level']}",
                since=row["effective_from"] or START, until=_day_after(row["effective_to"]), kind=kind,
                region={"新疆": BAZHOU, "福建": FUJIAN}.get(row["region"], ""),
            )  # fmt: skip


def time_limits(domain: Path) -> Iterator[Row]:
    words = {row["id"]: row for row in _csv(HERE / "words" / "time_limits.csv")}
    for row in _csv(domain / "time_limits.csv"):
        source, article, since = cite(row["source"])
        yield _rule(
            row["id"], value=value_of(f"{row['op']} {row['n']} {LIMIT_UNITS[row['unit']]}"), allowed=None, names=words[row["id"]], source=source,
            article=article, evidence=row["evidence"], note=row["scope"], since=since, region=FUJIAN if row["id"] in FUJIAN_ONLY else "",
        )  # fmt: skip


def numbers(domain: Path) -> Iterator[Row]:
    words = {row["id"]: row for row in _csv(HERE / "words" / "numbers.csv")}
    for row in _csv(domain / "numeric_rules.csv"):
        word = words[row["id"]]
        _known(word["value"], row["value"])
        source, article, since = cite(row["source"])
        yield _rule(
            row["id"], value=value_of(word["value"], prose=f"{row['op']} {row['value']}"), allowed=None, names=word, source=source, article=article,
            evidence=row["evidence"], note=row["value"], since=since, region=FUJIAN if row["id"] in FUJIAN_ONLY else "",
        )  # fmt: skip


def tables() -> Iterator[Row]:
    """The rows of the decision tables. A condition that the language does not know, or a figure named that no condition compares, stops the build."""
    for word in _csv(HERE / "words" / "tables.csv"):
        compared = {name for it in read(word["when"]) for name in (it.fact, *([f"{it.fact}_limit"] if it.limit else []))}
        for language in ("zh", "en"):
            assert set(re.findall(r"\{(\w+)\}", word[language])) <= compared, f"{word['row']} tells a figure that it does not compare"
        source, article, since = cite(word["source"])
        yield _row(
            word["table"], word["row"], order=int(word["order"]), when=word["when"], verdict=word["verdict"], then=word["then"], words=word,
            source=source, article=article, evidence=word["evidence"], since=since, region=word["region"],
        )  # fmt: skip


def sizes(domain: Path) -> Iterator[Row]:
    """Which size an enterprise is: the first row that holds of large, medium, small and micro, for each industry (工信部联企业〔2011〕300号)."""
    source, article, since = cite("工信部联企业〔2011〕300号")
    for place, row in enumerate(_csv(domain / "sme_classification.csv")):
        for rank, (size, zh, en) in enumerate(SIZES):
            floors = "; ".join(_floors(row, *FLOORS[size])) if size in FLOORS else ""
            words = {
                "name_zh": f"{row['industry_zh']}：{zh}",
                "name_en": f"{row['code']}: {en}",
                "zh": f"{row['industry_zh']}{zh}企业。",
                "en": f"{en} enterprise.",
            }
            yield _row(
                "sme.size", f"{row['code']}.{size}", order=10 * place + rank, when="; ".join(filter(None, (f"industry is {row['code']}", floors))),
                verdict="allowed", then=f"size={size}", words=words, source=source, article=article, evidence="K", since=since,
            )  # fmt: skip


def notices(domain: Path) -> Iterator[Row]:
    """How long each kind of notice stands (`notice.period`), of those that have a period."""
    for told in json.loads((domain / "notice_types.json").read_text(encoding="utf-8")):
        if not told["period"]:
            continue
        sign, days, unit = re.match(r"([<>]=)?(\d+) (wd)", told["period"]).groups()  # type: ignore[union-attr]
        cited, mark = NOTICE_SOURCES[told["code"]]
        source, article, since = cite(cited)
        yield _rule(
            "notice.period", value=value_of(f"{sign or '='} {days} {unit}"), allowed=None, source=source, article=article, evidence=mark,
            names={"name_zh": f"{told['zh']}期限", "name_en": f"Period of the notice {told['code']}"}, note=told["period"], since=since, kind=told["code"],
        )  # fmt: skip


def documents(domain: Path) -> Iterator[Row]:
    """What the wording of demands and documents is looked through for (`document.check`)."""
    words = {row["id"]: row for row in _csv(HERE / "words" / "documents.csv")}
    for row in _csv(domain / "document_rules.csv"):
        word, source = words[row["id"]], DOCUMENT_SOURCE
        patterns = word["patterns"].split()
        assert all(map(readable, patterns)), row["id"]
        value = {
            "areas": row["area"].split("/"), "where": row["where"], "priority": row["priority"].split()[0], "patterns": patterns,
            "unless": word["unless"].split(), "zh": word["zh"], "en": word["en"], "unit": CHECK,
        }  # fmt: skip
        yield _rule(
            "document.check", value=value, allowed=None, names=word, source=source, article="", evidence="C", note=row["rule"], since=START,
            kind=row["id"].removeprefix("OFFICIAL-"),
        )  # fmt: skip


def _floors(row: dict[str, str], staff: str, revenue: str, assets: str) -> Iterator[str]:
    """Every indicator that the industry lists reaches the floor of the size."""
    for fact, column, unit in (("staff", staff, ""), ("revenue", revenue, "万"), ("assets", assets, "万")):
        if row[column]:
            yield f"{fact} >= {row[column]}{unit}"


def _row(
    table: str, name: str, *, order: int, when: str, verdict: str, then: str, words: Row, source: str, article: str, evidence: str, since: str,
    region: str = "",
) -> Row:  # fmt: skip
    """One row of a table: the rule is called by the table's key, the row's name is its kind."""
    read(when)
    outcome = {key: told.split("+") for key, _sign, told in (part.partition("=") for part in then.split())}
    value = {"order": order, "when": when, "verdict": verdict, "then": outcome, "zh": words["zh"], "en": words["en"], "unit": ROW}
    return _rule(
        table, value=value, allowed=None, names=words, source=source, article=article, evidence=evidence, note="", since=since, kind=name,
        region=region,
    )  # fmt: skip


def templates() -> Iterator[Row]:
    """Templates of papers, each complete in itself: what stands on a base gets its sections, with fields added and changed."""
    told: dict[str, Row] = {}
    for row in json.loads((HERE / "words" / "templates.json").read_text(encoding="utf-8")):
        content = told[f"{row['key']}/{row['kind']}"] = _content(row, told)
        fields = sum(len(section.get("fields", ())) for section in content["sections"])
        name_zh, name_en = row["title"]
        yield _rule(
            row["key"], value={"zh": f"{fields} 项", "en": f"{fields} fields", "template": content}, allowed=OPEN_TO_ALL if row["key"] in OPEN_TEMPLATES else None,
            names={"name_zh": name_zh, "name_en": name_en}, source=row["source"], article=row["article"], evidence=row["evidence"],
            note=row["note"], since=row.get("since", START), kind=row["kind"],
        )  # fmt: skip


def _content(row: Row, told: dict[str, Row]) -> Row:
    base = told[row["base"]] if "base" in row else row
    change, add = row.get("change", {}), row.get("add", {})
    sections = [
        {**section, "fields": [{**field, **change.get(field["key"], {})} for field in (*section["fields"], *add.get(section["key"], ()))]}
        for section in base["sections"]
    ]
    content = {"title": row["title"], "sections": sections, "checks": [*base.get("checks", ()), *row.get("checks", ())]}
    built(content, key=row["key"], kind=row["kind"])  # whatever is no template stops here
    return content


def days(domain: Path) -> Iterator[Row]:
    for path in sorted((domain / "calendar").glob("*.json")):
        told = json.loads(path.read_text(encoding="utf-8"))
        for day in told["days"]:
            yield {"day": day["date"], "working": not day["isOffDay"], "name": day["name"], "source": told["papers"][-1]}


def value_of(text: str, *, prose: str = "") -> Row:
    """The typed value of `[op] amount unit`, `low..high unit`, `choice x`, `words a b`, or `text` in Chinese beside the research's prose."""
    if text.startswith("text "):
        return {"zh": text.removeprefix("text "), "en": prose}
    if text.startswith("choice "):
        return {"choice": text.removeprefix("choice ")}
    if text.startswith("words "):
        return {"words": text.split()[1:]}
    op, amount, unit = re.fullmatch(r"(?:([<>=]+) )?(\S+) (\S+)", text).groups()  # type: ignore[union-attr]
    if ".." in amount:
        low, high = amount.split("..")
        return {"low": low, "high": high, "unit": UNITS[unit]}
    return {**_amount(amount, UNITS[unit]), **({"op": op} if op else {})}


def allowed_of(text: str) -> Row | None:
    """What a regulator may set: `-` nothing, `any`, `low..high unit` (either end may be open), or `a/b/c`; after ` @top`, the top region's alone."""
    if text.endswith(TOP_ALONE):
        return {**(allowed_of(text.removesuffix(TOP_ALONE)) or {}), "by": "top"}
    if text in ("-", "any"):
        return {"any": True} if text == "any" else None
    if ".." not in text:
        return {"choices": text.split("/")}
    low, high = text.split(maxsplit=1)[0].split("..")
    return {**({"min": low} if low else {}), **({"max": high} if high else {})}


def cite(text: str) -> tuple[str, str, str]:
    """The instruments named in full, the articles with their number, and the day the first instrument came into force."""
    pieces = [_cited(piece.strip()) for piece in text.split(";")]
    names, articles, since = zip(*pieces, strict=True)
    return "; ".join(names), "; ".join(filter(None, articles)), next(filter(None, since), START)


def weakest(text: str) -> str:
    """One mark for a mixed one, the least certain of them: "Q/K" is K, "V(seed)" is V."""
    if text == "UNVERIFIED":
        return text
    marks = re.findall(r"(?:^|/)\s*([VQPCK])", text)
    return str(max(marks, key="VQPCK".index))


def _cited(piece: str) -> tuple[str, str, str]:
    """Name, article and first day of one citation, such as 87号令27; what is no known instrument stays as it is."""
    short = max((name for name in INSTRUMENTS if piece.startswith(name)), key=len, default="")
    if not short:
        return piece, "", ""
    name, since = INSTRUMENTS[short]
    article = piece.removeprefix(short).strip()
    numbered = re.fullmatch(r"[\d,()\-]+", article)
    return name, f"{name} 第{article.replace(',', '、')}条" if numbered else "", since


def _amount(amount: str, unit: str) -> Row:
    if unit == "yuan":
        return {"yuan": str(Decimal(amount).quantize(Decimal("0.01")))}
    if unit == "percent":
        return {"percent": amount}
    return {"n": amount if "." in amount else int(amount), "unit": unit}


def _rule(
    key: str, *, value: Row, allowed: Row | None, names: Row, source: str, article: str, evidence: str, note: str, since: str,
    until: str | None = None, kind: str = "", region: str = "", binding: bool = False,
) -> Row:  # fmt: skip
    mark = weakest(evidence)
    note = "; ".join(part for part in (note, f"evidence: {evidence}" if evidence != mark else "") if part)
    unit = value.get("unit") or next(name for field, name in UNIT_BY_FIELD.items() if field in value)
    return {
        "key": key, "kind": kind, "region": region, "value": value, "allowed": allowed, "unit": unit, "name_zh": names["name_zh"],
        "name_en": names["name_en"], "source": source, "article": article, "evidence": mark, "note": note, "binding": binding,
        "since": since, "until": until,
    }  # fmt: skip


def _known(value: str, told: str) -> None:
    """Every figure that `words/` gives must stand in the research."""
    if value.startswith(("choice ", "text ")):
        return
    figures = {str(float(n)) for n in re.findall(r"\d+(?:\.\d+)?", value)}
    known = {str(float(n)) for n in re.findall(r"\d+(?:\.\d+)?", told.replace(",", ""))}
    known |= {str(round(float(n) * 100, 6)) for n in known}  # 0.2*n is told as 20 %
    assert figures <= known, f"{value!r} is not what the research tells: {told!r}"


def _day_after(day: str) -> str | None:
    return str(date.fromisoformat(day) + timedelta(days=1)) if day else None


def _csv(path: Path) -> list[dict[str, str]]:
    """The rows by column; cells that a short line leaves out are empty."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file, restval=""))


def _notes(told: set[str]) -> str:
    """The notes of all rows in both languages: what the research or our own tables say in passing, for people."""
    words = {row["note"]: row for row in _csv(HERE / "words" / "notes.csv")}
    assert set(words) == told - {""}, f"words/notes.csv must name every note and no other: {sorted(set(words) ^ (told - {''}))}"
    rows = [{"note": note, "zh": row["zh"], "en": row["en"] or note} for note, row in sorted(words.items())]
    assert all(row["zh"] for row in rows), "every note is told in Chinese"
    return _lines(rows)


def _lines(rows: list[Row]) -> str:
    """A JSON list with one row a line, so that a change reads as a changed line."""
    return "[\n" + ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows) + "\n]\n"


def main() -> None:
    for name, text in build(Path(sys.argv[1])).items():
        (HERE / f"{name}.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
