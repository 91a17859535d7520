"""Whatever is done behind the ledger's back, the check names it: in the published files, in the database, in the business rows."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db import connection

from sunlit.foundation.ledger import notes, queries, sealer, tiles, verify
from sunlit.foundation.ledger.models import Entry
from sunlit.foundation.ledger.tree import root_of
from tests.foundation.ledger.conftest import AT, act, acts, seal

pytestmark = pytest.mark.django_db

SIZE = 600
PLACES = (7, 300, 599)


@pytest.fixture
def tree(home: Path) -> Path:
    """600 acts under the checkpoints of 299, 301, 598 and 600."""
    for upto in (299, 301, 598, SIZE):
        acts(range(queries.size(), upto))
        seal()
    return home


class Check:
    """Runs `sunlit verify` and keeps what it said."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self.capsys = capsys

    def __call__(self, *words: object) -> tuple[int, list[str]]:
        code = verify.main([*map(str, words), "--lang", "en"])
        lines = self.capsys.readouterr().out.splitlines()
        return code, [line for line in lines if line.split(":")[0].isupper()]

    def found(self, *words: object) -> list[str]:
        code, findings = self(*words)
        assert code == (1 if findings else 0)
        return findings


@pytest.fixture
def check(capsys: pytest.CaptureFixture[str]) -> Check:
    return Check(capsys)


def bundle(home: Path, n: int) -> Path:
    return home / tiles.bundle_path(n, 256 if n < 2 else SIZE - 512)


def rewrite(home: Path, change) -> None:
    """Apply a change to the list of all published bodies, and pack them into bundles again; the tiles stay."""
    bodies = [body for n in range(3) for body in tiles.unpack(bundle(home, n).read_bytes())]
    change(bodies)
    for n in range(3):
        bundle(home, n).write_bytes(tiles.pack(bodies[n * 256 : (n + 1) * 256] if n < 2 else bodies[512:]))


def name(index: int, entry: bool = False) -> str:
    number = f"act {Entry.objects.get(leaf__index=index).pk}, " if entry else ""
    return f"entry #{index} ({number}order.place, order/2026-{index:04})"


# The published files alone


def test_a_good_tree_is_good(tree: Path, check: Check, capsys: pytest.CaptureFixture[str]) -> None:
    assert verify.main([str(tree), "--lang", "en"]) == 0
    said = capsys.readouterr().out
    assert "Nothing was altered: 600 entries, 4 tiles, 5 signed checkpoints." in said
    assert "Note: the key was taken from the tree itself." in said
    assert verify.main([str(tree), "--vkey", str(tree / "vkey"), "--lang", "zh"]) == 0
    assert "未发现任何改动：600 条记录、4 个哈希瓦片、5 个签名检查点。" in capsys.readouterr().out


@pytest.mark.parametrize("place", PLACES)
def test_an_altered_entry(tree: Path, check: Check, place: int) -> None:
    rewrite(tree, lambda bodies: bodies.__setitem__(place, bodies[place].replace(b"B-0001", b"B-0002")))
    assert check.found(tree) == [f"ALTERED: {name(place)}: its published text does not have the sealed hash."]


@pytest.mark.parametrize("place", PLACES)
def test_a_removed_entry(tree: Path, check: Check, place: int) -> None:
    rewrite(tree, lambda bodies: bodies.pop(place))
    lost = "entry #599, the last one" if place == 599 else f"entry #{place}, which stood before {name(place + 1)}"
    assert check.found(tree) == [f"REMOVED: {lost} is no longer there."]


@pytest.mark.parametrize("place", PLACES)
def test_an_inserted_entry(tree: Path, check: Check, place: int) -> None:
    rewrite(tree, lambda bodies: bodies.insert(place, bodies[place].replace(b"order/", b"extra/")))
    found = check.found(tree)
    assert found == [f"INSERTED: entry #{place} (order.place, extra/2026-{place:04}) was never sealed at this place."]


