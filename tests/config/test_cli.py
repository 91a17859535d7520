"""The one command: its table, its sentences, its translations."""

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from sunlit import cli
from sunlit.config import translations

PO = """msgid ""
msgstr "Content-Type: text/plain; charset=utf-8\\n"

msgid "Order %(number)s placed"
msgstr "已下单 %(number)s"

msgid "Purchase cloud"
msgstr "采购云"
"""


def test_the_table_lists_what_is_installed_and_only_that() -> None:
    listed = CliRunner().invoke(cli.sunlit, ["--help"]).output
    assert "Run everything of one machine" in listed
    assert "prepare" not in listed
    for row in cli.COMMANDS:
        assert (row.help in listed) == row.is_there()


@pytest.mark.parametrize("row", [row for row in (*cli.COMMANDS, *cli.IMPORTS) if row.is_there()], ids=lambda row: row.name)
def test_every_row_leads_to_a_command(row: cli.Elsewhere) -> None:
    assert row.load().name


def test_a_wrong_setting_ends_in_one_sentence_and_code_78() -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "sunlit.cli", "run"], env={"SUNLIT_PORT": "many"}, capture_output=True, text=True, check=False
    )
    assert (ended.returncode, ended.stdout) == (78, "")
    assert ended.stderr.startswith("Sunlit cannot start. The setting SUNLIT_PORT must be a whole number")
    assert ended.stderr.count("\n") == 1


@pytest.fixture
def catalogue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(translations, "PACKAGE", tmp_path / "house")
    path = tmp_path / "house" / "desk" / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"
    path.parent.mkdir(parents=True)
    path.write_text(PO, encoding="utf-8")
    return path


def test_translations_are_compiled_once_for_both_scripts(catalogue: Path) -> None:
    from gettext import GNUTranslations

    assert translations.compile_all() == 1
    assert translations.compile_all() == 0
    spoken = {}
    for script in ("zh_Hans", "zh_Hant"):
        with (catalogue.parents[2] / script / "LC_MESSAGES" / "django.mo").open("rb") as file:
            spoken[script] = GNUTranslations(file).gettext("Purchase cloud")
    assert spoken == {"zh_Hans": "采购云", "zh_Hant": "採購雲"}


@pytest.mark.parametrize(
    ("before", "after", "gap"),
    [('"采购云"', '""', "'Purchase cloud' is not translated"), ("已下单 %(number)s", "已下单 %(nummer)s", "'Order %(number)s placed'")],
)
def test_gaps_are_told(catalogue: Path, before: str, after: str, gap: str) -> None:
    assert list(translations.gaps()) == []
    catalogue.write_text(PO.replace(before, after).replace('msgid "Order', '#, python-format\nmsgid "Order'), encoding="utf-8")
    assert [gap in line for line in translations.gaps()] == [True]
