"""The rulebook for everybody: what holds in a region, by what source, and the versions that came before."""

from __future__ import annotations

from datetime import date

import pytest
from django.test import Client

from sunlit.domain.rulebook import queries, services
from sunlit.domain.rulebook.rules import LAWFUL
from sunlit.portals.ui.rulebook import GROUPS, group_of, overview
from tests.town import NOON, Town


@pytest.fixture
def reader(town: Town) -> Client:
    client = Client()
    client.cookies["sunlit_language"] = "en"
    return client


def test_everybody_reads_the_rules_of_a_region(reader: Client) -> None:
    subjects = reader.get("/rules/").content.decode()
    assert "group=threshold" in subjects
    assert "/rules/threshold.procurement/" not in subjects
    assert "/rules/threshold.procurement/" in reader.get("/rules/?group=threshold").content.decode()
    assert 'data-evidence="' in reader.get("/rules/?group=order").content.decode()
    law = reader.get("/rules/?evidence=law&group=TL").content.decode()
    assert "/rules/TL-021/" in law
    assert "/rules/order.receipt_limit/" not in law
    assert reader.get("/rules/?region=999999").status_code == 200


def test_one_rule_with_its_versions_and_the_one_that_ruled(reader: Client, town: Town) -> None:
    set_by = services.set_rule(
        key="order.receipt_limit", region="652800/652801", value="5", effective_from=date(2026, 3, 10), by=town.surina, at=NOON
    )
    old = queries.rule("order.receipt_limit", region_path="652800/652801", on=date(2026, 3, 9))
    page = reader.get(f"/rules/order.receipt_limit/?region=652801&version={old.id}").content.decode()
    assert "3 working days" in page
    assert "5 working days" in page
    assert "the version that ruled" in page
    assert "coming" in page
    assert set_by.until is None
    assert "5 working days" not in reader.get("/rules/order.receipt_limit/?region=652824").content.decode()


def test_what_waits_for_a_later_feature_is_told_to_everybody(reader: Client) -> None:
    later = reader.get("/rules/?group=NR&held=later").content.decode()
    assert "/rules/NR-001/" in later
    assert "Will be enforced by: Bonds and electronic guarantees (M37)" in later
    assert "/rules/NR-028/" not in later
    now = reader.get("/rules/?group=NR&held=now").content.decode()
    assert "/rules/NR-028/" in now
    assert "/rules/NR-001/" not in now
    assert "Will be enforced by" in reader.get("/rules/NR-001/").content.decode()
    assert "held to it now" in reader.get("/rules/NR-028/").content.decode()


def test_a_note_is_told_in_the_language_of_the_reader(reader: Client) -> None:
    assert "never more than 60" in reader.get("/rules/TL-050/").content.decode()
    reader.cookies["sunlit_language"] = "zh-hans"
    page = reader.get("/rules/TL-050/").content.decode()
    assert "最长不得超过60日" in page
    assert "never" not in page


def test_a_row_of_a_table_is_read_in_words(reader: Client) -> None:
    page = reader.get("/rules/method.lawful/?kind=approval.other_method").content.decode()
    assert "budget ≥ Open-tender threshold" in page
    assert "Applies when all of this holds" in page


@pytest.mark.parametrize("address", ["/rules/NR-999/", "/rules/order.receipt_limit/?region=999999"])
def test_what_does_not_exist_is_not_found(address: str, reader: Client) -> None:
    assert reader.get(address).status_code == 404


@pytest.mark.parametrize("query", ["?kind=nothing", "?version=x", "?version=99999999999999999999", "?region="])
def test_strange_questions_are_answered(query: str, reader: Client) -> None:
    assert reader.get(f"/rules/threshold.procurement/{query}").status_code == 200


def test_every_subject_has_a_name(town: Town) -> None:
    rules = queries.rules_page("652800/652801", NOON.date())
    assert {group_of(it) for it in rules} <= set(GROUPS)
    assert sum(it.count for it in overview(rules)) == len(rules)
    assert next(it for it in overview(rules) if it.key == "TL").unverified == sum(
        group_of(it) == "TL" and it.evidence not in LAWFUL for it in rules
    )
