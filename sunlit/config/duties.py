"""What each background process does: serve pages, serve events, do jobs, seal, follow, play the bank."""

import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import FrameType

import psycopg
import structlog

from sunlit.config import environment, keys, metrics

PAGE_THREADS = 4  # a web process; each keeps one database connection
JOB_THREADS = 4
HEART_SECONDS = 60.0
JOB_SECONDS = 4.0  # a job that takes longer to stop is taken up again by the next worker
FOLLOW_SECONDS = 0.5
FOLLOWER_NICENESS = 10  # people who wait for a page come first: what follows the acts has a second to spare
LONGEST_PAUSE_SECONDS = 30.0
BACKLOG = 1024
KEPT_SECONDS = 75  # a line on which nobody asks anything
LISTENERS_MOST = 8192  # lines that the live process keeps open at once: all that its hubs take, and those that bid meanwhile

log = structlog.stdlib.get_logger("sunlit.duties")


def web() -> None:
    """The pages and the API."""
    metrics.share_between_processes(environment.data_dir())
    (environment.data_dir() / "static").mkdir(exist_ok=True)  # may stay empty: files are served from where they lie
    from granian import Granian
    from granian.constants import Interfaces

    Granian(
        "sunlit.config.wsgi:application",
        address=str(environment.get("BIND")),
        port=int(environment.get("PORT")),
        interface=Interfaces.WSGI,
        workers=int(environment.get("WORKERS")),
        blocking_threads=PAGE_THREADS,
        backlog=BACKLOG,
        respawn_failed_workers=True,
        respawn_interval=1.0,
        workers_kill_timeout=5,
        websockets=False,
        log_enabled=False,
    ).serve()


def live() -> None:
    """The server-sent events and the bid desk, in one process with an event loop. Several share the port: the system deals out the lines among them."""
    import uvicorn

    config = uvicorn.Config(
        "sunlit.config.asgi:application",
        loop="uvloop",
        http="httptools",
        ws="none",
        lifespan="on",
        limit_concurrency=LISTENERS_MOST,
        timeout_keep_alive=KEPT_SECONDS,
        timeout_graceful_shutdown=2,
        access_log=False,
        log_config=None,
        proxy_headers=False,
        server_header=False,
        date_header=False,
    )
    config.load()  # who listens is ready
    address, port = str(environment.get("BIND")), environment.live_port()
    family = socket.getaddrinfo(address, port, type=socket.SOCK_STREAM)[0][0]
    with socket.create_server((address, port), family=family, backlog=BACKLOG, reuse_port=True) as door:
        uvicorn.Server(config).run(sockets=[door])


def worker() -> None:
    """The jobs of the queue; those that a stop interrupts are taken up again."""
    from procrastinate.contrib.django import app

    threading.Thread(target=_beat, name="heart", daemon=True).start()
    connector = app.connector.get_worker_connector()  # type: ignore[attr-defined]
    app.with_connector(connector).run_worker(concurrency=JOB_THREADS, shutdown_graceful_timeout=JOB_SECONDS)


def _beat() -> None:
    """Show every minute that the platform is there, however busy the queue is: a full queue is no outage."""
    from sunlit.foundation.outbox import queue

    while True:
        queue.may_go_round()
        time.sleep(HEART_SECONDS)


def sealer() -> None:
    from sunlit.foundation.ledger import sealer as office

    office.run(stop_on_signal())


def indexer() -> None:
    """Every view of the whole (statistics, open data, supervision) and this machine's copies (the search index), each behind its own cursor.

    The copies are kept in a thread of their own: a price is found at once, however long a view measures.
    """
    from sunlit.foundation.outbox import follow

    stop = stop_on_signal()
    os.nice(FOLLOWER_NICENESS)
    views = threading.Thread(target=_keep_reading, args=(follow.views(), stop), name="views")
    views.start()
    _keep_reading(follow.copies(), stop)
    views.join()


def _keep_reading(passes: Mapping[str, Callable[[], int]], stop: threading.Event) -> None:
    """One batch of each after the other, over and over; one that fails is tried again after a pause."""
    from django.db import DatabaseError, InterfaceError, connection

    from sunlit.foundation.search.index import Busy

    pauses: dict[str, float] = {}
    while not stop.is_set():
        read = 0
        for name, act in passes.items():
            try:
                read += act()
                pauses.pop(name, None)
            except (DatabaseError, InterfaceError) as error:
                log.warning("the database is away", follower=name, error=str(error).strip())
                connection.close()
                pauses[name] = 1.0
            except Busy as busy:  # the index is being built anew
                log.info("a follower waits", follower=name, reason=str(busy))
                pauses[name] = 1.0
            except Exception:
                log.exception("a follower failed and tries again", follower=name)
                pauses[name] = min(pauses.get(name, 0.5) * 2, LONGEST_PAUSE_SECONDS)
        if pauses:
            stop.wait(max(pauses.values()))
        elif not read:
            _until_sealed()


def _until_sealed() -> None:
    """Wait for the sealer's word that there are new acts, at most for a moment: whoever misses it looks all the same."""
    from django.db import DatabaseError, connection

    from sunlit.foundation.ledger.sealer import LIVE_CHANNEL

    try:
        connection.ensure_connection()
        with connection.cursor() as cursor:
            cursor.execute(f"LISTEN {LIVE_CHANNEL}")
        for _word in connection.connection.notifies(timeout=FOLLOW_SECONDS, stop_after=1):
            pass
    except (DatabaseError, psycopg.Error):
        connection.close()
        time.sleep(FOLLOW_SECONDS)


def bank() -> None:
    """The sandbox bank on its own port, with its own books."""
    from sunlit.foundation.gateways.sandbox.bank_server import SandboxBank, server

    books = Path(environment.data_dir()) / "sandbox" / "bank.sqlite3"
    books.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    stop = stop_on_signal()
    with server(SandboxBank(books, keys.bank_key()), port=environment.bank_port()) as open_bank:
        threading.Thread(target=open_bank.serve_forever, daemon=True).start()
        stop.wait()
        open_bank.shutdown()


def keepers() -> None:
    """The sandbox keepers on their port, each with its own book."""
    from sunlit.foundation.gateways.sandbox.keeper_server import server, the_sandbox

    stop = stop_on_signal()
    with server(the_sandbox(), port=environment.keeper_port()) as open_keepers:
        threading.Thread(target=open_keepers.serve_forever, daemon=True).start()
        stop.wait()
        open_keepers.shutdown()


def prices() -> None:
    """The sandbox price feed on its own port, with its own book."""
    from sunlit.foundation.gateways.sandbox.price_server import SandboxPriceFeed, server

    book = Path(environment.data_dir()) / "sandbox" / "prices.sqlite3"
    book.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    stop = stop_on_signal()
    with server(SandboxPriceFeed(book, keys.price_feed_key()), port=environment.price_feed_port()) as open_feed:
        threading.Thread(target=open_feed.serve_forever, daemon=True).start()
        stop.wait()
        open_feed.shutdown()


def stop_on_signal() -> threading.Event:
    """Set by SIGTERM or Ctrl-C, so that work in hand is finished first."""
    stop = threading.Event()

    def told(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, told)
    signal.signal(signal.SIGINT, told)
    return stop
