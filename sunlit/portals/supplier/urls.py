"""The supplier's pages."""

from django.urls import path

from sunlit.portals.supplier.views import applying, cases, corrections, desk, imports, offers, orders, ratings, surveys

app_name = "supplier"
urlpatterns = [
    path("", desk.desk, name="desk"),
    path("now/", desk.now, name="now"),
    path("leave/", desk.leave, name="leave"),
    path("apply/", applying.apply, name="apply"),
    path("apply/register/", applying.register, name="register"),
    path("apply/categories/", applying.categories, name="apply_categories"),
    path("apply/new/", applying.begin, name="begin"),
    path("apply/<str:number>/", applying.application, name="application"),
    path("apply/<str:number>/edit/", applying.edit, name="edit_application"),
    path("apply/<str:number>/do/", applying.act_on_application, name="act_on_application"),
    path("apply/<str:number>/documents/<int:pk>/", applying.document, name="application_document"),
    path("offers/", offers.offers, name="offers"),
    path("offers/start/", offers.start, name="start_offer"),
    path("offers/new/", offers.new, name="new_offer"),
    path("offers/delist/", offers.delist_many, name="delist_many"),
    path("offers/<str:number>/", offers.offer, name="offer"),
    path("offers/<str:number>/edit/", offers.edit, name="edit_offer"),
    path("offers/<str:number>/quick/", offers.quick, name="quick"),
    path("offers/<str:number>/terms/", offers.terms, name="terms"),
    path("offers/<str:number>/do/", offers.act_on_offer, name="act_on_offer"),
    path("products/<str:number>/correct/", corrections.propose, name="correct_product"),
    path("corrections/<str:number>/", corrections.correction, name="correction"),
    path("cases/", cases.cases, name="cases"),
    path("cases/<str:number>/", cases.case, name="case"),
    path("cases/<str:number>/do/", cases.act_on_case, name="act_on_case"),
    path("imports/", imports.imports, name="imports"),
    path("imports/template/", imports.template, name="import_template"),
    path("imports/<str:number>/", imports.import_page, name="import"),
    path("imports/<str:number>/progress/", imports.progress, name="import_progress"),
    path("imports/<str:number>/do/", imports.act_on_import, name="act_on_import"),
    path("orders/", orders.orders, name="orders"),
    path("orders/<str:number>/", orders.order, name="order"),
    path("orders/<str:number>/do/", orders.act_on_order, name="act_on_order"),
    path("orders/<str:number>/dispatch/", orders.dispatch, name="dispatch"),
    path("orders/<str:number>/redeliver/", orders.redeliver, name="redeliver"),
    path("orders/<str:number>/invoice/", orders.invoice, name="invoice"),
    path("surveys/", surveys.surveys, name="surveys"),
    path("surveys/<str:number>/", surveys.survey, name="survey"),
    path("ratings/", ratings.ratings, name="ratings"),
    path("ratings/<str:order>/reply/", ratings.reply, name="reply"),
]
