"""Cuts text into the words an index stores and the words a question asks for: Chinese, Latin, model numbers, measures.

What is promised: whatever whole words or Chinese characters of a text are typed, the text is found. So the index stores, in one
wide field, every dictionary word *and* every character and pair of characters; a question is cut once, into its likeliest words.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, cached_property, lru_cache
from importlib import resources
from itertools import pairwise
from typing import Protocol, cast

import rjieba
from opencc import OpenCC
from pypinyin import Style, lazy_pinyin

EDITION = 2
"""Raise it when the same text is cut differently than before: indexes of another edition are rebuilt."""

WORD_LENGTH_MAX = 64
"""Characters of one word; the rest of a longer one is ignored, in texts and in questions alike."""

MODEL_PARTS_MAX = 8
"""A model number of more parts is stored whole, by its sections and by its parts, not in every run of parts."""

QUESTION_LENGTH_MAX = 200
"""Characters of a question that are read."""

QUESTION_WORDS_MAX = 24
"""Words of a question that are searched."""

HEARD_FROM = 3
"""Letters from which a word of a question is also taken for the pinyin of a name."""

HEARD_MAX = 4
"""Names that sound alike and are looked for by one word of pinyin."""

SPELLINGS_KEPT = 200_000
"""Words whose pinyin is remembered in a process."""

CUTS_KEPT = 4_000
"""Texts whose words a segmenter remembers."""

_HAN = "〇\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_RUN = re.compile(rf"(?P<han>[{_HAN}]+)|[^\W_{_HAN}]+(?:[-_.+#]+[^\W_{_HAN}]+)*")
_CHINESE = re.compile(rf"[{_HAN}]+")
_PART = re.compile(r"\d+(?:\.\d+)*|[^\W\d_]+")
_BETWEEN_SECTIONS = re.compile(r"[-_+#]+|(?<!\d)\.+|\.+(?!\d)")
_TIMES = re.compile(r"(?<=\d)\s?[x×*✕]\s?(?=\d)")
_INCH = re.compile(r"(?<=\d)(?:\"|”|''|′′)")
_STICK = re.compile(r"(?<=[a-z0-9])u盘")
_COLOUR = re.compile(r"[黑白红蓝绿黄灰银金紫粉橙棕青]色")
_EMPTY_WORDS = frozenset("的了和与及或之")
_HAN_UNITS = {
    "毫升": "ml", "升": "l", "毫克": "mg", "千克": "kg", "公斤": "kg", "克": "g", "吨": "t", "毫米": "mm", "厘米": "cm", "公分": "cm",
    "千米": "km", "公里": "km", "米": "m", "英寸": "inch", "寸": "inch", "吋": "inch", "千瓦": "kw", "瓦": "w", "伏": "v", "赫兹": "hz",
}  # fmt: skip
_LATIN_UNITS = ("ml", "l", "mg", "kg", "g", "t", "mm", "cm", "km", "m", "inch", "kw", "w", "v", "hz", "mhz", "ghz", "kb", "mb", "gb", "tb")
_SHORT_UNITS = {"g": "gb", "gb": "g", "t": "tb", "tb": "t", "m": "mb", "mb": "m"}
_MEASURE = re.compile(
    r"(?<![a-z0-9])(?P<figure>\d+(?:\.\d+)?)\s?(?:(?P<han>{})|(?P<latin>{})(?![a-z0-9]))".format(
        "|".join(sorted(_HAN_UNITS, key=len, reverse=True)), "|".join(sorted(_LATIN_UNITS, key=len, reverse=True))
    )
)

_LONE_MEASURE = re.compile(r"(?<![-_.+#])" + _MEASURE.pattern)


class _Dictionary(Protocol):
    def cut(self, text: str, hmm: bool = ...) -> list[str]: ...
    def cut_for_search(self, text: str, hmm: bool = ...) -> list[str]: ...
    def cut_all(self, text: str) -> list[str]: ...
    def has_word(self, word: str) -> bool: ...
    def tokenize(self, text: str, mode: str = ..., hmm: bool = ...) -> list[tuple[str, int, int]]: ...


@dataclass
class Cut:
    """A text in words: those that speak for it and decide its rank, all it may be found by, and how its Chinese sounds
    (each word and each two neighbours, in full pinyin and by initials)."""

    precise: list[str]
    wide: set[str] = field(default_factory=set)
    sounds: set[str] = field(default_factory=set)

    @cached_property
    def laid(self) -> tuple[str, str, str]:
        """The same as three texts of words, as they are laid into a document."""
        return " ".join(self.precise), " ".join(self.wide), " ".join(self.sounds)


@dataclass(frozen=True)
class Word:
    """One word of a question. Where `sections` are given, a text with all of them will do as well (`usb-c`: usb, c;
    激光打印机: 激光, 打印机); and so will one with any of `others` (`16g`: 16gb)."""

    text: str
    sections: tuple[str, ...] = ()
    others: tuple[str, ...] = ()


@dataclass(frozen=True)
class Phrase:
    """The words of one unbroken run of a question, how the run sounds ("" if it is not Chinese), and what it also means."""

    words: tuple[Word, ...]
    sound: str = ""
    alike: tuple[tuple[Word, ...], ...] = ()


@cache
def _traditional() -> tuple[frozenset[str], OpenCC]:
    """The characters that simplifying would change (asking first is 20 times quicker than converting), and the converter."""
    table = resources.files("opencc").joinpath("dictionary", "TSCharacters.txt").read_text(encoding="utf-8")
    pairs = (line.split("\t") for line in table.splitlines() if "\t" in line)
    return frozenset(char for char, simple in pairs if simple.split(" ")[0] != char), OpenCC("t2s")


def normalise(text: str) -> str:
    """Half-width, lower case, simplified characters; `600 × 400` and `600*400` become `600x400`, `32GU盘` becomes `32g u盘`."""
    text = unicodedata.normalize("NFKC", text).lower()
    changing, converter = _traditional()
    if not changing.isdisjoint(text):
        text = str(converter.convert(text))
    return _STICK.sub(" u盘", _INCH.sub("inch", _TIMES.sub("x", text)))


def model_words(run: str) -> list[str]:
    """`tl-sg1024dt` as people may type it: whole, without the hyphen, and every unbroken run of its parts."""
    parts = _PART.findall(run)
    if len(parts) <= MODEL_PARTS_MAX:
        joins = ["".join(parts[start:end]) for start in range(len(parts)) for end in range(len(parts), start, -1)]
    else:
        joins = ["".join(parts), *_sections(run), *parts]
    return _shortened([run, *joins])


def parts_of(word: str) -> list[str]:
    """The letters and the figures of a model number (`sg1024dt` is sg, 1024, dt), the characters of a Chinese word."""
    return list(word) if is_chinese(word) else _shortened(_PART.findall(word))


def bare(text: str) -> str:
    """A text made even, without spaces and marks: `A4 纸` and `a4-纸` are both a4纸."""
    return "".join(_bare_run(run) for run in _RUN.finditer(normalise(text)))


def is_chinese(word: str) -> bool:
    return _CHINESE.fullmatch(word) is not None


class Segmenter:
    """Cuts with the dictionary and the words given (brands, names): those are then words, whatever their neighbours."""

    def __init__(self, words: Iterable[str] = ()) -> None:
        self.words = tuple(sorted({run.group() for word in words for run in _RUN.finditer(normalise(word)) if _is_word(run)}))
        self._dictionary = _dictionary_with(self.words) if self.words else cast(_Dictionary, rjieba)
        self._cuts: dict[str, Cut] = {}

    def cut(self, text: str) -> Cut:
        """The words of a text; names of brands and categories, which come again and again, are cut once. Not to be changed."""
        found = self._cuts.get(text)
        if found is None:
            if len(self._cuts) >= CUTS_KEPT:
                self._cuts.clear()
            found = self._cuts[text] = self._cut(text)
        return found

    def _cut(self, text: str) -> Cut:
        text = normalise(text)
        cut = Cut([_measure(found) for found in _MEASURE.finditer(text)])
        cut.wide.update(cut.precise)
        for run in _RUN.finditer(text):
            if run["han"]:
                self._add_chinese(cut, run.group())
            else:
                words = model_words(run.group())
                cut.precise += words
                cut.wide.update(words)
        return cut

    def spellings(self, text: str) -> list[str]:
        """The ways to begin typing a name: as written, in full pinyin, by initials."""
        runs = [(_bare_run(run), bool(run["han"])) for run in _RUN.finditer(normalise(text))]
        plain = "".join(run for run, _chinese in runs)
        spelt = [self._spelt(run) if chinese else (run, run) for run, chinese in runs]
        return list(dict.fromkeys((plain, "".join(full for full, _ in spelt), "".join(initials for _, initials in spelt)))) if plain else []

    def later_spellings(self, text: str) -> list[str]:
        """The ways to begin a name at a later word: 打印机 in 激光打印机."""
        text = normalise(text)
        starts: set[int] = set()
        for run in _RUN.finditer(text):
            found = self._dictionary.tokenize(run["han"], "search", False) if run["han"] else [(run[0], 0, len(run[0]))]
            starts.update(run.start() + start for word, start, _ in found if len(word) > 1 and run.start() + start > 0)
        return list(dict.fromkeys(spelling for start in sorted(starts) for spelling in self.spellings(text[start:])))

    def question(self, text: str) -> list[Phrase]:
        """What a question asks for, in its order; measures first."""
        text = normalise(text[:QUESTION_LENGTH_MAX])
        phrases = [Phrase((_measured(found),)) for found in _LONE_MEASURE.finditer(text)]
        rest = _RUN.finditer(_LONE_MEASURE.sub(" ", text))
        phrases += [self._chinese(run["han"]) if run["han"] else self._latin(run.group()) for run in rest]
        return _within_limits(phrases)

    def sound(self, words: Sequence[Word]) -> str:
        """How words sound one after the other; "" if they are not all Chinese."""
        return "".join(_spelt_word(word.text)[0] for word in words) if all(is_chinese(word.text) for word in words) else ""

    def _add_chinese(self, cut: Cut, run: str) -> None:
        words = self._dictionary.cut(run, False)
        cut.precise += self._dictionary.cut_for_search(run, False)
        cut.precise += [pair for pair in _names_paired(words) if not self._dictionary.has_word(pair)]
        cut.wide.update(self._dictionary.cut_all(run), run, (one + other for one, other in pairwise(run)))
        for word in words:
            if len(word) > 1:
                cut.sounds.update(_spelt_word(word))
        for one, other in pairwise(map(_spelt_word, words)):
            cut.sounds.update((one[0] + other[0], one[1] + other[1]))

    def _spelt(self, run: str) -> tuple[str, str]:
        spelt = [_spelt_word(word) for word in self._dictionary.cut(run, False)]
        return "".join(full for full, _ in spelt), "".join(initials for _, initials in spelt)

    def _chinese(self, run: str) -> Phrase:
        words = _names_paired(self._dictionary.cut(run, False))
        telling = [word for word in words if word not in _EMPTY_WORDS]
        return Phrase(tuple(self._word(word) for word in telling or words), self._spelt(run)[0])

    def _latin(self, run: str) -> Phrase:
        sections = _sections(run)
        word = "".join(_PART.findall(run))[:WORD_LENGTH_MAX]
        heard = tuple((self._word(name),) for name in self.heard(word))
        return Phrase((Word(word, tuple(sections) if len(sections) > 1 else ()),), alike=heard)

    def heard(self, word: str) -> tuple[str, ...]:
        """The names of the trade that may be meant by pinyin or initials: 打印机 by dayinji and dyj."""
        return self._sounding.get(word, ()) if len(word) >= HEARD_FROM and word.isalpha() else ()

    @cached_property
    def _sounding(self) -> Mapping[str, tuple[str, ...]]:
        """The words given, and what they end in, by how they sound; the shorter and so more general ones first."""
        found: dict[str, set[str]] = {}
        for name in {ending for word in self.words for ending in self._endings(word)}:
            for sound in self._spelt(name):
                found.setdefault(sound, set()).add(name)
        return {sound: tuple(sorted(names, key=lambda name: (len(name), name))[:HEARD_MAX]) for sound, names in found.items()}

    def _endings(self, word: str) -> Iterator[str]:
        for part, start, _end in self._dictionary.tokenize(word, "search", False):
            if len(part) > 1:
                yield word[start:]
        yield word

    def _word(self, word: str) -> Word:
        """A colour is also told without 色."""
        return Word(word, self._halves(word), (word[0],) if _COLOUR.fullmatch(word) else ())

    def _halves(self, word: str) -> tuple[str, ...]:
        """The two words that a long one is made of, the more even the better: 笔记本电脑 is 笔记本 and 电脑."""
        places = [at for at in range(2, len(word) - 1) if self._dictionary.has_word(word[:at]) and self._dictionary.has_word(word[at:])]
        if not places:
            return ()
        at = min(places, key=lambda at: (abs(len(word) - 2 * at), at))
        return word[:at], word[at:]


def _names_paired(words: Sequence[str]) -> list[str]:
    """Neighbouring single characters are a name the dictionary lacks: they count in pairs."""
    paired: list[str] = []
    name = ""
    for word in [*words, ""]:
        if len(word) == 1 and word not in _EMPTY_WORDS:
            name += word
            continue
        paired += [one + other for one, other in pairwise(name)] if len(name) > 1 else [name]
        paired.append(word)
        name = ""
    return [word[:WORD_LENGTH_MAX] for word in paired if word]


def _dictionary_with(words: Iterable[str]) -> _Dictionary:
    dictionary = rjieba.Jieba()
    for word in words:
        dictionary.add_word(word, None, None)
    return dictionary


def _within_limits(phrases: list[Phrase]) -> list[Phrase]:
    kept: list[Phrase] = []
    room = QUESTION_WORDS_MAX
    for phrase in phrases:
        if room > 0:
            kept.append(replace(phrase, words=phrase.words[:room]))
        room -= len(phrase.words)
    return kept


def _sections(run: str) -> list[str]:
    return _shortened("".join(_PART.findall(section)) for section in _BETWEEN_SECTIONS.split(run) if section)


def _shortened(words: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(word[:WORD_LENGTH_MAX] for word in words))


def _measure(found: re.Match[str]) -> str:
    return found["figure"] + (_HAN_UNITS[found["han"]] if found["han"] else found["latin"])


def _measured(found: re.Match[str]) -> Word:
    """Memory is told in G and in GB, discs in T and in TB: where the unit was cut short, both are meant."""
    figure, unit = found["figure"], found["latin"] or ""
    spelt = _SHORT_UNITS.get(unit)
    return Word(_measure(found), others=(figure + spelt,) if spelt else ())


def _bare_run(run: re.Match[str]) -> str:
    return run.group() if run["han"] else "".join(_PART.findall(run.group()))


def _is_word(run: re.Match[str]) -> bool:
    return bool(run["han"]) and len(run.group()) > 1


@lru_cache(maxsize=SPELLINGS_KEPT)
def _spelt_word(word: str) -> tuple[str, str]:
    """Full pinyin without tones, and initials: 交换机 is jiaohuanji and jhj."""
    return "".join(lazy_pinyin(word)), "".join(lazy_pinyin(word, style=Style.FIRST_LETTER))
