"""Pictures: measured before they are opened, drawn anew so that nothing hidden survives, and made small for lists."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _
from PIL import Image, ImageOps, UnidentifiedImageError

from sunlit.foundation.kernel.refusals import Problem, Reason, Refused

TOO_MANY_PIXELS = Reason(
    "FIL-010", _("The picture “{name}” has {pixels} million pixels; at most {limit} million are accepted. Make it smaller.")
)
UNREADABLE = Reason("FIL-011", _("The picture “{name}” is damaged and cannot be read. Save it again."))

PIXELS_MOST = 40_000_000
SIDE_MOST = 2400
SMALL_SIDE, MEDIUM_SIDE = 160, 640
FORMATS = ("JPEG", "PNG", "WEBP")
_BAD = (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError, Image.DecompressionBombWarning)


@dataclass(frozen=True)
class Picture:
    """The picture drawn anew, its measures, and its two small copies (WebP)."""

    data: bytes
    width: int
    height: int
    small: bytes
    medium: bytes


def is_of_a_fitting_size(name: str, data: bytes) -> Iterator[Problem]:
    """The header alone tells the number of pixels: a bomb is refused before it is unpacked."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data), formats=FORMATS) as image:
                pixels = image.width * image.height
    except Image.DecompressionBombError:
        yield Problem(TOO_MANY_PIXELS, {"name": name, "pixels": 178, "limit": PIXELS_MOST // 1_000_000}, on="file")
    except _BAD:
        yield Problem(UNREADABLE, {"name": name}, on="file")
    else:
        if pixels > PIXELS_MOST:
            yield Problem(TOO_MANY_PIXELS, {"name": name, "pixels": pixels // 1_000_000, "limit": PIXELS_MOST // 1_000_000}, on="file")


def redrawn(name: str, data: bytes) -> Picture:
    """Decode, turn upright, and encode again in the same format: place, camera and whatever was appended are gone. Raises Refused."""
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            form = image.format or "PNG"
            upright = _plain(ImageOps.exif_transpose(image))
    except _BAD:
        raise Refused(Problem(UNREADABLE, {"name": name}, on="file")) from None
    upright.thumbnail((SIDE_MOST, SIDE_MOST))
    return Picture(_encoded(upright, form), *upright.size, _copy(upright, SMALL_SIDE), _copy(upright, MEDIUM_SIDE))


def _plain(image: Image.Image) -> Image.Image:
    see_through = image.mode in {"RGBA", "LA", "PA"} or "transparency" in image.info
    plain = image.convert("RGBA" if see_through else "RGB")
    plain.info.clear()
    return plain


def _encoded(image: Image.Image, form: str) -> bytes:
    out = io.BytesIO()
    if form == "JPEG":
        image.convert("RGB").save(out, "JPEG", quality=88, optimize=True, progressive=True)
    elif form == "WEBP":
        image.save(out, "WEBP", quality=88)
    else:
        image.save(out, "PNG", optimize=False)
    return out.getvalue()


def _copy(image: Image.Image, side: int) -> bytes:
    copy = image.copy()
    copy.thumbnail((side, side))
    return _encoded(copy, "WEBP")
