"""The names of organisations, remembered for a minute."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from sunlit.foundation.accounts import queries
from sunlit.foundation.accounts.models import Organisation
from tests.town import Town


def test_a_name_is_asked_for_once_and_a_stranger_has_none(town: Town) -> None:
    buyer = Organisation.objects.get(number="CG-0001")
    with CaptureQueriesContext(connection) as asked:
        first = queries.named([buyer.pk, 0])
        assert queries.named([buyer.pk]) == first
        assert queries.named_by_number(["CG-0001"]) == {"CG-0001": first[buyer.pk]}
    assert len(asked) == 1
    assert first == {buyer.pk: queries.Named(buyer.pk, "CG-0001", buyer.name_zh, buyer.name_en)}


def test_a_new_name_is_known_after_a_minute(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    buyer = Organisation.objects.get(number="CG-0001")
    assert queries.named([buyer.pk])[buyer.pk].name_zh == buyer.name_zh
    Organisation.objects.filter(pk=buyer.pk).update(name_zh="新名称")
    assert queries.named([buyer.pk])[buyer.pk].name_zh == buyer.name_zh
    monkeypatch.setattr(queries, "REMEMBERED_SECONDS", -1.0)
    assert queries.named([buyer.pk])[buyer.pk].name_zh == "新名称"
