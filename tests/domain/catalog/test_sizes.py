"""What offers claim by size rests on what their supplier declared."""

from datetime import date, timedelta
from typing import Any

import pytest

from sunlit.demo.shapes import SIZES_YEARS
from sunlit.domain.catalog import queries, services
from sunlit.domain.catalog.models import Offer, PolicyTag
from sunlit.domain.catalog.queries.search import SearchRequest
from sunlit.domain.registry import queries as registry
from sunlit.domain.rulebook import queries as rulebook
from sunlit.domain.rulebook.models import Rule
from sunlit.foundation.kernel.refusals import Refused
from sunlit.foundation.ledger.models import Entry
from tests.domain.catalog.conftest import RAW, a_draft, in_review, on_sale
from tests.domain.catalog.test_index_keeping import LATER, follow, index
from tests.town import NOON, Town, declare_size

__all__ = ["index"]

LARGE: dict[str, Any] = {"staff": 400, "revenue": "300000000"}
ENDS = date(2027, 12, 31)


def tags(offer: Offer) -> dict[str, date | None]:
    return dict(PolicyTag.objects.filter(offer=offer).values_list("tag", "expires_on"))


@pytest.mark.parametrize(
    ("declared", "claimed", "lacking"),
    [
        (None, "sme", 1),
        (LARGE, "sme", 1),
        ({"large_affiliate": True}, "sme,small_micro", 2),
        ({"staff": 120, "revenue": "60000000"}, "sme,small_micro", 1),
        ({}, "sme,prison_enterprise,disabled_welfare_unit", 2),
        ({"prison_proof": "证-1", "disabled_staff": 10}, "sme,small_micro,prison_enterprise,disabled_welfare_unit", 0),
        ({}, "sme,small_micro", 0),
        (None, "domestic_product", 0),
    ],
)
def test_a_claim_that_no_declaration_carries_is_refused(shelf: Town, declared: dict[str, Any] | None, claimed: str, lacking: int) -> None:
    if declared is not None:
        declare_size(shelf, **declared)
    draft = a_draft(shelf, tags=claimed)
    if not lacking:
        assert services.submit_offer(draft, by=shelf.wu, at=NOON).state == "review"
        return
    with pytest.raises(Refused) as refused:
        services.submit_offer(draft, by=shelf.wu, at=NOON)
    assert [(it.code, it.on) for it in refused.value.problems] == [("CAT-107", "tags")] * lacking
    draft.refresh_from_db()
    assert draft.state == "draft"


def test_a_row_of_a_batch_is_kept_out_with_the_same_reason(shelf: Town) -> None:
    row = {**RAW, "category": "A02010108", "tags": ["sme"]}
    [kept_out] = services.upsert_offers([row], by=shelf.wu, at=NOON)
    assert (kept_out.fate, [it.code for it in kept_out.problems]) == ("kept_out", ["CAT-107"])
    declare_size(shelf)
    [entered] = services.upsert_offers([row], by=shelf.wu, at=NOON)
    assert (entered.fate, tags(Offer.objects.get(number=entered.number))) == ("new", {"sme": ENDS})
    [again] = services.upsert_offers([row], by=shelf.wu, at=NOON)
    assert again.fate == "unchanged"  # how long the size counts is no part of what was claimed


def test_it_is_refused_at_the_listing_too_when_the_size_changed_meanwhile(shelf: Town) -> None:
    declare_size(shelf)
    offer = in_review(shelf, tags="sme")
    declare_size(shelf, **LARGE)
    with pytest.raises(Refused) as refused:
        services.approve_offer(offer, by=shelf.surina, at=NOON)
    assert refused.value.codes == ["CAT-107"]


def test_figures_count_until_the_end_of_the_second_year_after(shelf: Town) -> None:
    declare_size(shelf)
    assert registry.size_proof(shelf.shop.pk, on=ENDS).policies == {"sme", "small_micro"}
    assert registry.size_proof(shelf.shop.pk, on=ENDS + timedelta(days=1)) == registry.SizeProof()
    assert registry.size_proof(shelf.corner.pk, on=ENDS) == registry.SizeProof()


def test_tags_lapse_with_the_declaration_and_the_search_follows(index: Town) -> None:
    declare_size(index)
    offer = on_sale(index, sku_code="TS-300", model="TE-30", tags="sme,small_micro,domestic_product")
    follow()
    assert found(index, "sme") == found(index, "small_micro") == 1
    declare_size(index, staff=120, revenue="60000000", at=NOON + timedelta(minutes=1))
    assert services.rest_claims_on_size(index.shop.pk, at=LATER) == (1, 0)
    assert tags(offer) == {"sme": ENDS, "domestic_product": None}
    follow()
    assert (found(index, "sme"), found(index, "small_micro"), found(index, "domestic_product")) == (1, 0, 1)
    assert services.rest_claims_on_size(index.shop.pk, at=LATER) == (0, 0)  # told twice
    facts = Entry.objects.get(act="supplier.rest_claims").facts
    assert (facts["lapsed"], facts["standing"], facts["until"]) == (1, 0, "2027-12-31")


def test_newer_figures_let_a_claim_stand_longer(shelf: Town) -> None:
    declare_size(shelf, year=2024)
    offer = on_sale(shelf, tags="sme")
    assert tags(offer) == {"sme": date(2026, 12, 31)}
    declare_size(shelf, at=NOON + timedelta(minutes=1))
    assert services.rest_claims_on_size(shelf.shop.pk, at=NOON) == (0, 1)
    assert tags(offer) == {"sme": ENDS}


def found(town: Town, tag: str) -> int:
    return queries.search(SearchRequest(tags=(tag,)), at=LATER).total


def test_how_long_figures_count_is_a_row_of_the_rulebook(shelf: Town) -> None:
    """The demonstration writes its tags beforehand: it knows the same row."""
    assert registry.figures_years("652800/652801", on=NOON.date()) == SIZES_YEARS
    declare_size(shelf, year=2024)
    offer = on_sale(shelf, tags="sme")
    shorter = Rule.objects.get(key="size.figures_years")
    Rule.objects.filter(pk=shorter.pk).update(value={**shorter.value, "n": 1})
    rulebook.forget()
    assert registry.size_proof(shelf.shop.pk, on=NOON.date()) == registry.SizeProof()  # figures of 2024 counted until the end of 2025
    with pytest.raises(Refused) as refused:
        declare_size(shelf, year=2024)
    assert [(it.code, it.params) for it in refused.value.problems] == [("REG-022", {"value": "2024", "years": 1})]
    assert tags(offer) == {"sme": date(2026, 12, 31)}
    rulebook.forget()
