"""Words that mean the same: kept by the operator, used by every question at once."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, transaction

from sunlit.domain.catalog import queries, services
from sunlit.domain.catalog.models import Synonym
from sunlit.domain.catalog.services import synonyms
from sunlit.foundation.accounts.actors import CLOCK
from sunlit.foundation.kernel.refusals import Refused
from sunlit.foundation.ledger.models import Entry
from sunlit.foundation.search.segmentation import bare
from tests.town import NOON, Town


def refused(town: Town, word: str, meaning: str, **more: Any) -> list[tuple[str, str]]:
    before = list(Synonym.objects.order_by("pk").values_list("word", "meaning", "both"))
    with pytest.raises(Refused) as caught:
        services.add_synonym(word, meaning, **{"by": town.he, "at": NOON, **more})
    assert list(Synonym.objects.order_by("pk").values_list("word", "meaning", "both")) == before
    return [(problem.code, problem.on) for problem in caught.value.problems]


def test_the_operator_teaches_a_word_and_takes_it_back(town: Town) -> None:
    made = services.add_synonym(" 本本 ", "便攜式計算機", by=town.he, at=NOON)
    assert (made.word, made.meaning, made.both, made.word_key, made.meaning_key) == ("本本", "便攜式計算機", False, "本本", "便携式计算机")
    assert queries.thesaurus().meanings("本 本") == ("便攜式計算機",)
    assert queries.thesaurus().meanings("便携式计算机") == ()
    services.remove_synonym(made.pk, by=town.he, at=NOON)
    assert queries.thesaurus().meanings("本本") == ()
    entries = Entry.objects.filter(act__startswith="synonym.").order_by("id")
    told = [(entry.act, entry.facts["word"], entry.facts["meaning"], entry.facts["actor"]) for entry in entries]
    assert told == [(act, "本本", "便攜式計算機", town.he.user_name) for act in ("synonym.add", "synonym.remove")]


def test_both_ways(town: Town) -> None:
    services.add_synonym("优盘", "USB 闪存", both=True, by=town.he, at=NOON)
    assert (queries.thesaurus().meanings("优盘"), queries.thesaurus().meanings("usb闪存")) == (("USB 闪存",), ("优盘",))


def test_what_cannot_be_a_synonym_is_refused(town: Town) -> None:
    services.add_synonym("笔电", "便携式计算机", both=True, by=town.he, at=NOON)
    services.add_synonym("本本", "便携式计算机", by=town.he, at=NOON)
    assert refused(town, "笔电", "电脑", by=town.wu) == [("CAT-100", "")]
    assert refused(town, " — ", "") == [("CAT-101", "word"), ("CAT-101", "meaning")]
    assert refused(town, "长" * 41, "短") == [("CAT-102", "word")]
    assert refused(town, "TL-SG 1024", "tlsg1024") == [("CAT-103", "meaning")]
    assert refused(town, "筆電", "便携式计算机") == [("CAT-104", "meaning")]
    assert refused(town, "便携式计算机", "笔电") == [("CAT-104", "meaning")]
    assert refused(town, "便携式计算机", "本本", both=True) == [("CAT-104", "meaning")]
    assert services.add_synonym("便携式计算机", "本本", by=town.he, at=NOON).pk


def test_there_is_an_end_to_them(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(synonyms, "SYNONYMS_MOST", 1)
    services.add_synonym("笔电", "便携式计算机", by=town.he, at=NOON)
    assert refused(town, "本本", "便携式计算机") == [("CAT-105", "")]
    with pytest.raises(Refused) as caught:
        services.load_synonyms(by=town.he, at=NOON)
    assert [problem.code for problem in caught.value.problems] == ["CAT-105"]


def test_what_is_gone_cannot_be_removed_again(town: Town) -> None:
    made = services.add_synonym("笔电", "便携式计算机", by=town.he, at=NOON)
    with pytest.raises(Refused) as caught:
        services.remove_synonym(made.pk, by=town.wu, at=NOON)
    assert [problem.code for problem in caught.value.problems] == ["CAT-100"]
    services.remove_synonym(made.pk, by=town.he, at=NOON)
    with pytest.raises(Refused) as caught:
        services.remove_synonym(made.pk, by=town.he, at=NOON)
    assert [problem.code for problem in caught.value.problems] == ["CAT-106"]


@pytest.mark.parametrize(("word", "meaning"), [("", "b"), ("a", ""), ("a", "a")])
def test_the_database_keeps_two_different_words(town: Town, word: str, meaning: str) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Synonym.objects.create(word="x", meaning="y", word_key=word, meaning_key=meaning, created_at=NOON)


def test_the_set_that_comes_along_is_loaded_once(town: Town) -> None:
    services.add_synonym("笔电", "便携式计算机", by=town.he, at=NOON)
    count = services.load_synonyms(by=CLOCK, at=NOON)
    assert count > 300
    assert services.load_synonyms(by=CLOCK, at=NOON) == 0
    assert queries.synonym_count() <= count + 1
    assert "便携式计算机" in queries.thesaurus().meanings("笔记本电脑")
    assert Entry.objects.filter(act="synonyms.load").count() == 1


def test_the_set_that_comes_along_is_well_formed() -> None:
    rows = list(services.shipped(NOON))
    keys = [(row.word_key, row.meaning_key) for row in rows]
    turned = {(row.meaning_key, row.word_key) for row in rows if row.both}
    assert len(keys) == len(set(keys))
    assert not turned & set(keys)
    assert all(row.word_key and row.word_key != row.meaning_key and len(row.word) <= 40 for row in rows)
    assert all(row.word_key == bare(row.word) for row in rows)


def test_the_page_is_found_by_words_the_newest_first(town: Town) -> None:
    for word in ("甲", "乙", "丙"):
        services.add_synonym(word, "天干", by=town.he, at=NOON)
    first = queries.synonym_page(rows=2)
    assert [row.word for row in first] == ["丙", "乙"]
    assert [row.word for row in queries.synonym_page(after=first[-1].pk, rows=2)] == ["甲"]
    assert [row.word for row in queries.synonym_page(q="甲", rows=9)] == ["甲"]
    assert len(queries.synonym_page(q="天干", rows=9)) == 3
    assert queries.synonym_page(q="——", rows=9) == []


def test_questions_read_the_words_once_in_a_while(town: Town, django_assert_num_queries: Any) -> None:
    queries.thesaurus()
    with django_assert_num_queries(0):
        queries.thesaurus()
