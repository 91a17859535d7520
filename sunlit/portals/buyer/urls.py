"""The buyer's pages."""

from django.urls import path

from sunlit.portals.buyer.views import budgets, cart, cases, demands, desk, intentions, orders, plans, surveys

app_name = "buyer"
urlpatterns = [
    path("", desk.desk, name="desk"),
    path("cart/", cart.cart, name="cart"),
    path("cart/add/", cart.add_to_cart, name="add_to_cart"),
    path("cart/change/", cart.change_cart, name="change_cart"),
    path("cart/prices/", cart.accept_prices, name="accept_prices"),
    path("checkout/", cart.checkout, name="checkout"),
    path("orders/", orders.orders, name="orders"),
    path("orders/<str:number>/", orders.order, name="order"),
    path("orders/<str:number>/do/", orders.act_on_order, name="act_on_order"),
    path("orders/<str:number>/acceptance/", orders.acceptance, name="acceptance"),
    path("orders/<str:number>/rating/", orders.rate, name="rate"),
    path("budget/", budgets.budget, name="budget"),
    path("budget/<str:number>/", budgets.quota, name="quota"),
    path("intentions/", intentions.intentions, name="intentions"),
    path("intentions/new/", intentions.new_intention, name="new_intention"),
    path("intentions/<str:number>/", intentions.intention, name="intention"),
    path("intentions/<str:number>/edit/", intentions.edit_intention, name="edit_intention"),
    path("intentions/<str:number>/correct/", intentions.correct_intention, name="correct_intention"),
    path("cases/", cases.cases, name="cases"),
    path("cases/<str:number>/", cases.case, name="case"),
    path("demands/", demands.demands, name="demands"),
    path("demands/new/", demands.new, name="new_demand"),
    path("demands/<str:number>/", demands.demand, name="demand"),
    path("demands/<str:number>/edit/", demands.edit, name="edit_demand"),
    path("demands/<str:number>/panel/", demands.panel, name="demand_panel"),
    path("demands/<str:number>/versions/", demands.versions, name="demand_versions"),
    path("demands/<str:number>/demand.pdf", demands.paper, name="demand_paper"),
    path("demands/<str:number>/do/", demands.act_on_demand, name="act_on_demand"),
    path("plans/", plans.plans, name="plans"),
    path("plans/new/", plans.new_plan, name="new_plan"),
    path("plans/<str:number>/", plans.plan, name="plan"),
    path("plans/<str:number>/buy/", plans.buy_for_plan, name="buy_for_plan"),
    path("plans/<str:number>/<str:step>/", plans.plan_step, name="plan_step"),
    path("demands/<str:number>/survey/", surveys.new_survey, name="new_survey"),
    path("surveys/<str:number>/", surveys.survey, name="survey"),
    path("surveys/<str:number>/do/", surveys.act_on_survey, name="act_on_survey"),
    path("suppliers/", desk.suppliers, name="suppliers"),
    path("favourites/", desk.favourites, name="favourites"),
    path("favourites/keep/", desk.keep, name="keep"),
]
