"""`sunlit token`: whoever runs the machine makes keys for administrators, lists and revokes them."""

from __future__ import annotations

from click.testing import CliRunner

from sunlit.foundation.accounts.models import ApiToken
from sunlit.portals.api.command import token
from tests.portals.api.conftest import Program
from tests.town import Town


def run(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(token, words)
    return result.exit_code, result.output.strip()


def test_a_key_is_made_listed_and_revoked(town: Town) -> None:
    code, plain = run("make", "--organisation", "GY-0001", "--login", "chen", "--scope", "orders:read", "--name", "ERP")
    assert (code, plain.startswith("slt_")) == (0, True)
    assert Program(plain).get("organisation")["scopes"] == ["orders:read"]
    made = ApiToken.objects.get()
    assert run("list", "--organisation", "GY-0001") == (0, f"{made.pk}\t…{plain[-4:]}\tERP\torders:read\tuntil 2027-03-02")
    assert run("revoke", str(made.pk)) == (0, f"Key {made.pk} is revoked.")
    assert Program(plain).call("GET", "organisation").status_code == 401
    assert run("list", "--organisation", "GY-0001")[1].endswith("revoked")


def test_nobody_but_an_administrator_gets_a_key(town: Town) -> None:
    for words in (
        ("make", "--organisation", "CG-0001", "--login", "aygul"),
        ("make", "--organisation", "CG-0001", "--login", "chen"),
        ("make", "--organisation", "CG-9999", "--login", "chen"),
        ("revoke", "1"),
    ):
        assert run(*words)[0] == 1
    assert ApiToken.objects.count() == 0
