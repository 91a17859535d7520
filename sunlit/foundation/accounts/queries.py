"""What is asked of accounts: who acts, which organisations, people and regions there are."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Prefetch, Q, QuerySet

from sunlit.foundation.accounts.actors import Actor, actor_in
from sunlit.foundation.accounts.models import Address, ApiToken, InvoiceTitle, Organisation, Region, Seat, Session, User
from sunlit.foundation.kernel.limits import PAGE_ROWS

__all__ = [
    "Named",
    "actor_of_seat",
    "addresses_of",
    "ids_named",
    "invoice_titles_of",
    "named",
    "named_by_number",
    "organisation",
    "organisations",
    "organisations_by_number",
    "people",
    "people_by_id",
    "people_of",
    "person",
    "region",
    "regions",
    "seats_of",
    "sessions_of",
    "tokens_of",
]

REMEMBERED_SECONDS = 60.0
_SEATS = Prefetch("seats", Seat.objects.select_related("organisation__region").order_by("pk"))
_regions: tuple[float, list[Region]] = (0.0, [])


@dataclass(frozen=True, slots=True)
class Named:
    """An organisation as lists show it."""

    id: int
    number: str
    name_zh: str
    name_en: str


@dataclass(frozen=True)
class _Names:
    """The names that were asked for since `read_at`."""

    read_at: float = 0.0
    by_id: dict[int, Named] = field(default_factory=dict)
    by_number: dict[str, Named] = field(default_factory=dict)

    def keep(self, found: Iterable[Named]) -> None:
        for each in found:
            self.by_id[each.id] = self.by_number[each.number] = each


_names = _Names()


def actor_of_seat(seat_id: int, user_id: str | int | None) -> Actor | None:
    """The actor of a seat that this user holds and may still use; one query."""
    if user_id is None:
        return None
    seats = Seat.objects.select_related("user", "organisation__region")
    seat = seats.filter(pk=seat_id, user_id=user_id, active=True, user__is_active=True, organisation__active=True).first()
    return actor_in(seat) if seat else None


def seats_of(user_id: int) -> list[Seat]:
    """The seats that a person may take, first the oldest."""
    seats = Seat.objects.select_related("organisation__region", "user")
    return list(seats.filter(user_id=user_id, active=True, organisation__active=True).order_by("pk"))


def organisations_by_number(numbers: Iterable[str]) -> dict[str, Organisation]:
    """Those of these numbers that exist."""
    return {it.number: it for it in Organisation.objects.filter(number__in=set(numbers))}


def people_by_id(ids: Iterable[int]) -> dict[int, User]:
    """Those of these persons that exist."""
    return User.objects.in_bulk(set(ids))


def regions() -> list[Region]:
    """The one net, parents before children; a minute old at most."""
    global _regions
    if not _regions[1] or time.monotonic() - _regions[0] > REMEMBERED_SECONDS:
        _regions = (time.monotonic(), list(Region.objects.order_by("path")))
    return _regions[1]


def named(ids: Iterable[int]) -> dict[int, Named]:
    """The names of these organisations, a minute old at most; no query where all are remembered."""
    names, wanted = _remembered_names(), set(ids)
    if new := wanted - names.by_id.keys():
        names.keep(_named(Organisation.objects.filter(pk__in=new)))
    return {pk: names.by_id[pk] for pk in wanted if pk in names.by_id}


def named_by_number(numbers: Iterable[str]) -> dict[str, Named]:
    """As `named`, by number."""
    names, wanted = _remembered_names(), set(numbers)
    if new := wanted - names.by_number.keys():
        names.keep(_named(Organisation.objects.filter(number__in=new)))
    return {number: names.by_number[number] for number in wanted if number in names.by_number}


def _remembered_names() -> _Names:
    global _names
    if time.monotonic() - _names.read_at > REMEMBERED_SECONDS:
        _names = _Names(time.monotonic())
    return _names


def _named(found: QuerySet[Organisation]) -> list[Named]:
    return [Named(*row) for row in found.values_list("pk", "number", "name_zh", "name_en")]


def forget() -> None:
    """Read regions and names anew at the next question."""
    global _regions, _names
    _regions, _names = (0.0, []), _Names()


def region(code: str) -> Region | None:
    return next((r for r in regions() if r.code == code), None)


def organisation(number: str) -> Organisation | None:
    return Organisation.objects.select_related("region").filter(number=number).first()


def organisations(
    *, kind: str = "", region_path: str = "", q: str = "", after: tuple[str, int] | None = None, rows: int = PAGE_ROWS
) -> list[Organisation]:
    """Organisations by pinyin; `after` is (name_key, id) of the last one of the page before."""
    found = Organisation.objects.select_related("region").order_by("name_key", "id")
    if kind:
        found = found.filter(kind=kind)
    if region_path:
        found = found.filter(Q(region__path=region_path) | Q(region__path__startswith=region_path + "/"))
    if q:
        found = found.filter(Q(name_zh__icontains=q) | Q(name_key__contains=q.lower()) | Q(number=q.upper()) | Q(credit_code=q.upper()))
    if after:
        found = found.filter(Q(name_key__gt=after[0]) | Q(name_key=after[0], pk__gt=after[1]))
    return list(found[:rows])


def ids_named(words: str, kind: str = "") -> list[int]:
    """The organisations of a kind whose Chinese name has these words: for lists that are narrowed by a party."""
    found = Organisation.objects.filter(name_zh__icontains=words.strip())
    return list((found.filter(kind=kind) if kind else found).values_list("pk", flat=True))


def people(*, q: str = "", after: str = "", rows: int = PAGE_ROWS) -> list[User]:
    """Everybody by login, with their seats; `after` is the last login of the page before. Two queries."""
    found = User.objects.filter(login__gt=after).prefetch_related(_SEATS)
    if q:
        found = found.filter(
            Q(login__icontains=q) | Q(name_zh__icontains=q) | Q(name_en__icontains=q) | Q(seats__organisation__name_zh__icontains=q)
        )
    return list(found.order_by("login").distinct()[:rows])


def person(pk: int) -> User | None:
    """One person with all seats, the closed ones too. Two queries."""
    return User.objects.prefetch_related(_SEATS).filter(pk=pk).first()


def people_of(organisation_id: int) -> list[Seat]:
    return list(Seat.objects.select_related("user").filter(organisation_id=organisation_id).order_by("pk"))


def addresses_of(organisation_id: int) -> list[Address]:
    return list(Address.objects.select_related("region").filter(organisation_id=organisation_id).order_by("-preferred", "pk"))


def invoice_titles_of(organisation_id: int) -> list[InvoiceTitle]:
    return list(InvoiceTitle.objects.filter(organisation_id=organisation_id).order_by("-preferred", "pk"))


def sessions_of(user_id: int, *, at: datetime) -> list[Session]:
    """The person's sign-ins that are still good, the latest first."""
    return list(Session.objects.filter(user_id=user_id, expire_date__gt=at).order_by("-started_at", "pk"))


def tokens_of(organisation_id: int) -> list[ApiToken]:
    return list(ApiToken.objects.filter(organisation_id=organisation_id).order_by("-created_at", "-id"))
