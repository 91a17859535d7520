"""What is found, counted and sorted in the small shop."""

from dataclasses import replace
from decimal import Decimal
from typing import cast

import pytest

from sunlit.foundation.search.index import Index
from sunlit.foundation.search.question import Facet, Query, Results, Suggestion
from sunlit.foundation.search.schema import Doc, Keyword, Number, Text

from .conftest import DOCS, FIELDS, doc


def found(index: Index, text: str = "", **asked) -> set[str]:
    return {hit.id for hit in index.search(Query(text, relax=False, **asked)).hits}


def listed(results: Results) -> list[str]:
    return [hit.id for hit in results.hits]


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("交换机", {"1", "2"}),
        ("千兆", {"1", "2"}),
        ("千兆交换机", {"1", "2"}),
        ("交换机 全千兆", {"1"}),
        ("网管", {"1"}),
        ("打印", {"8"}),
        ("惠普", {"4", "8"}),
        ("惠普 冰箱", set()),
        ("睿因", {"7"}),
        ("纸", {"5"}),
        ("，。！", set()),
    ],
)
def test_chinese(shop, text, ids):
    assert found(shop, text) == ids


@pytest.mark.parametrize(("text", "ids"), [("交換機", {"1", "2"}), ("複印紙", {"5"}), ("聯想臺式計算機", {"3"}), ("雙門冰箱", {"6"})])
def test_traditional_characters(shop, text, ids):
    assert found(shop, text) == ids


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("TL-SG1024DT", {"1"}),
        ("tlsg1024dt", {"1"}),
        ("TL SG1024DT", {"1"}),
        ("SG1024", {"1"}),
        ("1024", {"1"}),
        ("sg", {"1", "2"}),
        ("tp-link", {"1", "2"}),
        ("CF228A", {"4"}),
        ("a4", {"5"}),
        ("usb", {"8"}),
        ("16gb", {"3"}),
        ("16 GB", {"3"}),
        ("ｉ５-12400", {"3"}),
        ("70克", {"5"}),
        ("118L", {"6"}),
    ],
)
def test_model_numbers_and_measures(shop, text, ids):
    assert found(shop, text) == ids


def test_the_payload_and_the_count_come_with_the_hits(shop):
    results = shop.search(Query("冰箱"))
    assert results.total == 1
    assert results.hits[0].payload == {"name": "海尔 BCD-118TMPA 118升双门冰箱", "price": "1427.00"}
    assert results.hits[0].score > 0
    assert results.relaxed == ""
    assert results.took_ms > 0
    assert shop.count() == 8


def test_a_word_in_a_heavier_field_ranks_higher(shop):
    rows = [
        ("a", {"name": "订书机", "note": "红色 硒鼓"}),
        ("b", {"name": "硒鼓 黑色", "note": "订书机"}),
    ]
    shop.write([Doc(number, {**values, "price": 1}) for number, values in rows], ["4"])
    shop.commit()
    shop.reload()
    assert listed(shop.search(Query("硒鼓"))) == ["b", "a"]
    assert listed(shop.search(Query("订书机"))) == ["a", "b"]


def test_a_lifted_document_ranks_higher_and_only_by_relevance(shop):
    rows = [("p", 0, "3.00"), ("q", 6, "2.00"), ("r", 2, "1.00")]
    shop.write([Doc(number, {"name": "铅笔", "price": Decimal(price), "lift": lift}) for number, lift, price in rows])
    shop.commit()
    shop.reload()
    hits = shop.search(Query("铅笔")).hits
    assert [hit.id for hit in hits] == ["q", "r", "p"]
    assert [round(hit.score / hits[2].score, 3) for hit in hits] == [3.0, 2.0, 1.0]
    assert listed(shop.search(Query("铅笔", sort="price"))) == ["r", "q", "p"]


# Filters and facets


def test_any_value_of_a_filter_and_every_filter(shop):
    assert found(shop, filters={"brand": ["惠普", "联想"]}) == {"3", "4", "8"}
    assert found(shop, filters={"brand": ["惠普", "联想"], "tags": ["green"]}) == {"3"}
    assert found(shop, filters={"brand": []}) == {str(number) for number in range(1, 9)}
    assert found(shop, "打印机", filters={"brand": ["联想"]}) == set()


