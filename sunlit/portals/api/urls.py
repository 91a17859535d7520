"""The addresses of the API: what people read about it, and version 1 behind its gate."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path, re_path

from sunlit.portals.api import views
from sunlit.portals.api.api import api, scope_of
from sunlit.portals.api.gate import gate
from sunlit.portals.api.keys import Needs


def gated() -> list[URLPattern | URLResolver]:
    """Every operation behind the gate; Ninja's own pages stay away."""
    needs: dict[str, dict[str, Needs]] = {}
    for method, address, operation in api.operations():
        needs.setdefault(address.replace("{", "<").replace("}", ">"), {})[method] = Needs(scope_of(operation))
    found = [each for each in api.urls[0] if isinstance(each, URLPattern) and each.name != "api-root"]
    for each in found:
        each.callback = gate(each.callback, needs[str(each.pattern)])
    return [*found]


urlpatterns = [
    path("", views.guide, name="api"),
    path("reasons/", views.reasons, name="api_reasons"),
    path("v1/openapi.json", views.description, name="api_description"),
    path("v1/", include((gated(), "api_v1"))),
    re_path("", views.nothing, name="api_nothing"),
]
