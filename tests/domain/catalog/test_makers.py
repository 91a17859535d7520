"""Of goods the maker's size counts: what a dealer declares of the maker, which tags that carries, and how tags end."""

from datetime import date, timedelta
from typing import Any

import pytest

from sunlit.domain.catalog import queries, reactions, services
from sunlit.domain.catalog.models import Category, MakerDeclaration, Offer, PolicyTag
from sunlit.domain.catalog.services import Ending
from sunlit.domain.rulebook import queries as rulebook
from sunlit.domain.rulebook.models import Rule
from sunlit.foundation.kernel import clock
from sunlit.foundation.kernel.refusals import Refused
from sunlit.foundation.ledger.models import Entry
from sunlit.foundation.messages.models import Message
from tests.domain.catalog.conftest import LAPTOPS, RAW, a_draft, on_sale
from tests.domain.catalog.test_index_keeping import LATER, follow, index
from tests.domain.catalog.test_sizes import ENDS, LARGE, found, tags
from tests.town import NOON, Town, declare_size

__all__ = ["index"]

SMALL: dict[str, Any] = {"industry": "INDUSTRY", "staff": 60, "revenue": "9000000", "assets": "4000000"}  # small: 20 staff and 3 m at least
GIANT: dict[str, Any] = {"industry": "INDUSTRY", "staff": 1200, "revenue": "800000000", "assets": "4000000"}


def declare(town: Town, offer: Offer, **more: Any) -> MakerDeclaration:
    told: dict[str, Any] = {"maker": "博湖苇编制品厂", "year": 2025, "truthful": True, "by": town.wu, "at": NOON, **SMALL, **more}
    return services.declare_maker(offer, **told)


def test_a_large_dealer_claims_for_the_goods_of_a_small_maker(index: Town) -> None:
    declare_size(index, **LARGE)
    offer = on_sale(index, sku_code="TS-300", model="TE-30")
    follow()
    assert found(index, "sme") == 0
    made = declare(index, offer)
    assert (made.size, made.counts_as, made.declared_by_id) == ("small", "small", index.wu.user_id)
    assert tags(offer) == {"sme": ENDS, "small_micro": ENDS}
    follow()
    assert (found(index, "sme"), found(index, "small_micro")) == (1, 1)
    facts = Entry.objects.get(act="offer.declare_maker").facts
    assert (facts["maker"], facts["counts_as"], facts["lapsed"], facts["standing"]) == ("博湖苇编制品厂", "small", 0, 2)
    again = a_draft(index, sku_code="TS-301", model="TE-31", tags="sme")  # another offer, of which no maker was declared
    with pytest.raises(Refused) as refused:
        services.submit_offer(again, by=index.wu, at=NOON)
    assert refused.value.codes == ["CAT-107"]


def test_what_was_declared_of_the_maker_carries_the_claim_of_a_draft(shelf: Town) -> None:
    draft = a_draft(shelf, tags="sme")
    declare(shelf, draft)
    assert services.submit_offer(draft, by=shelf.wu, at=NOON).state == "review"
    assert tags(draft) == {"sme": ENDS, "small_micro": ENDS}


def test_the_tags_lapse_with_a_declaration_that_does_not_carry_them(shelf: Town) -> None:
    declare_size(shelf)  # the dealer is a small enterprise itself
    offer = on_sale(shelf, tags="sme,small_micro,domestic_product")
    made = declare(shelf, offer, **GIANT)
    assert (made.counts_as, tags(offer)) == ("large", {"domestic_product": None})
    declare_size(shelf, staff=12, at=NOON + timedelta(minutes=1))
    services.rest_claims_on_size(shelf.shop.pk, at=NOON + timedelta(minutes=1))
    assert tags(offer) == {"domestic_product": None}
    declare(shelf, offer, large_affiliate=True, at=NOON + timedelta(minutes=2))
    assert tags(offer) == {"domestic_product": None}
    declare(shelf, offer, year=2024, at=NOON + timedelta(minutes=3))
    assert tags(offer) == {"domestic_product": None, "sme": date(2026, 12, 31), "small_micro": date(2026, 12, 31)}


def test_what_rests_on_a_maker_stays_when_the_supplier_grows(shelf: Town) -> None:
    declare_size(shelf, prison_proof="证-1")
    offer, other = (
        on_sale(shelf, sku_code="A-1", model="M-1", tags="sme,prison_enterprise"),
        on_sale(shelf, sku_code="A-2", model="M-2", tags="sme"),
    )
    declare(shelf, offer)
    assert tags(offer) == {"sme": ENDS, "small_micro": ENDS, "prison_enterprise": ENDS}
    declare_size(shelf, **LARGE, at=NOON + timedelta(minutes=1))
    assert services.rest_claims_on_size(shelf.shop.pk, at=NOON + timedelta(minutes=1)) == (2, 0)
    assert (tags(offer), tags(other)) == ({"sme": ENDS, "small_micro": ENDS}, {})


@pytest.mark.parametrize(
    ("wrong", "codes"),
    [
        ({"maker": "  "}, ["CAT-109"]),
        ({"maker": "厂" * 201}, ["CAT-109"]),
        ({"truthful": False}, ["REG-024"]),
        ({"year": 2023, "staff": "-1", "industry": "X"}, ["REG-021", "REG-020", "REG-022"]),
    ],
)
def test_a_declaration_that_cannot_be_is_refused_and_changes_nothing(shelf: Town, wrong: dict[str, Any], codes: list[str]) -> None:
    offer = on_sale(shelf)
    with pytest.raises(Refused) as refused:
        declare(shelf, offer, **wrong)
    assert refused.value.codes == codes
    assert (MakerDeclaration.objects.count(), tags(offer), Entry.objects.filter(act="offer.declare_maker").count()) == (0, {}, 0)


