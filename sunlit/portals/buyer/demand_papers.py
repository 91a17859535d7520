"""A demand as a paper: what is needed, with which parameters and reasons, how it is bought and accepted, and who stands for it."""

from __future__ import annotations

from django.utils.translation import gettext as _

from sunlit.domain.planning import queries
from sunlit.domain.planning.models import Demand
from sunlit.domain.planning.rules import demands as rules
from sunlit.domain.planning.rules.demands import Content, Item, Kind
from sunlit.foundation.documents.papers import Block, Paper, heading, pairs, paragraph, signatures, table
from sunlit.foundation.lifecycle import digest
from sunlit.portals.buyer import demand_forms as forms
from sunlit.portals.doors import Request
from sunlit.portals.ui.filters import lang, yuan
from sunlit.portals.ui.papers import paper, parts_told


def demand_paper(request: Request, it: Demand, content: Content) -> Paper:
    """Its digest is that of the content, which the ledger holds with every edit. Give it a demand of `planning.queries.demand`."""
    blocks = [
        pairs((_("Buyer"), lang(it.buyer)), (_("Title of the demand"), it.title), (_("Together at most"), yuan(it.total))),
        heading(_("Purpose")),
        paragraph(it.purpose or "—"),
    ]
    for name, label in rules.CASES.items():
        if getattr(content, name):
            blocks.append(paragraph(str(label)))
    for thing in forms.things(content):
        if thing.kind is not None:
            blocks += _item(thing.it, thing.kind)
    blocks += parts_told(forms.parts(content))
    for _name, title, text in forms.sections(content):
        if text:
            blocks += [heading(title), paragraph(text)]
    if it.review:
        confirmed = [str({**rules.REVIEW_POINTS, **rules.KEY_POINTS}[name]) for name in it.review.get("points", ())]
        told = (
            (_("Review"), "\n".join(confirmed)),
            (_("Opinion"), it.review.get("opinion") or "—"),
            (_("Reviewed by"), it.review.get("by", "")),
        )
        blocks += [heading(_("Review")), pairs(*told)]
    blocks.append(signatures(_("Drafted by"), _("Reviewed by")))
    at = it.settled_at or it.handed_in_at or it.edited_at or it.created_at
    told_of = {"title": _("Procurement demand"), "number": it.number, "subject": it.number, "sealed": digest(content.to_json())}
    return paper(request, issuer=lang(it.buyer), at=at, blocks=blocks, **told_of)


def _item(item: Item, kind: Kind) -> list[Block]:
    """One thing with its parameters and why they are set."""
    price = rules.price_of(item.ceiling)
    facts = (
        (_("Item of the catalogue"), f"{item.category} {lang(kind.category)}"),
        (_("Quantity"), f"{item.quantity} {item.unit}"),
        (_("One may cost at most"), yuan(price) if price else "—"),
    )
    rows = [
        (
            queries.demanded(each, kind),
            _("mandatory") if each.mandatory else _("scored, %(points)s points") % {"points": each.points},
            "\n".join(filter(None, (each.reason, each.kept))),
        )
        for each in item.parameters
    ]
    told = [table("", (_("Demanded"), _("Weight"), _("Why")), rows)] if rows else []
    return [heading(item.name or lang(kind.category)), pairs(*facts), *told]
