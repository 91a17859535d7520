"""How quick the search is: the engine's own calls, and the same questions through our `search()`. Prints one JSON line.

The documents are synthetic, with Chinese names and model numbers; every question counts six facets.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from typing import Any

import tantivy

from sunlit.foundation.search.answers import aggregation
from sunlit.foundation.search.index import Index, View
from sunlit.foundation.search.question import Asked, Facet, Query, compile_question, facet_field, sort_field
from sunlit.foundation.search.schema import Doc, Field, Keyword, Number, Path, Text, Value

FIELDS: list[Field] = [
    Keyword("brand", suggest=True),
    Text("name", boost=3.0, suggest=True),
    Text("model", boost=4.0),
    Text("note"),
    Path("place", depth=3),
    Keyword("seller"),
    Keyword("region", few=True),
    Keyword("tags", few=True),
    Keyword("hall", few=True),
    Number("price", decimals=2, sort=True),
    Number("sold", sort=True),
]

FACETS = [Facet("brand"), Facet("place"), Facet("seller"), Facet("region"), Facet("tags"), Facet("hall")]


def words(text: str) -> list[str]:
    return text.split()


THINGS = words(
    "台式计算机 笔记本电脑 激光打印机 喷墨打印机 复印纸 交换机 无线路由器 投影仪 扫描仪 碎纸机 硒鼓 墨盒 中性笔 文件柜 办公桌 办公椅 "
    "会议桌 空调 电冰箱 洗衣机 电视机 饮水机 空气净化器 摄像机 照相机 服务器 显示器 移动硬盘 键盘 鼠标 订书机 档案盒 笔记本 白板 "
    "体温计 血压计 听诊器 医用口罩 防护服 消毒液 轮椅 病床 显微镜 离心机 天平 灭火器 安全帽 工作服 手套 螺丝刀 电钻 电缆 插座 灯管"
)
KINDS = words("黑色 白色 全自动 便携式 商用 家用 立式 台式 双面 高速 节能 静音 大容量 加厚 智能 不锈钢 千兆 企业级 教学用 医用")
BRANDS = words("联想 惠普 得力 晨光 海尔 美的 格力 华为 佳能 爱普生 兄弟 小米 戴尔 齐心 普联 新华三 海信 长虹 创维 飞利浦")
REGIONS = words("库尔勒 轮台 尉犁 若羌 且末 焉耆 和静 和硕 博湖 开发区 州本级")

DOCUMENTS = 100_000
SEED = 20250101
QUESTIONS_EACH = 40
PAGE = 20


def documents(count: int, chance: random.Random) -> Iterator[Doc]:
    brands = [f"{brand}{suffix}" for brand in BRANDS for suffix in ("", "家", "乐", "达", "盛")]
    for number in range(count):
        thing = chance.randrange(len(THINGS))
        brand = brands[min(int(chance.expovariate(0.05)), len(brands) - 1)]
        model = (
            f"{chance.choice(['TL', 'M', 'CF', 'DS', 'HL', 'KF'])}-{chance.choice(['SG', 'X', 'P', 'L'])}{chance.randrange(1000, 9999)}D"
        )
        name = f"{brand}{model} {''.join(chance.sample(KINDS, 2))}{THINGS[thing]} {chance.randrange(1, 64)}{chance.choice(['升', 'GB', '寸', 'kg'])}"
        price = Decimal(chance.randrange(100, 2_000_000)).scaleb(-2)
        seller = f"商户{chance.randrange(2_000)}"
        values: dict[str, Value] = {
            "brand": brand,
            "name": name,
            "model": model,
            "note": f"{chance.choice(KINDS)} {chance.choice(THINGS)}配套 {chance.choice(REGIONS)}供货",
            "place": f"{thing // 20}/{thing // 5}/{thing}",
            "seller": seller,
            "region": chance.sample(REGIONS, 3),
            "tags": chance.sample(["节能", "环保", "中小", "福利", "本地"], chance.randrange(3)),
            "hall": chance.choice(["综合", "医疗", "特产"]),
            "price": price,
            "sold": chance.randrange(1_000),
        }
        yield Doc(str(number), values, {"name": name, "price": str(price), "image": "0" * 64, "seller": seller})


def questions(chance: random.Random) -> list[Query]:
    """Mixed as in a shop: words, a brand with a word, model numbers, browsing with choices, sorted and deeper pages."""
    some: list[Query] = []
    for _ in range(QUESTIONS_EACH):
        thing, brand, kind = chance.choice(THINGS), chance.choice(BRANDS), chance.choice(KINDS)
        some += [
            Query(thing, facets=FACETS, limit=PAGE),
            Query(f"{brand} {thing}", facets=FACETS, limit=PAGE),
            Query(f"{kind}{thing}", facets=FACETS, limit=PAGE, sort="price"),
            Query(f"SG{chance.randrange(1000, 9999)}", facets=FACETS, limit=PAGE),
            Query(facets=FACETS, limit=PAGE, filters={"place": ["0"]}, sort="-sold"),
            Query(thing, facets=FACETS, limit=PAGE, filters={"brand": [brand, "联想"], "region": [chance.choice(REGIONS)]}),
            Query(facets=FACETS, limit=PAGE, filters={"tags": ["节能"]}, ranges={"price": (100, 5_000)}, sort="price"),
            Query(kind, facets=FACETS, limit=PAGE, offset=200),
            Query(facets=FACETS, limit=PAGE),
        ]
    return some


def engine_alone(view: View, asked: Asked) -> Callable[[], object]:
    """The least the engine must be asked for this page: one search, and an aggregation for each set of facets counted alike."""
    query, layout, searcher = asked.query, asked.layout, view.searcher
    counted: dict[str, dict[str, Any]] = {}
    for facet in query.facets:
        own = facet.field if facet.field in asked.chosen else ""
        plain = {"terms": {"field": facet_field(layout, facet), "size": facet.limit}} if not facet.edges else aggregation(layout, facet)
        counted.setdefault(own, {})[facet.field] = plain
    counts = [(asked.matching(own), wanted) for own, wanted in counted.items()]
    order = tantivy.Order.Desc if query.sort.startswith("-") else tantivy.Order.Asc
    matching = asked.matching() if query.sort else asked.ranking()

    def run() -> object:
        if query.sort:
            found = searcher.search(matching, query.limit, order_by_field=sort_field(layout, query), offset=query.offset, order=order)
        else:
            found = searcher.search(matching, query.limit, offset=query.offset)
        return found, [searcher.aggregate(which, wanted) for which, wanted in counts]

    return run


def timed(runs: Sequence[Callable[[], object]]) -> dict[str, float]:
    took = []
    for run in runs:
        begun = time.perf_counter()
        run()
        took.append((time.perf_counter() - begun) * 1000)
    marks = statistics.quantiles(took, n=100, method="inclusive")
    return {"p50_ms": round(marks[49], 3), "p95_ms": round(marks[94], 3), "max_ms": round(max(took), 3)}


def main(count: int = DOCUMENTS, seed: int = SEED) -> dict[str, object]:
    with tempfile.TemporaryDirectory() as directory:
        index = Index(directory, FIELDS)
        begun = time.perf_counter()
        index.rebuild(documents(count, random.Random(seed)))
        built = time.perf_counter() - begun
        print(f"{count} documents built in {built:.1f} s", file=sys.stderr)
        view = index.view()
        assert view is not None
        asking = questions(random.Random(seed + 1))
        engine = [engine_alone(view, compile_question(index.layout, view.segmenter, query)) for query in asking]
        ours: list[Callable[[], object]] = [lambda query=query: index.search(query) for query in asking]  # type: ignore[misc]
        typing: list[Callable[[], object]] = [lambda begun=begun: index.suggest(begun) for begun in ("d", "lx", "打", "联想", "dayin")]  # type: ignore[misc]
        timed(engine[:50]), timed(ours[:50])
        alone, through = timed(engine), timed(ours)
        return {
            "bench": "search",
            "documents": count,
            "segments": view.searcher.num_segments,
            "questions": len(asking),
            "facets": len(FACETS),
            "documents_per_s": round(count / built),
            "tantivy": alone,
            "search": through,
            "suggest": timed(typing * 20),
            "ratio_p95": round(alone["p95_ms"] / through["p95_ms"], 3),
        }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=DOCUMENTS)
    parser.add_argument("--seed", type=int, default=SEED)
    chosen = parser.parse_args()
    print(json.dumps(main(chosen.documents, chosen.seed)))
