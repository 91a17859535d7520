"""`sunlit token`: keys of the API, made and revoked by whoever runs the machine."""

from __future__ import annotations

import click

from sunlit.foundation.accounts import queries, rules, services
from sunlit.foundation.accounts.actors import Actor, actor_in
from sunlit.foundation.accounts.models import ApiToken, Organisation
from sunlit.foundation.kernel import clock
from sunlit.foundation.kernel.refusals import Refused


@click.group()
def token() -> None:
    """Keys of the API."""


@token.command()
@click.option("--organisation", "number", required=True, help="The organisation's number, such as GY-0001.")
@click.option("--login", required=True, help="The administrator whose seat the key acts with.")
@click.option(
    "--scope", "scopes", multiple=True, type=click.Choice(rules.SCOPES), help="May be given several times; all, if it is not given."
)
@click.option("--name", default="sunlit token", help="What the key is for.")
@click.option("--days", default=365, type=click.IntRange(1, 3650), help="How long it is valid.")
def make(number: str, login: str, scopes: tuple[str, ...], name: str, days: int) -> None:
    """Make a key; it is shown once."""
    by = _seat(_organisation(number), login)
    try:
        _made, plain = services.issue_token(name=name, scopes=scopes or rules.SCOPES, by=by, at=clock.now(), days=days)
    except Refused as refused:
        raise click.ClickException(str(refused.problems[0].message)) from None
    click.echo(plain)


@token.command(name="list")
@click.option("--organisation", "number", required=True)
def list_(number: str) -> None:
    """The keys of an organisation; never the keys themselves."""
    for it in queries.tokens_of(_organisation(number).pk):
        state = "revoked" if it.revoked_at else f"until {it.expires_at:%Y-%m-%d}" if it.expires_at else "valid"
        click.echo(f"{it.pk}\t…{it.hint}\t{it.name}\t{' '.join(it.scopes)}\t{state}")


@token.command()
@click.argument("key_id", type=int)
def revoke(key_id: int) -> None:
    """Stop a key at once, by the number that `list` shows."""
    it = ApiToken.objects.select_related("seat__user", "seat__organisation__region").filter(pk=key_id).first()
    if it is None:
        raise click.ClickException(f"There is no key {key_id}.")
    try:
        services.revoke_token(it, by=actor_in(it.seat), at=clock.now())
    except Refused as refused:
        raise click.ClickException(str(refused.problems[0].message)) from None
    click.echo(f"Key {key_id} is revoked.")


def _organisation(number: str) -> Organisation:
    found = queries.organisation(number)
    if found is None:
        raise click.ClickException(f"There is no organisation {number}.")
    return found


def _seat(organisation: Organisation, login: str) -> Actor:
    seats = [seat for seat in queries.people_of(organisation.pk) if seat.user.login == login and seat.active]
    if not seats:
        raise click.ClickException(f"{login} holds no seat in {organisation.number}.")
    actor = queries.actor_of_seat(seats[0].pk, seats[0].user_id)
    assert actor is not None, "an active seat has an actor"
    return actor
