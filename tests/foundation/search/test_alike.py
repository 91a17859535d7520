"""Words that mean the same: found by either, in any spelling, and ranked nearly as if they had been typed."""

from __future__ import annotations

import pytest

from sunlit.foundation.search.alike import MEANINGS_MAX, Thesaurus
from sunlit.foundation.search.index import Index
from sunlit.foundation.search.question import Query
from sunlit.foundation.search.segmentation import Phrase, Segmenter

WORDS = Thesaurus.of([("台機", "台式计算机"), ("A4纸", "A4 复印纸"), ("碳粉", "硒鼓"), ("无线", "WLAN"), ("无线路由器", "网关")])


@pytest.fixture(scope="module")
def segmenter() -> Segmenter:
    return Segmenter()


def widened(segmenter: Segmenter, text: str) -> list[tuple[list[str], list[list[str]]]]:
    phrases = WORDS.widen(segmenter.question(text), segmenter)
    return [([word.text for word in phrase.words], [[word.text for word in alike] for alike in phrase.alike]) for phrase in phrases]


def test_a_word_is_known_in_every_spelling():
    assert WORDS.meanings("台机") == WORDS.meanings("台 機") == ("台式计算机",)
    assert WORDS.meanings("ａ４-纸") == ("A4 复印纸",)
    assert WORDS.meanings("纸") == ()


def test_meanings_stand_beside_what_was_typed(segmenter):
    assert widened(segmenter, "惠普碳粉") == [(["惠普"], []), (["碳粉"], [["硒鼓"]])]
    assert widened(segmenter, "惠普硒鼓") == [(["惠普", "硒鼓"], [])]


def test_a_word_goes_across_runs_and_the_longest_counts(segmenter):
    assert widened(segmenter, "70g A4纸") == [(["70g"], []), (["a4", "纸"], [["a4", "复印纸"]])]
    assert widened(segmenter, "无线路由器 无线") == [(["无线", "路由器"], [["网关"]]), (["无线"], [["wlan"]])]


def test_what_is_left_of_a_phrase_keeps_its_sound(segmenter):
    phrases = WORDS.widen(segmenter.question("联想碳粉"), segmenter)
    assert [phrase.sound for phrase in phrases] == ["lianxiang", "tanfen"]
    assert Thesaurus().widen([Phrase((), "")], segmenter) == []


def test_there_are_not_too_many_meanings():
    assert len(Thesaurus.of([("甲", f"乙{count}") for count in range(20)]).meanings("甲")) == MEANINGS_MAX


def found(shop: Index, text: str) -> list[str]:
    return [hit.id for hit in shop.search(Query(text, alike=WORDS, relax=False)).hits]


def test_either_word_finds_the_goods(shop):
    assert found(shop, "台机") == ["3"]
    assert found(shop, "联想 台機 16GB") == ["3"]
    assert found(shop, "惠普碳粉") == ["4"]
    assert found(shop, "A4纸 70克") == ["5"]
    assert found(shop, "得力碳粉") == []
    assert found(shop, "硒鼓") == ["4"]


def test_loosened_words_mean_the_same_too(shop):
    assert [hit.id for hit in shop.search(Query("huipu 碳粉", alike=WORDS)).hits] == ["4"]
    assert [hit.id for hit in shop.search(Query("碳粉 台式", alike=WORDS)).hits] == ["4", "3"]


@pytest.mark.parametrize(("asked", "expected"), [("16G", ["3"]), ("16gb", ["3"]), ("激光打印机 usb", ["8"]), ("路由设备", [])])
def test_short_units_and_halves_of_words(shop, asked, expected):
    assert [hit.id for hit in shop.search(Query(asked, relax=False)).hits] == expected


def test_a_long_word_is_also_found_in_halves(segmenter):
    [phrase] = Segmenter(["激光打印机"]).question("激光打印机")
    assert [(word.text, word.sections) for word in phrase.words] == [("激光打印机", ("激光", "打印机"))]


def test_pinyin_and_initials_of_a_known_word_mean_it(segmenter):
    assert WORDS.meanings("tanfen") == ("碳粉", "硒鼓")
    assert widened(segmenter, "taiji") == [(["taiji"], [["台机"], ["台式", "计算机"]])]
    taught = Segmenter(["A4黑白打印机", "大白"])
    assert (taught.heard("dayinji"), taught.heard("dyj"), taught.heard("hbdyj"), taught.heard("db")) == (
        ("打印机",),
        ("打印机",),
        ("黑白打印机",),
        (),
    )
    assert [[word.text for word in alike] for alike in taught.question("dyj")[0].alike] == [["打印机"]]


def test_a_misspelt_or_unfinished_model_number_is_found(shop):
    assert [hit.id for hit in shop.search(Query("SG1024TD")).hits] == ["1"]
    assert [hit.id for hit in shop.search(Query("bcd118tm")).hits] == ["6"]
    assert shop.search(Query("bcd118tm", relax=False)).total == 0
