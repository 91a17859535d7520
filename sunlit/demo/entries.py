"""Companies that enter or may not: applications through the real services, with a specimen of a licence drawn for each, and one suspension."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from io import BytesIO
from typing import TYPE_CHECKING

from django.contrib.auth.hashers import make_password
from django.core.files.base import ContentFile
from PIL import Image, ImageDraw, ImageFont

from sunlit.demo.deals import ALIVE
from sunlit.demo.shapes import Application as Wish
from sunlit.demo.shapes import World
from sunlit.domain.registry import services as registry
from sunlit.domain.registry.models import Application, Supplier
from sunlit.foundation.accounts.models import User
from sunlit.foundation.files import services as files

if TYPE_CHECKING:
    from sunlit.demo.write import Rows

SUSPENSION = "多次超期未发货，经约谈未按期整改，暂停交易。"
SUSPENDED_FOR, QUIET = timedelta(days=60), timedelta(days=3)
PAPER, INK, RED = (250, 247, 239), (40, 40, 40), (190, 60, 45)
SIZE, MARGIN = (900, 640), 36


@dataclass(frozen=True)
class Act:
    """Something that happened at a time; `subject` and `place` put what happened at one instant into an order."""

    at: datetime
    subject: str
    place: int
    do: Callable[[], None]


def entries(world: World, rows: Rows) -> Iterator[Act]:
    """The applications' acts; who applies may sign in like everybody else."""
    from sunlit.demo.write import PASSWORD

    password = make_password(PASSWORD)
    for wish in world.applications:
        yield from Entry(wish, rows, password).acts()
    yield from _suspension(world, rows)


def _suspension(world: World, rows: Rows) -> Iterator[Act]:
    """One shop that owes nobody anything is suspended for a while, so that a suspension can be seen."""
    busy = {plan.supplier for plan in world.orders if plan.state in ALIVE or plan.steps[-1].at > world.at - QUIET}
    idle = [party for party in world.of_kind("supplier") if party.key not in busy]
    if not idle:
        return
    party, at = idle[-1], world.at - QUIET

    def suspend() -> None:
        it = Supplier.objects.get(organisation=rows.parties[party.key])
        registry.suspend(it, until=at + SUSPENDED_FOR, reason=SUSPENSION, by=rows.regulator_of(party.region), at=at)

    yield Act(at, party.key, 0, suspend)


class Entry:
    """One company's wish on its way."""

    def __init__(self, wish: Wish, rows: Rows, password: str) -> None:
        self.wish, self.rows, self.password = wish, rows, password
        self.application: Application | None = None

    def acts(self) -> Iterator[Act]:
        wish = self.wish
        yield Act(wish.begun_at, wish.key, 0, self._begin)
        if wish.submitted_at:
            yield Act(wish.submitted_at, wish.key, 1, self._submit)
        if wish.decided_at:
            yield Act(wish.decided_at, wish.key, 2, self._end)

    def _begin(self) -> None:
        wish, at = self.wish, self.wish.begun_at
        person = wish.applicant
        user = User.objects.create(
            login=person.login,
            name_zh=person.name_zh,
            name_en=person.name_en,
            phone=person.phone,
            email=f"{person.login}@sunlit.example",
            password=self.password,
            created_at=at,
        )
        self.by = registry.applicant(user)
        licence = ContentFile(specimen("BUSINESS LICENCE", wish.credit_code), name="business-licence.png")
        document = files.keep(licence, purpose="document", owner=None, by=self.by, at=at)
        self.application = registry.begin_application(
            credit_code=wish.credit_code,
            name_zh=wish.name_zh,
            region_code=wish.region,
            by=self.by,
            at=at,
            documents=[document],
            name_en=wish.name_en,
            legal_representative=wish.legal_representative,
            contact=wish.contact,
            phone=wish.phone,
            address=wish.address,
            staff=wish.staff,
            category_codes=list(wish.categories),
        )

    def _submit(self) -> None:
        assert self.application is not None
        assert self.wish.submitted_at is not None
        self.application = registry.submit_application(self.application, by=self.by, at=self.wish.submitted_at)

    def _end(self) -> None:
        wish = self.wish
        assert self.application is not None
        assert wish.decided_at is not None
        if wish.state == "withdrawn":
            registry.withdraw_application(self.application, by=self.by, at=wish.decided_at)
            return
        decide = {"returned": registry.return_application, "refused": registry.refuse_application}[wish.state]
        decide(self.application, reason=wish.reason, by=self.rows.regulator_of(wish.region), at=wish.decided_at)


def specimen(title: str, number: str) -> bytes:
    """A drawing that nobody takes for a real paper: frame, title, number, and SPECIMEN across it."""
    picture = Image.new("RGB", SIZE, PAPER)
    pen = ImageDraw.Draw(picture)
    pen.rectangle((MARGIN, MARGIN, SIZE[0] - MARGIN, SIZE[1] - MARGIN), outline=RED, width=5)
    pen.text((SIZE[0] / 2, 120), title, font=ImageFont.load_default(48), fill=INK, anchor="mm")
    pen.text((SIZE[0] / 2, 190), number, font=ImageFont.load_default(30), fill=INK, anchor="mm")
    for row in range(4):
        pen.line((160, 270 + row * 52, SIZE[0] - 160, 270 + row * 52), fill=(200, 195, 185), width=2)
    pen.text((SIZE[0] / 2, 520), "SPECIMEN", font=ImageFont.load_default(84), fill=RED, anchor="mm")
    kept = BytesIO()
    picture.save(kept, "PNG")
    return kept.getvalue()
