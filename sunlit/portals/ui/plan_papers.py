"""A procurement plan as a paper: what is bought with whose money and how, what the rulebook said of it, and who reviewed it."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext as _

from sunlit.domain.planning import states
from sunlit.domain.planning.models import Plan
from sunlit.domain.planning.rules import plans as rules
from sunlit.domain.planning.states import plans as life
from sunlit.domain.rulebook.rules import Ruling
from sunlit.domain.rulebook.rules.facts import EXEMPTIONS, GROUNDS, METHODS
from sunlit.foundation.documents.papers import Block, Paper, heading, pairs, signatures, table
from sunlit.portals.doors import Request
from sunlit.portals.ui.filters import day, lang, yuan
from sunlit.portals.ui.papers import paper
from sunlit.portals.ui.words import word


def plan_paper(request: Request, it: Plan) -> Paper:
    """Its digest is that of the contents, which the ledger holds from handing in to filing. Give it a plan of `planning.queries.plan`."""
    blocks = [
        *_objects(it),
        *_how(it),
        *_policy(it),
        *_said(it),
        *_review(it),
        signatures(_("Drafted by"), _("Reviewed by"), _("Buyer (seal)")),
    ]
    at = it.filed_at or it.asked_at or it.handed_in_at or it.created_at
    told = {"title": _("Procurement plan"), "number": it.number, "subject": it.number, "sealed": it.contents_hash}
    return paper(request, issuer=lang(it.buyer), at=at, blocks=blocks, **told)


def _objects(it: Plan) -> Iterator[Block]:
    """The project, its objects, and what pays for each of them."""
    yield pairs(
        (_("Buyer"), lang(it.buyer)),
        (_("Project"), it.name),
        (_("State"), str(states.plan.states[it.state])),
        (_("What it is bought for"), it.purpose or "—"),
        (_("The purchase begins on"), day(it.starts_on) if it.starts_on else "—"),
        (
            _("Intention"),
            it.intention_item.intention.number if it.intention_item else str(rules.NO_INTENTION_BECAUSE.get(it.no_intention, "—")),
        ),
        (_("Demand"), it.demand_number or "—"),
        *([(_("What was said"), it.reason)] if it.reason else []),
    )
    yield heading(_("What is planned"))
    heads = (_("No."), _("Object"), _("Item of the catalogue"), _("Quantity"), _("Budget"), _("Budget quota"))
    rows = [
        (
            str(item.position),
            item.name,
            f"{item.category.code} {lang(item.category)}",
            f"{item.quantity} {item.unit}",
            yuan(item.amount),
            item.quota.number if item.quota else "—",
        )
        for item in it.items.all()
    ]
    yield table("", heads, rows, numeric=(3, 4))
    yield pairs((_("Together"), yuan(it.total)))


def _how(it: Plan) -> Iterator[Block]:
    yield heading(_("How"))
    grounds = [(_("Grounds"), "；".join(str(GROUNDS.get(ground, ground)) for ground in it.grounds))] if it.grounds else []
    facts = [(_("Facts of the case"), it.ground_reason)] if it.ground_reason else []
    method, form = METHODS.get(it.method, "—"), rules.FORMS.get(it.form, "—")
    yield pairs((_("Purchase method"), str(method)), (_("Organisation form"), str(form)), *grounds, *facts)


def _policy(it: Plan) -> Iterator[Block]:
    yield heading(_("Procurement policy"))
    told = (
        [(_("Reserved for SMEs"), f"{rules.SET_ASIDES[it.set_aside]} {yuan(it.reserved) if it.reserved else ''}")] if it.set_aside else []
    )
    if it.reserved_small:
        told.append((_("of that for small and micro enterprises"), yuan(it.reserved_small)))
    if it.exemption:
        told.append((_("Nothing is reserved because"), f"{EXEMPTIONS.get(it.exemption, it.exemption)} {it.exemption_reason}"))
    told.append((_("Imports"), _("authorised: %(number)s") % {"number": it.authorisation} if it.imported else _("none")))
    yield pairs(*told)


def _said(it: Plan) -> Iterator[Block]:
    """What the rulebook said when it was handed in or filed, with the rules that it rests on."""
    if it.state == life.DRAFT or not it.rulings:
        return
    yield heading(_("What the rulebook says"))
    said = [Ruling.from_json(told) for told in it.rulings]
    rows = [(word("forbidden" if it.verdict == "refused" else it.verdict), it.text or it.name, f"{it.source} {it.article}") for it in said]
    yield table("", (_("Verdict"), _("Ruling"), _("Source")), rows)


def _review(it: Plan) -> Iterator[Block]:
    if not it.review:
        return
    points = {**rules.REVIEW_POINTS, **rules.KEY_POINTS}
    yield heading(_("Review"))
    for verb, told in it.review.items():
        kind = _("Key review") if verb == "review_key" else _("General review")
        confirmed = "\n".join(str(points[point]) for point in told["points"])
        yield pairs((kind, told["by"]), (_("Confirmed"), confirmed), (_("Opinion"), told["opinion"] or "—"))
