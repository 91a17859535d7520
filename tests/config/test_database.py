"""A kept connection: looked at without asking the server, and given up when the server has."""

import psycopg
import pytest
from django.db import close_old_connections, connections

from sunlit.config.database.base import DatabaseWrapper


@pytest.mark.django_db(transaction=True)
def test_a_kept_connection_is_given_up_when_the_server_ended_it() -> None:
    connection = connections["default"]
    assert isinstance(connection, DatabaseWrapper)
    connection.ensure_connection()
    assert connection.is_usable()
    line = connection.connection
    with psycopg.connect(line.info.dsn, password=line.info.password, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s)", [line.info.backend_pid])
        other.execute("SELECT 1 FROM pg_stat_activity WHERE pid = %s", [line.info.backend_pid])
        _wait_until_read(line)
    assert not connection.is_usable()
    close_old_connections()
    with connection.cursor() as cursor:  # Django looks, lets the dead line go and takes a new one
        cursor.execute("SELECT 1")
        assert cursor.fetchone() == (1,)


def test_no_connection_is_no_usable_one() -> None:
    connection = connections["default"]
    fresh = DatabaseWrapper({**connection.settings_dict}, "fresh")
    assert not fresh.is_usable()


def _wait_until_read(line: psycopg.Connection) -> None:
    """Until the server's last words have arrived; it hangs up within moments."""
    import select

    assert select.select([line.pgconn.socket], [], [], 10)[0]
