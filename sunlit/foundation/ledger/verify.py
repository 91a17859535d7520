"""`sunlit verify`: how anybody checks us. Offline it needs only Python and `cryptography`: python -m sunlit.foundation.ledger.verify."""

from __future__ import annotations

import argparse
import base64
import binascii
import hashlib
import json
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

from sunlit.foundation.ledger import notes, tree
from sunlit.foundation.ledger.findings import Report, Why, where_of
from sunlit.foundation.ledger.replay import Advance, CannotRead, Replay, Source, source

FOUND, UNUSABLE = 1, 2
BAR_MIN = 20_000
"""Fewer steps than this need no progress bar."""
COUNTED = ("entries", "tiles", "checkpoints", "rows", "business rows")
PROOF_FORMAT = "sunlit-ledger-proof-1"

SAID: dict[str, dict[str, str]] = {
    "good": {"en": "Nothing was altered: {counts}.", "zh": "未发现任何改动：{counts}。"},
    "bad": {"en": "{found} finding(s) in {counts}.", "zh": "共发现 {found} 处问题（已核对：{counts}）。"},
    "entries": {"en": "{n:,} entries", "zh": "{n:,} 条记录"},
    "tiles": {"en": "{n:,} tiles", "zh": "{n:,} 个哈希瓦片"},
    "checkpoints": {"en": "{n:,} signed checkpoints", "zh": "{n:,} 个签名检查点"},
    "rows": {"en": "{n:,} database rows", "zh": "{n:,} 行账本数据"},
    "business rows": {"en": "{n:,} business rows", "zh": "{n:,} 行业务数据"},
    "tree": {"en": "Tree {origin}: {size:,} entries, root {root}", "zh": "账本 {origin}：{size:,} 条记录，根哈希 {root}"},
    "own key": {
        "en": "Note: the key was taken from the tree itself. To trust nobody, keep the key once and give it with --vkey.",
        "zh": "提示：本次使用账本自带的公钥。若要做到不依赖任何人，请自行保存公钥，并用 --vkey 指定。",
    },
    "remembered": {"en": "Remembered the tree of {size:,} entries in {file}.", "zh": "已将 {size:,} 条记录时的检查点存入 {file}。"},
    "included": {
        "en": "{where} is in the tree of {size:,} entries, signed by {origin}.",
        "zh": "{where}在 {origin} 签名的账本（共 {size:,} 条记录）之中。",
    },
    "facts": {"en": "The facts shown are the ones that were sealed: {facts}", "zh": "所示事实与封存内容一致：{facts}"},
    "not included": {"en": "NOT PROVEN: {where}: {why}.", "zh": "证明不成立：{where}：{why}。"},
    "unusable": {"en": "Cannot check: {why}", "zh": "无法核验：{why}"},
    "replaying": {"en": "Replaying the tree", "zh": "正在重算账本"},
    "comparing": {"en": "Comparing the database", "zh": "正在比对数据库"},
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns 0 when nothing was altered, 1 with findings, 2 when it cannot check."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    asked = _entry_parser().parse_args(words[1:]) if words[:1] == ["entry"] else _tree_parser().parse_args(words)
    lang = asked.lang or ("zh" if (os.environ.get("LC_ALL") or os.environ.get("LANG") or "").startswith("zh") else "en")
    try:
        return verify_entry(asked, lang) if words[:1] == ["entry"] else verify_tree(asked, lang)
    except (CannotRead, notes.BadNote, OSError) as error:
        _say("unusable", lang, why=Why(str(error)).told(lang))
        return UNUSABLE


def verify_tree(asked: argparse.Namespace, lang: str) -> int:
    """Replay a published tree, and compare the database where it is ours."""
    place = source(asked.tree or str(_own_tree()))
    replay = Replay(place, _verifiers(place, asked.vkey, lang))
    remembered = _remembered(asked.remember)
    with _bar(SAID["replaying"][lang], _size(place)) as replay.advance:
        replay.run(remembered)
    if replay.current is not None:
        _say("tree", lang, origin=replay.current.origin, size=replay.current.size, root=replay.current.root.hex())
    if asked.database or not asked.tree:
        _compare_database(replay, lang)
    _tell(replay.report, lang)
    if replay.report.findings:
        return FOUND
    if asked.remember and replay.current is not None:
        Path(asked.remember).write_bytes(place.read("checkpoint"))
        _say("remembered", lang, size=replay.current.size, file=asked.remember)
    return 0


def verify_entry(asked: argparse.Namespace, lang: str) -> int:
    """Check one downloaded proof, offline."""
    try:
        proof = json.loads(Path(asked.proof).read_text(encoding="utf-8"))
        where = where_of(int(proof["index"]), proof["body"].encode(), int(proof["entry"]))
        note, path = str(proof["checkpoint"]), [base64.b64decode(node, validate=True) for node in proof["path"]]
        if proof["format"] != PROOF_FORMAT:
            raise ValueError(proof["format"])
    except (ValueError, KeyError, TypeError, AttributeError):
        _say("unusable", lang, why=Why("this is not a proof of the ledger").told(lang))
        return UNUSABLE
    vkeys = Path(asked.vkey) if asked.vkey else _own_tree() / "vkey"
    try:
        checkpoint = notes.open_note(note, notes.read_vkeys(vkeys.read_text(encoding="utf-8")))
        tree.check_inclusion(tree.leaf_hash(proof["body"].encode()), where.index or 0, checkpoint.size, path, checkpoint.root)
        facts = _disclosed(proof)
    except (notes.BadNote, tree.BadProof) as error:
        _say("not included", lang, where=where.told(lang), why=Why(str(error)).told(lang))
        return FOUND
    _say("included", lang, where=where.told(lang), size=checkpoint.size, origin=checkpoint.origin)
    if facts:
        _say("facts", lang, facts=facts)
    return 0


def _disclosed(proof: dict[str, Any]) -> str:
    """The facts, when the proof shows them and they are the sealed ones."""
    if "facts" not in proof:
        return ""
    try:
        salt, sealed = base64.b64decode(proof["salt"], validate=True), json.loads(proof["body"])["facts"]
        digest = "sha256:" + hashlib.sha256(salt + proof["facts"].encode()).hexdigest()
    except (KeyError, ValueError, TypeError, AttributeError, binascii.Error):
        digest, sealed = "", None
    if digest != sealed:
        raise tree.BadProof("the facts do not have the digest that was sealed")
    return str(proof["facts"])


def _compare_database(replay: Replay, lang: str) -> None:
    import django
    from django.apps import apps

    from sunlit.config import postgres

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sunlit.config.settings")
    with nullcontext() if apps.ready else postgres.available():
        if not apps.ready:
            django.setup()
        from sunlit.foundation.ledger.audit import Audit, work

        with _bar(SAID["comparing"][lang], work(replay)) as advance:
            Audit(replay, advance).run()


def _verifiers(place: Source, file: str | None, lang: str) -> list[notes.Verifier]:
    if file:
        return notes.read_vkeys(Path(file).read_text(encoding="utf-8"))
    try:
        found = notes.read_vkeys(place.read("vkey").decode(errors="replace"))
    except FileNotFoundError:
        raise CannotRead("there is no published tree here: no file `vkey`. Start the platform once, or name the tree.") from None
    _say("own key", lang)
    return found


def _remembered(file: str | None) -> str | None:
    return Path(file).read_text(encoding="utf-8") if file and Path(file).exists() else None


def _own_tree() -> Path:
    from sunlit.config import environment

    return environment.data_dir() / "ledger"


def _size(place: Source) -> int:
    try:
        return notes.parse(place.read("checkpoint").decode(errors="replace")).size
    except (FileNotFoundError, notes.BadNote):
        return 0


def _tell(report: Report, lang: str) -> None:
    for finding in report.findings:
        sys.stdout.write(f"{finding.told(lang)}\n")
    counts = ("、" if lang == "zh" else ", ").join(
        SAID[what][lang].format(n=report.counts[what]) for what in COUNTED if what in report.counts
    )
    _say("bad" if report.findings else "good", lang, counts=counts, found=len(report.findings))


def _say(name: str, lang: str, **fields: Any) -> None:
    sys.stdout.write(SAID[name][lang].format_map(fields) + "\n")


@contextmanager
def _bar(title: str, total: int) -> Iterator[Advance]:
    """A progress bar for people who wait; silent for small trees, for files and where `rich` is absent."""
    if total < BAR_MIN or not sys.stderr.isatty():
        yield lambda _count: None
        return
    try:
        from rich.console import Console
        from rich.progress import Progress
    except ImportError:
        yield lambda _count: None
        return
    with Progress(console=Console(stderr=True)) as progress:
        task = progress.add_task(title, total=total)
        yield lambda count: progress.advance(task, count)


def _tree_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="sunlit verify",
        description="Recomputes the public ledger from its entries to its signed root and names whatever was altered. "
        "`sunlit verify entry PROOF.json` checks the proof of a single act.",
    )
    parser.add_argument(
        "tree", nargs="?", help="folder or http(s) address of a published ledger; without it, our own ledger and our database"
    )
    parser.add_argument(
        "--vkey", metavar="FILE", help="the ledger's public key, as you kept it; without it, the key published with the tree"
    )
    parser.add_argument("--remember", metavar="FILE", help="the checkpoint you saw last: checked first, then replaced by the present one")
    parser.add_argument("--database", action="store_true", help="compare every row of our database as well")
    parser.add_argument("--lang", choices=("zh", "en"), help="language of what is said")
    return parser


def _entry_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="sunlit verify entry", description="Checks, offline, that one act is in the signed ledger.")
    parser.add_argument("proof", help="the proof, as downloaded from the act's page")
    parser.add_argument("--vkey", metavar="FILE", help="the ledger's public key, as you kept it; without it, that of this installation")
    parser.add_argument("--lang", choices=("zh", "en"), help="language of what is said")
    return parser


if __name__ == "__main__":
    sys.exit(main())
