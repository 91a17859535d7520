"""From a stranger to a supplier: register, fill in, submit, be returned, complete, be admitted, take the seat."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from sunlit.config.security import Brake
from sunlit.domain.registry import services
from sunlit.domain.registry.models import Application, Supplier
from sunlit.foundation.accounts.models import User
from sunlit.foundation.kernel import credit_code
from sunlit.portals.supplier.views import applying
from tests.portals.supplier.conftest import PDF, SOON, Seated, a_pdf, codes
from tests.town import Town

APPLY = "/supplier/apply/"
CODE = credit_code.make(4711)
FILLED: dict[str, Any] = {
    "credit_code": CODE.lower(),
    "name_zh": "库尔勒新芽文具有限公司",
    "region_code": "652801",
    "legal_representative": "赵新芽",
    "contact": "赵新芽",
    "phone": "0996-0900123",
    "address": "香梨大道 8 号",
    "staff": "12",
    "category_codes": ["A02010108"],
}


@pytest.fixture
def zhao(town: Town) -> Client:
    """Somebody from the street who has just registered."""
    client = Client()
    client.cookies["sunlit_language"] = "en"
    answer = client.post(f"{APPLY}register/", {"login": "zhao", "name_zh": "赵新芽", "password": "sprouts-in-spring", "email": ""})
    assert (answer.status_code, answer["Location"]) == (302, f"{APPLY}new/")
    return client


def test_a_stranger_is_told_what_it_takes(town: Town, client: Client) -> None:
    assert client.get(APPLY).status_code == 200
    assert client.get(f"{APPLY}new/")["Location"] == "/sign-in/?next=%2Fsupplier%2Fapply%2F"


def test_one_address_does_not_ask_for_all_logins(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(applying, "knocking", Brake(per_minute=10, burst=3))
    answers = [
        Client().post(f"{APPLY}register/", {"login": "chen", "name_zh": "陈", "password": "sprouts-in-spring", "_once": str(n)}).status_code
        for n in range(4)
    ]
    assert answers == [422, 422, 422, 429]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"login": "chen"}, {("ACC-006", "login")}),
        ({"login": "z z", "name_zh": ""}, {("ACC-007", "login"), ("ACC-008", "name_zh")}),
        ({"password": "short"}, {("ACC-011", "password")}),
    ],
)
def test_a_registration_is_refused_at_its_field(given: dict[str, str], expected: set[tuple[str, str]], town: Town, client: Client) -> None:
    people = User.objects.count()
    answer = client.post(f"{APPLY}register/", {"login": "zhao", "name_zh": "赵新芽", "password": "sprouts-in-spring", **given})
    assert (answer.status_code, codes(answer), User.objects.count()) == (422, expected, people)


def test_one_address_does_not_register_a_crowd(town: Town) -> None:
    answers = [
        Client().post(f"{APPLY}register/", {"login": f"crowd-{n}", "name_zh": "众人", "password": "sprouts-in-spring"}).status_code
        for n in range(11)
    ]
    assert answers == [302] * 10 + [429]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"credit_code": "123"}, {("USC-001", "credit_code")}),
        ({"credit_code": CODE[:-1] + ("0" if CODE[-1] != "0" else "1")}, {("USC-003", "credit_code")}),
        ({"region_code": "110000", "staff": "many"}, {("REG-011", "region_code"), ("REG-016", "staff")}),
        ({"category_codes": ["nonsense"]}, {("REG-010", "category_codes")}),
        ({"contact": "", "phone": " "}, {("REG-002", "contact"), ("REG-002", "phone")}),
        ({"category_codes": []}, {("REG-004", "category_codes")}),
    ],
)
def test_what_is_wrong_stands_at_its_field(given: dict[str, Any], expected: set[tuple[str, str]], zhao: Client) -> None:
    answer = zhao.post(f"{APPLY}new/", {**FILLED, "documents": [a_pdf()], **given, "verb": "submit"})
    assert (answer.status_code, codes(answer)) == (422, expected)
    assert not Application.objects.exists()
    assert answer.context["told"]["name_zh"] == "库尔勒新芽文具有限公司"


def test_an_admitted_code_cannot_apply_again(town: Town, zhao: Client) -> None:
    answer = zhao.post(f"{APPLY}new/", {**FILLED, "credit_code": town.shop.credit_code, "verb": "save"})
    assert codes(answer) == {("REG-009", "credit_code")}


def test_documents_are_wanted_and_checked(zhao: Client) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    assert codes(zhao.post(f"{APPLY}new/", {**FILLED, "verb": "submit"})) == {("REG-003", "documents")}
    wrong = SimpleUploadedFile("licence.pdf", b"PK\x03\x04not a pdf")
    assert codes(zhao.post(f"{APPLY}new/", {**FILLED, "documents": [wrong], "verb": "submit"})) == {("FIL-003", "documents")}
    assert not Application.objects.exists()


def test_the_picker_finds_and_keeps_what_is_chosen(zhao: Client) -> None:
    found = zhao.get(f"{APPLY}categories/", {"find": "复印", "category_codes": ["A02010108"]}).context["branches"]
    assert {category.code for _branch, categories in found for category in categories} == {"A02010108", "A05040101"}
    page = zhao.post(f"{APPLY}new/", {**FILLED, "find": "复印", "verb": "find"})
    assert (page.status_code, page.context["told"]["category_codes"]) == (200, ["A02010108"])
    assert not Application.objects.exists()


def test_the_whole_way(town: Town, zhao: Client, seated: Seated) -> None:
    answer = zhao.post(f"{APPLY}new/", {**FILLED, "documents": [a_pdf()], "verb": "submit"})
    it = Application.objects.get()
    assert (answer.status_code, answer["Location"]) == (303, f"{APPLY}{it.number}/")
    assert (it.state, it.credit_code, it.staff) == ("submitted", CODE, 12)
    [file] = it.documents.all()
    assert b"".join(zhao.get(f"{APPLY}{it.number}/documents/{file.pk}/")) == PDF
    assert zhao.get(f"{APPLY}{it.number}/edit/").status_code == 404  # under review

    services.return_application(it, reason="请补充授权书", by=town.surina, at=SOON)
    page = zhao.get(f"{APPLY}{it.number}/").content.decode()
    assert "请补充授权书" in page
    it.refresh_from_db()
    told = {**FILLED, "keep": [file.pk], "documents": [a_pdf("authority.pdf")], "expected": it.version, "verb": "submit"}
    assert zhao.post(f"{APPLY}{it.number}/edit/", told).status_code == 303
    it.refresh_from_db()
    assert (it.state, {file.name for file in it.documents.all()}) == ("submitted", {"licence.pdf", "authority.pdf"})

    services.approve_application(it, by=town.surina, at=SOON)
    answer = zhao.get(APPLY)
    assert answer["Location"] == "/supplier/"
    assert zhao.get("/supplier/").status_code == 200
    assert Supplier.objects.filter(organisation__credit_code=CODE, state="active").exists()


def test_a_draft_is_withdrawn_and_begun_anew(zhao: Client) -> None:
    zhao.post(f"{APPLY}new/", {**FILLED, "category_codes": [], "verb": "save"})
    it = Application.objects.get()
    assert it.state == "draft"
    refused = zhao.post(f"{APPLY}{it.number}/do/", {"verb": "submit", "expected": it.version})
    assert codes(refused) == {("REG-004", "category_codes"), ("REG-003", "documents")}
    assert zhao.post(f"{APPLY}{it.number}/do/", {"verb": "withdraw", "expected": it.version}).status_code == 303
    assert Application.objects.get().state == "withdrawn"
    assert zhao.get(APPLY).context["may_begin"] is True


def test_the_head_of_every_page_knows_an_applicant(town: Town, zhao: Client, client: Client) -> None:
    page = zhao.get("/deals/").content.decode()
    assert "<strong>赵新芽</strong><span>no seat yet</span>" in page
    assert f'href="{APPLY}"' in page
    assert 'href="/sign-in/"' not in page
    assert 'href="/sign-in/"' in client.get("/deals/").content.decode()


def test_an_applicant_comes_back_through_the_front_door(town: Town, zhao: Client, client: Client) -> None:
    zhao.post(f"{APPLY}new/", {**FILLED, "verb": "save"})
    answer = client.post("/sign-in/", {"login": "zhao", "password": "sprouts-in-spring", "next": "/buyer/"})
    assert (answer.status_code, answer["Location"]) == (302, APPLY)
    assert len(client.get(APPLY).context["applications"]) == 1


def test_applications_of_others_do_not_exist(town: Town, zhao: Client, seated: Seated) -> None:
    zhao.post(f"{APPLY}new/", {**FILLED, "documents": [a_pdf()], "verb": "submit"})
    it = Application.objects.get()
    for client in (seated(town.chen), seated(town.surina)):
        assert client.get(f"{APPLY}{it.number}/").status_code == 404
        assert client.post(f"{APPLY}{it.number}/do/", {"verb": "withdraw"}).status_code == 404
    assert Client().get(f"{APPLY}{it.number}/").status_code == 302
    assert Application.objects.get().state == "submitted"


def test_a_double_click_begins_one_application(zhao: Client) -> None:
    told = {**FILLED, "documents": [a_pdf()], "verb": "save", "_once": "the-same-form"}
    first, second = zhao.post(f"{APPLY}new/", told), zhao.post(f"{APPLY}new/", {**told, "documents": [a_pdf()]})
    assert first["Location"] == second["Location"]
    assert Application.objects.count() == 1


def test_pages_are_translated(town: Town, client: Client) -> None:
    client.cookies["sunlit_language"] = "zh-hans"
    assert "供应商入驻" in client.get(APPLY).content.decode()
    assert reverse("supplier:apply") == APPLY
