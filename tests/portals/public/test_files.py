"""Files: pictures for everybody, papers of an order for its parties and their regulators, and for nobody else."""

from io import BytesIO
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from sunlit.domain.contracts.models import AcceptanceSheet, Invoice
from sunlit.foundation.accounts.actors import Actor
from sunlit.foundation.files import services as files
from sunlit.foundation.files.models import File
from tests.portals.public.conftest import Seated, accepted
from tests.town import NOON, Town


def picture(owner: int | None, by: Actor, *, public: bool = False) -> File:
    data = BytesIO()
    Image.new("RGB", (800, 600), "#d99a1c").save(data, "PNG")
    upload = SimpleUploadedFile("照片.png", data.getvalue())
    return files.keep(upload, purpose="image", owner=owner, by=by, at=NOON, public=public)


def status(client: Client, file: File) -> int:
    answer: Any = client.get(f"/files/{file.pk}/")
    if answer.streaming:
        assert b"".join(answer.streaming_content)
    return int(answer.status_code)


def test_a_public_picture_is_for_everybody_and_kept_for_ever(town: Town, page: Client) -> None:
    file = picture(town.shop.pk, town.wu, public=True)
    answer: Any = page.get(f"/files/{file.pk}/?size=small")
    assert answer.status_code == 200
    assert answer["Content-Type"] == "image/webp"
    assert answer["Cache-Control"] == "public, max-age=31536000, immutable"
    assert Image.open(BytesIO(b"".join(answer.streaming_content))).size == (160, 120)


def test_an_own_file_is_for_its_organisation(town: Town, page: Client, seated: Seated) -> None:
    file = picture(town.shop.pk, town.wu)
    assert [status(client, file) for client in (seated(town.chen), page, seated(town.nurlan), seated(town.aygul), seated(town.surina))] == [
        200,
        404,
        404,
        404,
        404,
    ]


def test_photos_of_the_acceptance_are_for_the_parties_and_their_regulators(town: Town, page: Client, seated: Seated) -> None:
    order = accepted(town)
    photo = picture(town.school.pk, town.batu)
    AcceptanceSheet.objects.get(order=order).photos.add(photo)
    may = (town.aygul, town.chen, town.surina, town.zheng, town.he)
    assert [status(seated(actor), photo) for actor in may] == [200] * 5
    assert [status(client, photo) for client in (page, seated(town.ma), seated(town.nurlan))] == [404] * 3


def test_an_invoice_is_for_the_parties(town: Town, page: Client, seated: Seated) -> None:
    paper = picture(town.shop.pk, town.chen)
    Invoice.objects.create(order=accepted(town), number="FP-1", amount="257.00", issued_on=NOON.date(), file=paper, at=NOON)
    assert [status(client, paper) for client in (seated(town.aygul), seated(town.chen), seated(town.ma), page)] == [200, 200, 404, 404]


def test_pictures_of_an_offer_on_sale_are_shown_with_it(town: Town, page: Client) -> None:
    shown = picture(town.shop.pk, town.wu)
    town.paper.images.add(shown)
    assert status(page, shown) == 200
    type(town.paper).objects.filter(pk=town.paper.pk).update(state="draft")
    assert status(page, shown) == 404
