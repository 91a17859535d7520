"""Applications, offers and suppliers: decided with reasons, refused at the field, nothing changed."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from sunlit.domain.catalog.models import Offer, ReferencePrice
from sunlit.domain.registry import services as registry
from sunlit.domain.registry.models import Application, Supplier
from sunlit.foundation.accounts.models import Organisation, User
from sunlit.foundation.files import services as files
from sunlit.foundation.kernel import credit_code
from sunlit.foundation.ledger.models import Entry
from tests.portals.regulator.conftest import codes, wrong_fields
from tests.town import NOON, Town

PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


def applied(region: str = "652801") -> Application:
    """A shop's wish to enter, handed in."""
    by = registry.applicant(User.objects.create(login=f"rena{region}", name_zh="热娜", created_at=NOON, password="!"))
    paper = files.keep(SimpleUploadedFile("licence.pdf", PDF), purpose="document", owner=None, by=by, at=NOON)
    facts: dict[str, Any] = {
        "legal_representative": "热娜",
        "contact": "热娜",
        "phone": "0996-1",
        "address": "团结路1号",
        "category_codes": ["A05040101"],
    }
    it = registry.begin_application(
        credit_code=credit_code.make(77), name_zh="绿洲文具店", region_code=region, by=by, at=NOON, documents=[paper], **facts
    )
    return registry.submit_application(it, by=by, at=NOON)


# Applications


def test_an_application_is_seen_with_its_documents_and_admitted(town: Town, surina: Client) -> None:
    it = applied()
    assert it.number in surina.get("/regulator/applications/").content.decode()
    page = surina.get(f"/regulator/applications/{it.number}/").content.decode()
    assert "licence.pdf" in page
    answer = surina.post(f"/regulator/applications/{it.number}/", {"verb": "approve", "expected": it.version})
    assert answer.status_code == 303
    admitted = Supplier.objects.get(organisation__name_zh="绿洲文具店")
    assert (admitted.state, admitted.region_path) == ("active", "652800/652801")


@pytest.mark.parametrize(("verb", "state"), [("return", "returned"), ("refuse", "refused")])
def test_it_is_given_back_or_refused_with_a_reason(verb: str, state: str, town: Town, surina: Client) -> None:
    it = applied()
    without = surina.post(f"/regulator/applications/{it.number}/", {"verb": verb, "reason": " ", "expected": it.version})
    assert (without.status_code, codes(without), wrong_fields(without)) == (422, {"REG-001"}, {"reason"})
    it.refresh_from_db()
    assert (it.state, it.version) == ("submitted", 2)
    surina.post(f"/regulator/applications/{it.number}/", {"verb": verb, "reason": "营业执照看不清", "expected": it.version})
    it.refresh_from_db()
    assert (it.state, it.reason) == (state, "营业执照看不清")


def test_an_application_of_another_region_does_not_exist_here(town: Town, surina: Client, zheng: Client) -> None:
    it = applied("652823")
    assert surina.get(f"/regulator/applications/{it.number}/").status_code == 404
    assert zheng.get(f"/regulator/applications/{it.number}/").status_code == 200


def test_a_stale_decision_changes_nothing(town: Town, surina: Client) -> None:
    it = applied()
    answer = surina.post(f"/regulator/applications/{it.number}/", {"verb": "approve", "expected": it.version - 1})
    assert codes(answer) == {"LIF-003"}
    assert Supplier.objects.count() == 2


# Offers


def waiting(town: Town, *, warned: bool = False) -> Offer:
    """The paper, back in review; with a remark of the rulebook where one is wanted."""
    offer = town.paper
    offer.state, offer.submitted_at = "review", NOON
    if warned:
        offer.rulings = [
            {
                "verdict": "warned",
                "rule": {"key": "listing.duplicate_similarity", "id": 1, "since": "2026-01-01", "region": ""},
                "reason": {"code": "CAT-035", "text": "alike"},
                "name": {"zh": "相似", "en": "Alike"},
                "source": "platform default",
                "article": "",
                "evidence": "K",
                "figures": {"percent": 97, "sku": "X"},
            }
        ]
    offer.save()
    return offer


def test_an_offer_is_listed(town: Town, surina: Client) -> None:
    offer = waiting(town)
    assert surina.post(f"/regulator/offers/{offer.number}/", {"verb": "approve", "expected": offer.version}).status_code == 303
    offer.refresh_from_db()
    assert offer.state == "listed"
    assert Entry.objects.filter(act="offer.approve", subject=f"offer/{offer.number}").exists()


def test_an_offer_is_refused_with_a_reason_only(town: Town, surina: Client) -> None:
    offer = waiting(town)
    without = surina.post(f"/regulator/offers/{offer.number}/", {"verb": "refuse", "reason": "", "expected": offer.version})
    assert (without.status_code, codes(without), wrong_fields(without)) == (422, {"CAT-001"}, {"reason"})
    offer.refresh_from_db()
    assert offer.state == "review"
    surina.post(f"/regulator/offers/{offer.number}/", {"verb": "refuse", "reason": "图片与商品不符", "expected": offer.version})
    offer.refresh_from_db()
    assert (offer.state, offer.reason) == ("refused", "图片与商品不符")


def test_frozen_and_released(town: Town, surina: Client) -> None:
    number = town.paper.number
    surina.post(f"/regulator/offers/{number}/", {"verb": "freeze", "reason": "价格异常，暂停销售"})
    assert Offer.objects.get(number=number).state == "frozen"
    surina.post(f"/regulator/offers/{number}/", {"verb": "release", "reason": "已说明，恢复销售"})
    assert Offer.objects.get(number=number).state == "listed"


