"""He teaches the search words that mean the same."""

from __future__ import annotations

from django.test import Client

from sunlit.domain.catalog import queries
from sunlit.domain.catalog.models import Synonym

PAGE = "/operator/synonyms/"


def test_a_synonym_is_added_found_and_removed(he: Client) -> None:
    assert he.post(PAGE, {"word": "本本", "meaning": "便携式计算机", "both": "1"}).status_code == 303
    made = Synonym.objects.get()
    assert (made.word, made.meaning, made.both) == ("本本", "便携式计算机", True)
    shown = he.get(PAGE, {"q": "本本"}).content.decode()
    assert "便携式计算机" in shown
    assert "both ways" in shown
    assert "No such synonym" in he.get(PAGE, {"q": "硒鼓"}).content.decode()
    assert he.post(PAGE, {"verb": "remove", "synonym": str(made.pk)}).status_code == 303
    assert queries.synonym_count() == 0


def test_a_refusal_stands_at_its_field_and_changes_nothing(he: Client) -> None:
    answer = he.post(PAGE, {"word": "本本", "meaning": "——"})
    assert answer.status_code == 422
    assert 'data-code="CAT-101"' in answer.content.decode()
    assert "本本" in answer.content.decode()
    assert he.post(PAGE, {"verb": "remove", "synonym": "x"}).status_code == 409
    assert queries.synonym_count() == 0


def test_the_set_that_comes_along_is_loaded(he: Client) -> None:
    assert he.post(PAGE, {"verb": "load"}).status_code == 303
    assert queries.synonym_count() > 300
    page = he.get(PAGE).content.decode()
    assert "after=" in page
