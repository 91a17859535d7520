"""The buyer's pages."""

from django.urls import path

from sunlit.portals.buyer import views

app_name = "buyer"
urlpatterns = [
    path("", views.desk, name="desk"),
    path("cart/", views.cart, name="cart"),
    path("cart/add/", views.add_to_cart, name="add_to_cart"),
    path("cart/change/", views.change_cart, name="change_cart"),
    path("cart/prices/", views.accept_prices, name="accept_prices"),
    path("checkout/", views.checkout, name="checkout"),
    path("orders/", views.orders, name="orders"),
    path("orders/<str:number>/", views.order, name="order"),
    path("orders/<str:number>/do/", views.act_on_order, name="act_on_order"),
    path("orders/<str:number>/acceptance/", views.acceptance, name="acceptance"),
    path("orders/<str:number>/rating/", views.rate, name="rate"),
    path("budget/", views.budget, name="budget"),
    path("budget/<str:number>/", views.quota, name="quota"),
    path("suppliers/", views.suppliers, name="suppliers"),
    path("favourites/", views.favourites, name="favourites"),
    path("favourites/keep/", views.keep, name="keep"),
]
