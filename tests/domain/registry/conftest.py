"""An entry application of Patigul's new company, drawn up and ready to submit."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.base import ContentFile

from sunlit.domain.registry import services
from sunlit.domain.registry.models import Application
from sunlit.foundation.accounts.actors import Actor
from sunlit.foundation.accounts.models import User
from sunlit.foundation.files import services as files
from sunlit.foundation.files.models import File
from sunlit.foundation.kernel import credit_code
from tests.foundation.files.samples import pdf
from tests.town import NOON, Town

CODE = credit_code.make(20260302)
FIELDS: dict[str, Any] = {
    "name_zh": "焉耆晨光教育用品有限公司",
    "region_code": "652801",
    "legal_representative": "帕提古丽",
    "contact": "帕提古丽",
    "phone": "0996-0900300",
    "address": "库尔勒市团结路8号",
    "staff": "24",
    "category_codes": ["A05040101"],
}


@pytest.fixture(autouse=True)
def _store(settings: Any, tmp_path: Any) -> None:
    settings.DATA_DIR = tmp_path


@pytest.fixture
def patigul(town: Town) -> Actor:
    return newcomer()


def newcomer(login: str = "patigul", name: str = "帕提古丽") -> Actor:
    return services.applicant(User.objects.create(login=login, name_zh=name, created_at=NOON, password="!"))


def licence(by: Actor, name: str = "licence.pdf") -> File:
    return files.keep(ContentFile(pdf(f"/Of {by.user_id}".encode()), name), purpose="document", owner=None, by=by, at=NOON)


def draft(by: Actor, *, code: str = CODE, **more: Any) -> Application:
    return services.begin_application(credit_code=code, by=by, at=NOON, **{**FIELDS, "documents": [licence(by)], **more})


def submitted(by: Actor, **more: Any) -> Application:
    return services.submit_application(draft(by, **more), by=by, at=NOON)
