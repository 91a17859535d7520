"""Keys: made once, readable by their owner only, never replaced."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sunlit.config import keys
from sunlit.config.environment import CannotStart


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SUNLIT_DATA_DIR", str(tmp_path / "data"))
    return tmp_path / "data"


def test_keys_are_made_at_first_use_and_kept(data: Path) -> None:
    first = keys.secret_key(), keys.ledger_key().private_bytes_raw(), keys.bank_key(), keys.postgres_passfile().read_text()
    assert len(first[0]) >= 64
    assert (keys.secret_key(), keys.ledger_key().private_bytes_raw(), keys.bank_key(), keys.postgres_passfile().read_text()) == first
    assert stat.S_IMODE((data / "keys").stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in (data / "keys").iterdir()} == {0o600}
    assert keys.open_to_others() == []


def test_of_many_that_start_at_once_one_makes_the_key() -> None:
    with ThreadPoolExecutor(16) as pool:
        assert len({future.result() for future in [pool.submit(keys.secret_key) for _ in range(64)]}) == 1


def test_a_key_that_others_can_read_is_noticed(data: Path) -> None:
    keys.secret_key()
    (data / "keys" / "secret_key").chmod(0o644)
    assert keys.open_to_others() == [data / "keys" / "secret_key"]


def test_the_configured_secret_comes_first_and_is_not_written(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUNLIT_SECRET_KEY", "chosen")
    assert keys.secret_key() == "chosen"
    assert not (data / "keys").exists()


def test_a_data_folder_that_is_a_file_is_refused_with_advice(data: Path) -> None:
    data.write_text("not a folder")
    with pytest.raises(CannotStart, match="SUNLIT_DATA_DIR"):
        keys.secret_key()
