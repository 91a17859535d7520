"""The first page, the categories, what the platform is, and what machines read."""

from django.test import Client

from sunlit.domain.insight import queries as insight
from tests.portals.public.conftest import Seated, published
from tests.town import Town

PAGES = ("/", "/now/", "/about/", "/categories/", "/search/", "/suggest/?q=k", "/products/SPU-1/", "/compare/", "/suppliers/GY-0001/", "/deals/", "/verify/", "/robots.txt", "/sitemap.xml")  # fmt: skip
UNKNOWN = ("/products/SPU-9/", "/suppliers/GY-9999/", "/suppliers/CG-0001/", "/deals/GG-9/", "/files/9/", "/verify/9/proof.json")


def test_every_public_page_answers_without_signing_in(shelves: Town, page: Client) -> None:
    assert {path: page.get(path).status_code for path in PAGES} == dict.fromkeys(PAGES, 200)


def test_every_public_page_answers_those_who_are_signed_in(shelves: Town, seated: Seated) -> None:
    for actor in (shelves.aygul, shelves.chen, shelves.surina, shelves.he):
        client = seated(actor)
        assert {path: client.get(path).status_code for path in PAGES} == dict.fromkeys(PAGES, 200)


def test_what_does_not_exist_is_not_found(town: Town, page: Client) -> None:
    assert {path: page.get(path).status_code for path in UNKNOWN} == dict.fromkeys(UNKNOWN, 404)


def test_public_pages_are_only_read(town: Town, page: Client) -> None:
    assert {path: page.post(path).status_code for path in ("/", "/search/", "/deals/", "/verify/")} == dict.fromkeys(("/", "/search/", "/deals/", "/verify/"), 405)  # fmt: skip


def test_the_first_page_counts_what_was_published(town: Town, page: Client) -> None:
    published(town)
    insight.forget()
    text = page.get("/").content.decode()
    assert "¥257.00" in text  # two boxes at 128.50
    assert "Licheng Experimental Middle School" in text
    assert "孔雀 A4-70 复印纸" in text
    assert 'href="/search/?category=A05040101"' in text


def test_the_first_page_of_an_empty_platform_says_so(town: Town, page: Client) -> None:
    assert page.get("/").content.decode().count("No deals yet") == 2


def test_the_counters_are_exchanged_together_with_the_latest_deals(town: Town, page: Client) -> None:
    notice = published(town)
    insight.forget()
    text = page.get("/now/").content.decode()
    assert text.lstrip().startswith('<div class="headline" id="figures"')
    assert 'id="latest" hx-swap-oob="innerHTML"' in text
    assert f'href="/deals/{notice.number}/"' in text


def test_the_first_page_costs_few_queries(town: Town, page: Client, django_assert_max_num_queries: object) -> None:
    published(town)
    insight.forget()
    with django_assert_max_num_queries(9):  # type: ignore[operator]
        page.get("/")
    with django_assert_max_num_queries(2):  # type: ignore[operator]
        page.get("/")


def test_categories_lead_to_the_search(town: Town, page: Client) -> None:
    text = page.get("/categories/").content.decode()
    assert 'href="/search/?category=A02010108"' in text
    assert "Laptops" in text


def test_chinese_is_the_language_of_those_who_ask_for_none(town: Town, client: Client) -> None:
    text = client.get("/").content.decode()
    assert '<html lang="zh-hans"' in text
    assert "每一笔采购，都在阳光下" in text


def test_robots_find_the_map_but_not_the_desks(town: Town, page: Client) -> None:
    text = page.get("/robots.txt").content.decode()
    assert "Disallow: /buyer/" in text
    assert "Sitemap: http://testserver/sitemap.xml" in text
    notice = published(town)
    assert f"<loc>http://testserver/deals/{notice.number}/</loc>" in page.get("/sitemap.xml").content.decode()
