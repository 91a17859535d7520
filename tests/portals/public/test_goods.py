"""Search, the page of a product, and comparing."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from sunlit.domain.catalog import queries as catalog
from sunlit.domain.catalog import services as goods
from sunlit.domain.catalog.models import Attribute, Offer, PolicyTag, PriceChange, ReferencePrice
from sunlit.domain.market.models import CartLine, Favourite
from tests.portals.public.conftest import LATER, Seated, published
from tests.town import NOON, Town


def found(client: Client, address: str) -> list[str]:
    """The products of the hits, in their order."""
    return [hit.key for hit in client.get(address).context["hits"]]


# Search


@pytest.fixture(autouse=True)
def contexts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the test client see what a Jinja2 page was given."""
    from django.template.backends.jinja2 import Template
    from django.test.signals import template_rendered

    shown = Template.render

    def render(self: Any, context: Any = None, request: Any = None) -> str:
        template_rendered.send(sender=self, template=self, context=context)
        return str(shown(self, context=context, request=request))

    monkeypatch.setattr(Template, "render", render)


def test_words_find_all_suppliers_of_a_product(shelves: Town, page: Client) -> None:
    assert found(page, "/search/?q=便携式计算机") == ["SPU-1"]
    assert found(page, "/search/?q=fuyinzhi") == ["SPU-2"]  # by its sound


def test_filters_and_order_live_in_the_address(shelves: Town, page: Client) -> None:
    page_ = page.get("/search/?sort=-price&price_to=4950").context
    assert [(hit.key, hit.price) for hit in page_["hits"]] == [("SPU-1", Decimal("4899.00")), ("SPU-2", Decimal("128.50"))]
    assert page_["chosen"] == [("up to ¥4,950.00", "/search/?sort=-price")]
    assert found(page, "/search/?supplier=GY-0002") == ["SPU-1"]
    assert found(page, "/search/?category=A05040101") == ["SPU-2"]


def test_facets_are_counted_and_each_choice_can_be_taken_back(shelves: Town, page: Client) -> None:
    given = page.get("/search/", {"supplier": "GY-0002", "q": "孔雀"}).context
    suppliers = next(each for each in given["facets"] if each["name"] == "supplier")
    assert {(each.label, each.count, each.chosen) for each in suppliers["options"]} == {
        ("Korla Tianshan Office Technology", 2, False),
        ("Yuli Halik Trading", 1, True),
    }
    assert given["chosen"] == [("Yuli Halik Trading", "/search/?q=%E5%AD%94%E9%9B%80")]


def test_a_price_that_is_no_figure_is_told_and_ignored(shelves: Town, page: Client) -> None:
    answer = page.get("/search/?price_from=cheap")
    assert "Write prices as figures" in answer.content.decode()
    assert len(answer.context["hits"]) == 2


@pytest.mark.parametrize(
    "address",
    [
        "/search/?category=ZZZ",
        "/search/?after=0",
        "/search/?after=9999999999:SPU-1",
        "/search/?q=孔雀&after=9:SPU-1",
        "/search/?sort=rm",
        "/search/?region=1&tag=x&brand=%FF",
        "/search/?q=%22%28%2B",
    ],
)
def test_an_odd_address_is_answered(shelves: Town, page: Client, address: str) -> None:
    assert page.get(address).status_code == 200


def test_nothing_found_comes_with_help(shelves: Town, page: Client) -> None:
    text = page.get("/search/?q=xyzxyzxyz&supplier=GY-0002").content.decode()
    assert "Nothing found" in text
    assert "Search again without filters" in text


def test_before_the_index_is_built_the_page_says_so(town: Town, page: Client) -> None:
    assert "The search is being prepared" in page.get("/search/?q=纸").content.decode()


def test_search_asks_the_database_three_times_at_most(shelves: Town, page: Client, django_assert_max_num_queries: Any) -> None:
    page.get("/search/?q=孔雀")
    with django_assert_max_num_queries(3):
        page.get("/search/?q=孔雀&category=A02010108")


def test_each_result_explains_itself(shelves: Town, page: Client) -> None:
    PolicyTag.objects.create(offer=shelves.laptop, tag="energy_saving", certificate="JN-1")
    Offer.objects.filter(number="SP-1").update(sold=10_000)
    assert "/search/why/?p=SPU-1&amp;q=%E5%AD%94%E9%9B%80" in page.get("/search/?q=孔雀").content.decode()
    text = " ".join(page.get("/search/why/?p=SPU-1&q=孔雀 laptops xyz", HTTP_HX_REQUEST="true").content.decode().split())
    assert "<html" not in text
    assert "<strong>孔雀</strong> in: name, brand</li>" in text
    assert "<strong>laptops</strong> in: category</li>" in text
    assert '<strong>xyz</strong> <span class="soft">by a near spelling' in text
    assert '+10.0 %</span> <span class="tag' in text
    assert "+20.0 %</span> 10000 pieces sold" in text.replace(",", "")
    assert "Relevance is multiplied by 1.300." in text
    assert "By how much each policy tag lifts a product in the search</a>: 10%" in text
    assert "<h1" in page.get("/search/why/?p=SPU-1").content.decode()  # without scripts, a page
    assert page.get("/search/why/?p=none").status_code == 404


