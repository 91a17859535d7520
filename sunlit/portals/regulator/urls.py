"""The regulator's pages."""

from django.urls import path

from sunlit.portals.regulator.views import (
    applications,
    board,
    budgets,
    buyers,
    cases,
    drafts,
    ledger,
    offers,
    orders,
    references,
    rules,
    suppliers,
)

app_name = "regulator"
urlpatterns = [
    path("", board.board, name="board"),
    path("now/", board.now, name="now"),
    path("applications/", applications.applications, name="applications"),
    path("applications/<str:number>/", applications.application, name="application"),
    path("reviews/", offers.reviews, name="reviews"),
    path("reviews/approve/", offers.approve_many, name="approve_many"),
    path("offers/", offers.offers, name="offers"),
    path("offers/above/", offers.above, name="above"),
    path("offers/<str:number>/", offers.offer, name="offer"),
    path("cases/", cases.cases, name="cases"),
    path("cases/<str:number>/", cases.case, name="case"),
    path("suppliers/", suppliers.suppliers, name="suppliers"),
    path("suppliers/<str:number>/", suppliers.supplier, name="supplier"),
    path("orders/", orders.orders, name="orders"),
    path("orders/table/", orders.table, name="orders_table"),
    path("orders/<str:number>/", orders.order, name="order"),
    path("references/", references.references, name="references"),
    path("references/template/", references.reference_template, name="reference_template"),
    path("rules/", rules.rules, name="rules"),
    path("rules/<str:key>/", rules.rule, name="rule"),
    path("drafts/", drafts.drafts, name="drafts"),
    path("drafts/<str:number>/", drafts.draft, name="draft"),
    path("calendar/", rules.calendar, name="calendar"),
    path("buyers/", buyers.buyers, name="buyers"),
    path("buyers/new/", buyers.new_buyer, name="new_buyer"),
    path("buyers/<str:number>/", buyers.buyer, name="buyer"),
    path("buyers/<str:number>/people/", buyers.add_person, name="add_person"),
    path("budgets/", budgets.budgets, name="budgets"),
    path("budgets/import/", budgets.bring_in, name="import_quotas"),
    path("budgets/template/", budgets.template, name="quota_template"),
    path("budgets/<str:number>/", budgets.quota, name="quota"),
    path("ledger/", ledger.ledger, name="ledger"),
]
