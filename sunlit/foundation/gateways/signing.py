"""How the platform and an outside system know each other's words: HMAC-SHA256 with a shared key over everything that matters."""

from __future__ import annotations

import hashlib
import hmac


def of_request(key: bytes, *, method: str, path: str, nonce: str, body: bytes) -> str:
    """Signature of a request. Replaying it does no harm: a payment is carried out once per reference."""
    return _signature(key, b"request", method.encode(), path.encode(), nonce.encode(), body)


def of_answer(key: bytes, *, nonce: str, status: int, body: bytes) -> str:
    """Signature of the answer. It names the nonce of its question, so that no old answer can be passed off as a new one."""
    return _signature(key, b"answer", nonce.encode(), str(status).encode(), body)


def same(signature: str, expected: str) -> bool:
    return hmac.compare_digest(signature.encode(), expected.encode())


def _signature(key: bytes, *parts: bytes) -> str:
    """Each part is preceded by its length: no two different messages give the same bytes."""
    return hmac.new(key, b"".join(b"%d:%s" % (len(part), part) for part in parts), hashlib.sha256).hexdigest()
