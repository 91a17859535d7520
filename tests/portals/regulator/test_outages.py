"""She reads what the operator declared; the prefecture's regulator decides, and the public sees what came of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from sunlit.domain.rulebook.models import Outage, OutageReport
from tests.foundation.files.samples import png
from tests.portals.regulator.conftest import SOON, Seated, codes
from tests.town import Town

TYPED = {"since": "2026-03-02T08:00", "until": "2026-03-02T10:30", "evidence": "城域网光缆中断，各单位无法登录。"}


def status(client: Client, path: str) -> int:
    answer: Any = client.get(path)
    b"".join(answer)  # a file is read to its end
    return int(answer.status_code)


def test_declared_confirmed_and_published(town: Town, seated: Seated, zheng: Client, surina: Client, client: Client) -> None:
    he = seated(town.he)
    assert codes(he.post("/operator/outages/", TYPED)) == {"RUL-040"}
    assert codes(he.post("/operator/outages/", {**TYPED, "until": "soon"})) == {"RUL-034"}
    assert he.post("/operator/outages/", {**TYPED, "file": SimpleUploadedFile("letter.png", png())}).status_code == 303
    report = OutageReport.objects.get()
    evidence = f"/files/{report.file_id}/"
    assert [status(each, evidence) for each in (client, seated(town.chen), surina, he)] == [404, 404, 200, 200]
    assert report.until - report.since == timedelta(minutes=150)
    assert report.since < report.until < SOON
    page = f"/regulator/outages/{report.number}/"
    assert ('data-waiting="outages">1' in zheng.get(page).content.decode(), "data-waiting" in surina.get(page).content.decode()) == (
        True,
        False,
    )
    assert report.number in surina.get("/regulator/outages/").content.decode()
    assert 'value="confirm"' not in surina.get(page).content.decode()
    assert codes(surina.post(page, {"verb": "confirm", "expected": "1"})) == {"LIF-002"}
    assert 'value="confirm"' in zheng.get(page).content.decode()
    assert codes(zheng.post(page, {"verb": "refuse", "expected": "1", "reason": ""})) == {"RUL-030"}
    assert zheng.post(page, {"verb": "other"}).status_code == 404
    assert zheng.post(page, {"verb": "confirm", "expected": "1"}).status_code == 303
    outage = Outage.objects.get()
    assert outage.number in he.get("/operator/outages/").content.decode()
    shown = client.get(f"/outages/{outage.number}/").content.decode()
    assert TYPED["evidence"] in shown
    assert status(client, evidence) == 200
    assert zheng.get("/regulator/outages/GZ-nothing/").status_code == 404


def test_evidence_of_what_was_not_confirmed_stays_with_the_offices(town: Town, seated: Seated, zheng: Client, client: Client) -> None:
    seated(town.he).post("/operator/outages/", {**TYPED, "file": SimpleUploadedFile("letter.png", png())})
    report = OutageReport.objects.get()
    zheng.post(f"/regulator/outages/{report.number}/", {"verb": "refuse", "expected": "1", "reason": "未见各单位报告"})
    assert [status(each, f"/files/{report.file_id}/") for each in (client, zheng)] == [404, 200]
