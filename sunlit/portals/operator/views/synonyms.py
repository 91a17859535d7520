"""The words that mean the same to the search: seen, added, removed."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from sunlit.domain.catalog import queries, services
from sunlit.foundation.kernel.limits import PAGE_ROWS
from sunlit.portals.doors import Request, door, form_page, see_other
from sunlit.portals.ui.toasts import tell


@door(kind="operator")
def synonyms(request: Request) -> HttpResponse:
    """Who asks for a word also finds what it means: within seconds everywhere, without building the index anew."""

    def act() -> HttpResponse:
        tell(request, _done(request))
        return see_other("operator:synonyms")

    q, after = request.GET.get("q", "").strip()[:100], request.GET.get("after", "")
    below = int(after) if after.isdecimal() and len(after) < 19 else 0
    found = queries.synonym_page(q=q, after=below, rows=PAGE_ROWS + 1)
    context = {
        "page": found[:PAGE_ROWS],
        "after": str(found[PAGE_ROWS - 1].pk) if len(found) > PAGE_ROWS else "",
        "q": q,
        "count": queries.synonym_count(),
        "most": services.SYNONYMS_MOST,
        "chars": services.WORD_CHARS,
    }
    return form_page(request, "operator/synonyms.html", context, act)


def _done(request: Request) -> str:
    """Carry out what the form asks for; what to tell afterwards."""
    given, by, at = request.POST, request.actor, request.now
    match given.get("verb"):
        case "remove":
            pk = given.get("synonym", "")
            gone = services.remove_synonym(int(pk) if pk.isdecimal() and len(pk) < 19 else 0, by=by, at=at)
            return _("“%(word)s” no longer means “%(meaning)s”.") % {"word": gone.word, "meaning": gone.meaning}
        case "load":
            count = services.load_synonyms(by=by, at=at)
            return ngettext("%(count)s synonym was added.", "%(count)s synonyms were added.", count) % {"count": count}
    made = services.add_synonym(given.get("word", ""), given.get("meaning", ""), both="both" in given, by=by, at=at)
    return _("Who asks for “%(word)s” now also finds “%(meaning)s”.") % {"word": made.word, "meaning": made.meaning}
