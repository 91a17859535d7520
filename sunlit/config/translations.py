"""Compiles the catalogues of every app: simplified Chinese by Babel, traditional Chinese from it by OpenCC."""

from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from opencc import OpenCC

from sunlit.config.environment import CannotStart

PACKAGE = Path(__file__).resolve().parents[1]
SOURCE = Path("zh_Hans") / "LC_MESSAGES" / "django.po"


def sources() -> list[Path]:
    return sorted(PACKAGE.glob(f"**/locale/{SOURCE}"))


def compile_all(*, force: bool = False) -> int:
    """Compile what is older than its source; returns how many catalogues were written."""
    stale = [path for path in sources() if force or _is_stale(path)]
    converter = OpenCC("s2t") if stale else None
    for path in stale:
        catalog = read(path)
        _write(catalog, path.with_suffix(".mo"))
        _write(_traditional(catalog, converter), _traditional_file(path))
    return len(stale)


def read(path: Path) -> Catalog:
    with path.open("rb") as file:
        try:
            return read_po(file, locale="zh_Hans", abort_invalid=True)
        except Exception as error:
            raise CannotStart(f"The catalogue {path} cannot be read: {error}") from error


def gaps() -> Iterator[str]:
    """Messages without a translation, with an unsure one, or with other placeholders than the source."""
    for path in sources():
        for message in read(path):
            if not message.id:
                continue
            where = f"{path.relative_to(PACKAGE.parent)}: {message.id!r}"
            if message.fuzzy or not all(_texts(message)):
                yield f"{where} is not translated"
            yield from (f"{where}: {error}" for error in message.check())


def _texts(message: Message) -> list[str]:
    text = message.string
    return [str(part) for part in text] if isinstance(text, (tuple, list)) else [str(text or "")]


def _traditional(catalog: Catalog, converter: OpenCC) -> Catalog:
    made = Catalog(locale="zh_Hant", charset="utf-8")
    for message in catalog:
        if message.id:
            texts = tuple(converter.convert(text) for text in _texts(message))
            made.add(message.id, texts if message.pluralizable else texts[0], context=message.context, flags=message.flags)
    return made


def _traditional_file(path: Path) -> Path:
    return path.parents[2] / "zh_Hant" / "LC_MESSAGES" / "django.mo"


def _is_stale(path: Path) -> bool:
    made = path.with_suffix(".mo"), _traditional_file(path)
    return any(not file.exists() or file.stat().st_mtime < path.stat().st_mtime for file in made)


def _write(catalog: Catalog, target: Path) -> None:
    """Put in place whole, since another process may be reading the old file."""
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = target.with_suffix(".new")
    with fresh.open("wb") as file:
        write_mo(file, catalog)
    fresh.replace(target)
