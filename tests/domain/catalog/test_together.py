"""Several at once: one library, nothing twice, nobody stuck. Real transactions in real threads."""

import threading
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection

from sunlit.domain.catalog import services
from sunlit.domain.catalog.models import Brand, Offer, PriceChange, Product
from sunlit.foundation.accounts.actors import CLOCK
from sunlit.foundation.kernel.refusals import Refused
from sunlit.foundation.ledger.models import Entry
from tests.domain.catalog.conftest import LAPTOPS, TEMPLATE, in_review, on_sale
from tests.domain.catalog.test_imports import a_row, handed_in, xlsx
from tests.town import NOON, Town, build

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def shelf(transactional_db: None) -> Town:
    town = build()
    services.load_templates({LAPTOPS: TEMPLATE}, by=CLOCK, at=NOON)
    return town


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """Begin all acts together; each answers with its result or its refusal's codes."""
    gate, answers = threading.Barrier(len(acts)), list[Any]([None] * len(acts))

    def run(place: int, act: Callable[[], Any]) -> None:
        try:
            gate.wait()
            answers[place] = act()
        except Refused as refused:
            answers[place] = refused.codes
        except BaseException as error:  # noqa: BLE001 (a thread's error must reach the test)
            answers[place] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return answers


def test_two_regulators_list_one_offer_once(shelf: Town) -> None:
    offer = in_review(shelf)
    answers = at_once(
        lambda: services.approve_offer(offer, by=shelf.surina, at=NOON).state,
        lambda: services.approve_offer(offer, by=shelf.zheng, at=NOON).state,
    )
    assert sorted(map(str, answers)) == ["['LIF-001']", "listed"]
    assert Entry.objects.filter(act="offer.approve").count() == 1


def test_two_imports_of_one_file_make_one_library(shelf: Town) -> None:
    data = xlsx([a_row(n) for n in range(1, 1201)])

    def imported() -> Any:
        it = services.check_import(handed_in(data, shelf.wu).number, by=shelf.wu, at=NOON)
        services.carry_out_import(it, by=shelf.wu, at=NOON)
        it = services.carry_on_import(it.number, by=shelf.wu, at=NOON)
        return (it.state, it.done, it.bad, it.new + it.unchanged)

    assert at_once(imported, imported) == [("done", 1200, 0, 1200)] * 2
    assert Offer.objects.filter(sku_code__startswith="R-").count() == 1200
    assert Product.objects.filter(brand__key="天鹅").count() == 1200
    assert PriceChange.objects.filter(offer__sku_code__startswith="R-").count() == 1200


def test_one_import_carried_out_by_two_workers_is_carried_out_once(shelf: Town) -> None:
    it = services.check_import(handed_in(xlsx([a_row(n) for n in range(1, 1101)]), shelf.wu).number, by=shelf.wu, at=NOON)
    services.carry_out_import(it, by=shelf.wu, at=NOON)

    def carried() -> Any:
        done = services.carry_on_import(it.number, by=shelf.wu, at=NOON)
        return (done.state, done.new, done.unchanged)

    answers = at_once(carried, carried)
    it.refresh_from_db()
    assert (it.state, it.done, it.new, it.unchanged, it.bad) == ("done", 1100, 1100, 0, 0)
    assert ("done", 1100, 0) in answers
    assert Entry.objects.filter(act="import.finish").count() == 1


def test_two_suppliers_bring_the_same_products_in_opposite_order(shelf: Town) -> None:
    rows = [a_row(n) for n in range(1, 601)]

    def imported(data: bytes, by: Any) -> Callable[[], Any]:
        def run() -> Any:
            it = services.check_import(handed_in(data, by).number, by=by, at=NOON)
            services.carry_out_import(it, by=by, at=NOON)
            return services.carry_on_import(it.number, by=by, at=NOON).new

        return run

    assert at_once(imported(xlsx(rows), shelf.wu), imported(xlsx(rows[::-1]), shelf.nurlan)) == [600, 600]
    assert Product.objects.filter(brand__key="天鹅").count() == 600
    assert Brand.objects.filter(key="天鹅").count() == 1


def test_a_price_set_while_an_import_runs_is_either_before_or_after_it(shelf: Town) -> None:
    offer = on_sale(shelf, sku_code="R-1", model="TE-1", title="天鹅 TE-1 便携式计算机")
    it = services.check_import(handed_in(xlsx([a_row(n, price=2000 + n) for n in range(1, 501)]), shelf.wu).number, by=shelf.wu, at=NOON)
    services.carry_out_import(it, by=shelf.wu, at=NOON)
    answers = at_once(
        lambda: services.carry_on_import(it.number, by=shelf.wu, at=NOON).state,
        lambda: services.reprice(offer, price="2500.00", by=shelf.wu, at=NOON).price,
    )
    offer.refresh_from_db()
    assert answers[0] == "done"
    assert answers[1] in (Decimal("2500.00"), ["LIF-001"])  # the import sends it back to review, since its text differs
    history = list(PriceChange.objects.filter(offer=offer).order_by("pk").values_list("price", flat=True))
    assert history[0] == Decimal("3999.00")
    assert history[-1] == offer.price


def test_a_synonym_is_said_once_whichever_way_round(shelf: Town) -> None:
    answers = at_once(
        lambda: services.add_synonym("笔电", "便携式计算机", both=True, by=shelf.he, at=NOON).word,
        lambda: services.add_synonym("便携式计算机", "筆電", both=True, by=shelf.he, at=NOON).meaning,
    )
    assert sorted(map(str, answers)) in (["['CAT-104']", "笔电"], ["['CAT-104']", "筆電"])
    assert Entry.objects.filter(act="synonym.add").count() == 1
