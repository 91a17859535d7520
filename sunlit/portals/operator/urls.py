"""The operator's pages."""

from django.urls import path

from sunlit.portals.operator.views import catalogues, health, letters, organisations, outages, people, synonyms

app_name = "operator"
urlpatterns = [
    path("", health.health, name="health"),
    path("now/", health.now, name="now"),
    path("letters/", letters.letters, name="letters"),
    path("letters/<int:number>/", letters.letter, name="letter"),
    path("organisations/", organisations.organisations, name="organisations"),
    path("organisations/new/", organisations.new_organisation, name="new_organisation"),
    path("organisations/<str:number>/", organisations.organisation, name="organisation"),
    path("organisations/<str:number>/people/", organisations.add_person, name="add_person"),
    path("people/", people.people, name="people"),
    path("people/<int:pk>/", people.person, name="person"),
    path("synonyms/", synonyms.synonyms, name="synonyms"),
    path("outages/", outages.outages, name="outages"),
    path("settings/", catalogues.settings, name="settings"),
    path("reasons/", catalogues.reasons, name="reasons"),
    path("lives/", catalogues.lives, name="lives"),
]
