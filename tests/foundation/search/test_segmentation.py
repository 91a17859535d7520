"""How texts and questions are cut."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sunlit.foundation.search.segmentation import (
    QUESTION_LENGTH_MAX,
    QUESTION_WORDS_MAX,
    WORD_LENGTH_MAX,
    Segmenter,
    Word,
    model_words,
    normalise,
)


@pytest.fixture(scope="module")
def segmenter() -> Segmenter:
    return Segmenter()


def asked(segmenter: Segmenter, text: str) -> list[str]:
    return [word.text for phrase in segmenter.question(text) for word in phrase.words]


def test_a_model_number_is_kept_whole_and_in_parts():
    assert model_words("tl-sg1024dt") == [
        "tl-sg1024dt",
        "tlsg1024dt", "tlsg1024", "tlsg", "tl",
        "sg1024dt", "sg1024", "sg",
        "1024dt", "1024",
        "dt",
    ]  # fmt: skip


def test_a_model_number_of_many_parts_is_kept_by_sections():
    assert model_words("a1b2c3-d4e5f6") == [
        "a1b2c3-d4e5f6", "a1b2c3d4e5f6", "a1b2c3", "d4e5f6",
        "a", "1", "b", "2", "c", "3", "d", "4", "e", "5", "f", "6",
    ]  # fmt: skip


def test_text_is_made_even_before_it_is_cut():
    assert normalise("ＴＰ－ＬＩＮＫ 交換機 600 × 400*300MM") == "tp-link 交换机 600x400x300mm"
    assert normalise("乾隆聯想臺式計算機") == "乾隆联想台式计算机"


def test_a_stick_is_told_apart_from_its_measure_and_inches_have_a_sign(segmenter):
    assert normalise("闪迪32GU盘 24″ 显示器") == "闪迪32g u盘 24inch 显示器"
    assert {"32g", "u", "盘", "24inch"} <= segmenter.cut("闪迪32GU盘 24″ 显示器").wide
    assert [word.others for word in segmenter.question("32GB 黑色 1T")[0].words] == [("32g",)]
    assert [word.others for phrase in segmenter.question("黑色 1T") for word in phrase.words] == [("1tb",), ("黑",)]


def test_chinese_is_cut_in_search_mode(segmenter):
    assert segmenter.cut("得力A4复印纸").precise == ["得力", "a4", "a", "4", "复印", "印纸", "复印纸"]


def test_a_name_the_dictionary_lacks_counts_in_pairs(segmenter):
    assert asked(segmenter, "睿因无线路由器") == ["睿因", "无线", "路由器"]


def test_empty_words_are_not_asked_for_unless_alone(segmenter):
    assert asked(segmenter, "打印机的墨盒和硒鼓") == ["打印机", "墨盒", "硒鼓"]
    assert asked(segmenter, "的") == ["的"]


@pytest.mark.parametrize(
    ("text", "word"),
    [("70克", "70g"), ("70 g", "70g"), ("70G", "70g"), ("118升", "118l"), ("2.5公斤", "2.5kg"), ("24寸", "24inch"), ("16 GB", "16gb")],
)
def test_a_measure_is_one_word_however_it_is_written(segmenter, text, word):
    assert asked(segmenter, text) == [word]
    assert word in segmenter.cut(f"纸 {text}装").wide


def test_sections_of_a_model_number_may_stand_apart(segmenter):
    assert segmenter.question("USB-C")[0].words == (Word("usbc", ("usb", "c")),)


def test_pinyin_is_full_and_initial(segmenter):
    assert segmenter.spellings("重慶 銀行") == ["重庆银行", "chongqingyinhang", "cqyh"]
    assert segmenter.spellings("TP-LINK普联") == ["tplink普联", "tplinkpulian", "tplinkpl"]
    assert segmenter.spellings("TP-LINK") == ["tplink"]
    assert segmenter.spellings(" - ") == []
    assert segmenter.question("交換機")[0].sound == "jiaohuanji"


def test_a_name_may_be_begun_at_a_later_word(segmenter):
    assert segmenter.later_spellings("彩色激光打印机") == [
        "激光打印机", "jiguangdayinji", "jgdyj",
        "打印机", "dayinji", "dyj",
        "印机", "yinji", "yj",
    ]  # fmt: skip
    assert segmenter.later_spellings("普联") == []


def test_each_word_is_known_by_its_sound(segmenter):
    assert segmenter.cut("网管交换机").sounds == {"wangguan", "wg", "jiaohuanji", "jhj", "wangguanjiaohuanji", "wgjhj"}


def test_words_of_the_trade_can_be_added():
    assert asked(Segmenter(), "信创终端整机") == ["信创", "终端", "整机"]
    taught = Segmenter(["信創終端", "TP-LINK 普联", "盒"])
    assert taught.words == ("信创终端", "普联")
    assert asked(taught, "信创终端整机") == ["信创终端", "整机"]


def test_limits_hold(segmenter):
    assert len(asked(segmenter, " ".join(f"w{count}" for count in range(100)))) == QUESTION_WORDS_MAX
    assert asked(segmenter, "x" * 5_000) == ["x" * WORD_LENGTH_MAX]
    assert asked(segmenter, "-" * QUESTION_LENGTH_MAX + "鼓") == []
    assert max(len(word) for word in segmenter.cut("y" * 5_000).wide) == WORD_LENGTH_MAX


GOODS_TEXT = st.text(alphabet="联想启天台式计算机全千兆非网管交换机睿因得力复印纸的和升克米", min_size=1, max_size=20)


@settings(max_examples=200, deadline=None)
@given(before=GOODS_TEXT, middle=GOODS_TEXT, after=GOODS_TEXT)
def test_any_piece_of_a_text_finds_it(segmenter, before, middle, after):
    wide = segmenter.cut(before + middle + after).wide
    assert set(asked(segmenter, middle)) <= wide


PARTS = st.lists(st.sampled_from(["sg", "x", "dt", "pro"]), min_size=2, max_size=4)


@settings(max_examples=200, deadline=None)
@given(letters=PARTS, data=st.data())
def test_any_unbroken_run_of_parts_finds_a_model_number(segmenter, letters, data):
    parts = [part for number, letter in enumerate(letters) for part in (letter, str(1000 + number))]
    start = data.draw(st.integers(0, len(parts) - 1))
    end = data.draw(st.integers(start + 1, len(parts)))
    assert set(asked(segmenter, "".join(parts[start:end]))) <= segmenter.cut("".join(parts)).wide
