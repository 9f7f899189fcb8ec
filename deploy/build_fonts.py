"""Cut Noto Sans SC down to the characters of Chinese legal documents: two weights of about 2.4 MB for the PDFs.

Kept: Latin-1, GB2312, the symbols below, and the rare name characters of rare_characters.txt. A document with any other
character must be refused by whoever sets it; a character that the source font itself lacks ends this program.
"""

import hashlib
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from fontTools import subset

HERE = Path(__file__).resolve().parent
SOURCE = HERE.parent / "node_modules" / "@expo-google-fonts" / "noto-sans-sc"
FONTS = HERE.parent / "static" / "vendor" / "fonts"
WEIGHTS = {
    "NotoSansSC-Regular.ttf": SOURCE / "400Regular" / "NotoSansSC_400Regular.ttf",
    "NotoSansSC-Bold.ttf": SOURCE / "700Bold" / "NotoSansSC_700Bold.ttf",
}
SYMBOLS = "−–—‘’“”•…‰€†⇒⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳▼▽⚠✓㎏㎡㏎﹏"
LAYOUT_TABLES = ["GSUB", "GPOS", "GDEF", "BASE", "vhea", "vmtx", "STAT"]  # of no use to a PDF, half of the size
GB2312_ROWS = GB2312_CELLS = range(0xA1, 0xFF)


def gb2312() -> set[str]:
    """Return the 7,445 characters of GB2312."""
    codes = (bytes([row, cell]) for row in GB2312_ROWS for cell in GB2312_CELLS)
    return {code.decode("gb2312", errors="ignore") for code in codes} - {""}


def characters() -> set[str]:
    latin = {chr(code) for code in (*range(0x20, 0x7F), *range(0xA0, 0x100)) if code != 0xAD}  # 0xAD: soft hyphen
    lines = (HERE / "rare_characters.txt").read_text(encoding="utf-8").splitlines()
    rare = {character for line in lines if not line.startswith("#") for character in line.strip()}
    return latin | gb2312() | set(SYMBOLS) | rare


def cut(name: str) -> str:
    """Write one weight, the same bytes for the same input, and return its line for SHA256SUMS."""
    wanted = characters()
    options = subset.Options(
        layout_features=[], hinting=False, glyph_names=False, notdef_outline=True, recalc_timestamp=False
    )
    options.drop_tables += LAYOUT_TABLES
    font = subset.load_font(str(WEIGHTS[name]), options)
    missing = sorted(wanted - {chr(code) for code in font.getBestCmap()})
    if missing:
        raise SystemExit(f"{WEIGHTS[name].name} has no outline for {' '.join(missing)}; take them off the list.")
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=[ord(character) for character in wanted])
    cutter.subset(font)
    unfinished = FONTS / f"{name}.part"
    subset.save_font(font, str(unfinished), options)
    unfinished.replace(FONTS / name)
    return f"{hashlib.sha256((FONTS / name).read_bytes()).hexdigest()}  {name}"


def main() -> None:
    FONTS.mkdir(parents=True, exist_ok=True)
    with ProcessPoolExecutor(max_workers=len(WEIGHTS)) as pool:
        sums = list(pool.map(cut, WEIGHTS))
    (FONTS / "SHA256SUMS").write_text("\n".join(sums) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
