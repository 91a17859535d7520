"""The supplier's offers: the list with quick changes, one offer with its way, the form that writes it."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection
from typing import Any

from django.db import transaction
from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from sunlit.domain.catalog import queries, services, states
from sunlit.domain.catalog.models import Category, Offer, Product
from sunlit.domain.rulebook import queries as rulebook
from sunlit.domain.rulebook.rules import Ruling
from sunlit.foundation.files.models import File
from sunlit.foundation.kernel.clock import local_day
from sunlit.foundation.kernel.limits import PAGE_ROWS
from sunlit.foundation.kernel.refusals import Problem, Reason, Refused
from sunlit.portals.doors import Request, door, form_page, found_or_404, see_other
from sunlit.portals.supplier import forms
from sunlit.portals.supplier.uploads import kept
from sunlit.portals.ui.history import history_of
from sunlit.portals.ui.orders import expected
from sunlit.portals.ui.toasts import tell

CLERKS = ("catalog", "admin")
NOTHING_CHOSEN = Reason("SUP-002", gettext_lazy("Choose at least one offer."))
TERMS = ("price", "stock", "quantity_most", "delivery_days")


# The list


@door(kind="supplier", methods=("GET",))
def offers(request: Request) -> HttpResponse:
    return _list(request, request.GET)


@door(kind="supplier", roles=CLERKS, methods=("POST",))
def quick(request: Request, number: str) -> HttpResponse:
    """A new price or stock from within the list: the fields come back alone for htmx, else the list."""
    it = found_or_404(mine(request, number))
    given = {name: request.POST.get(name, "").strip() for name in ("price", "stock")}
    try:
        it, changed = _changed(request, it, given)
    except Refused as refused:
        told = {"problems": refused.problems, "changed": it.number, "given": given}
        if request.htmx:
            return render(request, "supplier/quick.html", {"row": it, **told}, status=refused.status)
        return _list(request, QueryDict(request.POST.get("list", "")), **told, status=refused.status)
    words = _("Offer %(sku)s was changed.") if changed else _("Nothing was changed on %(sku)s.")
    text = words % {"sku": it.sku_code}
    if request.htmx:
        answer = render(request, "supplier/quick.html", {"row": it, "problems": (), "changed": it.number, "given": {}})
        answer["HX-Trigger"] = json.dumps({"toast": {"text": text}})
        return answer
    tell(request, text)
    return HttpResponseRedirect(f"{reverse('supplier:offers')}?{QueryDict(request.POST.get('list', '')).urlencode()}")


def _changed(request: Request, it: Offer, given: dict[str, str]) -> tuple[Offer, bool]:
    """The offer with what differs, in one act; and whether anything did."""
    new = {name: text for name, text in given.items() if text != str(getattr(it, name))}
    told: dict[str, Any] = {"by": request.actor, "at": request.now, "expected": expected(request)}
    match sorted(new):
        case []:
            return it, False
        case ["price"]:
            return services.reprice(it, price=new["price"], **told), True
        case ["stock"]:
            return services.restock(it, stock=new["stock"], **told), True
    return services.update_offer(it, terms=new, **told), True


def _list(request: Request, asked: QueryDict, *, status: int = 200, **more: Any) -> HttpResponse:
    own = request.actor.party
    found: dict[str, Any] = {name: asked.get(name, "").strip() for name in ("state", "q", "category")}
    page = queries.offers_of(own, **found, after=asked.get("after", ""))
    context = {
        "page": page,
        "counts": queries.counts_of(own),
        "asked": found,
        "states": states.offer.states,
        "list": asked.urlencode(),
        "here": f"{reverse('supplier:offers')}?{asked.urlencode()}",
        "clerk": request.actor.has(*CLERKS),
        "problems": (),
        "changed": "",
        "given": {},
    }
    return render(request, "supplier/offers.html", context | more, status=status)


@door(kind="supplier", roles=CLERKS)
def delist_many(request: Request) -> HttpResponse:
    """Take the chosen offers off sale together: shown once more, then done for all or none."""
    numbers = (request.POST or request.GET).getlist("offer")[:PAGE_ROWS]
    chosen = queries.offers_by_number(numbers, seen_by=request.actor)
    chosen = [it for it in chosen if it.supplier_id == request.actor.organisation_id]

    def act() -> HttpResponse:
        if not chosen:
            raise Refused(Problem(NOTHING_CHOSEN))
        with transaction.atomic():
            for it in chosen:
                services.delist(it, by=request.actor, at=request.now)
        tell(request, _("%(count)s offers were taken off sale.") % {"count": len(chosen)})
        return see_other("supplier:offers")

    if request.method == "GET" and not chosen:
        return _list(request, QueryDict(""), problems=(Problem(NOTHING_CHOSEN),), status=422)
    return form_page(request, "supplier/delist.html", {"chosen": chosen}, act)


# One offer


@door(kind="supplier", methods=("GET",))
def offer(request: Request, number: str) -> HttpResponse:
    return render(request, "supplier/offer.html", _offer_page(request, found_or_404(mine(request, number))))


def _offer_page(request: Request, it: Offer) -> dict[str, Any]:
    moves = states.offer.open_to(it, request.actor)
    names = dict(forms.region_options())
    return {
        "offer": it,
        "attributes": forms.shown(queries.template(it.product.category), it.product.attributes),
        "prices": queries.prices_of(it),
        "rulings": [Ruling.from_json(told) for told in it.rulings],
        "maker": next(iter(queries.declared_makers(it.pk)), None),
        "history": history_of(f"offer/{it.number}"),
        "verbs": {move.verb for move in moves},
        "clerk": request.actor.has(*CLERKS),
        "goes_to": [names[code] for code in it.delivery_regions if code in names],
        "region_options": forms.region_options(),
        "line": queries.tree().line(it.product.category.code),
        "problems": (),
        "given": {},
        "now": request.now,
    }


@door(kind="supplier", methods=("POST",))
def terms(request: Request, number: str) -> HttpResponse:
    """Price, stock and delivery of an offer on sale: it stays on sale."""
    it = found_or_404(mine(request, number))
    given: dict[str, Any] = {name: request.POST.get(name, "") for name in TERMS}
    given["delivery_regions"] = request.POST.getlist("delivery_regions")
    return _done(
        request,
        it,
        lambda: services.update_offer(it, terms=given, by=request.actor, at=request.now, expected=expected(request)),
        given=given,
    )


@door(kind="supplier", methods=("POST",))
def act_on_offer(request: Request, number: str) -> HttpResponse:
    """Submit, take off sale, or ask for release."""
    it = found_or_404(mine(request, number))
    told: dict[str, Any] = {"by": request.actor, "at": request.now, "expected": expected(request)}
    verbs: dict[str, Callable[[], Offer]] = {
        "submit": lambda: services.submit_offer(it, **told),
        "delist": lambda: services.delist(it, **told),
        "appeal": lambda: services.appeal(it, reason=request.POST.get("reason", ""), **told),
    }
    return _done(request, it, found_or_404(verbs.get(request.POST.get("verb", ""))), given=request.POST)


def _done(request: Request, it: Offer, act: Callable[[], Offer], *, given: Any) -> HttpResponse:
    """Carry it out and show the offer; a refusal shows it as it was, told at its fields."""
    try:
        act()
    except Refused as refused:
        context = _offer_page(request, it) | {"problems": refused.problems, "given": given}
        return render(request, "supplier/offer.html", context, status=refused.status)
    tell(request, _("Offer %(number)s was changed.") % {"number": it.number})
    return see_other("supplier:offer", it.number)


# The form


@door(kind="supplier", roles=CLERKS, methods=("GET",))
def start(request: Request) -> HttpResponse:
    """What is to be offered: a product that the library knows, or a category in which it is new."""
    words = request.GET.get("q", "").strip()[:100]
    found = queries.categories_of(request.actor.party)
    return render(
        request, "supplier/start.html", {"q": words, "products": queries.products_like(words), "branches": branches(words), "own": found}
    )


def branches(words: str, *, also: Collection[str] = ()) -> list[tuple[Category, list[Category]]]:
    """The categories in use by the branch they hang on; `words` keeps those whose name or code has them, and those in `also`."""
    tree, told = queries.tree(), words.strip().casefold()
    found: dict[str, list[Category]] = {}
    for it in tree.in_use():
        if it.code in also or told in it.name_zh.casefold() or told in it.name_en.casefold() or it.code.casefold().startswith(told):
            found.setdefault(tree.by_id[it.parent_id].code if it.parent_id else it.code, []).append(it)
    return [(tree.by_code[code], children) for code, children in found.items()]


@door(kind="supplier", roles=CLERKS)
def new(request: Request) -> HttpResponse:
    """Write a new offer; keep it as a draft or submit it for listing at once."""
    product: Product | None = queries.product_to_offer(request.GET["product"]) if request.GET.get("product") else None
    category: Category = found_or_404(product.category if product else queries.category(request.GET.get("category", "")))
    found_or_404(category.in_use or None)
    template = queries.template(category)
    form = forms.written(request.POST, template) if request.method == "POST" else forms.blank(category, product, template)

    def act() -> HttpResponse:
        images = kept(request, "images", purpose="image", owner=request.actor.organisation_id, by=request.actor, public=True)
        with transaction.atomic():
            it = services.draft_offer(form.raw(), category=category, images=images, by=request.actor, at=request.now)
            if request.POST.get("verb") == "submit":
                services.submit_offer(it, by=request.actor, at=request.now)
        _told(request, it, submitted=request.POST.get("verb") == "submit")
        return see_other("supplier:offer", it.number)

    context = {"form": form, "category": category, "product": product, "offer": None, "verbs": {"draft", "submit"}}
    return _form_page(request, context, act)


@door(kind="supplier", roles=CLERKS)
def edit(request: Request, number: str) -> HttpResponse:
    """Rewrite an offer: kept where it is, or reviewed anew."""
    it = found_or_404(mine(request, number))
    template = queries.template(it.product.category)
    form = forms.written(request.POST, template) if request.method == "POST" else forms.of_offer(it, template)

    def act() -> HttpResponse:
        fresh = kept(request, "images", purpose="image", owner=request.actor.organisation_id, by=request.actor, public=True)
        images: list[File] = [image for image in it.images.all() if str(image.pk) in request.POST.getlist("keep")] + fresh
        write = services.revise_offer if request.POST.get("verb") == "revise" else services.edit_offer
        write(it, form.raw(), images=images, by=request.actor, at=request.now, expected=expected(request))
        _told(request, it, submitted=request.POST.get("verb") == "revise")
        return see_other("supplier:offer", it.number)

    verbs = {move.verb for move in states.offer.open_to(it, request.actor)} & {"edit", "revise"}
    context = {"form": form, "category": it.product.category, "product": it.product, "offer": it, "verbs": verbs}
    return _form_page(request, context, act)


def _form_page(request: Request, context: dict[str, Any], act: Callable[[], HttpResponse]) -> HttpResponse:
    template = queries.template(context["category"])
    most = rulebook.rule("listing.images", region_path=request.actor.region_path, on=local_day(request.now)).high
    shown = {
        "groups": forms.groups_of(template),
        "region_options": forms.region_options(),
        "images_most": int(most),
        "line": queries.tree().line(context["category"].code),
    }

    def told() -> HttpResponse:
        try:
            return act()
        except Refused as refused:
            raise Refused(*forms.at_fields(refused.problems, template)) from None

    return form_page(request, "supplier/offer_form.html", context | shown, told)


def _told(request: Request, it: Offer, *, submitted: bool) -> None:
    words = _("Offer %(number)s was submitted for listing.") if submitted else _("Offer %(number)s was saved.")
    tell(request, words % {"number": it.number})


def mine(request: Request, number: str) -> Offer | None:
    """The supplier's own offer; those of others are on sale elsewhere, not here."""
    it = queries.offer(number, seen_by=request.actor)
    return it if it is not None and it.supplier_id == request.actor.organisation_id else None
