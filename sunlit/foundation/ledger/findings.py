"""What a check may find, and how it is said in Chinese and English. Plain Python: this must run without the platform."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

NAMED_MAX = 5
"""Entries named one by one in a finding that covers a range."""

WORDS: dict[str, dict[str, str]] = {
    "altered": {"en": "ALTERED: {where}: {what}.", "zh": "被篡改：{where}：{what}。"},
    "removed": {"en": "REMOVED: {where} is no longer there.", "zh": "被删除：{where}已不存在。"},
    "inserted": {"en": "INSERTED: {where} was never sealed at this place.", "zh": "被插入：{where}从未在此位置封存。"},
    "reordered": {
        "en": "REORDERED: {where} was sealed at place #{sealed}, but stands at #{found}.",
        "zh": "被调换顺序：{where}原封存于第 {sealed} 位，现位于第 {found} 位。",
    },
    "rewritten": {
        "en": "REWRITTEN: the entries do not lead to the root signed for {size} entries ({path}). Changed is one of: {where}.",
        "zh": "历史被改写：现有记录推不出为 {size} 条记录签名的根哈希（{path}）。被改动的记录在以下范围内：{where}。",
    },
    "rolled back": {
        "en": "ROLLED BACK: the tree holds {size} entries, but {known} had been signed ({path}). Gone: {where}.",
        "zh": "被回滚：账本现有 {size} 条记录，而此前已签名确认 {known} 条（{path}）。缺失：{where}。",
    },
    "forged": {"en": "FORGED CHECKPOINT: {path}: {why}.", "zh": "检查点系伪造：{path}：{why}。"},
    "tile": {
        "en": "WRONG TILE: {path} does not follow from the entries below it: {where}.",
        "zh": "哈希瓦片不符：{path} 与其下的记录不一致：{where}。",
    },
    "missing": {"en": "MISSING: {path}, which covers {where}.", "zh": "文件缺失：{path}，涉及{where}。"},
    "unreadable": {"en": "UNREADABLE: {path}: {why}.", "zh": "无法读取：{path}：{why}。"},
    "row altered": {
        "en": "BUSINESS ROW ALTERED: {subject} was changed without an act. Its last act is {where}.",
        "zh": "业务数据被篡改：{subject} 未经任何操作记录而被改动，其最近一次操作为{where}。",
    },
    "row removed": {
        "en": "BUSINESS ROW REMOVED: {subject} is no longer there. Its last act is {where}.",
        "zh": "业务数据被删除：{subject} 已不存在，其最近一次操作为{where}。",
    },
    "row inserted": {
        "en": "BUSINESS ROW INSERTED: {subject} is there without an act.",
        "zh": "业务数据被插入：{subject} 没有任何操作记录。",
    },
}
PHRASES: dict[str, dict[str, str]] = {
    "entry": {"en": "entry #{index} (act {entry}, {act}, {subject})", "zh": "第 {index} 号记录（操作 {entry}，{act}，{subject}）"},
    "public entry": {"en": "entry #{index} ({act}, {subject})", "zh": "第 {index} 号记录（{act}，{subject}）"},
    "bare entry": {"en": "entry #{index}", "zh": "第 {index} 号记录"},
    "unsealed entry": {"en": "unsealed act {entry} ({act}, {subject})", "zh": "未封存的操作 {entry}（{act}，{subject}）"},
    "lost entry": {"en": "entry #{index}, which stood before {before}", "zh": "第 {index} 号记录（原位于{before}之前）"},
    "last entry": {"en": "entry #{index}, the last one", "zh": "第 {index} 号记录（最后一条）"},
    "range": {"en": "entries #{first} to #{last}", "zh": "第 {first} 至 {last} 号记录"},
    "more": {"en": "{named} and {count} more up to #{last}", "zh": "{named}，以及至第 {last} 号的另外 {count} 条"},
    "columns": {"en": "its row differs from what was sealed in {columns}", "zh": "数据行的 {columns} 与封存内容不符"},
    "person": {"en": "its row names another person than the sealed facts", "zh": "数据行所记的操作人与封存的事实不符"},
    "copies": {"en": "its stored hash is not that of its content", "zh": "存储的哈希与内容不符"},
    "bundle": {"en": "its published text does not have the sealed hash", "zh": "公开文本与封存的哈希不符"},
}


WHYS_ZH = {
    "this checkpoint is not signed by the ledger's key": "未经账本密钥签名",
    "this checkpoint bears no signature": "没有签名",
    "this checkpoint has a malformed signature line": "签名行格式不正确",
    "this is not a checkpoint: it needs an origin, a size and a root": "不是检查点：缺少账本名称、条数或根哈希",
    "this is not a checkpoint: its root is not a SHA-256 hash": "不是检查点：根哈希不是 SHA-256 值",
    "it is not text": "不是文本文件",
    "it speaks of another number of entries": "其中的记录条数与文件名不符",
    "the database holds another checkpoint of this size": "数据库中同一条数的检查点与之不同",
    "the database has lost this checkpoint": "数据库中缺少该检查点",
    "a bundle of entries breaks off in the middle": "记录包中途截断",
    "a tile breaks off in the middle of a hash": "哈希瓦片中途截断",
    "the audit path is too long": "审计路径过长",
    "the audit path is too short": "审计路径过短",
    "the audit path leads to another root": "审计路径推不出签名的根哈希",
    "the facts do not have the digest that was sealed": "事实内容与封存的摘要不符",
    "this is not a proof of the ledger": "不是账本证明文件",
}


@dataclass(frozen=True)
class Why:
    """A reason given in English by the arithmetic, and its Chinese."""

    text: str

    def told(self, lang: str) -> str:
        return WHYS_ZH.get(self.text, self.text) if lang == "zh" else self.text


@dataclass(frozen=True)
class Where:
    """An entry by its place in the tree, its number in the database, and what it says of itself; what is not known is None or empty."""

    index: int | None
    entry: int | None = None
    act: str = ""
    subject: str = ""

    def told(self, lang: str) -> str:
        known = "entry" if self.entry is not None else "public entry" if self.act else "bare entry"
        name = "unsealed entry" if self.index is None else known
        return PHRASES[name][lang].format(index=self.index, entry=self.entry, act=self.act or "?", subject=self.subject or "?")


@dataclass(frozen=True)
class Phrase:
    """A part of a sentence that is said in either language."""

    name: str
    fields: dict[str, Any] = field(default_factory=dict)

    def told(self, lang: str) -> str:
        return PHRASES[self.name][lang].format_map(_in(lang, self.fields))


@dataclass(frozen=True)
class Several:
    """A range of entries, the first of them by name."""

    named: Sequence[Where]
    first: int
    last: int

    def told(self, lang: str) -> str:
        more = self.last - self.first + 1 - len(self.named)
        if not self.named:
            return PHRASES["range"][lang].format(first=self.first, last=self.last)
        names = ("、" if lang == "zh" else ", ").join(where.told(lang) for where in self.named)
        return names if more <= 0 else PHRASES["more"][lang].format(named=names, count=more, last=self.last)


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong."""

    kind: str
    fields: dict[str, Any]

    def told(self, lang: str) -> str:
        return WORDS[self.kind][lang].format_map(_in(lang, self.fields))


@dataclass
class Report:
    """What was checked, by count, and what was found."""

    counts: dict[str, int] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    def add(self, kind: str, **fields: Any) -> None:
        self.findings.append(Finding(kind, fields))

    def count(self, what: str, more: int = 1) -> None:
        self.counts[what] = self.counts.get(what, 0) + more


def where_of(index: int | None, body: bytes, entry: int | None = None) -> Where:
    """Name an entry from its public body."""
    try:
        told = json.loads(body)
        return Where(index, entry, str(told["act"]), str(told["subject"]))
    except (ValueError, KeyError, TypeError):
        return Where(index, entry)


def _in(lang: str, fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value.told(lang) if hasattr(value, "told") else value for name, value in fields.items()}
