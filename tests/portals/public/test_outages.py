"""Outages are public: what was away, how it is proved, and what was put off."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from sunlit.domain.rulebook import services
from sunlit.domain.rulebook.models import Outage
from tests.town import NOON, an_order, build


@pytest.mark.django_db
def test_an_outage_is_published_with_every_extension(client: Client) -> None:
    order = an_order(build())
    assert "平台尚无故障" in client.get("/outages/").content.decode()
    assert order.confirm_until is not None
    services.beat(web=True, at=order.confirm_until - timedelta(hours=1))
    services.beat(web=True, at=order.confirm_until + timedelta(hours=1))
    outage = Outage.objects.get()
    assert outage.number in client.get("/outages/").content.decode()
    page = client.get(f"/outages/{outage.number}/").content.decode()
    assert order.number in page
    assert "120" in page
    assert client.get("/outages/GZ-nothing/").status_code == 404
    assert client.get("/outages/").status_code == client.get(f"/outages/{outage.number}/?after=x").status_code == 200
    assert outage.since > NOON
