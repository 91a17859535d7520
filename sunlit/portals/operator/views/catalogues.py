"""What the platform says of itself: its settings, its reasons, the lives of its things."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any, Final

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from sunlit.config import environment
from sunlit.config.environment import BadSetting, Setting
from sunlit.foundation.kernel.refusals import Reason, catalogue
from sunlit.foundation.lifecycle import Life
from sunlit.foundation.lifecycle import lives as all_lives
from sunlit.portals.doors import Request, door

KINDS: Final = {
    "application": _("Entry application"),
    "correction": _("Correction of a product"),
    "import": _("Import of offers"),
    "match": _("Products that may be the same"),
    "offer": _("Offer"),
    "order": _("Order"),
    "payment": _("Payment"),
    "supplier": _("Standing of a supplier"),
}


@dataclass(frozen=True)
class Shown:
    """A setting as it stands; a secret only says whether it is set."""

    name: str
    value: str
    meaning: str
    secret: bool
    given: bool


@door(kind="operator", methods=("GET",))
def settings(request: Request) -> HttpResponse:
    return render(request, "operator/settings.html", {"rows": [_shown(setting) for setting in environment.SETTINGS]})


def _shown(setting: Setting) -> Shown:
    given = setting.name in os.environ
    try:
        value = "" if setting.secret else _text(setting.read())
    except BadSetting:
        value = os.environ[setting.name]
    return Shown(setting.name, value, setting.meaning, setting.secret, given and bool(os.environ[setting.name]))


def _text(value: Any) -> str:
    if isinstance(value, tuple):
        return ", ".join(value)
    return {True: "1", False: "0", None: ""}.get(value, str(value)) if isinstance(value, bool | None) else str(value)


@door(kind="operator", methods=("GET",))
def reasons(request: Request) -> HttpResponse:
    """Every reason with its code, in both languages: what the help desk looks up."""
    q = request.GET.get("q", "").strip()[:100]
    told = [_told(reason) for reason in catalogue().values()]
    found = [row for row in told if q.lower() in f"{row['code']} {row['zh']} {row['en']}".lower()]
    return render(request, "operator/reasons.html", {"rows": found, "q": q, "count": len(told)})


def _told(reason: Reason) -> dict[str, Any]:
    texts = {}
    for key, language in (("zh", "zh-hans"), ("en", "en")):
        with translation.override(language):
            texts[key] = str(reason.text)
    return {"code": reason.code, "status": reason.status, **texts}


@door(kind="operator", methods=("GET",))
def lives(request: Request) -> HttpResponse:
    """The table of each life: states, and the moves between them with who may make them."""
    found: list[Life] = sorted(all_lives().values(), key=lambda life: life.kind)
    return render(request, "operator/lives.html", {"lives": found, "names": KINDS})
