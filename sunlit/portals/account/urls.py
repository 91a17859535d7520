"""Signing in and out, the own account, messages, and the organisation's own affairs."""

from django.urls import path

from sunlit.portals.account import views

urlpatterns = [
    path("sign-in/", views.sign_in, name="sign_in"),
    path("sign-in/as/", views.sign_in_as, name="sign_in_as"),
    path("sign-out/", views.sign_out, name="sign_out"),
    path("seat/", views.choose_seat, name="choose_seat"),
    path("language/", views.set_language, name="set_language"),
    path("account/", views.profile, name="profile"),
    path("account/password/", views.password, name="password"),
    path("account/totp/", views.totp, name="totp"),
    path("account/totp/off/", views.totp_off, name="totp_off"),
    path("account/sessions/<uuid:public_id>/end/", views.end_session, name="end_session"),
    path("messages/", views.inbox, name="inbox"),
    path("messages/read/", views.mark_read, name="mark_read"),
    path("messages/<int:pk>/", views.open_message, name="open_message"),
    path("organisation/", views.organisation, name="organisation"),
    path("organisation/rules/", views.own_rules, name="own_rules"),
    path("organisation/people/", views.add_person, name="add_person"),
    path("organisation/people/<int:seat_id>/", views.set_roles, name="set_roles"),
    path("organisation/addresses/", views.add_address, name="add_address"),
    path("organisation/addresses/<int:pk>/remove/", views.remove_address, name="remove_address"),
    path("organisation/titles/", views.add_title, name="add_title"),
    path("organisation/titles/<int:pk>/remove/", views.remove_title, name="remove_title"),
    path("organisation/keys/", views.keys, name="keys"),
    path("organisation/keys/<int:pk>/revoke/", views.revoke_key, name="revoke_key"),
]
