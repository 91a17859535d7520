"""The pages of the product library's desk."""

from django.urls import path

from sunlit.portals.library import views

app_name = "library"
urlpatterns = [
    path("", views.matches, name="matches"),
    path("matches/<str:number>/", views.match, name="match"),
    path("corrections/", views.corrections, name="corrections"),
    path("corrections/<str:number>/", views.correction, name="correction"),
    path("products/", views.find, name="find"),
    path("products/<str:number>/", views.product, name="product"),
]
