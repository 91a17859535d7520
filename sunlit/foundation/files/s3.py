"""The store on any S3 service: for installations with more than one web machine."""

from __future__ import annotations

import hashlib
import hmac
import io
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import BinaryIO
from urllib.parse import parse_qs, quote, unquote, urlsplit

import httpx

from sunlit.foundation.kernel import clock

TIMEOUT_SECONDS = 20.0
TRIES = 3
_OBJECT = re.compile(r"<Contents>.*?</Contents>", re.DOTALL)
_KEY, _CHANGED = re.compile(r"<Key>([^<]*)</Key>"), re.compile(r"<LastModified>([^<]*)</LastModified>")
_NAME = re.compile(r"[0-9a-f]{2}/[0-9a-f]{2}/[0-9a-f]{64}")
EMPTY_SHA256 = hashlib.sha256(b"").hexdigest()


class S3Store:
    """`https://KEY:SECRET@host/bucket?region=cn-north-1`: objects `aa/bb/<sha256>`, path style, signed with AWS Signature Version 4."""

    def __init__(self, url: str, *, now: Callable[[], datetime] = clock.now, client: httpx.Client | None = None) -> None:
        parts = urlsplit(url)
        assert parts.hostname, "the address of the file store lacks its host"
        assert parts.username, "the address of the file store lacks its key"
        assert parts.password, "the address of the file store lacks its secret"
        assert parts.path.strip("/"), "the address of the file store lacks its bucket"
        self.key, self.secret = unquote(parts.username), unquote(parts.password)
        self.host = parts.hostname + (f":{parts.port}" if parts.port else "")
        self.base, self.bucket = f"{parts.scheme}://{self.host}", parts.path.strip("/")
        self.region = parse_qs(parts.query).get("region", ["us-east-1"])[0]
        self.now, self.client = (
            now,
            client or httpx.Client(timeout=TIMEOUT_SECONDS, trust_env=False, transport=httpx.HTTPTransport(retries=TRIES)),
        )

    def put(self, sha256: str, data: bytes) -> None:
        """The service checks the hash, and answers only when the bytes are durable."""
        if not self.has(sha256):
            self._ask("PUT", sha256, data).raise_for_status()

    def open(self, sha256: str) -> BinaryIO:
        data = self._ask("GET", sha256).raise_for_status().content
        if hashlib.sha256(data).hexdigest() != sha256:
            raise OSError(f"the file store gave other bytes than {sha256}")
        return io.BytesIO(data)

    def has(self, sha256: str) -> bool:
        answer = self._ask("HEAD", sha256)
        if answer.status_code == httpx.codes.NOT_FOUND:
            return False
        answer.raise_for_status()
        return True

    def remove(self, sha256: str) -> None:
        self._ask("DELETE", sha256).raise_for_status()

    def older_than(self, moment: datetime) -> Iterator[str]:
        bucket, _slash, folder = self.bucket.partition("/")
        within = f"{folder}/" if folder else ""
        after = ""
        while True:
            asked = {"list-type": "2", "prefix": within, "start-after": after}
            text = self._send("GET", f"/{bucket}", {name: value for name, value in asked.items() if value}).raise_for_status().text
            told = [(_KEY.findall(each)[0], _CHANGED.findall(each)[0]) for each in _OBJECT.findall(text)]
            for key, changed in told:
                if _NAME.fullmatch(key.removeprefix(within)) and datetime.fromisoformat(changed) < moment:
                    yield key.rpartition("/")[2]
            if not told or "<IsTruncated>true</IsTruncated>" not in text:
                return
            after = told[-1][0]

    def clear_away(self, moment: datetime) -> int:
        """The service keeps nothing half written."""
        return 0

    def _ask(self, method: str, sha256: str, data: bytes = b"") -> httpx.Response:
        return self._send(method, f"/{self.bucket}/{sha256[:2]}/{sha256[2:4]}/{sha256}", {}, data, sha256 if data else EMPTY_SHA256)

    def _send(self, method: str, path: str, query: Mapping[str, str], data: bytes = b"", payload: str = EMPTY_SHA256) -> httpx.Response:
        asked = "&".join(f"{quote(name, safe='')}={quote(query[name], safe='')}" for name in sorted(query))
        headers = {"host": self.host, "x-amz-content-sha256": payload, "x-amz-date": f"{self.now():%Y%m%dT%H%M%SZ}"}
        headers["authorization"] = authorization(method, path, headers, key=self.key, secret=self.secret, region=self.region, query=asked)
        return self.client.request(method, self.base + path + (f"?{asked}" if asked else ""), content=data, headers=headers)


def authorization(method: str, path: str, headers: Mapping[str, str], *, key: str, secret: str, region: str, query: str = "") -> str:
    """The Authorization header of AWS Signature Version 4. Header names are in lower case, the query is sorted and escaped."""
    names = ";".join(sorted(headers))
    lines = "".join(f"{name}:{headers[name].strip()}\n" for name in sorted(headers))
    request = "\n".join([method, path, query, lines, names, headers["x-amz-content-sha256"]])
    date = headers["x-amz-date"]
    scope = f"{date[:8]}/{region}/s3/aws4_request"
    text = "\n".join(["AWS4-HMAC-SHA256", date, scope, hashlib.sha256(request.encode()).hexdigest()])
    signing = f"AWS4{secret}".encode()
    for part in scope.split("/"):
        signing = hmac.digest(signing, part.encode(), "sha256")
    signature = hmac.new(signing, text.encode(), hashlib.sha256).hexdigest()
    return f"AWS4-HMAC-SHA256 Credential={key}/{scope},SignedHeaders={names},Signature={signature}"