def test_a_path_is_filtered_at_any_level(shop):
    assert found(shop, filters={"place": ["A"]}) == {"1", "2", "3", "4", "7", "8"}
    assert found(shop, filters={"place": ["A/A1"]}) == {"1", "2", "7"}
    assert found(shop, filters={"place": ["A/A1/A12", "C"]}) == {"6", "7"}


@pytest.mark.parametrize(
    ("bounds", "ids"),
    [
        ((Decimal("400.00"), Decimal("613.60")), {"1", "2", "5"}),
        ((Decimal("400.01"), Decimal("613.59")), set()),
        ((None, Decimal("0.10")), {"4"}),
        ((1427, None), {"3", "6"}),
        ((None, None), {"1", "2", "3", "4", "5", "6", "7", "8"}),
    ],
)
def test_price_ranges_are_exact_and_inclusive(shop, bounds, ids):
    assert found(shop, ranges={"price": bounds}) == ids


def test_facets_are_counted_over_everything_found(shop):
    results = shop.search(Query(facets=[Facet("brand"), Facet("tags"), Facet("place")]))
    assert results.total == 8
    assert results.facets == {
        "brand": [("惠普", 2), ("普联", 2), ("得力", 1), ("海尔", 1), ("睿因", 1), ("联想", 1)],
        "tags": [("green", 3), ("small", 3)],
        "place": [("A", 6), ("B", 1), ("C", 1)],
    }
    counted = shop.search(Query("交换机", facets=[Facet("brand")], limit=0))
    assert (counted.total, counted.hits, counted.facets) == (2, [], {"brand": [("普联", 2)]})


def test_another_order_and_page_count_nothing_anew_and_a_caller_cannot_spoil_what_is_remembered(shop):
    asked = Query("打印", facets=[Facet("brand")], relax=False, limit=1)
    first = shop.search(asked)
    first.facets["brand"].clear()
    view = shop.view()
    remembered = len(view.counted)
    again = shop.search(replace(asked, sort="price"))
    assert (len(view.counted), again.total, again.facets) == (remembered, 1, {"brand": [("惠普", 1)]})
    assert shop.search(Query("打印", filters={"brand": ["得力"]}, facets=[Facet("brand")], relax=False)).total == 0
    assert len(view.counted) == remembered + 1


def test_a_facet_ignores_its_own_choice_and_no_other(shop):
    results = shop.search(Query(filters={"brand": ["惠普"], "tags": ["green"]}, facets=[Facet("brand"), Facet("tags"), Facet("place")]))
    assert results.total == 0
    assert results.facets == {"brand": [("普联", 1), ("海尔", 1), ("联想", 1), ("惠普", 0)], "tags": [("green", 0)], "place": []}
    results = shop.search(Query(filters={"brand": ["惠普"]}, facets=[Facet("brand", limit=2), Facet("place")]))
    assert results.total == 2
    assert results.facets == {"brand": [("惠普", 2), ("普联", 2)], "place": [("A", 2)]}


def test_few_values_are_counted_alike_one_by_one(shop, monkeypatch):
    shop.write(deletes=["6"])
    shop.commit()
    shop.reload()
    asked = Query(filters={"place": ["A"]}, facets=[Facet("tags"), Facet("brand")])
    alike = shop.search(asked).facets
    assert alike["tags"] == [("green", 2), ("small", 2)]
    monkeypatch.setattr("sunlit.foundation.search.answers.LISTED_FROM", 0)
    assert shop.search(asked).facets == alike
    assert shop.search(Query("硒鼓", facets=[Facet("tags")])).facets == {"tags": []}


def test_a_chosen_value_is_told_however_rare(shop):
    results = shop.search(Query(filters={"brand": ["联想"]}, facets=[Facet("brand", limit=1)]))
    assert results.facets == {"brand": [("惠普", 2), ("联想", 1)]}


