"""The addresses of the public portal."""

from django.urls import path

from sunlit.portals.public.views import deals, files, frameworks, front, goods, intentions, outages, papers, products, rules, shop, verify

urlpatterns = [
    path("", front.home, name="home"),
    path("now/", front.now, name="now"),
    path("about/", front.about, name="about"),
    path("categories/", front.categories, name="categories"),
    path("robots.txt", front.robots, name="robots"),
    path("sitemap.xml", front.sitemap, name="sitemap"),
    path("search/", goods.search, name="search"),
    path("search/why/", goods.why, name="why"),
    path("suggest/", goods.suggest, name="suggest"),
    path("products/<str:number>/", products.product, name="product"),
    path("compare/", products.compare, name="compare"),
    path("suppliers/<str:number>/", shop.supplier, name="supplier"),
    path("deals/", deals.deals, name="deals"),
    path("deals/<str:number>/", deals.deal, name="deal"),
    path("intentions/", intentions.intentions, name="intentions"),
    path("intentions/<str:number>/", intentions.intention, name="intention"),
    path("frameworks/", frameworks.frameworks, name="frameworks"),
    path("frameworks/<str:number>/", frameworks.framework, name="framework"),
    path("rules/", rules.rules, name="rules"),
    path("rules/<str:key>/", rules.rule, name="rule"),
    path("plans/", intentions.plans, name="plans"),
    path("plans/<str:number>/", intentions.plan, name="plan"),
    path("policy/", front.policy, name="policy"),
    path("outages/", outages.outages, name="outages"),
    path("outages/<str:number>/", outages.outage, name="outage"),
    path("verify/", verify.verify, name="verify"),
    path("verify/<int:entry>/proof.json", verify.proof, name="proof"),
    path("ledger/<path:path>", files.published, name="ledger"),
    path("papers/declarations/<str:number>/declaration.pdf", papers.declaration, name="declaration_paper"),
    path("papers/plans/<str:number>/plan.pdf", papers.plan, name="plan_paper"),
    path("papers/orders/<str:number>/order.pdf", papers.order, name="order_paper"),
    path("papers/orders/<str:number>/acceptance-<int:pk>.pdf", papers.acceptance, name="acceptance_paper"),
    path("files/<int:pk>/", files.file, name="file"),
]
