"""Who acts: a person in a seat, nobody, or the platform's clock. Plain values, handed down from the portals."""

from __future__ import annotations

from dataclasses import dataclass

from sunlit.foundation.accounts.models import Seat


@dataclass(frozen=True)
class Actor:
    """A person acting for an organisation in some roles. The ledger keeps the Chinese names; the English ones are for pages."""

    user_id: int | None
    user_name: str
    organisation_id: int | None
    organisation_number: str
    organisation_name: str
    kind: str
    region_path: str
    roles: frozenset[str]
    seat_id: int | None = None
    region_id: int | None = None
    user_name_en: str = ""
    organisation_name_en: str = ""

    @property
    def is_somebody(self) -> bool:
        return self.organisation_id is not None

    @property
    def person(self) -> int:
        """The id of the person; only where somebody acts."""
        assert self.user_id is not None, "nobody acts here"
        return self.user_id

    @property
    def party(self) -> int:
        """The id of the organisation acted for; only where somebody acts."""
        assert self.organisation_id is not None, "nobody acts here"
        return self.organisation_id

    def has(self, *roles: str) -> bool:
        return bool(self.roles.intersection(roles))


NOBODY = Actor(None, "", None, "public", "", "public", "", frozenset())
CLOCK = Actor(None, "", None, "clock", "", "clock", "", frozenset({"clock"}))


def actor_in(seat: Seat) -> Actor:
    """The actor of a seat. Give it a seat with user, organisation and region selected."""
    organisation = seat.organisation
    return Actor(
        user_id=seat.user_id,
        user_name=seat.user.name_zh,
        organisation_id=organisation.pk,
        organisation_number=organisation.number,
        organisation_name=organisation.name_zh,
        kind=organisation.kind,
        region_path=organisation.region.path,
        roles=frozenset(seat.roles),
        seat_id=seat.pk,
        region_id=organisation.region_id,
        user_name_en=seat.user.name_en,
        organisation_name_en=organisation.name_en,
    )
