"""The account portal: what every signed-in person has, whatever the seat."""

from django.apps import AppConfig


class Account(AppConfig):
    name = "sunlit.portals.account"
    label = "portal_account"