def test_a_path_is_counted_level_by_level(shop):
    assert shop.search(Query(facets=[Facet("place", under="A")])).facets == {"place": [("A/A1", 3), ("A/A3", 2), ("A/A2", 1)]}
    chosen = Query(filters={"place": ["A/A1/A11"]}, facets=[Facet("place", under="A/A1")])
    assert shop.search(chosen).total == 2
    assert shop.search(chosen).facets == {"place": [("A/A1/A11", 2), ("A/A1/A12", 1)]}
    assert shop.search(Query(facets=[Facet("place", under="C")])).facets == {"place": []}


def test_a_document_in_two_places_counts_in_both(shop):
    shop.write([Doc("9", {"name": "网线", "place": ["A/A1/A11", "B/B2"], "price": 5})])
    shop.commit()
    shop.reload()
    assert shop.search(Query(facets=[Facet("place")])).facets == {"place": [("A", 7), ("B", 2), ("C", 1)]}
    assert shop.search(Query(facets=[Facet("place", under="B")])).facets == {"place": [("B/B1", 1), ("B/B2", 1)]}


# Order and pages


def test_sorted_by_price_to_the_cent(shop):
    rising = listed(shop.search(Query(sort="price")))
    assert [shop_price(number) for number in rising] == ["0.10", "99.90", "400.00", "400.00", "613.60", "1299.05", "1427.00", "4999.00"]
    assert listed(shop.search(Query(sort="-price"))) == rising[::-1]


def shop_price(number: str) -> str:
    return next(str(item.values["price"]) for item in DOCS if item.id == number)


def test_pages_by_offset_and_by_the_last_hit_are_the_same(shop):
    shop.write([Doc(f"same{number:03}", {"name": "铅笔", "price": Decimal("1.50")}) for number in range(40)])
    shop.commit()
    shop.reload()
    for sort in ("price", "-price"):
        whole = listed(shop.search(Query(sort=sort, limit=100)))
        assert len(set(whole)) == 48
        by_offset = [number for offset in range(0, 48, 7) for number in listed(shop.search(Query(sort=sort, limit=7, offset=offset)))]
        by_last, after = [], ""
        while True:
            page = shop.search(Query(sort=sort, limit=7, after=after))
            assert page.total == 48
            by_last += listed(page)
            if not page.next:
                break
            after = page.next
        assert by_offset == whole
        assert by_last == whole


def test_equal_prices_keep_their_order_when_the_index_is_written_again(shop, path):
    rows = [Doc(f"same{number:03}", {"name": "铅笔", "price": Decimal("1.50")}) for number in range(40)]
    shop.write(rows)
    shop.commit()
    shop.reload()
    before = listed(shop.search(Query("铅笔", sort="price", limit=100)))
    shop.rebuild(reversed(rows))
    assert listed(shop.search(Query("铅笔", sort="price", limit=100))) == before


def test_twins_in_the_sort_key_are_neither_lost_nor_repeated(shop, monkeypatch):
    monkeypatch.setattr("sunlit.foundation.search.schema.zlib.crc32", lambda data: 7)
    shop.write([Doc(f"twin{number}", {"name": "铅笔", "price": 1}) for number in (3, 1, 4, 0, 2)])
    shop.commit()
    shop.reload()
    pages, after = [], ""
    for _ in range(3):
        page = shop.search(Query("铅笔", sort="price", limit=2, after=after))
        pages.append(listed(page))
        after = page.next
    assert pages == [["twin0", "twin1"], ["twin2", "twin3"], ["twin4"]]
    assert after == ""


# Help where nothing is found


@pytest.mark.parametrize(
    ("text", "relaxed", "ids"),
    [
        ("jiaohuanji", "near", {"1", "2"}),
        ("联想 taishi", "near", {"3"}),
        ("wangguanjiaohuanji", "near", {"1"}),
        ("交还机", "near", {"1", "2"}),
        ("SG1042DT", "near", {"1"}),
        ("cf 228 a", "", {"4"}),
        ("bcd118tmpb", "near", {"6"}),
        ("红色冰箱", "some", {"6"}),
        ("联想 冰箱", "some", {"3", "6"}),
        ("火星车", "", set()),
    ],
)
def test_near_words_then_some_words(shop, text, relaxed, ids):
    results = shop.search(Query(text))
    assert (results.relaxed, set(listed(results)), results.total) == (relaxed, ids, len(ids))


