"""The addresses of the style pages; they answer only in the demo and for developers."""

from django.urls import path

from sunlit.portals.ui import views

urlpatterns = [
    path("", views.parts, name="ui_parts"),
    path("shop/", views.shop, name="ui_shop"),
    path("progress/", views.progress, name="ui_progress"),
    path("errors/<int:status>/", views.error, name="ui_error"),
    path("refused/", views.refused, name="ui_refused"),
]
