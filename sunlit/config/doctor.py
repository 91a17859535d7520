"""Examines an installation part by part; each finding says what to do."""

import importlib.metadata
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sunlit.config import environment, keys, postgres, processes, translations
from sunlit.config.environment import CannotStart
from sunlit.foundation.documents import papers


@dataclass(frozen=True)
class Finding:
    subject: str
    fine: bool
    words: str


def examine() -> Iterator[Finding]:
    for subject, look in EXAMINATIONS.items():
        try:
            yield Finding(subject, True, look())
        except CannotStart as problem:
            yield Finding(subject, False, str(problem))


def _python() -> str:
    return sys.version.split()[0]


def _packages() -> str:
    """The versions in the lock are those that were tested."""
    lock = environment.PROJECT_ROOT / "requirements.lock"
    if not lock.exists():
        return "installed without the lock file"
    pinned = [line.split()[0].split("==") for line in lock.read_text().splitlines() if "==" in line and not line.startswith((" ", "#"))]
    wrong = sorted(name for name, version in pinned if _installed(name) not in {version, ""})
    if wrong:
        raise CannotStart(f"These packages differ from requirements.lock: {', '.join(wrong)}. Run make again.")
    return f"{len(pinned)} as locked"


def _installed(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return ""  # for another system, or for developers only


def _settings() -> str:
    if problems := environment.check():
        raise CannotStart(" ".join(problems))
    if environment.get("DEMO") and environment.get("TLS"):
        raise CannotStart("SUNLIT_DEMO=1 lets everybody log in as anybody. Remove it on a site that others can reach.")
    if environment.get("DEMO"):
        return "readable"
    sandboxes = [
        told
        for name, told in (
            ("BANK_URL", "payments go to the sandbox bank, since SUNLIT_BANK_URL is empty"),
            ("KEEPER_URLS", "sealed quotes rest on the sandbox keepers, since SUNLIT_KEEPER_URLS is empty"),
        )
        if not environment.get(name)
    ]
    return "; ".join(["readable", *sandboxes])


def _data_folder() -> str:
    folder = environment.data_dir()
    processes.check_data_folder(folder)
    return str(folder)


def _keys() -> str:
    keys.secret_key()
    keys.ledger_key()
    if exposed := keys.open_to_others():
        raise CannotStart(f"Others can read {', '.join(map(str, exposed))}. Run: chmod -R go= {keys.folder()}.")
    return "present, readable by the owner only"


def _database() -> str:
    with postgres.available() as url:
        return f"answers, {postgres.server_version(url)}"


def _front_end() -> str:
    built = environment.PROJECT_ROOT / "sunlit" / "portals" / "ui" / "static" / "built"
    if not any(built.glob("*.css")):
        raise CannotStart("The style sheets and scripts are not built. Run make, or: .venv/bin/python hatch_build.py.")
    return "built"


def _papers() -> str:
    """Typst prints boxes for what a font lacks, and says nothing."""
    try:
        lacking = papers.missing_characters()
    except (papers.CannotPrint, OSError) as problem:
        raise CannotStart(str(problem)) from problem
    if lacking:
        raise CannotStart(f"The fonts for papers lack {', '.join(lacking)}. Run make again.")
    return f"{papers.FAMILY}, every character that was asked for is there"


def _translations() -> str:
    count = len(translations.sources())
    if gaps := list(translations.gaps()):
        raise CannotStart(f"{len(gaps)} texts are not translated. See: sunlit translations --check.")
    return f"{count} catalogues complete"


EXAMINATIONS: dict[str, Callable[[], str]] = {
    "Python": _python,
    "packages": _packages,
    "settings": _settings,
    "data folder": _data_folder,
    "keys": _keys,
    "database": _database,
    "front end": _front_end,
    "papers": _papers,
    "translations": _translations,
}
