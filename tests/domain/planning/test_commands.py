"""`sunlit import quotas FILE` in the hands of an operator."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from click.testing import CliRunner

from sunlit.domain.planning.commands import check_budgets, quotas
from sunlit.domain.planning.models import BudgetQuota
from tests.town import Town, build

HEAD = "number,buyer,year,name,economic_category,total\n"


@pytest.fixture
def town(db: None) -> Town:
    return build()


def test_good_rows_come_in(town: Town, tmp_path: Path) -> None:
    file = tmp_path / "quotas.csv"
    file.write_text(HEAD + "ZB-9,CG-0001,2026,图书购置,30299,12000.50\n", encoding="utf-8")
    done = CliRunner().invoke(quotas, [str(file)])
    assert (done.exit_code, done.output.strip().splitlines()[-1]) == (0, "1 quotas are new, 0 changed, 0 stay as they were.")
    assert BudgetQuota.objects.get(number="ZB-9").total == Decimal("12000.50")


def test_bad_rows_are_told_and_nothing_comes_in(town: Town, tmp_path: Path) -> None:
    file = tmp_path / "quotas.csv"
    file.write_text(HEAD + "ZB-9,CG-0001,2026,a,,1\nZB-8,NOBODY,2026,b,,1\n", encoding="utf-8")
    done = CliRunner().invoke(quotas, [str(file), "--by", "he"])
    assert done.exit_code == 1
    assert "BUD-004" in done.output
    assert BudgetQuota.objects.count() == 2


def test_somebody_must_answer_for_it(town: Town, tmp_path: Path) -> None:
    file = tmp_path / "quotas.csv"
    file.write_text(HEAD, encoding="utf-8")
    assert "--by LOGIN" in CliRunner().invoke(quotas, [str(file), "--by", "aygul"]).output


def test_the_check_counts_every_quota_anew(town: Town) -> None:
    fine = CliRunner().invoke(check_budgets, [])
    assert (fine.exit_code, fine.output.strip()) == (0, "Every quota's figures are the sums of its holds.")
    BudgetQuota.objects.filter(pk=town.quota.pk).update(held=Decimal("7.00"))
    wrong = CliRunner().invoke(check_budgets, [])
    assert wrong.exit_code == 1
    assert "ZB-2026-001  stored 7.00 / 0.00 / 0.00  counted" in wrong.output
