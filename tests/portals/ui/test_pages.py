"""Error pages, the shell, and the living style pages."""

from datetime import UTC, datetime

import pytest
from django.test import RequestFactory
from django.utils import translation

from sunlit.foundation.kernel.refusals import Problem
from sunlit.portals.ui import context, errors
from tests.portals.ui.conftest import reason_of_a_test

NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
SHUT = reason_of_a_test("UI-802", "The shop is shut", 409)


@pytest.fixture
def request_of():
    return RequestFactory(SERVER_NAME="localhost")


@pytest.mark.parametrize("status", [400, 403, 404, 410, 413, 429, 500])
def test_every_error_tells_its_code_and_what_to_do(request_of, status):
    with translation.override("en"):
        answer = errors.page(request_of.get("/x"), status)
        title = str(errors.FAILURES[status].title)
    html = answer.content.decode()
    assert answer.status_code == status
    assert f'data-code="UI-{status}"' in html
    assert title in html
    assert html.count("<h1>") == 1


def test_a_wrong_host_still_gets_its_page(request_of):
    answer = errors.bad_request(RequestFactory(HTTP_HOST="evil.example").get("/x", headers={"referer": "http://evil.example/y"}))
    assert answer.status_code == 400


def test_the_way_back_leads_only_into_this_site(request_of):
    def back(referer):
        return errors.back_of(RequestFactory(HTTP_HOST="localhost").get("/orders/1/", headers={"referer": referer}))

    assert back("http://localhost/orders/?state=paid") == "/orders/?state=paid"
    assert back("http://localhost/orders/1/") == ""
    assert back("https://evil.example/") == ""
    assert back("") == ""


def test_a_refusal_tells_all_its_problems(request_of):
    problems = (Problem(SHUT), Problem(SHUT, on="day"))
    page = errors.refused(request_of.post("/x"), problems, 409)
    fragment = errors.refused(request_of.post("/x", headers={"hx-request": "true"}), problems, 409)
    assert page.status_code == fragment.status_code == 409
    assert page.content.decode().count("The shop is shut") == fragment.content.decode().count("The shop is shut") == 2
    assert "<html" in page.content.decode()
    assert "<html" not in fragment.content.decode()


def test_the_page_says_its_language(request_of):
    for code, words in (("zh-hans", "没有找到相关内容"), ("en", "Nothing is found here")):
        with translation.override(code):
            html = errors.not_found(request_of.get("/x")).content.decode()
        assert f'<html lang="{code}" dir="ltr">' in html
        assert words in html


def test_the_ledgers_state_is_read_from_what_is_published(tmp_path, settings):
    settings.DATA_DIR = tmp_path
    assert context.ledger_status() is None


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/ui/", "/ui/shop/", "/ui/progress/", "/ui/errors/404/", "/ui/refused/"])
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_style_pages_draw_every_part(client, settings, path, language):
    settings.DEMO = True
    client.cookies["sunlit_language"] = language
    answer = client.get(path, headers={"host": "localhost"})
    assert answer.status_code == {"/ui/errors/404/": 404, "/ui/refused/": 422}.get(path, 200)
    assert "Undefined" not in answer.content.decode()


@pytest.mark.django_db
def test_the_style_pages_are_only_for_the_demo_and_developers(client, settings):
    settings.DEMO = settings.DEBUG = False
    assert client.get("/ui/", headers={"host": "localhost"}).status_code == 404
