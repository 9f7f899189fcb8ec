"""Place the browser assets of node_modules/ in static/vendor/: style sheet, scripts, icon sprite, licence texts.

What is taken, and the hash each file must have, stands in vendor.toml beside this file; the icons in icons.txt.
After a deliberate change of versions, `--accept-hashes` writes the new hashes there.
"""

import hashlib
import re
import shutil
import sys
import tomllib
from pathlib import Path
from xml.etree import ElementTree as ET

HERE = Path(__file__).resolve().parent
NODE_MODULES = HERE.parent / "node_modules"
VENDOR = HERE.parent / "static" / "vendor"
LIST = HERE / "vendor.toml"
SVG = "http://www.w3.org/2000/svg"
STROKES = {
    "viewBox": "0 0 24 24",
    "fill": "none",
    "stroke": "currentColor",
    "stroke-width": "2",
    "stroke-linecap": "round",
    "stroke-linejoin": "round",
}


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def listed(path: Path) -> list[str]:
    """Return the lines of a list file, without comments and blank lines."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]


def icon_sprite(names: list[str], drawings: Path) -> bytes:
    """Return one SVG with a symbol for each icon; a name without a drawing ends the program."""
    ET.register_namespace("", SVG)
    sprite = ET.Element(f"{{{SVG}}}svg")
    for name in sorted(set(names)):
        drawing = drawings / f"{name}.svg"
        if not drawing.is_file():
            raise SystemExit(f"icons.txt: Tabler Icons has no outline icon named {name!r}.")
        symbol = ET.SubElement(sprite, f"{{{SVG}}}symbol", {"id": name, **STROKES})
        for shape in ET.fromstring(drawing.read_bytes()):  # noqa: S314 - its package was checked by hash
            if shape.get("stroke") != "none":  # the invisible frame of 24 x 24
                shape.tail = None
                symbol.append(shape)
        symbol.tail = "\n"
    return ET.tostring(sprite, encoding="unicode").encode() + b"\n"


def place(target: str, content: bytes) -> str:
    """Write a file below static/vendor/ and return its line for SHA256SUMS."""
    path = VENDOR / target
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return f"{sha256(content)}  {target}"


def accept_hashes(files: list[dict[str, str]]) -> None:
    """Write the hash of each file as it is now into vendor.toml."""
    text = LIST.read_text(encoding="utf-8")
    for entry in files:
        now = sha256((NODE_MODULES / entry["source"]).read_bytes())
        text = re.sub(
            f'(source = "{re.escape(entry["source"])}".*?sha256 = ")[0-9a-f]*', rf"\g<1>{now}", text, flags=re.DOTALL
        )
    LIST.write_text(text, encoding="utf-8")


def main() -> None:
    files = tomllib.loads(LIST.read_text(encoding="utf-8"))["file"]
    if sys.argv[1:] == ["--accept-hashes"]:
        accept_hashes(files)
        return
    for folder in VENDOR.iterdir() if VENDOR.is_dir() else ():
        if folder.is_dir() and folder.name != "fonts":  # fonts have a builder of their own
            shutil.rmtree(folder)
    sums = []
    for entry in files:
        content = (NODE_MODULES / entry["source"]).read_bytes()
        if sha256(content) != entry["sha256"]:
            raise SystemExit(
                f"node_modules/{entry['source']} is not the file that vendor.toml expects. Was it changed after"
                " it was fetched? Remove node_modules and run make again. Was its version raised on purpose?"
                " Run deploy/build_static.py --accept-hashes."
            )
        if "target" in entry:  # a font is only checked here
            sums.append(place(entry["target"], content))
    licences = sorted((HERE / "licences").glob("*.txt"))
    sums += [place(f"licences/{licence.name}", licence.read_bytes()) for licence in licences]
    drawings = NODE_MODULES / "@tabler" / "icons" / "icons" / "outline"
    sums.append(place("icons.svg", icon_sprite(listed(HERE / "icons.txt"), drawings)))
    (VENDOR / "SHA256SUMS").write_text("\n".join(sums) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
