"""On write: the acts of the feed that change what is on sale, and the products that they touch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from sunlit.domain.catalog.models import Product
from sunlit.domain.supervision.rules.classes import is_in_force
from sunlit.domain.supervision.services import deciding, looking
from sunlit.foundation.kernel.clock import local_day
from sunlit.foundation.kernel.regions import ROOT
from sunlit.foundation.ledger.queries import Act

LOOKED_AT = frozenset({"approve", "reprice", "restock", "update", "revise", "delist", "release", "freeze", "edit"})
IN_STEP = frozenset({"appeal", "release", "keep_frozen"})


def follow(acts: Sequence[Act], *, at: datetime) -> None:
    """Look at the products of all offers that these acts changed; let cases of frozen offers go with their offers. Being told twice does no harm."""
    changed: dict[str, None] = {}
    compared: dict[str, None] = {}
    for act in acts:
        kind, _dot, verb = act.act.partition(".")
        if act.act == "references.add":
            compared |= dict.fromkeys(act.facts.get("products", ()))
        if kind != "offer":
            continue
        if verb in IN_STEP:
            deciding.keep_in_step(act.subject.partition("/")[2], verb, reason=str(act.facts.get("reason", "")), at=at)
        if verb.removesuffix("_many") in LOOKED_AT:
            changed |= dict.fromkeys(_offers_of(act))
    if not is_in_force(ROOT, local_day(at)):
        return
    if compared:
        products = Product.objects.filter(number__in=compared).order_by("pk").values_list("pk", flat=True)
        looking.look_at_products(list(products), under=f"act/{acts[-1].index}", at=at)
    if changed:
        looking.look_at_offers(changed, under=f"act/{acts[-1].index}", at=at)


def _offers_of(act: Act) -> Iterator[str]:
    rows = act.facts.get("rows")
    yield from rows if isinstance(rows, dict) else [act.subject.partition("/")[2]]
