"""The index that follows the acts: each change once, its own place, foreign and outdated copies, dead and competing keepers."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from sunlit.domain.catalog import queries, services
from sunlit.domain.catalog.models import Category, Offer
from sunlit.domain.catalog.queries import documents
from sunlit.domain.catalog.queries.documents import Place
from sunlit.domain.catalog.queries.search import SearchRequest
from sunlit.domain.registry.models import Supplier
from sunlit.foundation.accounts.actors import CLOCK
from sunlit.foundation.ledger import sealer
from sunlit.foundation.ledger import services as ledger
from sunlit.foundation.search import generations
from tests.domain.catalog.conftest import on_sale
from tests.town import NOON, Town, an_order

LATER = NOON + timedelta(hours=1)


@pytest.fixture
def index(shelf: Town, tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Town]:
    """The town's shelf and one more laptop, sealed and indexed in a folder of its own."""
    settings.DATA_DIR = tmp_path
    monkeypatch.setenv("SUNLIT_DATA_DIR", str(tmp_path))
    on_sale(shelf, tags="energy_saving", energy_saving_certificate="JN-1", energy_saving_expires_on="2027-01-01", delivery_regions="652801")
    sealer.seal(at=NOON)
    services.rebuild_index(at=NOON)
    yield shelf
    documents.index().close()


def follow() -> int:
    """Seal what was done, and read it into the index; returns how many acts were read."""
    sealer.seal(at=LATER)
    read, _moved = services.follow_feed(at=LATER)
    documents.index().reload()
    return read


def found(**asked: Any) -> list[str]:
    """The numbers of the products found; the one that came last is "new"."""
    documents.index().reload()
    numbers = [card.product.number for card in queries.search(SearchRequest(**asked), at=LATER).cards]
    return sorted(number if number in ("SPU-1", "SPU-2") else "new" for number in numbers)


def act(name: str, subject: str, **facts: Any) -> None:
    ledger.record(act=name, subject=subject, by=CLOCK, at=LATER, facts=facts)


def test_the_index_follows_acts_one_and_many(index: Town) -> None:
    offer = Offer.objects.get(sku_code="TS-100")
    services.freeze(offer, reason="价格异常", by=index.surina, at=NOON)
    assert follow() == 1
    assert found() == ["SPU-1", "SPU-2"]
    services.release(offer, reason="复核通过", by=index.surina, at=NOON)
    Offer.objects.filter(number="SP-3").update(state="delisted")
    act("offer.update_many", "batch/PL-1", rows={"SP-3": "x", "SP-1": "y"})
    assert follow() == 2
    assert found() == ["SPU-1", "new"]
    assert follow() == 0


def test_a_changed_price_moves_the_product(index: Town) -> None:
    assert found(price_to=4000) == ["SPU-2", "new"]
    services.reprice(index.laptop, price="3500.00", by=index.wu, at=NOON)
    follow()
    assert found(price_to=4000) == ["SPU-1", "SPU-2", "new"]


def test_sales_follow_orders_and_those_given_back(index: Town) -> None:
    assert queries.search(SearchRequest(sort="-sold"), at=LATER).cards[0].sold == 0
    order = an_order(index, quantity=3)
    follow()
    documents.index().reload()
    [product] = documents.folded(["SPU-2"], day=NOON.date())
    assert product.sold == 3
    first = queries.search(SearchRequest(sort="-sold"), at=LATER).cards[0]
    assert (first.product.number, first.sold) == ("SPU-2", 3)
    assert order.number


def test_a_suspended_suppliers_offers_are_not_found(index: Town) -> None:
    Supplier.objects.filter(organisation=index.shop).update(state="left")
    act("supplier.leave", "supplier/GY-0001")
    follow()
    assert found() == ["SPU-1"]
    assert [card.suppliers for card in queries.search(SearchRequest(), at=LATER).cards] == [1]
    Supplier.objects.filter(organisation=index.shop).update(state="active")
    act("supplier.reinstate", "supplier/GY-0001")
    follow()
    assert len(found()) == 3


def test_the_index_keeps_its_own_place_with_the_leaf_there(index: Town) -> None:
    place = Place.read(documents.index().cursor())
    assert place is not None
    assert (place.leaf, services.why_anew(at=NOON)) != ("", "foreign")
    services.reprice(index.laptop, price="4998.00", by=index.wu, at=NOON)
    follow()
    moved = Place.read(documents.index().cursor())
    assert moved is not None
    assert (moved.after, moved.ground) == (place.after + 1, place.ground)


def test_an_index_of_another_database_is_known_by_its_leaf_and_built_anew(index: Town) -> None:
    place = Place.read(documents.index().cursor())
    assert place is not None
    documents.index().commit(str(Place(place.after, "00" * 32, place.ground)))
    Offer.objects.filter(number="SP-3").update(state="delisted")  # behind the index's back
    act("order.place", "order/1")
    assert follow() == 0  # a foreign index is not written to
    assert services.why_anew(at=LATER) == "foreign"
    services.rebuild_index(at=LATER)
    assert (found(), services.why_anew(at=LATER)) == (["SPU-1", "new"], "")