def test_reordered_entries(tree: Path, check: Check) -> None:
    def swap(bodies: list[bytes]) -> None:
        bodies[5], bodies[400] = bodies[400], bodies[5]

    rewrite(tree, swap)
    assert check.found(tree) == [
        "REORDERED: entry #400 (order.place, order/2026-0400) was sealed at place #400, but stands at #5.",
        "REORDERED: entry #5 (order.place, order/2026-0005) was sealed at place #5, but stands at #400.",
    ]


def test_an_entry_altered_together_with_all_its_tiles(tree: Path, check: Check) -> None:
    """Whoever rewrites every hash cannot sign: the checkpoints tell between which sizes it happened."""
    rewrite(tree, lambda bodies: bodies.__setitem__(300, bodies[300].replace(b"B-0001", b"B-0002")))
    rehash(tree)
    assert check.found(tree) == [
        (
            "REWRITTEN: the entries do not lead to the root signed for 301 entries (checkpoints/301). Changed is one of: "
            "entry #299 (order.place, order/2026-0299), entry #300 (order.place, order/2026-0300)."
        )
    ]


def rehash(home: Path) -> None:
    leaves = []
    for n in range(3):
        row = [tiles_leaf(body) for body in tiles.unpack(bundle(home, n).read_bytes())]
        (home / tiles.tile_path(0, n, len(row))).write_bytes(b"".join(row))
        leaves += row
    (home / tiles.tile_path(1, 0, 2)).write_bytes(root_of(leaves[:256]) + root_of(leaves[256:512]))


def tiles_leaf(body: bytes) -> bytes:
    from sunlit.foundation.ledger.tree import leaf_hash

    return leaf_hash(body)


@pytest.mark.parametrize(
    ("path", "finding"),
    [
        ("tile/0/000", "WRONG TILE: tile/0/000 does not follow from the entries below it: entry #0 (order.place, order/2026-0000)."),
        (
            "tile/0/002.p/88",
            "WRONG TILE: tile/0/002.p/88 does not follow from the entries below it: entry #512 (order.place, order/2026-0512).",
        ),
        ("tile/1/000.p/2", "WRONG TILE: tile/1/000.p/2 does not follow from the entries below it: entries #0 to #255."),
    ],
)
def test_a_wrong_tile(tree: Path, check: Check, path: str, finding: str) -> None:
    data = (tree / path).read_bytes()
    (tree / path).write_bytes(bytes([data[0] ^ 1]) + data[1:])
    assert check.found(tree) == [finding]


@pytest.mark.parametrize(
    ("path", "covers"), [("tile/0/001", "#256 to #511"), ("tile/1/000.p/2", "#0 to #511"), ("tile/entries/002.p/88", "#512 to #599")]
)
def test_a_missing_file(tree: Path, check: Check, path: str, covers: str) -> None:
    (tree / path).unlink()
    assert check.found(tree) == [f"MISSING: {path}, which covers entries {covers}."]


def test_a_file_that_breaks_off(tree: Path, check: Check) -> None:
    data = (tree / "tile/entries/001").read_bytes()
    (tree / "tile/entries/001").write_bytes(data[:-1])
    assert check.found(tree) == ["UNREADABLE: tile/entries/001: a bundle of entries breaks off in the middle."]


def test_a_forged_checkpoint(tree: Path, check: Check) -> None:
    stranger = Ed25519PrivateKey.from_private_bytes(bytes(32))
    said = notes.parse((tree / "checkpoint").read_text())
    (tree / "checkpoint").write_text(notes.sign(said, stranger))
    assert check.found(tree) == ["FORGED CHECKPOINT: checkpoint: this checkpoint is not signed by the ledger's key."]


def test_a_checkpoint_of_history_put_in_the_place_of_another(tree: Path, check: Check) -> None:
    shutil.copy(tree / "checkpoints/299", tree / "checkpoints/301")
    assert check.found(tree) == ["FORGED CHECKPOINT: checkpoints/301: it speaks of another number of entries."]


