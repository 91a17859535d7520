"""`sunlit import goods`: goods and prices of a real shop window, read into brands, models and parameters, offered by a labelled trial supplier."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from importlib.resources import files
from pathlib import Path

import click
from django.db import transaction

from sunlit.demo import cast
from sunlit.demo.guessing import MODEL_CHARS, Guess, Reader
from sunlit.demo.listing import BATCH, Listed, brands_by_name, keep
from sunlit.domain.catalog.models import Brand, Category, Offer, PriceChange, Product
from sunlit.domain.catalog.queries import key_of
from sunlit.domain.catalog.services.loading import load_templates
from sunlit.domain.registry.models import Supplier
from sunlit.foundation.accounts.actors import CLOCK, Actor
from sunlit.foundation.accounts.models import Organisation, Region, Seat, User
from sunlit.foundation.accounts.services import pinyin_key
from sunlit.foundation.kernel import credit_code
from sunlit.foundation.kernel.clock import SHANGHAI
from sunlit.foundation.kernel.money import yuan
from sunlit.foundation.kernel.numbering import new_number
from sunlit.foundation.ledger import services as ledger
from sunlit.foundation.lifecycle import move

TRIAL_NUMBER = "GY-9001"
TRIAL_NAMES = ("历史价格试用供应商（导入数据，非真实供货）", "Trial supplier (imported data, no real supply)")
TRIAL_SEED = 990_001
STOCK, DELIVERY_DAYS = 100, 3
# Goods without a leaf category: where a word of the title, or else their channel, puts them.
BY_WORD: tuple[tuple[str, str], ...] = (
    (r"签字笔|中性笔|圆珠笔|铅笔|记号笔|走珠笔|白板笔|水笔|笔芯|替芯|油画棒", "A05040402"),
    (r"复印纸|打印纸|[Aa]4\s*纸", "A05040101"),
    (r"垃圾袋|扫把|扫帚|拖把|簸箕|抹布|钢丝球|手套", "A05040599"),
    (r"面纸|卷纸|抽纸|卫生纸|手帕纸|擦手纸|纸巾|草纸", "A05040501"),
    (r"消毒|84", "A05040502"),
    (r"香皂|肥皂|洗衣|洗手液|洗洁精|皂", "A05040503"),
    (r"毛巾|方巾", "A05030502"),
    (r"电池", "A02061510"),
    (r"笔记本|记事本|语文本|点名册|日记册|硬面抄", "A05040106"),
    (r"信封", "A05040103"),
    (r"口罩", "A02323000"),
    (r"路由器?|无线数据终端|WN\d|MF\d|中继", "A02010201"),
    (r"交换机", "A02010202"),
    (r"U盘", "A02010508"),
    (r"吸尘器", "A02061811"),
    (r"空气", "A02061806"),
    (r"电风扇", "A02061802"),
    (r"压力锅", "A02061816"),
)
BY_CHANNEL = {"8": "A02010201", "67": "A02061899", "127": "A05040401", "1": "A02010508"}
PLAIN_TEMPLATE = [{"key": "spec", "zh": "规格说明", "en": "Description", "type": "text", "group": "普通属性", "group_en": "General"}]


@dataclass(frozen=True)
class Goods:
    """One row of the goods file, read."""

    sku_code: str
    title: str
    code: str
    guess: Guess
    price: Decimal  # nought: the file has none, and nothing is listed without one
    prices: tuple[tuple[datetime, Decimal], ...]


@dataclass(frozen=True)
class Counts:
    goods: int = 0
    new: int = 0
    unchanged: int = 0
    unpriced: int = 0
    prices: int = 0
    brands: int = 0
    categories: int = 0


class CannotImport(Exception):
    """Said in a sentence that tells what to do."""


def read_goods(rows: Sequence[Mapping[str, str]], prices: Sequence[Mapping[str, str]], mapping: Mapping[str, str]) -> list[Goods]:
    """The goods with what their titles tell and their histories. Each row needs goods_id, leaf_category_id, goods_name and first_price_yuan."""
    reader = Reader(row["goods_name"] for row in rows)
    histories: dict[str, list[tuple[datetime, Decimal]]] = {}
    for row in prices:
        if (price := _price(row["price_yuan"])) is None:
            continue
        seen = datetime.fromisoformat(row["snapshot"])
        seen = seen.replace(tzinfo=SHANGHAI) if seen.tzinfo is None else seen
        histories.setdefault(row["goods_id"], []).append((seen, price))
    found = []
    for row in rows:
        code = mapping.get(row["leaf_category_id"]) or code_by_title(row["goods_name"], row.get("all_channel_ids", ""))
        history = tuple(sorted(histories.get(row["goods_id"], ())))
        now = history[-1][1] if history else _price(row["first_price_yuan"]) or Decimal(0)
        found.append(Goods(row["goods_id"], row["goods_name"], code, reader.read(row["goods_name"], code), now, history))
    return _told_apart(found)


def code_by_title(title: str, channels: str) -> str:
    """The category of goods that came without one."""
    for pattern, code in BY_WORD:
        if re.search(pattern, title):
            return code
    return next((code for channel, code in BY_CHANNEL.items() if channel in channels.split()), "A05040401")


@transaction.atomic
def import_goods(
    goods: Sequence[Goods], *, at: datetime, seats: Sequence[str] = (), progress: Callable[[int, int], None] = lambda done, total: None
) -> Counts:
    """List the goods that are not listed yet; the same file again changes nothing. `seats` are logins who may act for the trial supplier."""
    supplier = _trial_supplier(at)
    by = _seated(supplier, seats, at)
    categories = _categories({it.code for it in goods}, at)
    known = set(Offer.objects.filter(supplier=supplier).values_list("sku_code", flat=True))
    priced = [it for it in goods if it.price > 0]
    fresh = [it for it in priced if it.sku_code not in known]
    brands = brands_by_name((it.guess.brand_zh, it.guess.brand_en) for it in fresh)
    for first in range(0, len(fresh), BATCH):
        part = fresh[first : first + BATCH]
        offers = _list(part, supplier, categories, brands, by, at)
        PriceChange.objects.bulk_create(
            [
                PriceChange(offer=offer, price=price, at=seen)
                for it, offer in zip(part, offers, strict=True)
                for seen, price in it.prices or ((at, offer.price),)
            ],
            batch_size=BATCH,
        )
        progress(first + len(part), len(fresh))
    return Counts(
        len(goods),
        len(fresh),
        len(priced) - len(fresh),
        len(goods) - len(priced),
        sum(len(it.prices) for it in fresh),
        len(brands),
        len(categories),
    )


def _price(text: str) -> Decimal | None:
    """The price, or None where the file has none or nought."""
    price = yuan(text) if text.strip() else Decimal(0)
    return price if price > 0 else None


def _told_apart(goods: list[Goods]) -> list[Goods]:
    """Colours and sets of one model are goods of their own: their models get a mark, so that a product is offered once."""
    taken: set[tuple[str, str, str]] = set()
    found = []
    for it in goods:
        model = it.guess.model
        for mark in ("", _colour(it.title), f"#{it.sku_code}"):
            model = f"{it.guess.model} {mark}".strip()[: MODEL_CHARS + 20]
            if (it.code, key_of(it.guess.brand_zh), key_of(model)) not in taken:
                break
        taken.add((it.code, key_of(it.guess.brand_zh), key_of(model)))
        found.append(replace(it, guess=replace(it.guess, model=model)))
    return found


def _colour(title: str) -> str:
    hits = re.findall(r"(?:深空|玫瑰|樱桃|香槟|亮|深|浅|宝石?|天|海|墨|酒)?[黑白红蓝绿黄灰银金紫粉橙棕](?:色)?", title)
    return hits[-1] if hits else ""


def _trial_supplier(at: datetime) -> Organisation:
    """The labelled shop of the trial, admitted once."""
    found = Organisation.objects.select_related("region").filter(number=TRIAL_NUMBER).first()
    if found is not None:
        return found
    region = Region.objects.filter(parent=None).order_by("path").first()
    if region is None:
        top = cast.REGIONS[0]
        region = Region.objects.create(code=top.code, name_zh=top.name_zh, name_en=top.name_en, path=top.code, level=top.level)
    name_zh, name_en = TRIAL_NAMES
    made = Organisation.objects.create(
        number=TRIAL_NUMBER,
        kind="supplier",
        name_zh=name_zh,
        name_en=name_en,
        name_key=pinyin_key(name_zh),
        credit_code=credit_code.make(TRIAL_SEED),
        region=region,
        created_at=at,
    )
    by = _operator(region.path)
    facts = {"number": made.number, "name": made.name_zh, "kind": made.kind, "actor": by.user_name, "organisation": by.organisation_name}
    ledger.record(act="organisation.set_up", subject=f"organisation/{made.number}", by=by, at=at, facts=facts, region=region.path)
    move(Supplier(number=made.number, region_path=region.path, organisation=made, admitted_at=at), "admit", by=by, at=at)
    return made


def _operator(path: str) -> Actor:
    """Whoever may run commands on this machine acts as the operator."""
    return Actor(None, "sunlit import", None, "operator", "运营方（命令行）", "operator", path, frozenset({"operator"}))


def _seated(supplier: Organisation, logins: Sequence[str], at: datetime) -> Actor:
    for user in User.objects.filter(login__in=logins):
        Seat.objects.get_or_create(user=user, organisation=supplier, defaults={"roles": ["sales", "catalog", "finance", "admin"]})
    return _operator(supplier.region.path)


def _categories(codes: set[str], at: datetime) -> dict[str, Category]:
    """The categories of the goods; those without a template get a plain one, so that something may be listed in them."""
    found = {category.code: category for category in Category.objects.filter(code__in=codes)}
    if missing := sorted(codes - set(found)):
        raise CannotImport(
            f"{len(missing)} categories are not in the tree, such as {missing[0]}: run `sunlit import categories FILE` with the full catalogue first."
        )
    if bare := [code for code, category in found.items() if not category.in_use]:
        load_templates(dict.fromkeys(sorted(bare), PLAIN_TEMPLATE), by=CLOCK, at=at)
    return found


def _list(
    part: Sequence[Goods], supplier: Organisation, categories: Mapping[str, Category], brands: Mapping[str, Brand], by: Actor, at: datetime
) -> list[Offer]:
    products = _products(part, categories, brands, at)
    listed = [
        Listed(
            Offer(
                number=new_number("SK", at),
                region_path=supplier.region.path,
                state="listed",
                version=1,
                supplier=supplier,
                product=product,
                sku_code=it.sku_code,
                title=it.title,
                price=it.price,
                price_changed_at=it.prices[-1][0] if it.prices else None,
                stock=STOCK,
                delivery_days=DELIVERY_DAYS,
                created_at=it.prices[0][0] if it.prices else at,
                submitted_at=at,
                listed_at=at,
            ),
            "approve",
            by,
            at,
        )
        for it, product in zip(part, products, strict=True)
    ]
    keep(listed)
    return [it.row for it in listed]


def _products(part: Sequence[Goods], categories: Mapping[str, Category], brands: Mapping[str, Brand], at: datetime) -> list[Product]:
    """The products of the goods: those that others offer already are used."""
    keys = [(categories[it.code].pk, brands[it.guess.brand_zh].pk, key_of(it.guess.model)) for it in part]
    wanted = Product.objects.filter(
        category__in={key[0] for key in keys}, brand__in={key[1] for key in keys}, model_key__in={key[2] for key in keys}
    )
    found = {(row.category_id, row.brand_id, row.model_key): row for row in wanted}
    new = {key: it for key, it in zip(keys, part, strict=True) if key not in found}
    made = Product.objects.bulk_create(
        Product(
            number=new_number("SP", at),
            category_id=key[0],
            brand_id=key[1],
            model=it.guess.model,
            model_key=key[2],
            name_zh=it.title,
            unit=categories[it.code].unit or "件",
            attributes=dict(it.guess.attributes) or {"spec": it.title},
            created_at=at,
        )
        for key, it in new.items()
    )
    found |= dict(zip(new, made, strict=True))
    return [found[key] for key in keys]


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def shipped_mapping() -> Path:
    """The mapping that the project brings along."""
    return Path(str(files("sunlit.demo").joinpath("mappings/suzhou_to_2022.csv")))


FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command(help="Import goods and their prices; the titles are read into brands, models and parameters. See docs/guides/real-data.md.")
@click.argument("file", type=FILE)
@click.option("--prices", type=FILE, help="Price history: snapshot, goods_id, price_yuan.")
@click.option("--mapping", type=FILE, help="Category ids to 2022 codes: id, code, note. [default: the one that comes along]")
@click.option("--seat", "seats", multiple=True, metavar="LOGIN", help="Who may act for the trial supplier; may be given several times.")
def goods(file: Path, prices: Path | None, mapping: Path | None, seats: tuple[str, ...]) -> None:
    from rich.progress import Progress

    from sunlit.foundation.kernel import clock

    codes = {row["id"]: row["code"] for row in _rows(mapping or shipped_mapping())}
    read = read_goods(_rows(file), _rows(prices) if prices else [], codes)
    with Progress() as bars:
        task = bars.add_task("Goods", total=len(read))
        try:
            counts = import_goods(
                read, at=clock.now(), seats=seats, progress=lambda done, total: bars.update(task, completed=done, total=total)
            )
            bars.update(task, completed=len(read), total=len(read))
        except CannotImport as error:
            raise click.ClickException(str(error)) from error
    click.echo(
        f"{counts.goods:,} goods read: {counts.new:,} listed by {TRIAL_NUMBER}, {counts.unchanged:,} known already, {counts.unpriced:,} without a price; "
        f"{counts.prices:,} prices, {counts.brands:,} brands, {counts.categories:,} categories."
    )
