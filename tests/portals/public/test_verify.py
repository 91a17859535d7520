"""Acts looked up, their proofs drawn, downloaded and checked as a stranger would; and the published tree as files."""

import base64
import json
from pathlib import Path

import pytest
from django.test import Client

from sunlit.foundation.ledger import tree, verify
from sunlit.foundation.ledger.models import Entry
from sunlit.portals.public.proofs import climb
from tests.portals.public.conftest import Seated, accepted, published, seal
from tests.town import Town, an_order

pytestmark = pytest.mark.django_db(transaction=True)


def placed(town: Town, key: str = "k1") -> Entry:
    """The act of an order placed, sealed."""
    order = an_order(town, key=key)
    seal()
    return Entry.objects.get(subject=f"order/{order.number}", act="order.place")


def test_an_act_is_found_by_its_number_and_its_proof_holds(town: Town, page: Client) -> None:
    entry = placed(town)
    text = page.get(f"/verify/?number={entry.pk}").content.decode()
    assert 'data-state="verified"' in text
    assert "This act is in the signed ledger" in text
    assert f'href="/verify/{entry.pk}/proof.json"' in text


def test_the_acts_of_an_order_are_told_without_its_facts_to_the_public(town: Town, page: Client, seated: Seated) -> None:
    order = accepted(town)
    seal()
    address = f"/verify/?number={order.number.lower()}"
    public, party, stranger = (client.get(address).content.decode() for client in (page, seated(town.aygul), seated(town.nurlan)))
    for text in (public, stranger):
        assert "Licheng Experimental Middle School" in text
        assert "257.00" not in text
        assert town.aygul.user_name not in text
    assert "257.00" in party
    assert "5 acts, oldest first" in public


def test_the_downloaded_proof_is_accepted_offline(town: Town, page: Client, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    entry = placed(town)
    answer = page.get(f"/verify/{entry.pk}/proof.json")
    assert answer["Content-Disposition"] == f'attachment; filename="sunlit-proof-{entry.pk}.json"'
    told, kept = tmp_path / "proof.json", tmp_path / "kept.vkey"
    told.write_bytes(answer.content)
    kept.write_bytes(page.get("/ledger/vkey").content)
    assert verify.main(["entry", str(told), "--vkey", str(kept), "--lang", "en"]) == 0
    assert "is in the tree of" in capsys.readouterr().out
    told.write_text(answer.content.decode().replace("order.place", "order.cheat"))
    assert verify.main(["entry", str(told), "--vkey", str(kept), "--lang", "en"]) == 1


def test_the_proof_holds_the_facts_only_for_those_who_may_know_them(town: Town, page: Client, seated: Seated) -> None:
    address = f"/verify/{placed(town).pk}/proof.json"
    for client in (page, seated(town.nurlan), seated(town.ma)):
        assert "facts" not in json.loads(client.get(address).content)
    for actor in (town.aygul, town.chen, town.surina, town.zheng, town.he):
        assert (
            "257" in json.loads(seated(actor).get(address).content)["facts"]
            or "128.50" in json.loads(seated(actor).get(address).content)["facts"]
        )


def test_the_facts_of_a_published_deal_are_for_everybody(town: Town, page: Client) -> None:
    notice = published(town)
    seal()
    entry = Entry.objects.get(subject=f"deal/{notice.number}")
    assert '"257.00"' in json.loads(page.get(f"/verify/{entry.pk}/proof.json").content)["facts"]
    assert (
        f"The deal of order {notice.order_number} was published as notice {notice.number}"
        in page.get(f"/verify/?number={notice.number}").content.decode()
    )


def test_an_act_that_is_not_sealed_yet_says_so(town: Town, page: Client) -> None:
    order = an_order(town)
    entry = Entry.objects.get(subject=f"order/{order.number}", act="order.place")
    text = page.get(f"/verify/?number={entry.pk}").content.decode()
    assert 'data-state="unsealed"' in text
    answer = page.get(f"/verify/{entry.pk}/proof.json")
    assert answer.status_code == 409
    assert 'data-code="LED-001"' in answer.content.decode()


@pytest.mark.parametrize("number", ["999999", "DD-20260302-NONE", "x", "9" * 80, "../etc", "order/", "²"])
def test_what_is_not_in_the_ledger_is_not_found(town: Town, page: Client, number: str) -> None:
    answer = page.get("/verify/", {"number": number})
    assert answer.status_code == 404
    assert "No act has the number" in answer.content.decode()


@pytest.mark.parametrize("size", [1, 2, 3, 5, 8, 13])
def test_every_way_ends_in_the_root(size: int) -> None:
    leaves = [tree.leaf_hash(b"%d" % number) for number in range(size)]

    def node(level: int, n: int) -> bytes:
        return tree.root_of(leaves[n << level : (n + 1) << level])

    for index, leaf in enumerate(leaves):
        steps = list(climb(leaf, index, size, tree.inclusion_path(index, size, node)))
        assert (steps[-1].follows if steps else leaf) == tree.root_of(leaves)


# The published files


def test_the_tree_is_served_as_files(town: Town, page: Client) -> None:
    placed(town)
    checkpoint = page.get("/ledger/checkpoint")
    size = int(checkpoint.content.splitlines()[1])
    assert "max-age=2" in checkpoint["Cache-Control"]
    assert checkpoint["Content-Type"] == "text/plain; charset=utf-8"
    bundle = page.get(f"/ledger/tile/entries/000.p/{size}")
    assert bundle["Cache-Control"] == "public, max-age=31536000, immutable"
    assert bundle["Content-Type"] == "application/octet-stream"
    assert b"order.place" in bundle.content
    assert len(page.get(f"/ledger/tile/0/000.p/{size}").content) == 32 * size
    assert base64.b64decode(checkpoint.content.splitlines()[2])
    assert page.get("/ledger/checkpoints/sizes").content.decode().split() == [str(size)]


@pytest.mark.parametrize(
    "path",
    [
        "../keys/ledger_ed25519.pem",
        "..%2fkeys%2fledger_ed25519.pem",
        "tile/../checkpoint",
        "tile",
        "tile/entries/",
        "tile/0/000",
        "checkpoints",
        "checkpoint.new",
        "x",
        "tile/entries/000/",
    ],
)
def test_nothing_else_is_served(town: Town, page: Client, path: str) -> None:
    placed(town)
    assert page.get(f"/ledger/{path}").status_code == 404
