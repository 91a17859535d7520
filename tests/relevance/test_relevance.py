"""How often one of the first three products is one that was meant. The misses are printed: `pytest tests/relevance -s`."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from sunlit.demo import real, world
from sunlit.demo.write import write
from sunlit.domain.catalog import queries, services
from sunlit.domain.catalog.queries import SearchRequest, documents
from sunlit.foundation.accounts import queries as accounts
from sunlit.foundation.accounts.actors import CLOCK
from tests.relevance.questions import DEMO, REAL, Question

AT = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
SUCCESS = 0.95
FIRST = 3


@pytest.fixture
def index(db: None, settings: Any, tmp_path: Path) -> Iterator[None]:
    settings.DATA_DIR = tmp_path
    for forget in (accounts.forget, queries.forget):
        forget()
    yield
    documents.index().close()


def successes(questions: Sequence[Question], capsys: pytest.CaptureFixture[str]) -> float:
    """The share of questions with an answer that was meant among the first three; every other one is printed."""
    missed = []
    for question in questions:
        found = [card.product for card in queries.search(SearchRequest(q=question.text), at=AT).cards[:FIRST]]
        if not any(question.means(product) for product in found):
            missed.append(f"{question.text}: {' | '.join(product.name_zh for product in found) or 'nothing'}")
    told = [f"success@{FIRST}: {len(questions) - len(missed)} of {len(questions)}", *missed]
    with capsys.disabled():
        sys.stdout.write("\n" + "\n  missed ".join(told) + "\n")
    return 1 - len(missed) / len(questions)


@pytest.mark.slow
def test_clerks_find_what_they_mean_in_the_demonstration(index: None, capsys: pytest.CaptureFixture[str]) -> None:
    write(world.build(AT, orders=0), lambda _stage, _done, _total: None)
    build_index()
    assert successes(DEMO, capsys) >= SUCCESS


@pytest.mark.slow
@pytest.mark.skipif(not DATA.exists(), reason="the shared data is not here")
def test_clerks_find_what_they_mean_in_a_real_shop_window(index: None, capsys: pytest.CaptureFixture[str]) -> None:
    services.load_compact(by=CLOCK, at=AT)
    services.load_categories(rows(DATA / "categories_2022.csv"), by=CLOCK, at=AT)
    mapping = {row["id"]: row["code"] for row in rows(real.shipped_mapping())}
    real.import_goods(real.read_goods(rows(DATA / "suzhou_goods.csv"), (), mapping), at=AT)
    build_index()
    assert successes(REAL, capsys) >= SUCCESS


def build_index() -> None:
    """What was just loaded in bulk has no statistics yet, and plans without them are slow."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    services.rebuild_index(at=AT)


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))