def test_a_buyer_is_shown_what_reaches_the_own_place(shelves: Town, seated: Seated) -> None:
    Offer.objects.filter(number="SP-2").update(delivery_regions=["652823"])
    goods.rebuild_index(at=LATER)
    aygul = seated(shelves.aygul)
    own = aygul.get("/search/?sort=price").context
    assert [(hit.key, hit.price, hit.suppliers) for hit in own["hits"]] == [
        ("SPU-2", Decimal("128.50"), 1),
        ("SPU-1", Decimal("4999.00"), 1),
    ]
    [(label, away)] = own["chosen"]
    assert (label, away) == ("delivered to your place, Korla City", "/search/?sort=price&region=any")
    anywhere = aygul.get(away).context
    assert ([hit.suppliers for hit in anywhere["hits"]], anywhere["chosen"]) == ([1, 2], [])
    assert aygul.get("/search/?region=652823").context["chosen"][0][0].startswith("delivered to Yuli")


def test_suggestions_lead_to_a_search(shelves: Town, page: Client, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        text = page.get("/suggest/?q=kong").content.decode()
    assert 'href="/search/?q=%E5%AD%94%E9%9B%80"' in text
    assert page.get("/suggest/?q=").content.decode().strip() == ""


# One product


def test_offers_stand_side_by_side_the_cheapest_first(town: Town, page: Client) -> None:
    PolicyTag.objects.create(offer=town.laptop, tag="energy_saving", certificate="JN-77", expires_on=date(2027, 1, 1))
    PolicyTag.objects.create(offer=town.laptop, tag="sme", expires_on=date(2026, 3, 1))  # over by now
    answer = page.get("/products/SPU-1/")
    rows = answer.context["rows"]
    assert [(row.offer.number, row.above) for row in rows] == [("SP-2", 0), ("SP-1", Decimal(100) / Decimal(4899))]
    assert [[tag.tag for tag in row.tags] for row in rows] == [[], ["energy_saving"]]
    assert answer.context["median"] == Decimal("4949.00")
    text = answer.content.decode()
    assert "certificate JN-77, valid until 2027-01-01" in text
    assert 'data-offer="SP-2"' in text
    assert "Sign in to buy" in text
    assert "cart/add" not in text


def test_parameters_prices_references_and_deals_are_shown(town: Town, page: Client) -> None:
    Attribute.objects.create(category=town.laptop.product.category, key="memory", name_zh="内存", name_en="Memory", unit="GB", is_key=True)
    catalog.forget()
    PriceChange.objects.create(offer=town.laptop, price=Decimal("4950.00"), at=NOON + timedelta(days=1))
    ReferencePrice.objects.create(product=town.laptop.product, source="电商平台甲", price=Decimal("5099.00"), captured_at=NOON)
    published(town)
    given = page.get("/products/SPU-1/").context
    assert given["keys"] == [("Memory", "16 GB")]
    assert given["chart"]["labels"] == ["2026-03-02", "2026-03-03"]
    assert [line["values"] for line in given["chart"]["series"]] == [[Decimal("4899.00")] * 2, [Decimal("4949.00"), Decimal("4924.50")]]
    assert given["chart"]["level"]["value"] == Decimal("5099.00")
    assert [(each.source, each.price) for each in given["references"]] == [("电商平台甲", Decimal("5099.00"))]
    [deal] = page.get("/products/SPU-2/").context["paid"].latest
    assert (deal.buyer_en, deal.quantity, deal.price) == ("Licheng Experimental Middle School", 2, Decimal("128.50"))


def test_a_product_that_nobody_offers_says_so(town: Town, page: Client) -> None:
    type(town.paper).objects.filter(pk=town.paper.pk).update(state="delisted")
    text = page.get("/products/SPU-2/").content.decode()
    assert "No supplier offers this product now." in text


def test_an_orderer_buys_and_keeps_from_the_page(town: Town, seated: Seated) -> None:
    client = seated(town.aygul)
    assert 'action="/buyer/cart/add/"' in client.get("/products/SPU-1/").content.decode()
    assert client.post("/buyer/cart/add/", {"offer": "SP-2", "quantity": "2"}).status_code == 303
    assert CartLine.objects.values_list("offer__number", "quantity").get() == ("SP-2", 2)
    assert client.post("/buyer/favourites/keep/", {"product": "SPU-1"}).status_code == 303
    assert Favourite.objects.values_list("product__number", flat=True).get() == "SPU-1"
    assert "Remove from favourites" in client.get("/products/SPU-1/").content.decode()


def test_a_wrong_quantity_is_refused_and_the_cart_stays_empty(town: Town, seated: Seated) -> None:
    answer = seated(town.aygul).post("/buyer/cart/add/", {"offer": "SP-2", "quantity": "-1"})
    assert answer.status_code == 422
    assert not CartLine.objects.exists()


def test_a_receiver_and_a_supplier_are_offered_no_cart(town: Town, seated: Seated) -> None:
    for actor in (town.batu, town.chen):
        assert "cart/add" not in seated(actor).get("/products/SPU-1/").content.decode()


# Several compared


def test_what_differs_is_marked_and_the_cheapest_named(town: Town, page: Client) -> None:
    answer = page.get("/compare/?p=SPU-1&p=SPU-2&p=SPU-9")
    given = answer.context
    assert given["numbers"] == ["SPU-1", "SPU-2"]
    assert given["missing"] == ["SPU-9"]
    assert given["cheapest"] == Decimal("128.50")
    assert [(line.name, line.values, line.differs) for _group, lines in given["groups"] for line in lines] == [("memory", ["16", ""], True)]
    text = answer.content.decode()
    assert text.count("cheapest of all") == 1
    assert "different categories" in text


def test_nothing_to_compare_leads_to_the_search(town: Town, page: Client) -> None:
    assert "Nothing chosen yet" in page.get("/compare/").content.decode()
