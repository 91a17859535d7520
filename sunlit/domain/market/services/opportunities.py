"""Subscriptions to what suppliers may answer: made and stopped by a person, and told once when something new fits."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from sunlit.domain.catalog import queries as catalog
from sunlit.domain.market.models import OpportunitySubscription
from sunlit.domain.market.queries import workbench
from sunlit.domain.market.queries.kinds import KINDS
from sunlit.domain.market.rules import opportunities as rules
from sunlit.foundation.accounts import queries as accounts
from sunlit.foundation.accounts.actors import Actor
from sunlit.foundation.accounts.models import User
from sunlit.foundation.kernel.refusals import Problem, Refused, check
from sunlit.foundation.messages import services as messages


@transaction.atomic
def subscribe(
    *, modes: Iterable[str], categories: Iterable[str], regions: Iterable[str], words: str, by: Actor, at: datetime
) -> OpportunitySubscription:
    """Hear of what will be published. `words` is one text, its words apart by commas.

    Refused: OPP-001 no condition, OPP-002 an unknown value, OPP-003 too many values, OPP-004 a word too long, OPP-005 too many subscriptions.
    """
    wanted = rules.Wanted(_each_once(modes), _each_once(categories), _each_once(regions), rules.words_in(words))
    known = {code for code in wanted.categories if catalog.category(code) is not None}
    places = {region.code for region in accounts.regions()}
    check(list(rules.problems_of(wanted, modes=workbench.SUBSCRIBED, categories=known, regions=places)))
    User.objects.select_for_update(of=("self",)).get(pk=by.person)  # two that come at once are counted one after the other
    if OpportunitySubscription.objects.filter(person_id=by.person, supplier_id=by.party).count() >= rules.SUBSCRIPTIONS_MOST:
        raise Refused(Problem(rules.TOO_MANY, {"most": rules.SUBSCRIPTIONS_MOST}))
    return OpportunitySubscription.objects.create(
        supplier_id=by.party,
        person_id=by.person,
        modes=list(wanted.modes),
        categories=list(wanted.categories),
        regions=list(wanted.regions),
        words=list(wanted.words),
        created_at=at,
    )


def unsubscribe(pk: int, *, by: Actor) -> bool:
    """Hear of it no more; False where the person has no such subscription."""
    return bool(OpportunitySubscription.objects.filter(pk=pk, person_id=by.person, supplier_id=by.party).delete()[0])


def tell_subscribers(mode: str, number: str, *, dedupe: str, at: datetime) -> int:
    """Tell everybody whose subscription the purchase meets and whose organisation may take part. Returns how many people were told now.

    `dedupe` is the key under which those were told who hear of it without a subscription: whoever is told by both ways, or twice, reads it once.
    """
    purchase = workbench.purchase(mode, number, at=at)
    if purchase is None:
        return 0
    return sum(
        messages.tell(
            template="opportunity.new",
            user_id=person,
            organisation_id=supplier,
            params={"number": number, "title": str(purchase.title), "party": purchase.party.name_zh, "until": purchase.until.isoformat()},
            link=f"/supplier/{KINDS[mode].page}/{number}/",
            dedupe=dedupe,
            at=at,
        )
        for person, supplier in workbench.people_to_tell(purchase)
    )


def _each_once(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(filter(None, (one.strip() for one in values))))