def test_filters_that_leave_nothing_do_not_loosen_the_words(shop):
    results = shop.search(Query("交换机", filters={"brand": ["联想"]}, facets=[Facet("brand")]))
    assert (results.total, results.relaxed) == (0, "")
    assert results.facets == {"brand": [("普联", 2), ("联想", 0)]}


# Suggestions


@pytest.mark.parametrize(
    ("prefix", "expected"),
    [
        ("惠", [Suggestion("惠普", "brand", 2), Suggestion("惠普CF228A黑色硒鼓", "name", 1), Suggestion("惠普激光打印机 USB-C", "name", 1)]),
        ("huip", [Suggestion("惠普", "brand", 2), Suggestion("惠普CF228A黑色硒鼓", "name", 1), Suggestion("惠普激光打印机 USB-C", "name", 1)]),
        ("pl", [Suggestion("普联", "brand", 2)]),
        ("PuLian", [Suggestion("普联", "brand", 2)]),
        ("聯想", [Suggestion("联想", "brand", 1), Suggestion("联想启天M450台式计算机 i5-12400 16GB", "name", 1)]),
        ("连想", [Suggestion("联想", "brand", 1), Suggestion("联想启天M450台式计算机 i5-12400 16GB", "name", 1)]),
        ("tp-l", [Suggestion("TP-LINK TL-SG1016DT 16口千兆交换机", "name", 1), Suggestion("TP-LINK TL-SG1024DT T系列24口全千兆非网管交换机", "name", 1)]),
        ("联想启天M450台式计算机 I5-124", [Suggestion("联想启天M450台式计算机 i5-12400 16GB", "name", 1)]),
        ("联想启天M450台式计算机 i7", []),
        ("lianxiangqitianm450taishi", [Suggestion("联想启天M450台式计算机 i5-12400 16GB", "name", 1)]),
        ("", []),
        ("?", []),
    ],
)  # fmt: skip
def test_suggestions(shop, prefix, expected):
    assert shop.suggest(prefix) == expected


def test_a_keyword_is_suggested_by_its_later_words(shop):
    shop.write([Doc("9", {"brand": "新华三集团", "name": "路由器", "price": 5})])
    shop.commit()
    shop.reload()
    for prefix in ("集团", "jituan", "jt"):
        assert shop.suggest(prefix) == [Suggestion("新华三集团", "brand", 1)]


def test_suggestions_are_limited_and_forget_what_is_deleted(shop):
    assert shop.suggest("惠", 1) == [Suggestion("惠普", "brand", 2)]
    shop.write(deletes=["4", "8"])
    shop.commit()
    shop.reload()
    assert shop.suggest("惠") == []


# What does not fit


EDGES = (Decimal(100), Decimal(400), Decimal(1000))


def test_a_number_is_counted_by_steps_whose_upper_edge_belongs_to_the_next(shop):
    page = shop.search(Query(facets=[Facet("price", edges=EDGES)]))
    assert sorted(page.facets["price"]) == [("0", 2), ("2", 3), ("3", 3)]
    chosen = Query(facets=[Facet("price", edges=EDGES)], steps={"price": [0, 3]}, ranges={"price": (None, 2000)}, sort="price")
    page = shop.search(chosen)
    assert [hit.id for hit in page.hits] == ["4", "7", "8", "6"]
    assert sorted(page.facets["price"]) == [("0", 2), ("2", 3), ("3", 2)]  # without the steps chosen in itself, within the range


@pytest.mark.parametrize("text", ["", "千兆 交换机", "打印机"])
def test_pages_by_relevance_follow_the_last_hit_shown(shop, text):
    whole = [hit.id for hit in shop.search(Query(text, limit=8)).hits]
    seen, after = [], ""
    while True:
        page = shop.search(Query(text, limit=1, after=after))
        seen += [hit.id for hit in page.hits]
        if not (after := page.next):
            break
    assert seen == whole


