"""The region of a whole prefecture, at a fraction of its size: deterministic, resumable, verifiable, and its books agree."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from random import Random
from typing import Any

import pytest
from click.testing import CliRunner
from django.db import connection, transaction

from sunlit.demo.bazhou import build, cells, faults, finishing, goods, prices, stages
from sunlit.demo.bazhou.sizes import Size
from sunlit.demo.bazhou.stages import CannotBuild, Plan
from sunlit.demo.command import demo
from sunlit.demo.deals import ENDS, FATES
from sunlit.domain.catalog.models import Offer, PolicyTag, PriceChange, Product, ReferencePrice
from sunlit.domain.contracts.models import Payment
from sunlit.domain.market.models import Order
from sunlit.domain.registry.models import Supplier
from sunlit.foundation.accounts.models import Organisation, User
from sunlit.foundation.ledger import queries as ledger
from sunlit.foundation.ledger import sealer
from sunlit.foundation.ledger.audit import Audit
from sunlit.foundation.ledger.models import Entry
from sunlit.foundation.ledger.publishing import folder
from sunlit.foundation.ledger.replay import Folder, Replay
from sunlit.foundation.outbox.queries import followings
from tests import town

AT = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
PLAN = Plan(seed=7, fraction=0.001, at=AT)
SIZE = Size.of(PLAN.fraction)


def quiet(_stage: str, _done: int, _total: int) -> None:
    """A progress that nobody watches."""


# What the rows say, without the ids and salts that each database deals out for itself.
CONTENT = (
    "SELECT number, kind, name_zh, name_en, credit_code, address, created_at FROM accounts_organisation ORDER BY number",
    "SELECT login, name_zh, phone FROM accounts_user ORDER BY login",
    (
        "SELECT p.number, b.key, p.model, p.name_zh, p.attributes, p.created_at, c.code FROM catalog_product p JOIN catalog_brand b ON b.id = p.brand_id"
        " JOIN catalog_category c ON c.id = p.category_id ORDER BY p.number"
    ),
    "SELECT p.number, r.source, r.price, r.captured_at FROM catalog_referenceprice r JOIN catalog_product p ON p.id = r.product_id ORDER BY 1, 2, 4",
    (
        "SELECT o.number, s.number, p.number, o.state, o.price, o.stock, o.sold, o.title, o.delivery_regions, o.listed_at, o.reason FROM catalog_offer o"
        " JOIN accounts_organisation s ON s.id = o.supplier_id JOIN catalog_product p ON p.id = o.product_id ORDER BY o.number"
    ),
    "SELECT o.number, c.price, c.at FROM catalog_pricechange c JOIN catalog_offer o ON o.id = c.offer_id ORDER BY 1, 3",
    "SELECT o.number, t.tag, t.certificate, t.expires_on FROM catalog_policytag t JOIN catalog_offer o ON o.id = t.offer_id ORDER BY 1, 2",
    (
        "SELECT m.number, m.state, m.version, m.total, m.purpose, m.placed_at, m.paid_at, m.ended_at, m.reason, q.number, l.position, l.price, l.quantity, o.number"
        " FROM market_order m JOIN market_orderline l ON l.order_id = m.id JOIN catalog_offer o ON o.id = l.offer_id JOIN planning_budgetquota q ON q.id = m.quota_id ORDER BY 1, 11"
    ),
    "SELECT number, total, held, committed, spent FROM planning_budgetquota ORDER BY number",
    "SELECT number, order_number, lines, total, reference_total FROM disclosure_dealnotice ORDER BY number",
    "SELECT number, amount, state, receipt FROM contracts_payment ORDER BY number",
    "SELECT number, fault, figures FROM demo.truth ORDER BY number",
)
# Nothing may be found by any of these.
DISAGREEMENTS = {
    "quotas and holds": "SELECT q.number FROM planning_budgetquota q LEFT JOIN planning_hold h ON h.quota_id = q.id GROUP BY q.id HAVING (q.held, q.committed, q.spent) <>"
    " (coalesce(sum(h.amount) FILTER (WHERE h.state = 'held'), 0), coalesce(sum(h.amount) FILTER (WHERE h.state = 'committed'), 0),"
    " coalesce(sum(h.amount) FILTER (WHERE h.state = 'spent'), 0)) OR q.total < q.held + q.committed + q.spent",
    "holds and orders": "SELECT o.number FROM market_order o FULL JOIN planning_hold h ON h.reference = 'order/' || o.number"
    " WHERE o.id IS NULL OR h.id IS NULL OR h.amount <> o.total OR h.quota_id <> o.quota_id OR h.state <> CASE"
    " WHEN o.state IN ('disapproved', 'declined', 'lapsed', 'cancelled', 'returned') THEN 'released' WHEN o.state IN ('paid', 'rated', 'closed') THEN 'spent'"
    " WHEN o.state IN ('accepted', 'invoiced', 'paying') THEN 'committed' ELSE 'held' END",
    "quotas and years": "SELECT o.number FROM market_order o JOIN planning_budgetquota q ON q.id = o.quota_id"
    " WHERE q.buyer_id <> o.buyer_id OR q.year <> extract(year FROM o.placed_at AT TIME ZONE 'Asia/Shanghai')",
    "sold and lines": "SELECT f.number FROM catalog_offer f WHERE f.sold <> (SELECT coalesce(sum(l.quantity), 0) FROM market_orderline l JOIN market_order o ON o.id = l.order_id"
    " WHERE l.offer_id = f.id AND o.state NOT IN ('disapproved', 'declined', 'lapsed', 'cancelled', 'returned'))",
    "totals and lines": "SELECT o.number FROM market_order o WHERE o.total <> (SELECT sum(amount) FROM market_orderline l WHERE l.order_id = o.id)",
    "lines and suppliers": "SELECT o.number FROM market_order o JOIN market_orderline l ON l.order_id = o.id JOIN catalog_offer f ON f.id = l.offer_id"
    " WHERE f.supplier_id <> o.supplier_id OR f.product_id <> l.product_id OR f.listed_at > o.placed_at + interval '1 day'",
    "deliveries": "SELECT o.number FROM market_order o JOIN market_orderline l ON l.order_id = o.id JOIN catalog_offer f ON f.id = l.offer_id"
    " WHERE f.delivery_regions <> '{}' AND NOT f.delivery_regions @> ARRAY[o.delivery ->> 'region']",
    "accepted orders and notices": "SELECT o.number FROM market_order o FULL JOIN disclosure_dealnotice d ON d.order_number = o.number"
    " WHERE (o.accepted_at IS NOT NULL) <> (d.id IS NOT NULL) OR d.total <> o.total",
    "payments": "SELECT o.number FROM market_order o LEFT JOIN contracts_payment p ON p.order_id = o.id AND p.state = 'paid' WHERE (o.paid_at IS NOT NULL) <> (p.id IS NOT NULL)",
    "invoices": "SELECT o.number FROM market_order o FULL JOIN contracts_invoice i ON i.order_id = o.id WHERE (o.invoiced_at IS NOT NULL) <> (i.id IS NOT NULL) OR i.amount <> o.total",
    "ratings": "SELECT o.number FROM market_order o FULL JOIN contracts_rating r ON r.order_id = o.id WHERE (o.rated_at IS NOT NULL) <> (r.id IS NOT NULL)",
    "parcels": "SELECT l.order_id FROM market_orderline l LEFT JOIN market_dispatch d ON d.order_id = l.order_id GROUP BY l.id"
    " HAVING l.dispatched > coalesce(sum((d.contents ->> l.position::text)::int), 0)",
    "last prices": "SELECT o.number FROM catalog_offer o CROSS JOIN LATERAL (SELECT price, at FROM catalog_pricechange c WHERE c.offer_id = o.id ORDER BY at DESC, id DESC LIMIT 1) c"
    " WHERE c.price <> o.price OR coalesce(o.price_changed_at, c.at) <> c.at",
    "supplier ratings": "SELECT s.number FROM registry_supplier s WHERE s.ratings <> (SELECT count(*) FROM contracts_rating r WHERE r.supplier_id = s.organisation_id)",
}
CONSTRAINTS = "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = 'public'::regnamespace ORDER BY 1, 2"
INDEXES = "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1, 2"


@pytest.fixture(name="data", autouse=True)
def _data(settings, tmp_path) -> None:
    settings.DATA_DIR = tmp_path


@pytest.mark.slow
@pytest.mark.django_db
def test_a_region_moves_in_and_everything_agrees():
    before = rows(CONSTRAINTS), rows(INDEXES)
    told: list[tuple[str, int, int]] = []
    with transaction.atomic():
        build.build(AT, lambda *step: told.append(step), seed=PLAN.seed, fraction=PLAN.fraction)

    assert {stage for stage, done, total in told if done == total and done} == set(build.STAGES)
    assert (rows(CONSTRAINTS), rows(INDEXES)) == before
    _it_has_its_size()
    _nothing_disagrees()
    _the_ledger_proves_every_row()
    _the_faults_are_where_the_truth_says()
    build.build(AT, quiet, seed=PLAN.seed, fraction=PLAN.fraction)  # nothing is left to do
    _it_has_its_size()


def _it_has_its_size() -> None:
    kinds = dict(rows("SELECT kind, count(*) FROM accounts_organisation GROUP BY kind"))
    assert (kinds["buyer"], kinds["supplier"], Supplier.objects.filter(state="active").count()) == (40, 138, 138)
    assert (Product.objects.count(), Offer.objects.count(), Order.objects.count()) == (770, 3_000, 125)
    assert set(Order.objects.values_list("state", flat=True)) >= {
        ENDS.get(fate, fate) for fate in ("closed", "placed", "received", "paying", "rejected")
    }
    assert set(Order.objects.values_list("state", flat=True)) <= {ENDS.get(fate, fate) for fate in FATES}
    assert User.objects.get(login="aygul").check_password("sunlit-demo")
    assert PriceChange.objects.count() > Offer.objects.count()
    assert ReferencePrice.objects.exists()
    assert not Order.objects.filter(placed_at__gt=AT).exists()


def _nothing_disagrees() -> None:
    assert {name: found for name, statement in DISAGREEMENTS.items() if (found := rows(statement))} == {}


def _the_ledger_proves_every_row() -> None:
    """What `sunlit verify --database` asks, over everything that came in."""
    replay = Replay(Folder(folder()), [sealer.own_seal().verifier])
    replay.run()
    report = Audit(replay).run()
    assert report.findings == []
    assert ledger.size() == Entry.objects.count()
    assert {it.name: it.behind for it in followings()} == dict.fromkeys((it.name for it in followings()), 0)
    acts = Entry.objects.filter(act="offer.take_over_many")
    assert sum(entry.facts["count"] for entry in acts) == 3_000
    assert "从原系统迁入 3000 件商品" in acts[0].sentence
    assert Entry.objects.get(act="payment.take_over_many").facts["count"] == Payment.objects.count()


def _the_faults_are_where_the_truth_says() -> None:
    told = dict(rows("SELECT number, fault FROM demo.truth"))
    assert set(told.values()) <= set(faults.KINDS)
    overpriced = rows("SELECT number, figures FROM demo.truth WHERE fault = 'overpriced'")
    assert overpriced
    for number, figures in overpriced:
        offer = Offer.objects.get(number=number)
        middle = rows(f"SELECT middle FROM demo.goods WHERE product_id = {offer.product_id}")[0][0]
        assert 1.27 <= float(offer.price) * 100 / middle <= 2.52, (number, figures)
    expired = set(PolicyTag.objects.filter(expires_on__lt=AT.date()).values_list("offer__number", flat=True))
    assert expired == {number for number, fault in told.items() if fault == "certificate"}
    twins = Offer.objects.filter(
        product_id__in=[pk for (pk,) in rows("SELECT product_id FROM demo.goods WHERE twin_of IS NOT NULL AND swapped = ''")]
    )
    assert {offer.number for offer in twins} == {number for number, fault in told.items() if fault == "duplicate"}


@pytest.mark.slow
@pytest.mark.django_db
def test_the_same_plan_gives_the_same_rows_and_a_stage_that_broke_off_leaves_nothing():
    whole = _written(quiet)
    again = _written(_Breaking("offers"), _Breaking("orders"), quiet)
    assert again == whole
    assert _written(quiet, plan=Plan(8, PLAN.fraction, AT)) != whole


class _Breaking:
    """A progress under which the power fails at the very end of a stage."""

    def __init__(self, stage: str) -> None:
        self.stage = stage

    def __call__(self, stage: str, done: int, total: int) -> None:
        if stage == self.stage and done == total:
            raise PowerCut


class PowerCut(Exception):
    """The process ended here."""


def _written(*tries, plan: Plan = PLAN) -> str:
    """Write the region in so many tries, read it, and take it back; returns the digest of all its rows."""
    with transaction.atomic():
        stages.begun(plan)
        for progress in tries[:-1]:
            with pytest.raises(PowerCut):
                build.write(plan, progress)
            assert not rows("SELECT number FROM market_order")
        build.write(plan, tries[-1])
        found = hashlib.sha256(repr([rows(statement) for statement in CONTENT]).encode()).hexdigest()
        transaction.set_rollback(True)
    return found


@pytest.mark.django_db
def test_a_database_that_holds_something_else_is_left_alone():
    town.build()
    organisations = Organisation.objects.count()
    told = CliRunner().invoke(demo, ["--scale", "bazhou", "--fraction", "0.001"])
    assert (told.exit_code, told.output.strip()) == (
        1,
        "Error: The database already has organisations: the region goes only into an empty one.",
    )
    assert Organisation.objects.count() == organisations
    assert rows("SELECT to_regclass('demo.build')") == [(None,)]
    assert CliRunner().invoke(demo, ["--scale", "bazhou", "--if-empty"]).exit_code == 0


@pytest.mark.django_db
def test_a_region_that_was_begun_is_gone_on_with_only_under_its_own_plan():
    stages.begun(PLAN)
    assert stages.begun(Plan(7, 0.001, datetime(2027, 1, 1, tzinfo=UTC))) == PLAN
    with pytest.raises(CannotBuild, match=r"seed 7 and fraction 0\.001 was begun"):
        stages.begun(Plan(8, 0.001, AT))


@pytest.mark.django_db
def test_two_processes_never_build_at_once(monkeypatch):
    monkeypatch.setattr(stages, "PATIENCE", "20ms")
    other = connection.get_new_connection(connection.get_connection_params())
    other.execute("SELECT pg_advisory_lock(%s)", [stages.LOCK])
    with pytest.raises(CannotBuild, match="Another process"), stages.alone():
        raise AssertionError
    other.close()
    with stages.alone():
        assert not stages.is_begun()


@pytest.mark.django_db
def test_figures_that_do_not_go_together_are_refused():
    for told in (["--scale", "bazhou", "--orders", "5"], ["--fraction", "0.5"], ["--scale", "0"], ["--scale", "bazhou", "--fraction", "2"]):
        assert CliRunner().invoke(demo, told).exit_code == 2, told


def test_a_fraction_keeps_the_proportions_and_the_whole_has_the_size_of_the_source():
    assert Size.of() == Size(1_287, 7_498, 270_000, 2_190_000, 125_000)
    assert Size.of(0.1) == Size(129, 750, 27_000, 219_000, 12_500)
    counts = goods.counts_of(270_000)
    assert (sum(counts.values()), min(counts.values()) > 100) == (270_000, True)


def test_prices_are_written_as_a_shop_would_and_their_history_ends_with_todays():
    assert [prices.tidy(cents) for cents in (3, 1_234, 99_999, 123_456, 654_321)] == [10, 1_230, 100_000, 123_500, 654_000]
    for points in _histories():
        assert points[-1][1] == 12_300
        assert [moment for moment, _cents in points] == sorted({moment for moment, _cents in points})
        assert all(one[1] != other[1] for one, other in itertools.pairwise(points))


def _histories() -> Iterator[Sequence[prices.Point]]:
    rng, at = Random(1), cells.seconds(AT)
    return (prices.history(rng, 12_300, "computing", at - days * cells.DAY, at) for days in (3, 60, 200, 700) for _time in range(50))


def test_cells_are_what_copy_reads():
    moment = cells.seconds(datetime(2026, 11, 20, 17, 5, 9, tzinfo=UTC))
    assert cells.stamp(moment) == "2026-11-20 17:05:09+00"
    assert (cells.date_of(moment), cells.compact_date(moment)) == ("2026-11-21", "20261121")
    assert (cells.stamp(None), cells.yuan(100_05), cells.yuan(7)) == ("\\N", "100.05", "0.07")
    assert cells.text("a\\b\tc\nd") == "a\\\\b\\tc\\nd"
    assert cells.instant(moment) == datetime(2026, 11, 20, 17, 5, 9, tzinfo=UTC)


def test_a_title_with_two_figures_in_each_others_place():
    title, attributes = "棱星 行云X15 14英寸便携式计算机（16GB/512GB）", {"memory": "16", "disk": "512", "os": "无系统"}
    wrong = faults.exchanged(Random(1), title, attributes)
    assert wrong is not None
    assert wrong[0] == "棱星 行云X15 14英寸便携式计算机（512GB/16GB）"
    assert wrong[1].figures == {"parameters": ["memory", "disk"], "in": "title"}
    assert faults.exchanged(Random(1), title, {"memory": "16"}) is None


@pytest.mark.django_db
def test_sealing_twice_does_no_harm():
    finishing.seal(quiet, at=AT)
    finishing.seal(quiet, at=AT)
    assert ledger.size() == Entry.objects.count()


def rows(statement: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return list(cursor.fetchall())
