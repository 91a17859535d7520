"""Words that mean the same, kept by the operator: added, removed, and the set that the project brings along."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from importlib import resources
from typing import Final

from django.db import connection, transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from sunlit.domain.catalog.models import Synonym
from sunlit.domain.catalog.queries import synonyms
from sunlit.foundation.access import clock, operator
from sunlit.foundation.accounts.actors import Actor
from sunlit.foundation.kernel.refusals import CONFLICT, FORBIDDEN, Problem, Reason, Refused, check
from sunlit.foundation.ledger import sentences
from sunlit.foundation.ledger import services as ledger
from sunlit.foundation.lifecycle import digest
from sunlit.foundation.search.segmentation import bare

WORD_CHARS: Final = 40
SYNONYMS_MOST: Final = 2_000

OPERATOR_ONLY = Reason("CAT-100", _("Only the platform's operator keeps the synonyms."), FORBIDDEN)
WORD_MISSING = Reason("CAT-101", _("Write a word of letters, figures or Chinese characters."))
WORD_TOO_LONG = Reason("CAT-102", _("A synonym has {most} characters at most; this one has {count}."))
SAME_WORD = Reason("CAT-103", _("“{word}” and “{meaning}” are the same word to the search already."))
KNOWN_ALREADY = Reason("CAT-104", _("That “{word}” also means “{meaning}” is known already."), CONFLICT)
TOO_MANY_SYNONYMS = Reason("CAT-105", _("{most} synonyms are kept at most: remove what nobody needs first."), CONFLICT)
SYNONYM_GONE = Reason("CAT-106", _("This synonym was removed already."), CONFLICT)

sentences.say("synonym.add", _("{actor} taught the search that {word} also means {meaning}"))
sentences.say("synonym.remove", _("{actor} let the search forget that {word} also means {meaning}"))
sentences.say("synonyms.load", _("{actor} loaded {count} synonyms; digest {digest}"))


@transaction.atomic
def add_synonym(word: str, meaning: str, *, both: bool = False, by: Actor, at: datetime) -> Synonym:
    """Who asks for the word also finds its meaning; with `both` the other way round too. Refused: CAT-100 … CAT-105."""
    _may_keep(by)
    word, meaning = " ".join(word.split()), " ".join(meaning.split())
    check((*_readable(word, "word"), *_readable(meaning, "meaning")))
    made = Synonym(word=word, meaning=meaning, both=both, word_key=bare(word), meaning_key=bare(meaning), created_at=at)
    _one_at_a_time()
    check(_new(made))
    made.save()
    _record("synonym.add", made, by, at)
    return made


@transaction.atomic
def remove_synonym(pk: int, *, by: Actor, at: datetime) -> Synonym:
    """The word means only itself again. Refused: CAT-100, CAT-106."""
    _may_keep(by)
    found = Synonym.objects.select_for_update().filter(pk=pk).first()
    if found is None:
        raise Refused(Problem(SYNONYM_GONE))
    _record("synonym.remove", found, by, at)
    found.delete()
    return found


@transaction.atomic
def load_synonyms(*, by: Actor, at: datetime) -> int:
    """Add what is missing of the set that the project brings along; returns how many were new. Refused: CAT-100, CAT-105."""
    _may_keep(by)
    _one_at_a_time()
    known = set(Synonym.objects.values_list("word_key", "meaning_key"))
    new = [each for each in shipped(at) if (each.word_key, each.meaning_key) not in known]
    if len(known) + len(new) > SYNONYMS_MOST:
        raise Refused(Problem(TOO_MANY_SYNONYMS, {"most": SYNONYMS_MOST}))
    Synonym.objects.bulk_create(new)
    _forget()
    if new:
        told = [[it.word, it.meaning, it.both] for it in new]
        facts = {"actor": _named(by), "count": len(new), "digest": digest(told)}
        ledger.record(act="synonyms.load", subject=f"synonyms/{at:%Y%m%dT%H%M%S}", by=by, at=at, facts=facts)
    return len(new)


def shipped(at: datetime) -> Iterator[Synonym]:
    """The set that the project brings along: `both` tells pairs that hold both ways, `one` words that also mean another."""
    text = resources.files("sunlit.domain.catalog").joinpath("compact", "synonyms.json").read_text(encoding="utf-8")
    told = json.loads(text)
    for both in (True, False):
        for word, *meanings in told["both" if both else "one"]:
            for meaning in meanings:
                yield Synonym(word=word, meaning=meaning, both=both, word_key=bare(word), meaning_key=bare(meaning), created_at=at)


def _may_keep(by: Actor) -> None:
    if not (operator | clock).allows(by, None):
        raise Refused(Problem(OPERATOR_ONLY))


def _readable(text: str, field: str) -> Iterator[Problem]:
    if not bare(text):
        yield Problem(WORD_MISSING, on=field)
    elif len(text) > WORD_CHARS:
        yield Problem(WORD_TOO_LONG, {"most": WORD_CHARS, "count": len(text)}, on=field)


def _new(made: Synonym) -> Iterator[Problem]:
    told = {"word": made.word, "meaning": made.meaning}
    if made.word_key == made.meaning_key:
        yield Problem(SAME_WORD, told, on="meaning")
        return
    said = Q(word_key=made.word_key, meaning_key=made.meaning_key)
    turned = Q(word_key=made.meaning_key, meaning_key=made.word_key)
    if Synonym.objects.filter(said | (turned if made.both else turned & Q(both=True))).exists():
        yield Problem(KNOWN_ALREADY, told, on="meaning")
    if Synonym.objects.count() >= SYNONYMS_MOST:
        yield Problem(TOO_MANY_SYNONYMS, {"most": SYNONYMS_MOST})


def _one_at_a_time() -> None:
    """Who adds waits for who adds: two cannot both be the last one that has room, nor say the same the other way round."""
    with connection.cursor() as cursor:
        cursor.execute("LOCK TABLE catalog_synonym IN SHARE ROW EXCLUSIVE MODE")


def _record(act: str, it: Synonym, by: Actor, at: datetime) -> None:
    facts = {"actor": _named(by), "word": it.word, "meaning": it.meaning, "both": it.both}
    ledger.record(act=act, subject=f"synonym/{it.pk}", by=by, at=at, facts=facts)
    _forget()


def _named(by: Actor) -> str:
    return by.user_name or by.organisation_number


def _forget() -> None:
    """Now, for the rest of this transaction, and once it is committed."""
    synonyms.forget()
    transaction.on_commit(synonyms.forget)