def test_only_what_nothing_speaks_against_is_listed_together(town: Town, surina: Client) -> None:
    clean, laptop = waiting(town), town.laptop
    Offer.objects.filter(pk=laptop.pk).update(state="review", rulings=waiting(town, warned=True).rulings)
    clean.rulings = []
    clean.save()
    page = surina.get("/regulator/reviews/").content.decode()
    assert f'name="clean" value="{clean.number}"' in page
    assert f'name="clean" value="{laptop.number}"' not in page
    surina.post("/regulator/reviews/approve/", {"which": "clean", "clean": [clean.number]})
    assert dict(Offer.objects.filter(pk__in=[clean.pk, laptop.pk]).values_list("number", "state")) == {
        clean.number: "listed",
        laptop.number: "review",
    }


def test_another_regions_offers_cannot_be_listed_from_here(town: Town, surina: Client) -> None:
    Offer.objects.filter(pk=town.laptop_corner.pk).update(state="review")
    answer = surina.post("/regulator/reviews/approve/", {"number": [town.laptop_corner.number]})
    assert (answer.status_code, codes(answer)) == (403, {"LIF-002"})
    assert Offer.objects.get(pk=town.laptop_corner.pk).state == "review"


def test_what_is_on_sale_above_its_reference_price_is_found(town: Town, surina: Client, zheng: Client) -> None:
    for source, price in (("京东", "4000.00"), ("苏宁", "4100.00")):
        ReferencePrice.objects.create(
            product=town.laptop.product, source=source, price=Decimal(price), captured_at=NOON - timedelta(days=1)
        )
    city, all_of_it = (client.get("/regulator/offers/above/").content.decode() for client in (surina, zheng))
    assert (town.laptop.number in city, town.laptop_corner.number in city) == (True, False)
    assert (town.laptop.number in all_of_it, town.laptop_corner.number in all_of_it) == (True, True)
    assert town.paper.number not in all_of_it


# Suppliers


def test_a_supplier_is_suspended_until_a_day_and_reinstated(town: Town, surina: Client) -> None:
    form = {"verb": "suspend", "reason": "三次未按期发货", "until": "2026-04-01"}
    assert surina.post("/regulator/suppliers/GY-0001/", form).status_code == 303
    it = Supplier.objects.get(number="GY-0001")
    assert (it.state, it.reason, it.suspended_until.isoformat()) == ("suspended", "三次未按期发货", "2026-04-01T16:00:00+00:00")  # type: ignore[union-attr]
    surina.post("/regulator/suppliers/GY-0001/", {"verb": "reinstate", "reason": "整改完成"})
    it.refresh_from_db()
    assert (it.state, it.suspended_until) == ("active", None)


@pytest.mark.parametrize(
    ("form", "code", "field"),
    [
        ({"reason": "三次未按期发货", "until": "2026-03-01"}, "REG-005", "until"),
        ({"reason": "三次未按期发货", "until": "soon"}, "REG-005", "until"),
        ({"reason": "", "until": "2026-04-01"}, "REG-001", "reason"),
    ],
)
def test_a_suspension_has_a_term_and_a_reason(form: dict[str, str], code: str, field: str, town: Town, surina: Client) -> None:
    answer = surina.post("/regulator/suppliers/GY-0001/", {"verb": "suspend", **form})
    assert (answer.status_code, codes(answer), wrong_fields(answer)) == (422, {code}, {field})
    assert Supplier.objects.get(number="GY-0001").state == "active"
    assert not Entry.objects.filter(act="supplier.suspend").exists()


# Buyers


NEW_BUYER = {"name_zh": "库尔勒第十小学", "region": "652801", "person": "古丽", "login": "guli", "password": "aspen-lake-42"}


def test_a_buyer_is_set_up_with_its_first_person(town: Town, surina: Client) -> None:
    assert surina.post("/regulator/buyers/new/", NEW_BUYER | {"credit_code": credit_code.make(5)}).status_code == 303
    made = Organisation.objects.get(name_zh="库尔勒第十小学")
    [seat] = made.seats.all()
    assert (made.kind, made.region.code, seat.user.login) == ("buyer", "652801", "guli")
    assert seat.roles == ["admin", "finance", "lead", "orderer", "receiver"]


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"name_zh": ""}, "ACC-008", "name_zh"),
        ({"credit_code": "123"}, "USC-001", "credit_code"),
        ({"region": "652823"}, "ACC-014", "region"),
        ({"person": ""}, "ACC-008", "person"),
        ({"login": "a b"}, "ACC-007", "login"),
        ({"login": "aygul"}, "ACC-006", "login"),
        ({"password": "short"}, "ACC-011", "password"),
    ],
)
def test_what_is_wrong_stands_at_its_field_and_nothing_is_set_up(
    change: dict[str, str], code: str, field: str, town: Town, surina: Client
) -> None:
    people, parties = User.objects.count(), Organisation.objects.count()
    answer = surina.post("/regulator/buyers/new/", NEW_BUYER | change)
    assert (answer.status_code, codes(answer), wrong_fields(answer)) == (422, {code}, {field})
    assert (User.objects.count(), Organisation.objects.count()) == (people, parties)


def test_a_buyer_gets_another_person(town: Town, surina: Client) -> None:
    form = {"person": "古丽", "login": "guli", "password": "aspen-lake-42", "roles": ["orderer"]}
    assert surina.post("/regulator/buyers/CG-0001/people/", form).status_code == 303
    assert User.objects.get(login="guli").seats.get().roles == ["orderer"]
    again = surina.post("/regulator/buyers/CG-0001/people/", form)
    assert (codes(again), wrong_fields(again)) == ({"ACC-006"}, {"login"})
