"""What is asked of accounts: who acts, which organisations and regions there are."""

from __future__ import annotations

from sunlit.foundation.accounts.actors import Actor, actor_in
from sunlit.foundation.accounts.models import Organisation, Seat

__all__ = ["actor_of_seat", "organisation"]


def actor_of_seat(seat_id: int, user_id: str | int | None) -> Actor | None:
    """The actor of a seat that this user holds and may still use; one query."""
    seats = Seat.objects.select_related("user", "organisation__region")
    seat = seats.filter(pk=seat_id, user_id=user_id, active=True, user__is_active=True, organisation__active=True).first()
    return actor_in(seat) if seat else None


def organisation(number: str) -> Organisation | None:
    return Organisation.objects.select_related("region").filter(number=number).first()
