"""Navigation, addresses, words, placeholders, toasts: the small pieces under the macros."""

import re
from collections import OrderedDict
from types import SimpleNamespace
from typing import Any

import pytest
from django.http import HttpRequest
from django.utils import translation

from sunlit.foundation.lifecycle import lives
from sunlit.portals.ui import environment, navigation, placeholders, signs, toasts, words
from sunlit.portals.ui.navigation import Item
from sunlit.portals.ui.queries import query


def test_an_address_keeps_its_filters_and_begins_at_the_first_page():
    assert query("/s?q=%E7%BA%B8&brand=a&brand=b&after=k", sort="price") == "/s?q=%E7%BA%B8&brand=a&brand=b&sort=price"
    assert query("/s?brand=a&brand=b", brand=["b", "c"]) == "/s?brand=b&brand=c"
    assert query("/s?q=x", q=None) == "/s"
    assert query("/s?q=x", after="k") == "/s?q=x&after=k"
    assert query("//evil.example/s?q=x") == "/s?q=x"


def test_what_looks_alike_is_drawn_once_in_each_language():
    made: list[str] = []

    def macro(name: str) -> str:
        made.append(name)
        return f"<b>{len(made)}</b>"

    card: Any = macro
    card.name = "card_of_this_test"
    with translation.override("zh-hans"):
        assert [environment.drawn(card, "a"), environment.drawn(card, "b"), environment.drawn(card, "a")] == [
            "<b>1</b>",
            "<b>2</b>",
            "<b>1</b>",
        ]
    with translation.override("en"):
        assert environment.drawn(card, "a") == "<b>3</b>"
    assert made == ["a", "b", "a"]


def test_the_oldest_drawing_goes_when_there_are_too_many(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(environment, "DRAWINGS_KEPT", 2)
    monkeypatch.setattr(environment, "_drawings", OrderedDict())
    made: list[str] = []

    def macro(name: str) -> str:
        made.append(name)
        return name

    card: Any = macro
    card.name = "another_card"
    for name in "abacb":
        environment.drawn(card, name)
    assert made == ["a", "b", "c", "b"]


def test_people_see_the_entries_of_their_roles():
    navigation.offer("test", Item("desk", "Desk", "ui_parts"), Item("pay", "Pay", "ui_shop", roles=frozenset({"finance"})))
    assert [item.key for item in navigation.entries("test", frozenset({"orderer"}))] == ["desk"]
    assert [item.key for item in navigation.entries("test", frozenset({"finance"}))] == ["desk", "pay"]
    assert navigation.entries("nobody") == []


def test_only_known_places_are_asked_for():
    with pytest.raises(AssertionError, match="cellar is not one of the kit's places"):
        navigation.place("cellar")


def test_every_state_of_every_life_has_a_chosen_tone():
    missing = {f"{life.kind}: {state}" for life in lives().values() for state in life.states if state not in words.STATES}
    assert missing == set()


@pytest.mark.usefixtures("chinese")
def test_words_of_states_tags_and_roles():
    assert (words.word("placed"), words.word("energy_saving"), words.word("orderer"), words.word("never_heard_of")) == (
        "已下单",
        "节能产品",
        "经办人",
        "never heard of",
    )
    assert (words.tone("rejected"), words.mark("bad"), words.tone("never"), words.state_label(SimpleNamespace(state="placed"))) == (
        "bad",
        "cross",
        "rest",
        "",
    )


def test_a_placeholder_is_the_same_for_the_same_product_and_escapes_its_words():
    one, again = placeholders.placeholder("A02010105", "联想", "<M455>"), placeholders.placeholder("A02010105", "联想", "<M455>")
    assert one == again
    assert one != placeholders.placeholder("A02010105", "联想", "M456")
    assert "&lt;M455&gt;" in one
    assert "#monitor" in one
    assert "…" in placeholders.placeholder("A", "x" * 40)


def test_categories_find_their_sign_by_code_and_by_name():
    assert [signs.sign_of(code) for code in ("A02010105", "A02010108", "A05010301", "C99", "Z")] == [
        "monitor",
        "laptop",
        "armchair",
        "hand-helping",
        "package",
    ]
    assert [signs.sign_of(name) for name in ("激光打印机", "复印纸", "无名")] == ["printer", "printer", "package"]


def test_toasts_are_shown_once_and_only_the_last_five():
    request = HttpRequest()
    request.session = {}  # type: ignore[assignment]
    for number in range(7):
        toasts.tell(request, f"{number}", "now")
    assert [toast.text for toast in toasts.told(request)] == ["2", "3", "4", "5", "6"]
    assert toasts.told(request) == []


def test_codes_of_categories_are_codes():
    assert all(re.fullmatch(r"[ABC]\d*", code) for code in signs.BY_CODE)
