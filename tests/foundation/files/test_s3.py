"""The store on an S3 service: signed as the specification's example, and tried over real HTTP against a small service."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import parse_qsl

import httpx
import pytest

from sunlit.foundation.files.s3 import EMPTY_SHA256, S3Store, authorization
from sunlit.foundation.files.stores import FileSystemStore, the_store

NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
DATA = "复印纸".encode()
SHA256 = hashlib.sha256(DATA).hexdigest()


def test_the_signature_is_that_of_the_specifications_example() -> None:
    headers = {
        "host": "examplebucket.s3.amazonaws.com",
        "range": "bytes=0-9",
        "x-amz-content-sha256": EMPTY_SHA256,
        "x-amz-date": "20130524T000000Z",
    }
    signed = authorization(
        "GET", "/test.txt", headers, key="AKIAIOSFODNN7EXAMPLE", secret="wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", region="us-east-1"
    )
    assert signed.endswith("Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41")


class Service(BaseHTTPRequestHandler):
    """Keeps objects in memory; believes no request whose signature or hash is wrong."""

    objects: ClassVar[dict[str, bytes]] = {}

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        names = ("host", "x-amz-content-sha256", "x-amz-date")
        headers = {name: self.headers[name] for name in names}
        path, _mark, query = self.path.partition("?")
        expected = authorization(self.command, path, headers, key="key", secret="s/ecret", region="cn-north-1", query=query)
        if self.headers["authorization"] != expected or hashlib.sha256(body).hexdigest() != headers["x-amz-content-sha256"]:
            return self._answer(403)
        if self.command == "PUT":
            self.objects[self.path] = body
            return self._answer(200)
        if self.command == "DELETE":
            self.objects.pop(self.path, None)
            return self._answer(204)
        if query:
            return self._answer(200, self._listed(path, dict(parse_qsl(query))))
        return self._answer(200, self.objects[self.path]) if self.path in self.objects else self._answer(404)

    def _listed(self, bucket: str, asked: dict[str, str]) -> bytes:
        """ListObjectsV2, two at a time; what is put on this day is of noon, the rest a week older."""
        names = sorted(path.removeprefix(f"{bucket}/") for path in self.objects)
        found = [name for name in names if name.startswith(asked.get("prefix", "")) and name > asked.get("start-after", "")]
        day = {name: "2026-11-23" if name.endswith("f" * 60) else "2026-11-16" for name in found}
        told = "".join(
            f"<Contents><Key>{name}</Key><LastModified>{day[name]}T04:00:00.000Z</LastModified><Size>1</Size></Contents>"
            for name in found[:2]
        )
        truncated = str(len(found) > 2).lower()
        return f"<ListBucketResult><IsTruncated>{truncated}</IsTruncated>{told}</ListBucketResult>".encode()

    do_GET = do_PUT = do_HEAD = do_DELETE = _serve  # noqa: N815

    def _answer(self, status: int, body: bytes = b"") -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def address() -> Iterator[str]:
    Service.objects.clear()
    listening = ThreadingHTTPServer(("127.0.0.1", 0), Service)
    thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"127.0.0.1:{listening.server_port}/sunlit"
    listening.shutdown()
    thread.join()
    listening.server_close()


def store(address: str, secret: str = "s%2Fecret") -> S3Store:
    return S3Store(f"http://key:{secret}@{address}?region=cn-north-1", now=lambda: NOON)


def test_bytes_are_put_read_and_removed(address: str) -> None:
    there = store(address)
    assert not there.has(SHA256)
    there.put(SHA256, DATA)
    there.put(SHA256, DATA)
    assert there.has(SHA256)
    assert there.open(SHA256).read() == DATA
    assert list(Service.objects) == [f"/sunlit/{SHA256[:2]}/{SHA256[2:4]}/{SHA256}"]
    there.remove(SHA256)
    assert not there.has(SHA256)


@pytest.mark.parametrize("folder", ["", "/files"])
def test_what_is_old_is_listed_page_by_page(address: str, folder: str) -> None:
    there = store(address + folder)
    old, new = [f"{n}" * 64 for n in range(1, 6)], "f" * 64
    for name in (*old, new):
        Service.objects[f"/sunlit{folder}/{name[:2]}/{name[2:4]}/{name}"] = b"x"
    Service.objects["/sunlit/other.txt"] = b"not ours"
    assert list(there.older_than(NOON - timedelta(days=1))) == old
    assert list(there.older_than(NOON + timedelta(days=1))) == [*old, new]
    assert there.clear_away(NOON) == 0


def test_a_wrong_secret_is_an_error_and_nothing_is_kept(address: str) -> None:
    with pytest.raises(httpx.HTTPStatusError):
        store(address, "other").put(SHA256, DATA)
    assert Service.objects == {}


def test_altered_bytes_are_not_handed_out(address: str) -> None:
    there = store(address)
    there.put(SHA256, DATA)
    Service.objects[next(iter(Service.objects))] = b"other"
    with pytest.raises(OSError, match="other bytes"):
        there.open(SHA256)


def test_the_setting_chooses_the_store(monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(the_store(), FileSystemStore)
    monkeypatch.setenv("SUNLIT_FILES_URL", "https://key:secret@s3.example/sunlit")
    assert isinstance(the_store(), S3Store)
