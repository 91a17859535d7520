"""A quiet picture for a product that has none: the sign of its category, drawn on paper, with brand and model beneath."""

from __future__ import annotations

from functools import lru_cache
from hashlib import sha256

from markupsafe import Markup

from sunlit.portals.ui import signs

WIDTH, HEIGHT, HORIZON = 240, 240, 176
DRAWINGS_KEPT = 8_192


def placeholder(category: str, brand: str = "", model: str = "", *, sign: str = "") -> Markup:
    """An inline SVG, the same for the same product; `category` is its code or name. It is decoration: the name stands beside it."""
    from sunlit.portals.ui.environment import asset

    return _drawn(category, brand, model, sign or signs.sign_of(category), asset("icons.svg"))


@lru_cache(maxsize=DRAWINGS_KEPT)
def _drawn(category: str, brand: str, model: str, name: str, sprite: str) -> Markup:
    seed = sha256(f"{category}|{brand}|{model}".encode()).digest()
    return Markup(
        '<svg class="placeholder" viewBox="0 0 {w} {h}" aria-hidden="true" focusable="false">'
        '<circle class="placeholder-sun" cx="{x}" cy="{y}" r="{r}"></circle>'
        '<path class="placeholder-ground" d="M24 {g}H216"></path>'
        '<path class="placeholder-shade" d="{shade}"></path>'
        '<svg class="placeholder-sign" x="72" y="76" width="96" height="96" viewBox="0 0 24 24"><use href="{sprite}#{name}"></use></svg>'
        '<text class="placeholder-brand" x="120" y="204">{brand}</text><text class="placeholder-model" x="120" y="222">{model}</text>'
        "</svg>"
    ).format(
        w=WIDTH,
        h=HEIGHT,
        x=52 + seed[0] % 136,
        y=62 + seed[1] % 24,
        r=24 + seed[2] % 12,
        g=HORIZON,
        shade=_shade(seed),
        sprite=sprite,
        name=name,
        brand=_cut(brand, 14),
        model=_cut(model, 24),
    )


def _shade(seed: bytes) -> str:
    """A few hairlines under the object, as a pencil would shade its ground."""
    strokes = (f"M{84 + index * 12 + seed[index] % 8} {HORIZON + 3}l-7 7" for index in range(4 + seed[8] % 4))
    return "".join(strokes)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"
