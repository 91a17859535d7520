"""The store on any S3 service: for installations with more than one web machine."""

from __future__ import annotations

import hashlib
import hmac
import io
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import BinaryIO
from urllib.parse import parse_qs, unquote, urlsplit

import httpx

from sunlit.foundation.kernel import clock

TIMEOUT_SECONDS = 20.0
TRIES = 3
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

    def _ask(self, method: str, sha256: str, data: bytes = b"") -> httpx.Response:
        path = f"/{self.bucket}/{sha256[:2]}/{sha256[2:4]}/{sha256}"
        payload = sha256 if data else EMPTY_SHA256
        headers = {"host": self.host, "x-amz-content-sha256": payload, "x-amz-date": f"{self.now():%Y%m%dT%H%M%SZ}"}
        headers["authorization"] = authorization(method, path, headers, key=self.key, secret=self.secret, region=self.region)
        return self.client.request(method, self.base + path, content=data, headers=headers)


def authorization(method: str, path: str, headers: Mapping[str, str], *, key: str, secret: str, region: str) -> str:
    """The Authorization header of AWS Signature Version 4 for a request without a query. Header names are in lower case."""
    names = ";".join(sorted(headers))
    lines = "".join(f"{name}:{headers[name].strip()}\n" for name in sorted(headers))
    request = "\n".join([method, path, "", lines, names, headers["x-amz-content-sha256"]])
    date = headers["x-amz-date"]
    scope = f"{date[:8]}/{region}/s3/aws4_request"
    text = "\n".join(["AWS4-HMAC-SHA256", date, scope, hashlib.sha256(request.encode()).hexdigest()])
    signing = f"AWS4{secret}".encode()
    for part in scope.split("/"):
        signing = hmac.digest(signing, part.encode(), "sha256")
    signature = hmac.new(signing, text.encode(), hashlib.sha256).hexdigest()
    return f"AWS4-HMAC-SHA256 Credential={key}/{scope},SignedHeaders={names},Signature={signature}"