def test_a_last_hit_that_moved_a_little_is_found_again(shop):
    first, second, third, *_ = [hit.id for hit in shop.search(Query(limit=8)).hits]
    assert [hit.id for hit in shop.search(Query(limit=1, after=f"2:{first}")).hits] == [second]
    assert [hit.id for hit in shop.search(Query(limit=1, after="2:gone")).hits] == [third]


def test_questions_that_do_not_fit_are_refused(shop):
    with pytest.raises(KeyError, match="colour"):
        shop.search(Query(filters={"colour": ["red"]}))
    with pytest.raises(TypeError, match="not a number"):
        shop.search(Query(ranges={"brand": (1, 2)}))
    with pytest.raises(TypeError, match="no exact values"):
        shop.search(Query(filters={"name": ["冰箱"]}))
    with pytest.raises(TypeError, match="no exact values"):
        shop.search(Query(facets=[Facet("price")]))
    with pytest.raises(ValueError, match="up to 500"):
        Query(filters={"brand": ["x"] * 501})
    with pytest.raises(ValueError, match="not sorted by 'stock'"):
        shop.search(Query(sort="stock"))
    with pytest.raises(ValueError, match="more than 2 decimals"):
        shop.search(Query(ranges={"price": (Decimal("0.001"), None)}))
    for after in ("x", "1:", ":1", f"{10**19 - 1}:1"):
        with pytest.raises(ValueError, match="does not name a place"):
            shop.search(Query(sort="price", after=after))
    with pytest.raises(ValueError, match="within the first 1000"):
        shop.search(Query(after="1001:1"))
    with pytest.raises(ValueError, match="takes no offset"):
        Query(sort="price", after="1:1", offset=1)
    with pytest.raises(ValueError, match="between the edges"):
        Query(steps={"price": [0]})
    with pytest.raises(ValueError, match="limit 201"):
        Query(limit=201)
    with pytest.raises(ValueError, match="offset 10001"):
        Query(offset=10_001)
    with pytest.raises(ValueError, match="counted once"):
        Query(facets=[Facet("brand"), Facet("brand")])


@pytest.mark.parametrize(
    ("item", "error"),
    [
        (Doc("x", {"price": cast(int, 1.5), "name": "float"}), TypeError),
        (Doc("x", {"price": Decimal("1.005")}), ValueError),
        (Doc("x", {"price": Decimal("NaN")}), ValueError),
        (Doc("x", {"price": 2**42}), ValueError),
        (Doc("x", {"price": True}), TypeError),
        (Doc("x", {"name": "no price"}), ValueError),
        (Doc("x", {"name": 5, "price": 1}), TypeError),
        (Doc("x", {"colour": "red", "price": 1}), KeyError),
        (Doc("x", {"place": "A//B", "price": 1}), ValueError),
        (Doc("x", {"place": "1/2/3/4/5/6/7", "price": 1}), ValueError),
        (Doc("", {"price": 1}), ValueError),
        (Doc("\x00cursor", {"price": 1}), ValueError),
        (Doc("x", {"lift": -1, "price": 1}), ValueError),
    ],
)
def test_documents_that_do_not_fit_are_refused_and_nothing_is_committed(shop, item, error):
    with pytest.raises(error):
        shop.write([doc("9", "晨光", "晨光中性笔", "B/B1", (), "2.00"), item])
    shop.close()
    shop.reload()
    assert shop.count() == 8
    assert found(shop, "中性笔") == set()


def test_a_declaration_that_contradicts_itself_is_no_index(path):
    with pytest.raises(AssertionError, match="one name"):
        Index(path, [Text("name"), Keyword("name")])
    with pytest.raises(AssertionError, match="own"):
        Index(path, [Number("_price")])


def test_nothing_is_found_where_nothing_was_built(path):
    index = Index(path, FIELDS)
    assert not index.ready()
    assert index.search(Query("交换机")) == Results()
    assert index.suggest("交") == []
    assert (index.count(), index.cursor()) == (0, "")
    assert not path.exists()
