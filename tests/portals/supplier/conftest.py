"""The town at noon with a template for laptops; Chen sells, Wu keeps the catalogue, Nurlan does everything in the corner shop."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.http import HttpRequest
from django.template.backends.jinja2 import Template
from django.test import Client
from django.test.signals import template_rendered
from PIL import Image

from sunlit.domain.catalog import queries as catalog
from sunlit.domain.catalog import services as goods
from sunlit.domain.contracts import services as contracts
from sunlit.domain.market import services as market
from sunlit.domain.market.models import Order
from sunlit.foundation.accounts import queries as accounts
from sunlit.foundation.accounts.actors import CLOCK, Actor
from sunlit.foundation.accounts.models import User
from sunlit.foundation.kernel import clock
from tests.domain.catalog.conftest import LAPTOPS, TEMPLATE
from tests.town import NOON, Town, an_order, build

Seated = Callable[[Actor], Client]
SOON = NOON + timedelta(minutes=5)
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


@pytest.fixture(autouse=True)
def at_noon(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> datetime:
    """It is five past noon; files lie in a folder of this test alone."""
    settings.DATA_DIR = tmp_path
    monkeypatch.setenv("SUNLIT_DATA_DIR", str(tmp_path))
    monkeypatch.setattr(clock, "now", lambda: SOON)
    for forget in (accounts.forget, catalog.forget):
        forget()
    return SOON


@pytest.fixture(autouse=True)
def told(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a page was made from is found in `response.context`, which Django's test client knows for its own templates only."""
    render = Template.render

    def rendered(self: Template, context: dict[str, Any] | None = None, request: HttpRequest | None = None) -> Any:
        template_rendered.send(sender=self, template=self, context=dict(context or {}))
        return render(self, context, request)

    monkeypatch.setattr(Template, "render", rendered)


@pytest.fixture
def town(db: None) -> Town:
    town = build()
    goods.load_templates({LAPTOPS: TEMPLATE}, by=CLOCK, at=NOON)
    catalog.forget()
    return town


@pytest.fixture
def seated() -> Seated:
    def sit(actor: Actor) -> Client:
        client = Client()
        client.force_login(User.objects.get(pk=actor.person))
        session = client.session
        session["seat"] = actor.seat_id
        session.save()
        client.cookies["sunlit_language"] = "en"
        return client

    return sit


@pytest.fixture
def chen(town: Town, seated: Seated) -> Client:
    return seated(town.chen)


@pytest.fixture
def wu(town: Town, seated: Seated) -> Client:
    return seated(town.wu)


def codes(response: Any) -> set[tuple[str, str]]:
    """The problems of the page as (code, field)."""
    return {(problem.code, problem.on) for problem in response.context["problems"]}


def confirmed(town: Town, key: str = "k1", quantity: int = 3) -> Order:
    return market.confirm(an_order(town, key=key, quantity=quantity), by=town.chen, at=NOON)


def dispatched(town: Town, key: str = "k1") -> Order:
    return market.dispatch(confirmed(town, key), carrier="顺丰", waybill="SF-1", parcel={1: 3}, by=town.chen, at=NOON)


def accepted(town: Town, key: str = "k1") -> Order:
    """Three boxes of paper at 128.50, accepted by Batu."""
    order = market.receive(dispatched(town, key), by=town.batu, at=NOON)
    return contracts.accept(order, items=[{"position": 1, "quantity": 3, "conforms": True, "remark": ""}], by=town.batu, at=NOON)


def a_picture(name: str = "laptop.png") -> Any:
    import io

    from django.core.files.uploadedfile import SimpleUploadedFile

    out = io.BytesIO()
    Image.new("RGB", (320, 240), "navy").save(out, "PNG")
    return SimpleUploadedFile(name, out.getvalue(), content_type="image/png")


def a_pdf(name: str = "licence.pdf") -> Any:
    from django.core.files.uploadedfile import SimpleUploadedFile

    return SimpleUploadedFile(name, PDF, content_type="application/pdf")