def test_a_forged_tree_under_another_key_does_not_pass_for_ours(tree: Path, check: Check, tmp_path: Path) -> None:
    kept = tmp_path / "kept.vkey"
    shutil.copy(tree / "vkey", kept)
    stranger = Ed25519PrivateKey.from_private_bytes(bytes(32))
    for path in [tree / "checkpoint", *(tree / "checkpoints").glob("[0-9]*")]:
        path.write_text(notes.sign(notes.parse(path.read_text()), stranger))
    (tree / "vkey").write_text(notes.verifier_of(sealer.ORIGIN, stranger).vkey() + "\n")
    assert check.found(tree) == []
    assert check.found(tree, "--vkey", kept) == [
        f"FORGED CHECKPOINT: {path}: this checkpoint is not signed by the ledger's key."
        for path in ("checkpoint", "checkpoints/299", "checkpoints/301", "checkpoints/598", "checkpoints/600")
    ]


def test_a_tree_rolled_back_by_its_checkpoint(tree: Path, check: Check) -> None:
    shutil.copy(tree / "checkpoints/598", tree / "checkpoint")
    assert check.found(tree) == [
        (
            "ROLLED BACK: the tree holds 598 entries, but 600 had been signed (checkpoints/600). "
            "Gone: entry #598 (order.place, order/2026-0598), entry #599 (order.place, order/2026-0599)."
        )
    ]


def test_a_tree_rolled_back_altogether_is_told_by_what_you_remember(tree: Path, check: Check, tmp_path: Path) -> None:
    memory = tmp_path / "memory"
    old = tmp_path / "old"
    shutil.copytree(tree, old)
    act(600)
    seal()
    assert check.found(tree, "--remember", memory) == []
    assert memory.read_text() == (tree / "checkpoint").read_text()
    assert check.found(old) == []
    assert check.found(old, "--remember", memory) == [
        "ROLLED BACK: the tree holds 600 entries, but 601 had been signed (remembered). Gone: entry #600."
    ]
    assert notes.parse(memory.read_text()).size == 601  # a finding changes nothing


def test_another_past_under_our_own_key_is_told_by_what_you_remember(tree: Path, check: Check, tmp_path: Path) -> None:
    """The key was stolen, or we ourselves lie."""
    memory = tmp_path / "memory"
    shutil.copy(tree / "checkpoint", memory)
    rewrite(tree, lambda bodies: bodies.__setitem__(5, bodies[5].replace(b"B-0001", b"B-0002")))
    rehash(tree)
    leaves = [tiles_leaf(body) for n in range(3) for body in tiles.unpack(bundle(tree, n).read_bytes())]
    key = sealer.own_seal().key
    for path, size in [("checkpoint", SIZE), *((f"checkpoints/{size}", size) for size in (299, 301, 598, 600))]:
        (tree / path).write_text(notes.sign(notes.Checkpoint(sealer.ORIGIN, size, root_of(leaves[:size])), key))
    assert check.found(tree) == []
    [finding] = check.found(tree, "--remember", memory)
    assert finding.startswith("REWRITTEN: the entries do not lead to the root signed for 600 entries (remembered).")


def test_what_cannot_be_checked_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert verify.main([str(tmp_path), "--lang", "en"]) == 2
    assert capsys.readouterr().out == (
        "Cannot check: there is no published tree here: no file `vkey`. Start the platform once, or name the tree.\n"
    )


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def served(tree: Path) -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(tree))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def test_a_tree_on_a_web_server(tree: Path, served: str, check: Check) -> None:
    assert check.found(served) == []
    rewrite(tree, lambda bodies: bodies.__setitem__(7, b"{}"))
    shutil.copy(tree / "checkpoints/598", tree / "checkpoint")
    found = check.found(served)
    assert found[0] == "ALTERED: entry #7: its published text does not have the sealed hash."
    assert found[1].startswith("ROLLED BACK: the tree holds 598 entries, but 600 had been signed (checkpoints/600).")