def test_only_the_suppliers_own_clerks_declare_and_only_for_goods(shelf: Town) -> None:
    offer = on_sale(shelf)
    with pytest.raises(Refused) as refused:
        declare(shelf, offer, by=shelf.aygul)
    assert refused.value.codes == ["LIF-002"]
    Category.objects.filter(pk=offer.product.category_id).update(kind="services")
    with pytest.raises(Refused) as refused:
        declare(shelf, offer)
    assert refused.value.codes == ["CAT-108"]
    assert queries.declared_makers(offer.pk) == []


def test_tags_from_before_sizes_were_declared_end_with_notice_and_a_term(shelf: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """The shop claimed before anybody asked for declarations; of one offer it declared the maker since."""
    offer, other = on_sale(shelf, sku_code="A-1", model="M-1"), on_sale(shelf, sku_code="A-2", model="M-2")
    PolicyTag.objects.bulk_create([PolicyTag(offer=offer, tag=tag) for tag in ("sme", "small_micro", "domestic_product")])
    PolicyTag.objects.create(offer=other, tag="sme")
    declare_on(other, shelf)
    monkeypatch.setattr(clock, "now", lambda: NOON)
    reactions.tell_of_claims_that_end()
    term = NOON.date() + timedelta(days=30)
    assert (tags(offer), tags(other)) == ({"sme": term, "small_micro": term, "domestic_product": None}, {"sme": ENDS})
    letters = Message.objects.filter(kind="claims.ending")
    assert {(it.params["count"], it.params["until"]) for it in letters} == {(2, "2026-04-01")}
    assert {it.user_id for it in letters} == {shelf.wu.user_id, shelf.chen.user_id}
    facts = Entry.objects.get(act="supplier.end_claims").facts
    assert (facts["standing"], facts["ending"], facts["until"]) == (1, 2, "2026-04-01")
    reactions.tell_of_claims_that_end()  # the next night: nothing new to tell, nothing new to do
    assert (letters.count(), Entry.objects.filter(act="supplier.end_claims").count()) == (2, 1)
    assert services.claims_that_end(at=NOON + timedelta(days=31)) == []  # they ended; whatever is on sale shows them no more


def test_claims_whose_figures_grow_old_are_told_of_in_time(shelf: Town) -> None:
    declare_size(shelf)
    on_sale(shelf, tags="sme,small_micro")
    assert services.claims_that_end(at=NOON) == []
    december = NOON.replace(year=2027, month=12, day=5)
    assert services.claims_that_end(at=december) == [Ending(shelf.shop.pk, 2, ENDS)]
    assert december > LATER


def declare_on(offer: Offer, town: Town) -> None:
    """A declaration of the maker that found the tag already there."""
    told: dict[str, Any] = {"maker": "博湖苇编制品厂", "year": 2025, **SMALL, "size": "small", "counts_as": "small"}
    MakerDeclaration.objects.create(offer=offer, **told, declared_at=NOON, declared_by_id=town.wu.person)


DIRECT = {"manufacturer_direct_certificate": "生产许可-2025-017", "manufacturer_direct_expires_on": "2026-12-31"}
PROVEN = {"manufacturer_direct": date(2026, 12, 31)}


def refusal(shelf: Town, offer: Offer) -> list[str]:
    with pytest.raises(Refused) as refused:
        services.submit_offer(offer, by=shelf.wu, at=NOON)
    return list(refused.value.codes)


def test_goods_come_direct_from_the_manufacturer_with_a_proof_in_date(index: Town) -> None:
    assert refusal(index, a_draft(index, sku_code="TS-103", model="TE-18", tags="manufacturer_direct")) == ["CAT-020"]
    old = {**DIRECT, "manufacturer_direct_expires_on": "2026-03-01"}
    assert refusal(index, a_draft(index, sku_code="TS-101", model="TE-16", **old)) == ["CAT-021"]
    offer = on_sale(index, sku_code="TS-102", model="TE-17", **DIRECT)
    assert tags(offer) == PROVEN
    follow()
    assert found(index, "manufacturer_direct") == 1
    assert [tag.tag for tag in queries.tags_in_force(offer, on=date(2026, 12, 31))] == ["manufacturer_direct"]
    assert queries.tags_in_force(offer, on=date(2027, 1, 1)) == [], "it ends with its proof"


def test_who_declares_another_maker_is_not_the_manufacturer(shelf: Town) -> None:
    draft = a_draft(shelf, **DIRECT)
    declare(shelf, draft)
    assert "manufacturer_direct" not in tags(draft), "the claim lapses with the declaration"
    services.edit_offer(draft, {**RAW, **DIRECT}, by=shelf.wu, at=NOON)
    assert refusal(shelf, draft) == ["CAT-111"]
    declare(shelf, draft, maker=shelf.shop.name_zh, at=NOON + timedelta(minutes=1))
    assert services.submit_offer(Offer.objects.get(pk=draft.pk), by=shelf.wu, at=NOON).state == "review"


def test_a_region_may_ask_for_the_declaration_beside_the_proof(shelf: Town) -> None:
    Rule.objects.filter(key="listing.direct_declaration").update(value={"choice": "needed"})
    rulebook.forget()
    draft = a_draft(shelf, **DIRECT)
    assert refusal(shelf, draft) == ["CAT-112"]
    declare(shelf, draft, maker=shelf.shop.name_zh)
    assert services.submit_offer(draft, by=shelf.wu, at=NOON).state == "review"


def test_services_have_no_manufacturer(shelf: Town) -> None:
    Category.objects.filter(code=LAPTOPS).update(kind="services")
    queries.forget()
    assert refusal(shelf, a_draft(shelf, **DIRECT)) == ["CAT-110"]
