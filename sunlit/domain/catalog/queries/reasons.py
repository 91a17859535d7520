"""Why a product stands where it stands: the words of the question and where they were found, and what else lifts it, in figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from sunlit.domain.catalog.queries import documents, ranking
from sunlit.domain.catalog.queries.documents import Folded
from sunlit.domain.catalog.queries.ranking import Lift
from sunlit.domain.rulebook.queries import Rule_
from sunlit.foundation.kernel.clock import local_day
from sunlit.foundation.search.segmentation import QUESTION_LENGTH_MAX, Segmenter

PARTS: Final[dict[str, str | Promise]] = {
    "title": _("name"),
    "model": _("model"),
    "brand_words": _("brand"),
    "category_words": _("category"),
    "more": _("parameters"),
}


@dataclass(frozen=True)
class FoundWord:
    """One word of the question, and the parts of the product in which it stands; none: a near spelling, sound or synonym was found."""

    word: str
    parts: Sequence[str | Promise]


@dataclass(frozen=True)
class Reasons:
    """Why a product is where it is. Relevance by its words is multiplied by `factor`; the rules say whose choice that is."""

    number: str
    words: Sequence[FoundWord]
    lifts: Sequence[Lift]
    factor: Decimal
    rules: Sequence[Rule_]


def reasons(number: str, q: str, *, at: datetime) -> Reasons | None:
    """The reasons of one product for these words; None where nobody sells it. Worked out from the record when somebody asks."""
    day = local_day(at)
    found = documents.folded([number], day=day)
    if not found:
        return None
    [product] = found
    lifted = ranking.lifts(product.tags, product.sold, product.rating, ranking.weights(day))
    return Reasons(number, _words(product, q), lifted, ranking.factor(lifted), ranking.rules(day))


def _words(product: Folded, q: str) -> list[FoundWord]:
    view = documents.index().view()
    segmenter = view.segmenter if view else Segmenter()
    texts = documents.document(product, ranking.Weights({}, Decimal(0), Decimal(0), Decimal(0))).values
    stands = {part: _cut(segmenter, texts[part]) for part in PARTS}
    asked = dict.fromkeys(word.text for phrase in segmenter.question(q[:QUESTION_LENGTH_MAX]) for word in phrase.words)
    return [FoundWord(word, [label for part, label in PARTS.items() if word in stands[part]]) for word in asked]


def _cut(segmenter: Segmenter, value: object) -> frozenset[str]:
    texts = [value] if isinstance(value, str) else value if isinstance(value, list) else []
    return frozenset(word for text in texts for word in segmenter.cut(str(text)).wide)
