"""Secrets of the installation: generated at first start, kept in the data folder's `keys`, apart from the database."""

import base64
import os
import secrets
import stat
import tempfile
from collections.abc import Callable
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

from sunlit.config import environment
from sunlit.config.environment import CannotStart

POSTGRES_USER = "sunlit"


def folder(data: Path | None = None) -> Path:
    """The folder of keys, made readable by its owner only."""
    path = (data or environment.data_dir()) / "keys"
    try:
        path.parent.mkdir(mode=0o711, parents=True, exist_ok=True)
        path.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise CannotStart(
            f"The folder {path} cannot be made ({error.strerror}). Make it writable or choose another one with SUNLIT_DATA_DIR."
        ) from None
    return path


def _write_once(path: Path, content: bytes) -> None:
    """Put a whole file in place unless it is there; of two processes that start at once, one wins and both use its key."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.link(name, path)
    except FileExistsError:
        return
    finally:
        Path(name).unlink()


def _kept(path: Path, make: Callable[[], bytes]) -> bytes:
    try:
        if not path.exists():
            _write_once(path, make())
        return path.read_bytes()
    except OSError as error:
        raise CannotStart(f"The key {path} cannot be read or written ({error.strerror}). Run as the account that owns it.") from None


def secret_key(data: Path | None = None) -> str:
    """Key for Django's signatures; SUNLIT_SECRET_KEY comes first, so that several machines can share one."""
    configured = str(environment.get("SECRET_KEY"))
    return configured or _kept(folder(data) / "secret_key", lambda: secrets.token_urlsafe(64).encode()).decode()


def ledger_key_path() -> Path:
    """PEM file of the Ed25519 key that signs the ledger's checkpoints."""
    path = folder() / "ledger_ed25519.pem"
    _kept(path, _new_ed25519)
    return path


def ledger_key() -> Ed25519PrivateKey:
    path = ledger_key_path()
    key = load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise CannotStart(
            f"{path} is not an Ed25519 key. Put the ledger's own key back from your backup; a new key would break the chain of checkpoints."
        )
    return key


def _new_ed25519() -> bytes:
    return Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def bank_key() -> bytes:
    """Key shared with the bank: both sides sign with it. Put the bank's own here for a real bank; the sandbox reads the same file."""
    return _kept(folder() / "bank.key", lambda: secrets.token_urlsafe(48).encode()).strip()


def keeper_key(name: str) -> bytes:
    """Key shared with one key keeper: both sides sign with it. Put the keeper's own here for a real one; the sandbox reads the same file."""
    return _kept(folder() / f"{name}.key", lambda: secrets.token_urlsafe(48).encode()).strip()


def price_feed_key() -> bytes:
    """Key shared with the price feed: both sides sign with it; the sandbox reads the same file."""
    return _kept(folder() / "price-feed.key", lambda: secrets.token_urlsafe(48).encode()).strip()


def vault_key() -> bytes:
    """Key of 256 bits for what the platform must read while it is secret (sealed floors of an auction); never in the database."""
    return base64.b64decode(_kept(folder() / "vault.key", lambda: base64.b64encode(secrets.token_bytes(32))))


def postgres_passfile() -> Path:
    """Password of the embedded PostgreSQL in libpq's passfile format, so that it never stands on a command line."""
    path = folder() / "postgres.pass"
    _kept(path, new_passfile)
    return path


def new_passfile() -> bytes:
    return f"*:*:*:{POSTGRES_USER}:{secrets.token_hex(32)}\n".encode()


def open_to_others() -> list[Path]:
    """Keys that somebody else on this machine could read."""
    return [path for path in (folder(), *sorted(folder().iterdir())) if stat.S_IMODE(path.stat().st_mode) & 0o077]
