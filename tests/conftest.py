"""What holds for every test: no network but this machine, and Chinese unless a test says otherwise."""

import ipaddress
import socket
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.utils import translation
from pytest_django.plugin import DjangoDbBlocker

from sunlit.domain.catalog.queries import categories, documents, synonyms
from sunlit.domain.rulebook.queries import book as rulebook
from tests.cluster import migrated
from tests.town import standing

FOUNDERS = {"town", "fair", "house", "shop", "units", "shelf", "service"}  # fixtures that found the town
_database: list[DjangoDbBlocker] = []  # once it is there


def _is_this_machine(address: Any) -> bool:
    if not isinstance(address, tuple):
        return True  # a Unix socket
    host = str(address[0])
    if host in {"localhost", ""}:
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _asks_database(item: pytest.Item) -> bool:
    return item.get_closest_marker("django_db") is not None or not _fixtures(item).isdisjoint({"db", "transactional_db", "live_server"})


def _commits(item: pytest.Item) -> bool:
    marker = item.get_closest_marker("django_db")
    return bool(marker and marker.kwargs.get("transaction")) or not _fixtures(item).isdisjoint({"transactional_db", "live_server"})


def _founds_town(item: pytest.Item) -> bool:
    return _asks_database(item) and not _commits(item) and not _fixtures(item).isdisjoint(FOUNDERS)


def _fixtures(item: pytest.Item) -> set[str]:
    return set(getattr(item, "fixturenames", ()))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The tests of the town come together, so that it is founded seldom."""
    items.sort(key=lambda item: not _founds_town(item))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """The town stands before the test's own transaction begins, or nothing does (see `tests.town.Standing`)."""
    if _database:
        with _database[0].unblock():
            if _founds_town(item):
                standing.raise_up()
            else:
                standing.clear()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Iterator[None]:
    """After a test with real connections the queue is emptied too: Django empties the tables that it manages, and the queue's are not.

    The line is closed, as by who serves: a test without a database has none.
    """
    yield
    if _database and _commits(item):
        with _database[0].unblock(), connection.cursor() as cursor:
            cursor.execute("TRUNCATE procrastinate_jobs, procrastinate_events, procrastinate_periodic_defers, procrastinate_workers")
        connection.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """A test around which a town stands has founded it; otherwise FOUNDERS is wrong."""
    yield
    assert standing.taken or not standing.stands(), "a town stands here that this test has not founded"


@pytest.fixture(autouse=True, scope="session")
def no_network() -> Iterator[None]:
    """A test that reaches out of this machine fails at once, on every machine alike."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if not _is_this_machine(address):
            raise AssertionError(f"a test tried to reach {address!r}")
        connect(self, address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guarded)
        yield


@pytest.fixture(autouse=True)
def own_language() -> Iterator[None]:
    """A page that a test reads in English leaves the next test in Chinese: Django keeps the last request's language in the thread."""
    with translation.override(settings.LANGUAGE_CODE):
        yield


@pytest.fixture(autouse=True)
def long_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a process remembers for seconds it remembers for the whole test: on a slow machine, too, queries are counted alike."""
    monkeypatch.setattr(rulebook, "CACHE_LIFE", timedelta(days=1))
    for memory in (categories, synonyms):
        monkeypatch.setattr(memory, "REMEMBERED_SECONDS", float("inf"))
    synonyms.forget()


@pytest.fixture(autouse=True)
def own_index() -> Iterator[None]:
    """An index in a folder that goes with its test is let go with it: each holds a dictionary of many megabytes."""
    yield
    documents._indexes.clear()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings: None, django_db_keepdb: bool) -> None:
    """The database of this process is a copy of one that is migrated once a run; one that is kept (--reuse-db) is migrated in its place."""
    if not django_db_keepdb:
        settings.DATABASES["default"]["TEST"].update(TEMPLATE=migrated(), MIGRATE=False)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """After a test with real connections every table is emptied, which the ledger's triggers would refuse; only here they let it.

    At the end, connections that a test's threads or processes left behind are closed, so that the database can be dropped.
    """
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        for table in ("ledger_entry", "ledger_leaf", "ledger_checkpoint"):
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER {table}_is_never_emptied")
    _database.append(django_db_blocker)
    yield
    _database.clear()
    with django_db_blocker.unblock():
        standing.clear()
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
