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
    yield
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
