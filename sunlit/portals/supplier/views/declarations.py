"""Declarations for a purchase, filled in by the rulebook's templates: of size, of welfare, of qualification and a clean record."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from sunlit.domain.registry import queries as registry
from sunlit.domain.registry import services
from sunlit.domain.registry.models import Declaration
from sunlit.domain.rulebook.rules.templates import form, summary
from sunlit.foundation.kernel.clock import local_day
from sunlit.portals.doors import Request, door, form_page, found_or_404, see_other
from sunlit.portals.ui.filling import typed, wants_a_row
from sunlit.portals.ui.toasts import tell


@door(kind="supplier", roles=("admin",), methods=("GET",))
def declarations(request: Request) -> HttpResponse:
    """What was declared, and what can be."""
    supplier = found_or_404(registry.supplier(request.actor.party))
    context = {
        "declared": [(each, registry.declaration_template(each)) for each in registry.declarations_of(supplier)],
        "kinds": registry.declaration_templates(supplier, on=local_day(request.now)),
        "size": registry.size_of(supplier),
    }
    return render(request, "supplier/declarations.html", context)


@door(kind="supplier", roles=("admin",))
def declare(request: Request, kind: str) -> HttpResponse:
    """One declaration; what the platform knows already stands there."""
    supplier = found_or_404(registry.supplier(request.actor.party))
    template = found_or_404(registry.declaration_templates(supplier, on=local_day(request.now)).get(kind))
    posted = request.method == "POST"
    given = typed(request, template) if posted else registry.suggested_answers(supplier, template, on=local_day(request.now))
    context = {"kind": kind, "template": template, "asked": form(template, given, more=wants_a_row(request))}
    if posted and wants_a_row(request):
        return render(request, "supplier/declare.html", context | {"problems": (), "given": request.POST})

    def act() -> HttpResponse:
        made = services.declare(supplier, kind, given, by=request.actor, at=request.now)
        tell(request, _("Declaration %(number)s was made.") % {"number": made.number})
        return see_other("supplier:declaration", made.number)

    return form_page(request, "supplier/declare.html", context, act)


@door(kind="supplier", roles=("admin",), methods=("GET",))
def declaration(request: Request, number: str) -> HttpResponse:
    it: Declaration = found_or_404(registry.declaration(number, seen_by=request.actor))
    template = registry.declaration_template(it)
    return render(request, "supplier/declaration.html", {"it": it, "template": template, "answers": summary(template, it.answers)})