def test_it_runs_without_the_platform(tree: Path) -> None:
    """A citizen needs Python, `cryptography` and these files: no Django, no database."""
    program = (
        "import sys\n"
        "for name in ('django', 'psycopg', 'structlog', 'click', 'rich'): sys.modules[name] = None\n"
        "from sunlit.foundation.ledger import verify\n"
        f"sys.exit(verify.main([{str(tree)!r}, '--lang', 'en']))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "Nothing was altered" in done.stdout


# One act's proof


def proof(tmp_path: Path, **changes: object) -> Path:
    file = tmp_path / "proof.json"
    file.write_text(json.dumps(queries.proof_of(queries.at_index(300), with_facts=True) | changes), encoding="utf-8")
    return file


def test_the_proof_of_one_act(tree: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert verify.main(["entry", str(proof(tmp_path)), "--vkey", str(tree / "vkey"), "--lang", "en"]) == 0
    assert capsys.readouterr().out == (
        f"{name(300, entry=True)} is in the tree of 600 entries, signed by sunlit.localhost/ledger.\n"
        'The facts shown are the ones that were sealed: {"actor":"王爱丽","by_user":1,"number":"2026-0300"}\n'
    )


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"index": 299}, "the audit path leads to another root"),
        ({"body": '{"act":"order.place","subject":"order/2026-0001"}', "index": 300}, "the audit path leads to another root"),
        ({"path": []}, "the audit path is too short"),
        ({"facts": '{"number":"2026-0300"}'}, "the facts do not have the digest that was sealed"),
        ({"checkpoint": "sunlit.localhost/ledger\n600\nAAAA\n\n— x AAAA\n"}, "this checkpoint is not signed by the ledger's key"),
    ],
)
def test_a_proof_that_was_touched(
    tree: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], changes: dict[str, object], why: str
) -> None:
    assert verify.main(["entry", str(proof(tmp_path, **changes)), "--vkey", str(tree / "vkey"), "--lang", "en"]) == 1
    assert capsys.readouterr().out.endswith(f": {why}.\n")


def test_what_is_no_proof(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "proof.json").write_text("[]")
    assert verify.main(["entry", str(tmp_path / "proof.json"), "--lang", "zh"]) == 2
    assert capsys.readouterr().out == "无法核验：不是账本证明文件\n"


# The database


def behind(statement: str, *values: int | bytes) -> None:
    """Change the database as somebody with all rights would, past every trigger."""
    tables = ("ledger_entry", "ledger_leaf", "ledger_checkpoint")
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in tables:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
        cursor.execute(statement, values)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in tables:
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER ALL")


def entry_at(index: int) -> int:
    return Entry.objects.get(leaf__index=index).pk


@pytest.mark.django_db(transaction=True)
def test_a_good_database_is_good(tree: Path, check: Check, capsys: pytest.CaptureFixture[str]) -> None:
    act(600)  # not sealed yet
    sealer.seal(at=Entry.objects.get(leaf__index=0).at)  # sealed, not published yet
    act(601)
    assert verify.main(["--lang", "en"]) == 0
    assert "601 database rows" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("column", "value", "what"),
    [
        ("act", "'order.cancel'", "its row differs from what was sealed in act"),
        ("subject", "'order/2026-9999'", "its row differs from what was sealed in subject"),
        ("at", "at + interval '1 day'", "its row differs from what was sealed in at"),
        ("organisation", "'B-0002'", "its row differs from what was sealed in by"),
        ("kind", "'supplier'", "its row differs from what was sealed in by"),
        ("region", "''", "its row differs from what was sealed in region"),
        ("facts", """facts || '{"number": "x"}'""", "its row differs from what was sealed in facts"),
        ("salt", "decode(repeat('00', 16), 'hex')", "its row differs from what was sealed in facts"),
        ("body", "replace(body, 'B-0001', 'B-0002')", "its row differs from what was sealed in body"),
        ("person", "2", "its row names another person than the sealed facts"),
        ("leaf_hash", "decode(repeat('00', 32), 'hex')", "its stored hash is not that of its content"),
    ],
)
def test_an_altered_row(tree: Path, check: Check, column: str, value: str, what: str) -> None:
    expected = name(300, entry=True)
    behind(f"UPDATE ledger_entry SET {column} = {value} WHERE id = %s", entry_at(300))
    assert check.found(tree) == []
    [finding] = check.found()
    assert finding in {f"ALTERED: {expected}: {what}.", f"ALTERED: {expected.replace('0300', '9999')}: {what}."}