@pytest.mark.parametrize("told", ["", "99", '{"after": 1}x', '{"beyond": 1}', json.dumps({"after": 99_999, "leaf": "aa"})])
def test_a_place_that_is_none_is_foreign(index: Town, told: str) -> None:
    documents.index().commit(told)
    assert services.why_anew(at=LATER) == "foreign"


def test_another_tree_or_other_weights_ask_for_a_new_index(index: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    assert services.why_anew(at=NOON) == ""
    Category.objects.filter(code="A05040101").update(name_zh="打印纸")
    act("categories.load", "categories/1")
    sealer.seal(at=LATER)
    assert services.follow_feed(at=LATER) == (1, True)
    assert services.why_anew(at=LATER) == "ground"
    services.rebuild_index(at=LATER)
    assert services.why_anew(at=LATER) == ""
    act("categories.load", "categories/2")
    follow()
    assert services.why_anew(at=LATER) == ""  # loaded again, the same: nothing to do


def test_what_happens_while_the_index_is_built_anew_is_not_lost(index: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = documents.ids

    def meanwhile() -> Iterator[str]:
        numbers = list(ids())
        services.reprice(index.laptop, price="3500.00", by=index.wu, at=NOON)
        assert follow() == 1  # the index that serves goes on following
        assert found(price_to=4000) == ["SPU-1", "SPU-2", "new"]
        return iter(numbers)

    monkeypatch.setattr(documents, "ids", meanwhile)
    services.rebuild_index(at=NOON)
    assert follow() == 1  # read again, into the new one
    assert found(price_to=4000) == ["SPU-1", "SPU-2", "new"]


def test_a_missing_index_finds_nothing_and_is_built(shelf: Town, tmp_path: Path, settings: Any) -> None:
    settings.DATA_DIR = tmp_path
    page = queries.search(SearchRequest(q="便携式计算机"), at=NOON)
    assert (page.total, page.ready) == (0, False)
    assert (services.why_anew(at=NOON), services.follow_feed(at=NOON)) == ("missing", (0, False))
    assert services.rebuild_index(at=NOON) == 2
    assert (services.why_anew(at=NOON), queries.search(SearchRequest(), at=NOON).total) == ("", 2)


def test_an_index_of_an_older_format_is_built_anew(index: Town, tmp_path: Path) -> None:
    folder = tmp_path / "search" / "products"
    current = generations.current(folder)
    assert current is not None
    generations.appoint(folder, generations.Generation(current.name, "older"))
    assert services.why_anew(at=NOON) == "missing"
    services.rebuild_index(at=NOON)
    assert len(found()) == 3


def test_index_and_record_are_set_against_each_other_and_what_differs_is_read_again(index: Town) -> None:
    first = services.reconcile(at=LATER)
    assert first is not None
    assert (first.index, first.record, first.offers, first.differing, first.repaired) == (3, 3, 4, 0, 0)
    Offer.objects.filter(number="SP-3").update(state="delisted")  # behind the index's back: one too many
    Offer.objects.filter(number="SP-2").update(price="4500.00")  # and one at a wrong price
    second = services.reconcile(at=LATER + timedelta(hours=1))
    assert second is not None
    assert (second.index, second.record, second.differing, second.repaired) == (2, 2, 2, 3)
    assert (found(), found(price_to=4600)) == (["SPU-1", "new"], ["SPU-1", "new"])
    standing = queries.index_standing()
    assert (standing.products, standing.reconciled) == (2, second)


def test_a_tag_that_ended_by_the_day_alone_is_read_again(index: Town) -> None:
    services.reconcile(at=LATER)
    assert found(tags=("energy_saving",)) == ["new"]
    year_later = LATER + timedelta(days=365)
    result = services.reconcile(at=year_later)
    assert result is not None
    assert (result.differing, result.repaired) == (0, 1)
    assert found(tags=("energy_saving",)) == []


def test_without_an_index_there_is_nothing_to_compare(shelf: Town, tmp_path: Path, settings: Any) -> None:
    settings.DATA_DIR = tmp_path
    assert services.reconcile(at=NOON) is None
    assert queries.index_standing() == queries.IndexStanding("", 0, -1, None)


@pytest.mark.django_db(transaction=True)
def test_the_caretaker_builds_follows_and_compares(shelf: Town, tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.DATA_DIR = tmp_path
    monkeypatch.setenv("SUNLIT_DATA_DIR", str(tmp_path))
    caretaker = services.Caretaker()
    sealer.seal(at=NOON)
    assert caretaker.make_a_pass(at=NOON) == 0  # there is no index yet: it is being built
    caretaker.wait()
    assert found() == ["SPU-1", "SPU-2"]
    services.reprice(shelf.laptop, price="3500.00", by=shelf.wu, at=NOON)
    sealer.seal(at=NOON)
    assert caretaker.make_a_pass(at=NOON) == 1
    assert found(price_to=4000) == ["SPU-1", "SPU-2"]
    caretaker.wait()
    compared = queries.index_standing().reconciled
    assert compared is not None
    assert (compared.index, compared.record) == (2, 2)
    documents.index().close()
