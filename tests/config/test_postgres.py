"""The embedded PostgreSQL: closed to strangers, durable, and back after being killed."""

import os
import signal
import stat
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from sunlit.config import keys, postgres
from sunlit.config.environment import CannotStart
from sunlit.config.postgres import Cluster


@pytest.fixture
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """In a short folder that an unprivileged account can enter, as a data folder is."""
    base = tmp_path_factory.getbasetemp()
    for folder in (base, base.parent, base.parent.parent if base.parent.parent != Path("/tmp") else base):
        folder.chmod(stat.S_IMODE(folder.stat().st_mode) | 0o011)
    home = tmp_path_factory.mktemp("pg")
    home.chmod(0o711)
    passfile = home / "pass"
    passfile.touch(mode=0o600)
    passfile.write_bytes(keys.new_passfile())
    made = Cluster(home / "postgres", passfile)
    yield made
    made.stop_orphan()


def test_it_is_durable_speaks_utf8_and_asks_for_the_password(cluster: Cluster, tmp_path: Path) -> None:
    server = cluster.start()
    try:
        with psycopg.connect(cluster.url()) as connection:
            shown = {
                name: connection.execute(f"SHOW {name}").fetchone()
                for name in ("fsync", "synchronous_commit", "server_encoding", "listen_addresses")
            }
            assert shown == {"fsync": ("on",), "synchronous_commit": ("on",), "server_encoding": ("UTF8",), "listen_addresses": ("",)}
            assert connection.execute("SELECT upper('é'), length('陽光')").fetchone() == ("É", 2)
        wrong = tmp_path / "wrong"
        wrong.touch(mode=0o600)
        wrong.write_bytes(keys.new_passfile())
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(Cluster(cluster.home, wrong).url())
        assert "trust" not in (cluster.data / "pg_hba.conf").read_text()
        running = cluster.running()
        assert running is not None
        assert running.uids().effective != 0 or os.geteuid() == 0
        assert cluster.passfile.read_text().strip().rpartition(":")[2] not in " ".join(running.cmdline())
    finally:
        postgres.stop(server)
    assert cluster.running() is None


def test_what_was_committed_is_there_after_a_kill(cluster: Cluster) -> None:
    server = cluster.start()
    with psycopg.connect(cluster.url(), autocommit=True) as connection:
        connection.execute("CREATE TABLE act (number int)")
        connection.execute("INSERT INTO act SELECT generate_series(1, 1000)")
    server.send_signal(signal.SIGKILL)
    server.wait()
    server = cluster.start()
    with psycopg.connect(cluster.url()) as connection:
        assert connection.execute("SELECT count(*) FROM act").fetchone() == (1000,)
    postgres.stop(server)


def test_where_the_path_is_too_long_for_a_socket_it_listens_on_this_machine_only(cluster: Cluster) -> None:
    deep = Cluster(cluster.home.parent / ("x" * 110) / "postgres", cluster.passfile)
    deep.home.parent.mkdir(mode=0o711)
    assert not deep.by_socket
    server = deep.start()
    try:
        with psycopg.connect(deep.url()) as connection:
            assert connection.execute("SHOW listen_addresses").fetchone() == ("127.0.0.1",)
            assert str(connection.info.hostaddr) == "127.0.0.1"
    finally:
        postgres.stop(server)


def test_data_of_another_version_is_left_alone(cluster: Cluster) -> None:
    cluster.data.mkdir(parents=True)
    (cluster.data / "PG_VERSION").write_text("17\n")
    with pytest.raises(CannotStart, match=r"was written by PostgreSQL 17, but this release brings PostgreSQL 18"):
        cluster.start()
    assert [path.name for path in cluster.data.iterdir()] == ["PG_VERSION"]


def test_only_one_holds_a_lock(tmp_path: Path) -> None:
    with postgres.hold(tmp_path / "a.lock") as first, postgres.hold(tmp_path / "a.lock") as second:
        assert (first, second) == (True, False)
    with postgres.hold(tmp_path / "a.lock") as third:
        assert third


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("postgres://ann:geheim@127.0.0.1:1/sunlit", "The database sunlit at 127.0.0.1 cannot be used: "),
        ("postgres://ann:geheim@127.0.0.1:x/sunlit", "cannot be used: "),
    ],
)
def test_a_server_that_cannot_be_used_is_named_without_its_password(url: str, sentence: str) -> None:
    with pytest.raises(CannotStart) as refusal:
        postgres.check_server(url)
    assert sentence in str(refusal.value)
    assert "DATABASE_URL" in str(refusal.value)
    assert "geheim" not in str(refusal.value)


def test_django_gets_the_parts_of_the_address() -> None:
    entry = postgres.django_database("postgres://ann:p%40ss@db:5433/sun?sslmode=require")
    assert (entry["NAME"], entry["USER"], entry["PASSWORD"], entry["HOST"], entry["PORT"]) == ("sun", "ann", "p@ss", "db", "5433")
    assert entry["OPTIONS"]["sslmode"] == "require"
    assert (entry["CONN_MAX_AGE"], entry["CONN_HEALTH_CHECKS"]) == (None, True)
