"""Papers to download: what a filled template, an order or an acceptance sheet says, as a PDF in the reader's language."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from sunlit.config import environment
from sunlit.domain.contracts import queries as contracts
from sunlit.domain.contracts.models import AcceptanceSheet
from sunlit.domain.market.models import Order
from sunlit.domain.market.queries.parties import delivered_for
from sunlit.domain.rulebook.rules.templates import Part, Template, summary, values_digest
from sunlit.foundation.documents.papers import Block, Paper, heading, pairs, paragraph, printed, signatures, table
from sunlit.foundation.lifecycle import digest
from sunlit.portals.doors import Request
from sunlit.portals.ui.filters import chinese, lang, moment, yuan


def answer(paper: Paper) -> HttpResponse:
    """The paper as a download that browsers show."""
    response = HttpResponse(printed(paper), content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{paper.number}.pdf"'
    response["Cache-Control"] = "private, no-store"
    return response


def paper(
    request: Request, *, title: str, number: str, subject: str, issuer: str, sealed: str, at: datetime, blocks: Iterable[Block]
) -> Paper:
    """A paper of the platform. `subject` is the number under which the public can look the act up, `sealed` the digest that the ledger holds."""
    return Paper(
        title=title,
        number=number,
        issuer=issuer,
        digest=sealed,
        verify=f"{_site(request)}{reverse('verify')}?{urlencode({'number': subject})}",
        at=at,
        blocks=tuple(blocks),
        language="zh" if chinese() else "en",
        digest_label=_("Digest"),
        verify_label=_("To verify"),
        page_label=_("Page {n} of {all}"),
    )


def filled_paper(
    request: Request,
    template: Template,
    values: dict[str, Any],
    *,
    number: str,
    subject: str,
    issuer: str,
    at: datetime,
    signers: Sequence[str] = (),
) -> Paper:
    """A filled template. Its digest is that of the template's content and the answers."""
    blocks = [*parts_told(summary(template, values)), *([signatures(*signers)] if signers else [])]
    told = {"title": str(template.title), "sealed": values_digest(template, values)}
    return paper(request, number=number, subject=subject, issuer=issuer, at=at, blocks=blocks, **told)


def parts_told(parts: Iterable[Part]) -> list[Block]:
    blocks: list[Block] = []
    for part in parts:
        blocks.append(heading(part.title))
        blocks += [paragraph(text) for text in part.paragraphs]
        if plain := [(line.label, line.text) for line in part.lines if line.table is None]:
            blocks.append(pairs(*plain))
        blocks += [table(line.label, line.table.heads, line.table.rows) for line in part.lines if line.table is not None]
    return blocks


def order_paper(request: Request, order: Order) -> Paper:
    """The order as the two parties agreed on it. Give it an order read by `market.queries.order`."""
    heads = (_("No."), _("Product"), _("Brand and model"), _("Unit price"), _("Quantity"), _("Amount"))
    rows = [
        (
            str(line.position),
            line.snapshot["title"],
            f"{line.snapshot['brand']} {line.snapshot['model']}",
            yuan(line.price),
            f"{line.quantity} {line.snapshot['unit']}",
            yuan(line.amount),
        )
        for line in order.lines.all()
    ]
    delivery, title = order.delivery, order.invoice_title
    blocks = [
        heading(_("The parties")),
        pairs((_("Buyer"), lang(order.buyer)), *_sold_by(order), (_("Placed"), moment(order.placed_at))),
        heading(_("What was bought")),
        table("", heads, rows, numeric=(3, 4, 5)),
        pairs((_("Total"), yuan(order.total)), *_money_of(request, order)),
        heading(_("Delivery and invoice")),
        pairs(
            (_("Receiver"), f"{delivery['receiver']} {delivery['phone']}"),
            (_("Address"), delivery["address"]),
            (_("Invoice title"), f"{title['title']} {title['tax_number']}"),
            (_("Purpose"), order.purpose or "—"),
            (_("Note"), order.note or "—"),
        ),
    ]
    told = {"title": _("Procurement order"), "number": order.number, "subject": order.number, "sealed": order.contents_hash}
    return paper(request, issuer=lang(order.buyer), at=order.placed_at, blocks=blocks, **told)


def _sold_by(order: Order) -> list[tuple[str, str]]:
    """The supplier, and the party to the agreement that it delivers for as a dealer."""
    party = delivered_for(order)
    return [(_("Supplier"), lang(order.supplier)), *([(_("Dealer of, and responsible for it"), lang(party))] if party else [])]


def _money_of(request: Request, order: Order) -> list[tuple[str, str]]:
    """Quota and plan of an order: not for its supplier."""
    if request.actor.kind == "supplier":
        return []
    plan = [(_("Bought for the plan"), f"{order.plan.name} {order.plan.number}")] if order.plan else []
    return [(_("Budget quota"), order.quota.number), *plan]


def acceptance_paper(request: Request, order: Order, sheet: AcceptanceSheet) -> Paper:
    """The acceptance certificate: line by line, then what the categories' templates ask, and the place to sign."""
    names = {line.position: line.snapshot["title"] for line in order.lines.all()}
    heads = (_("No."), _("Product"), _("Pieces found"), _("As ordered?"), _("Remark"))
    rows = [
        (
            str(item["position"]),
            names[item["position"]],
            str(item["quantity"]),
            _("conforms") if item["conforms"] else _("does not conform"),
            item["remark"],
        )
        for item in sheet.items
    ]
    blocks = [
        pairs(
            (_("Order"), order.number),
            (_("Buyer"), lang(order.buyer)),
            (_("Supplier"), lang(order.supplier)),
            (_("Result"), _("accepted") if sheet.accepted else _("rejected")),
            (_("Inspector"), lang(sheet.inspector)),
            (_("Time"), moment(sheet.at)),
        ),
        heading(_("Line by line")),
        table("", heads, rows, numeric=(2,)),
    ]
    for form in contracts.filled_forms(sheet):
        lines = "、".join(map(str, form.positions))
        blocks += [heading(f"{form.template.title} · {_('lines %(lines)s') % {'lines': lines}}"), *parts_told(form.parts)]
        blocks.append(pairs((_("Digest of the form"), form.digest)))
    blocks += [pairs((_("Remark"), sheet.remark or "—")), signatures(_("Inspectors"), _("Buyer (seal)"), _("Supplier"))]
    told = {"title": _("Acceptance certificate"), "number": f"{order.number}-YS{sheet.pk}", "subject": order.number}
    return paper(request, issuer=lang(order.buyer), at=sheet.at, blocks=blocks, sealed=digest(sheet.items), **told)


def _site(request: Request) -> str:
    site = str(environment.get("SITE_URL")).rstrip("/")
    return site or request.build_absolute_uri("/").rstrip("/")
