"""A regulator tries a change on its draft's page: the bar while the worker is busy, then what it found or why it failed."""

from __future__ import annotations

import re
from datetime import timedelta

from django.test import Client

from sunlit.domain.insight import services
from sunlit.domain.insight.models import Trial
from sunlit.domain.rulebook.models import RuleDraft
from tests.portals.regulator.conftest import SOON, Seated
from tests.portals.regulator.test_rules_and_budgets import number_of
from tests.town import Town, an_order

PROPOSED = {
    "verb": "set",
    "kind": "goods",
    "region": "652801",
    "value": "60000",
    "effective_from": "2026-04-10",
    "reason": "与自治区目录调整同步施行",
}


def drafted(client: Client, **more: str) -> str:
    return f"/regulator/drafts/{number_of(client.post('/regulator/rules/threshold.procurement/', {**PROPOSED, **more}))}/"


def text(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, answer.status_code
    return answer.content.decode()


def test_a_trial_of_a_draft_runs_in_the_worker_and_its_result_stays_with_the_draft(town: Town, surina: Client, zheng: Client) -> None:
    an_order(town, key="b", quantity=50)
    page = drafted(surina)
    for _click in range(2):
        assert surina.post(page, {"verb": "simulate"}).status_code == 303
    it = Trial.objects.get()
    assert (it.state, page.split("/")[3]) == ("asked", it.draft)
    fragment = f"/regulator/trials/{it.number}/"
    for path in (page, fragment):
        told = text(surina, path)
        assert f'hx-get="{fragment}"' in told
        assert "Waiting for its turn" in told
        assert "data-trial=" not in told
    services.work_out(it.number, at=SOON)
    for client, path in ((surina, page), (surina, fragment), (zheng, page)):
        told = text(client, path)
        assert f'data-trial="{it.number}"' in told
        assert "hx-get" not in told.split("data-trial=")[1].split("</section>")[0]
    surina.post(page, {"verb": "revise", "value": "70000", "effective_from": "2026-04-10", "reason": "按会议意见重新起草"})
    assert "data-trial=" not in text(surina, page)  # it was another change that was tried


def test_a_failed_trial_is_told_and_asked_for_again(town: Town, surina: Client) -> None:
    page = drafted(surina)
    surina.post(page, {"verb": "simulate"})
    it = Trial.objects.get()
    services.give_up(at=SOON + timedelta(hours=2))
    told = text(surina, page)
    assert f'data-failed="{it.number}"' in told
    assert "No worker took it up for an hour" in told
    surina.post(page, {"verb": "simulate"})
    assert Trial.objects.count() == 2


def test_what_if_answers_with_its_trial(town: Town, surina: Client, seated: Seated) -> None:
    answer = surina.post(
        "/regulator/rules/price.above_median_warn/what-if/", {"value": "20", "region": "652801", "kind": "", "months": "6"}
    )
    it = Trial.objects.get()
    assert answer.status_code == 303
    assert f"trial={it.number}" in answer["Location"]
    assert f'hx-get="/regulator/trials/{it.number}/"' in text(surina, answer["Location"])
    assert surina.get("/regulator/rules/order.delivery_limit/what-if/").status_code == 404


def test_a_trial_is_not_read_by_other_people(town: Town, surina: Client, seated: Seated) -> None:
    surina.post(drafted(surina), {"verb": "simulate"})
    path = f"/regulator/trials/{Trial.objects.get().number}/"
    assert seated(town.aygul).get(path).status_code == 403
    assert surina.get("/regulator/trials/SY-NONE/").status_code == 404


def test_the_end_of_an_own_version_is_tried_as_the_version_above(town: Town, surina: Client, zheng: Client) -> None:
    page = drafted(surina)
    surina.post(page, {"verb": "hand_in"})
    zheng.post(page, {"verb": "approve"})
    ended = surina.post(
        "/regulator/rules/threshold.procurement/",
        {"verb": "end", "kind": "goods", "region": "652801", "effective_from": "2026-05-10", "reason": "恢复上级标准"},
    )
    path = f"/regulator/drafts/{number_of(ended)}/"
    surina.post(path, {"verb": "simulate"})
    assert Trial.objects.get().value == {"yuan": "300000.00"}


def test_a_page_says_why_a_rule_cannot_be_tried(town: Town, surina: Client) -> None:
    told = text(surina, "/regulator/rules/order.delivery_limit/")
    assert "This cannot be tried on past purchases. It sets a term" in re.sub(r"\s+", " ", told)


def binding() -> bool:
    return RuleDraft.objects.get().binding


def test_a_draft_says_whether_the_rule_refuses_by_itself(town: Town, surina: Client) -> None:
    page = drafted(surina, binding="1")
    assert binding()
    told = {"verb": "revise", "value": "60000", "effective_from": "2026-04-10", "reason": "按会议意见重新起草"}
    surina.post(page, {**told, "binding": ["0", "1"]})
    assert binding()
    surina.post(page, {**told, "binding": "0"})
    assert not binding()
    surina.post(page, told)
    assert not binding()


def test_the_rulebook_tells_what_is_enforced_now_and_by_which_feature_the_rest_will_be(town: Town, surina: Client) -> None:
    later, now = (text(surina, f"/regulator/rules/?held={held}&group=TL") for held in ("later", "now"))
    assert ("TL-024" in later, "TL-036" in later) == (True, False)
    assert "Will be enforced by: Bonds and electronic guarantees (M37)" in later
    assert ("TL-024" in now, "TL-036" in now, "Will be enforced by" in now) == (False, True, False)
