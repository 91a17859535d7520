"""Online quotations: written, published, asked about, opened, judged line by line, awarded to the lowest."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from sunlit.domain.catalog import queries as catalog
from sunlit.domain.catalog.models import Category
from sunlit.domain.market import queries, services, states
from sunlit.domain.market.models import Quotation, Quote
from sunlit.domain.market.rules import quotations as rules
from sunlit.domain.market.states import orders as order_life
from sunlit.domain.market.states import quotations as life
from sunlit.domain.planning import queries as planning
from sunlit.domain.rulebook import queries as rulebook
from sunlit.foundation.accounts import queries as accounts
from sunlit.foundation.files import services as files
from sunlit.foundation.kernel import money
from sunlit.foundation.kernel.clock import SHANGHAI, local_day, typed_moment
from sunlit.foundation.kernel.refusals import Problem, Refused
from sunlit.portals.buyer import reading, terms
from sunlit.portals.buyer.reading import ORDERERS
from sunlit.portals.doors import Request, door, form_page, found_or_404, see_other
from sunlit.portals.ui.filters import lang, yuan
from sunlit.portals.ui.orders import expected
from sunlit.portals.ui.quotations import quotation_page
from sunlit.portals.ui.toasts import tell

ITEM_FIELDS: Final = ("category", "name", "quantity", "unit", "ceiling", "parameters", "brands")
TEXTS: Final = (
    "title",
    "purpose",
    "note",
    "plan",
    "quota",
    "address",
    "invoice_title",
    "quote_until",
    "delivery_days",
    "invitation",
    "demand",
)
BLANK_ROWS: Final = 2
ROWS_MOST: Final = 60
PLAIN: Final[dict[str, Callable[..., Quotation]]] = {
    "discard": services.discard_quotation,
    "award": services.award_quotation,
    "fail": services.fail_quotation,
}


@door(kind="buyer", methods=("GET",))
def quotations(request: Request) -> HttpResponse:
    asked: dict[str, Any] = {name: request.GET.get(name, "").strip()[:100] for name in ("state", "q")}
    page = queries.quotations_page(seen_by=request.actor, mine=True, **asked, after=request.GET.get("after", ""))
    counts = queries.quotation_counts(buyer_id=request.actor.party)
    context = {"page": page, "asked": asked, "states": states.quotation.states.items(), "counts": counts, "now": request.now}
    return render(request, "buyer/quotations.html", context)


@door(kind="buyer", roles=ORDERERS)
def new_quotation(request: Request) -> HttpResponse:
    """A new draft: empty, for a plan, or with what a settled demand says."""
    start = _from_plan(request, request.GET.get("plan", "")) | _from_demand(request, request.GET.get("demand", ""))

    def act() -> HttpResponse:
        it = services.draft_quotation(_posted(request), by=request.actor, at=request.now)
        return see_other("buyer:quotation", it.number)

    return form_page(request, "buyer/quotation_form.html", {"it": None, **_form(request, start)}, act)


@door(kind="buyer", roles=ORDERERS)
def edit_quotation(request: Request, number: str) -> HttpResponse:
    it: Quotation = found_or_404(queries.quotation(number, seen_by=request.actor))
    found_or_404(it.buyer_id == request.actor.organisation_id or None)
    if it.state != life.DRAFT:
        return see_other("buyer:quotation", number)

    def act() -> HttpResponse:
        services.write_quotation(it, _posted(request), by=request.actor, at=request.now, expected=expected(request))
        return see_other("buyer:quotation", number)

    return form_page(request, "buyer/quotation_form.html", {"it": it, **_form(request, _told(it))}, act)


@door(kind="buyer")
def quotation(request: Request, number: str) -> HttpResponse:
    """One quotation, with what can be done now."""
    it: Quotation = found_or_404(queries.quotation(number, seen_by=request.actor))
    found_or_404(it.buyer_id == request.actor.organisation_id or None)

    def act() -> HttpResponse:
        verb = request.POST.get("verb", "")
        done = _act(request, it, verb)
        label = states.quotation.moves[verb].label if verb in states.quotation.moves else ""
        if label:
            tell(request, _("Done: %(verb)s, %(number)s") % {"verb": label, "number": done.number})
        return see_other("buyer:quotation", done.number)

    context = quotation_page(request, it)
    context |= {
        "reruns": list(it.reruns.exclude(state=life.DISCARDED)),
        "may_rerun": it.state in (*life.ENDED_WITHOUT_AWARD, life.AWARDED) and request.actor.has(*ORDERERS) and _came_to_nothing(it),
        "terms": _terms(it, request) if it.state == life.DRAFT else None,
    }
    return form_page(request, "buyer/quotation.html", context, act)


def _came_to_nothing(it: Quotation) -> bool:
    return it.order is None or it.order.state in order_life.ENDED_WITHOUT_DEAL


def _act(request: Request, it: Quotation, verb: str) -> Quotation:
    """One verb of the page."""
    post = request.POST
    told: dict[str, Any] = {"by": request.actor, "at": request.now}
    if verb in PLAIN:
        return PLAIN[verb](it, expected=expected(request), **told)
    match verb:
        case "publish":
            return services.publish_quotation(it, explanation=post.get("explanation", ""), expected=expected(request), **told)
        case "extend":
            return services.extend_quotation(it, until=typed_moment(post.get("until", "")), expected=expected(request), **told)
        case "cancel":
            said: dict[str, Any] = {"cause": post.get("cause", ""), "reason": post.get("reason", "")}
            return services.cancel_quotation(it, **said, expected=expected(request), **told)
        case "answer":
            question = reading.picked(request, "question")
            services.answer_about(it, question, text=post.get(f"answer_{question}", ""), **told)
        case "paper":
            services.add_paper(it, _paper(request), **told)
        case "drop_paper":
            services.drop_paper(it, reading.picked(request, "paper_id"), **told)
        case "conform" | "exclude":
            _judge(request, it, verb)
        case "again":
            return services.run_again(it, until=_usual_deadline(request), **told)
        case _:
            found_or_404(None)
    return it


def _judge(request: Request, it: Quotation, verb: str) -> None:
    quote: Quote = found_or_404(it.quotes.filter(number=request.POST.get("quote", "")).first())
    said: dict[str, Any] = {"cause": request.POST.get("cause", ""), "reason": request.POST.get("reason", "")} if verb == "exclude" else {}
    services.judge_quote(quote, conforms=verb == "conform", **said, by=request.actor, at=request.now)


def _paper(request: Request) -> Any:
    """The paper that was handed in, public with the quotation. Refused: FIL-… at its field."""
    upload = request.FILES.get("paper")
    if upload is None:
        raise Refused(Problem(rules.PAPER_MISSING, on="paper"))
    try:
        return files.keep(upload, purpose="document", owner=request.actor.organisation_id, by=request.actor, at=request.now)
    except Refused as refused:
        raise Refused(*(Problem(it.reason, it.params, "paper") for it in refused.problems)) from None


def _posted(request: Request) -> dict[str, Any]:
    told: dict[str, Any] = {name: request.POST.get(name, "") for name in TEXTS}
    told["items"] = _rows(request)
    told["suppliers"] = request.POST.getlist("suppliers")
    return told


def _rows(request: Request) -> list[dict[str, str]]:
    numbers = [n for n in range(1, ROWS_MOST + 1) if f"category_{n}" in request.POST]
    rows = [{field: request.POST.get(f"{field}_{n}", "") for field in ITEM_FIELDS} for n in numbers]
    return [{**row, "category": row["category"].split(" ")[0]} for row in rows]


def _form(request: Request, start: dict[str, Any]) -> dict[str, Any]:
    """What the form shows: what was posted, else what stands."""
    posted = request.method == "POST"
    told = _posted(request) if posted else {"quote_until": _as_typed(_usual_deadline(request)), "invitation": "open", **start}
    blank = dict.fromkeys(ITEM_FIELDS, "")
    rows = told.get("items", []) if posted else [*told.get("items", []), *(dict(blank) for _n in range(BLANK_ROWS))]
    codes = [row["category"].split(" ")[0] for row in rows if row.get("category")]
    choices = terms.choices(request)
    first = terms.picked(request, choices)
    plans = planning.plans_for_orders(request.actor.party)
    return {
        **choices,
        "told": {"address": first["address"], "invoice_title": first["title"], **told},
        "rows": rows,
        "categories": [_suggested(each) for each in catalog.tree().in_use()],
        "plans": [(it.number, f"{it.number} {it.name} · {yuan(sum((line.left for line in it.lines.all()), money.ZERO))}") for it in plans],
        "candidates": queries.candidates_for(codes, region_path=request.actor.region_path) if codes else [],
        "window": rulebook.rule("rfq.quote_window_min", region_path=request.actor.region_path, on=local_day(request.now)),
        "least": rulebook.rule("rfq.min_suppliers", region_path=request.actor.region_path, on=local_day(request.now)).n,
    }


def _usual_deadline(request: Request) -> Any:
    """Nine hours into the morning after the shortest lawful term, and a day more: time to ask and to answer."""
    start = rulebook.deadline("rfq.quote_window_min", start=request.now, region_path=request.actor.region_path, on=local_day(request.now))
    later = rulebook.deadline("rfq.extension", start=start, region_path=request.actor.region_path, on=local_day(request.now))
    return later.astimezone(SHANGHAI).replace(hour=17, minute=0)


def _as_typed(at: Any) -> str:
    return str(at.astimezone(SHANGHAI).replace(tzinfo=None).isoformat(timespec="minutes"))


def _told(it: Quotation) -> dict[str, Any]:
    """What a draft says, as the form shows it."""
    addresses = {it.text: str(it.pk) for it in accounts.addresses_of(it.buyer_id)}
    titles = {it.title: str(it.pk) for it in accounts.invoice_titles_of(it.buyer_id)}
    return {
        "title": it.title,
        "purpose": it.purpose,
        "note": it.note,
        "demand": it.demand_number,
        "plan": it.plan.number if it.plan else "",
        "quota": str(it.quota_id),
        "address": addresses.get(it.delivery.get("address", ""), ""),
        "invoice_title": titles.get(it.invoice_title.get("title", ""), ""),
        "quote_until": _as_typed(it.quote_until),
        "delivery_days": str(it.delivery_days),
        "invitation": "invited" if it.invited else "open",
        "suppliers": [one.number for one in queries.invited_to(it)],
        "items": [
            {
                "category": _suggested(line.category),
                "name": line.name,
                "quantity": str(line.quantity),
                "unit": line.unit,
                "ceiling": str(line.ceiling),
                "parameters": "\n".join(line.parameters),
                "brands": "、".join(line.brands),
            }
            for line in queries.lines_of_quotation(it)
        ],
    }


def _from_plan(request: Request, number: str) -> dict[str, Any]:
    """A quotation for a plan begins with its objects and its money."""
    found = next((it for it in planning.plans_for_orders(request.actor.party) if it.number == number), None) if number else None
    if found is None:
        return {}
    items = [
        {
            "category": _suggested(item.category),
            "name": item.name,
            "quantity": str(item.quantity),
            "unit": item.unit,
            "ceiling": f"{(item.amount / item.quantity):.2f}" if not (item.amount * 100) % item.quantity else "",
            "parameters": "",
            "brands": "",
        }
        for item in found.items.all()
    ]
    quotas = [line.quota_id for line in found.lines.all() if line.left]
    start = {"plan": number, "title": found.name, "purpose": found.purpose, "items": items, "quota": str(quotas[0]) if quotas else ""}
    return start | (_from_demand(request, found.demand_number) if found.demand_number else {}) | {"plan": number}


def _from_demand(request: Request, number: str) -> dict[str, Any]:
    """What a settled demand asks for, its mandatory parameters line by line."""
    found = planning.demand(number, seen_by=request.actor) if number else None
    if found is None or found.state != "settled":
        return {}
    content = planning.content_of(found)
    shelf = planning.shelf_of({item.category for item in content.items})
    items = [
        {
            "category": _suggested(shelf[item.category].category),
            "name": item.name or shelf[item.category].category.name_zh,
            "quantity": item.quantity,
            "unit": item.unit,
            "ceiling": item.ceiling,
            "parameters": "\n".join(planning.demanded(each, shelf[item.category]) for each in item.parameters if each.mandatory),
            "brands": "",
        }
        for item in content.items
        if item.category in shelf
    ]
    return {"title": found.title, "purpose": found.purpose, "demand": number, "items": items}


def _terms(it: Quotation, request: Request) -> queries.QuotationTerms:
    lines = queries.lines_of_quotation(it)
    kind = "services" if lines and all(line.category.kind == "services" for line in lines) else "goods"
    return queries.terms_of_quotation(region_path=it.region_path, planned=it.ceiling, kind=kind, at=request.now)


def _suggested(category: Category) -> str:
    """An item of the catalogue as the field offers it: its code and its name."""
    return f"{category.code} {lang(category)}"
