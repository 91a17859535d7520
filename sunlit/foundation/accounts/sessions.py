"""Sessions in the database that know whose they are, so that their owner can see and end them."""

from __future__ import annotations

import hashlib
import uuid
from datetime import datetime
from typing import Any

from django.contrib.sessions.backends.db import SessionStore as DatabaseStore


class SessionStore(DatabaseStore):
    """Django's database sessions with the user's id and the browser beside the data."""

    @classmethod
    def get_model_class(cls) -> type:
        from sunlit.foundation.accounts.models import Session

        return Session

    def create_model_instance(self, data: dict[str, Any]) -> Any:
        row: Any = super().create_model_instance(data)
        user = data.get("_auth_user_id")
        row.user_id = int(user) if user else None
        row.ip = data.get("_ip", "")
        row.agent = data.get("_agent", "")
        started = data.get("_started_at")
        row.started_at = datetime.fromisoformat(started) if started else None
        row.public_id = public_id(row.session_key)
        return row


def public_id(session_key: str) -> uuid.UUID:
    """The name of a sign-in for its owner's eyes: the same for the same key, which it does not give away."""
    return uuid.UUID(bytes=hashlib.sha256(f"sign-in {session_key}".encode()).digest()[:16])