def test_a_row_altered_with_its_public_body_and_hash(tree: Path, check: Check) -> None:
    expected = name(300, entry=True)
    behind(
        "UPDATE ledger_entry SET organisation = 'B-0002', body = replace(body, 'B-0001', 'B-0002'),"
        " leaf_hash = sha256('\\x00'::bytea || convert_to(replace(body, 'B-0001', 'B-0002'), 'UTF8')) WHERE id = %s",
        entry_at(300),
    )
    assert check.found() == [f"ALTERED: {expected}: its row differs from what was sealed in by."]


@pytest.mark.parametrize("place", PLACES)
def test_a_removed_row(tree: Path, check: Check, place: int) -> None:
    expected, entry = name(place, entry=True), entry_at(place)
    behind("DELETE FROM ledger_entry WHERE id = %s", entry)
    assert check.found() == [f"REMOVED: {expected} is no longer there."]
    behind("DELETE FROM ledger_leaf WHERE entry_id = %s", entry)
    assert check.found() == [f"REMOVED: entry #{place} (order.place, order/2026-{place:04}) is no longer there."]


def test_a_row_removed_and_the_gap_closed(tree: Path, check: Check) -> None:
    entry = entry_at(300)
    behind("DELETE FROM ledger_leaf WHERE entry_id = %s", entry)
    behind("DELETE FROM ledger_entry WHERE id = %s", entry)
    behind('UPDATE ledger_leaf SET "index" = -"index" WHERE "index" > 300')
    behind('UPDATE ledger_leaf SET "index" = -"index" - 1 WHERE "index" < 0')
    assert check.found() == ["REMOVED: entry #300 (order.place, order/2026-0300) is no longer there."]


def test_an_inserted_row_with_a_place_of_its_own(tree: Path, check: Check) -> None:
    entry = act(999)
    behind('UPDATE ledger_leaf SET "index" = -"index" - 1 WHERE "index" >= 300')
    behind('UPDATE ledger_leaf SET "index" = -"index" WHERE "index" < 0')
    behind('INSERT INTO ledger_leaf ("index", entry_id, leaf_hash) VALUES (300, %s, %s)', entry.pk, bytes(entry.leaf_hash))
    assert check.found() == [f"INSERTED: entry #300 (act {entry.pk}, order.place, order/2026-0999) was never sealed at this place."]


def test_an_inserted_row_after_the_last_place(tree: Path, check: Check) -> None:
    entry = act(999)
    behind('INSERT INTO ledger_leaf ("index", entry_id, leaf_hash) VALUES (600, %s, %s)', entry.pk, bytes(entry.leaf_hash))
    assert check.found() == [f"INSERTED: entry #600 (act {entry.pk}, order.place, order/2026-0999) was never sealed at this place."]


def test_a_row_hidden_from_the_sealer(tree: Path, check: Check) -> None:
    entry = act(999)
    behind("UPDATE ledger_entry SET xid = '3' WHERE id = %s", entry.pk)
    assert seal() == 0
    assert check.found() == [f"INSERTED: unsealed act {entry.pk} (order.place, order/2026-0999) was never sealed at this place."]


def test_reordered_rows(tree: Path, check: Check) -> None:
    one, other = entry_at(5), entry_at(400)
    behind("UPDATE ledger_leaf SET entry_id = CASE entry_id WHEN %s THEN -1 ELSE -2 END WHERE entry_id IN (%s, %s)", one, one, other)
    behind("UPDATE ledger_leaf SET entry_id = CASE entry_id WHEN -1 THEN %s ELSE %s END WHERE entry_id < 0", other, one)
    assert check.found() == [
        f"REORDERED: entry #5 (act {other}, order.place, order/2026-0400) was sealed at place #400, but stands at #5.",
        f"REORDERED: entry #400 (act {one}, order.place, order/2026-0005) was sealed at place #5, but stands at #400.",
    ]


def test_a_changed_or_lost_checkpoint(tree: Path, check: Check) -> None:
    behind('UPDATE ledger_checkpoint SET root = leaf_hash FROM ledger_leaf WHERE size = 301 AND "index" = 0')
    behind("DELETE FROM ledger_checkpoint WHERE size = 299")
    assert check.found() == [
        "FORGED CHECKPOINT: checkpoints/299: the database has lost this checkpoint.",
        "FORGED CHECKPOINT: checkpoints/301: the database holds another checkpoint of this size.",
    ]


