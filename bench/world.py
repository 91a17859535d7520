"""A world to measure in: buyers with money, suppliers with full shelves. Ids are set so that they can be told apart in SQL text."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import psycopg

from sunlit.config import keys, postgres

AT = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
BUYERS, SUPPLIERS, OFFERS = 40, 20, 2000
FIRST_BUYER, FIRST_QUOTA, FIRST_SUPPLIER, FIRST_OFFER, FIRST_PRODUCT = (
    8_000_000_000,
    8_100_000_000,
    8_200_000_000,
    7_000_000_000,
    7_100_000_000,
)
FIRST_ORDER = 9_000_000_000


@contextlib.contextmanager
def durable_server() -> Iterator[str]:
    """A fresh server of our own that really waits for the disk; gone afterwards. Yields its address; this process and its children use it."""
    folder = Path(tempfile.mkdtemp(prefix="sunlit-bench-"))
    try:
        folder.chmod(0o711)
        passfile = folder / "pass"
        passfile.touch(mode=0o600)
        passfile.write_bytes(keys.new_passfile())
        cluster = postgres.Cluster(home=folder / "pg", passfile=passfile, durable=True)
        server = cluster.start()
        try:
            cluster.make_database()
            os.environ["SUNLIT_DATA_DIR"] = str(folder / "data")
            postgres.use(cluster.url())
            yield cluster.url()
        finally:
            postgres.stop(server)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def set_up() -> None:
    """Django, tables, rules, people and goods."""
    import django
    from django.core.management import call_command

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sunlit.config.settings")
    django.setup()
    call_command("migrate", verbosity=0)
    _fill()


def _fill() -> None:
    from sunlit.domain.catalog.models import Brand, Category, Offer, Product
    from sunlit.domain.planning.models import BudgetQuota
    from sunlit.domain.registry.models import Supplier
    from sunlit.domain.rulebook import services as rulebook
    from sunlit.foundation.accounts.actors import CLOCK
    from sunlit.foundation.accounts.models import Organisation, Region, Seat, User

    region = Region.objects.create(code="652800", name_zh="巴州", name_en="Bazhou", path="652800", level="prefecture")
    city = Region.objects.create(code="652801", name_zh="库尔勒市", name_en="Korla", path="652800/652801", parent=region)
    rulebook.load_pack(by=CLOCK, at=AT)
    common = {"region": city, "created_at": AT}
    for n in range(BUYERS):
        Organisation.objects.create(
            pk=FIRST_BUYER + n, kind="buyer", number=f"CG-{n}", name_zh=f"单位{n}", approval_limit=Decimal(10_000_000), **common
        )
        person = User.objects.create(login=f"b{n}", name_zh=f"人员{n}", created_at=AT, password="!")  # noqa: S106
        Seat.objects.create(user=person, organisation_id=FIRST_BUYER + n, roles=["orderer"])
        figures = {"year": 2026, "name": "办公", "region_path": city.path, "total": Decimal("9999999999.00"), "created_at": AT}
        BudgetQuota.objects.create(pk=FIRST_QUOTA + n, number=f"ZB-{n}", buyer_id=FIRST_BUYER + n, **figures)
    for n in range(SUPPLIERS):
        Organisation.objects.create(pk=FIRST_SUPPLIER + n, kind="supplier", number=f"GY-{n}", name_zh=f"供应商{n}", **common)
        Supplier.objects.create(number=f"GY-{n}", region_path=city.path, state="active", organisation_id=FIRST_SUPPLIER + n, admitted_at=AT)
    category = Category.objects.create(code="A02010105", name_zh="台式计算机", path="A02010105", level=1, kind="goods", in_use=True)
    brand = Brand.objects.create(key="KQ", name_zh="孔雀")
    attributes = {f"参数{n}": f"数值 {n * 17} 单位" for n in range(10)}
    made = {"category": category, "brand": brand, "attributes": attributes, "created_at": AT}
    Product.objects.bulk_create(
        Product(pk=FIRST_PRODUCT + n, number=f"SPU-{n}", model=f"M-{n}", model_key=f"M{n}", name_zh=f"孔雀 M-{n} 台式计算机", **made)
        for n in range(OFFERS)
    )
    Offer.objects.bulk_create(
        Offer(
            pk=FIRST_OFFER + n,
            number=f"SP-{n}",
            region_path=city.path,
            state="listed",
            supplier_id=FIRST_SUPPLIER + n % SUPPLIERS,
            product_id=FIRST_PRODUCT + n,
            sku_code=f"K-{n}",
            title=f"孔雀 M-{n} 台式计算机",
            price=Decimal(100 + n),
            stock=1_000_000_000,
            created_at=AT,
        )
        for n in range(OFFERS)
    )
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as link:
        link.execute(f"SELECT setval(pg_get_serial_sequence('market_order', 'id'), {FIRST_ORDER})")
        link.execute("VACUUM ANALYZE")
