"""Every address of the platform, by audience."""

from __future__ import annotations

from django.urls import include, path

from sunlit.config import health

urlpatterns = [
    path("health", health.health, name="health"),
    path("ready", health.ready, name="ready"),
    path("metrics", health.figures, name="metrics"),
    path("api/", include("sunlit.portals.api.urls")),
    path("buyer/", include("sunlit.portals.buyer.urls")),
    path("supplier/", include("sunlit.portals.supplier.urls")),
    path("regulator/", include("sunlit.portals.regulator.urls")),
    path("operator/", include("sunlit.portals.operator.urls")),
    path("library/", include("sunlit.portals.library.urls")),
    path("ui/", include("sunlit.portals.ui.urls")),
    path("", include("sunlit.portals.account.urls")),
    path("", include("sunlit.portals.public.urls")),
]

handler400 = "sunlit.portals.ui.errors.bad_request"
handler403 = "sunlit.portals.ui.errors.forbidden"
handler404 = "sunlit.portals.ui.errors.not_found"
handler500 = "sunlit.portals.ui.errors.server_error"