# The business rows


@pytest.fixture
def order(home: Path):
    """An order of Aygul's; the town's shelves are put aside, for they were founded without acts."""
    from tests import town

    placed = town.an_order(town.build())
    seal()
    return placed


def told_of(check: Check, order) -> list[str]:
    return [finding for finding in check()[1] if order.number in finding]


@pytest.mark.parametrize(
    ("column", "value"), [("total", "total + 1"), ("state", "'paid'"), ("supplier_id", "supplier_id + 1"), ("reason", "'x'")]
)
def test_a_business_row_changed_without_an_act(order, check: Check, column: str, value: str) -> None:
    assert told_of(check, order) == []
    last = Entry.objects.filter(subject=f"order/{order.number}").latest("pk")
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("ALTER TABLE market_order DROP CONSTRAINT IF EXISTS order_total_is_sum_of_lines")
        cursor.execute(f"UPDATE market_order SET {column} = {value} WHERE id = %s", [order.pk])
        cursor.execute("SET session_replication_role = origin")
    assert told_of(check, order) == [
        (
            f"BUSINESS ROW ALTERED: order/{order.number} was changed without an act. "
            f"Its last act is entry #{last.index} (act {last.pk}, order.place, order/{order.number})."
        )
    ]


def test_a_business_row_removed_without_an_act(order, check: Check) -> None:
    last = Entry.objects.filter(subject=f"order/{order.number}").latest("pk")
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("DELETE FROM market_order WHERE id = %s", [order.pk])
        cursor.execute("SET session_replication_role = origin")
    assert told_of(check, order) == [
        (
            f"BUSINESS ROW REMOVED: order/{order.number} is no longer there. "
            f"Its last act is entry #{last.index} (act {last.pk}, order.place, order/{order.number})."
        )
    ]


def test_a_business_row_without_an_act(order, check: Check) -> None:
    assert "BUSINESS ROW INSERTED: offer/SP-3 is there without an act." in check()[1]


def test_rows_of_a_bulk_act_are_held_against_it(home: Path, db: None, check: Check) -> None:
    """What a batch entered, changed or listed is checked row by row, and so is what was done to one of them alone afterwards."""
    from sunlit.domain.catalog import services as catalog
    from sunlit.domain.catalog.models import Offer
    from tests import town

    told = town.build()
    row = {"category": "A05040101", "title": "孔雀复印纸", "brand": "孔雀", "price": "188.00", "stock": 40}
    results = catalog.upsert_offers([{**row, "sku_code": f"W-{n}", "model": f"A3-{n}"} for n in range(4)], by=told.wu, at=AT)
    numbers = [result.number for result in results]
    catalog.approve_offers(numbers, by=told.surina, at=AT)
    catalog.restock(Offer.objects.get(number=numbers[0]), stock=9, by=told.wu, at=AT)
    catalog.restock(Offer.objects.get(number=numbers[3]), stock=9, by=told.wu, at=AT)
    seal()

    def findings() -> list[str]:
        return [finding for finding in check()[1] if any(number in finding for number in numbers)]

    assert findings() == []
    batch = Entry.objects.get(act="offer.approve_many")
    alone = Entry.objects.get(act="offer.restock", subject=f"offer/{numbers[3]}")
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("UPDATE catalog_offer SET price = 1 WHERE number = %s", [numbers[1]])
        cursor.execute("DELETE FROM catalog_offer WHERE number = ANY(%s)", [[numbers[2], numbers[3]]])
        cursor.execute("SET session_replication_role = origin")
    act = f"Its last act is entry #{batch.index} (act {batch.pk}, offer.approve_many, offer/{numbers[1]})."
    last = f"Its last act is entry #{alone.index} (act {alone.pk}, offer.restock, offer/{numbers[3]})."
    assert sorted(findings()) == sorted(
        [
            f"BUSINESS ROW ALTERED: offer/{numbers[1]} was changed without an act. {act}",
            f"BUSINESS ROW REMOVED: offer/{numbers[2]} is no longer there. {act.replace(numbers[1], numbers[2])}",
            f"BUSINESS ROW REMOVED: offer/{numbers[3]} is no longer there. {last}",
        ]
    )
