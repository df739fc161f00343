#!/usr/bin/env python3
"""Writes src/LoraHub.Inference/Tokenization/UnicodeForms.txt. The program runs without ICU, so .NET's own normalization does nothing there."""
import unicodedata
from pathlib import Path

lines = [
    f"# Combining classes and decompositions of Unicode {unicodedata.unidata_version}; made by build/unicode-forms.py from Python's unicodedata.",
    "# A line: code point, combining class, then for a decomposition its kind and its parts, in hexadecimal. The kind is = when NFC composes it",
    "# again, C when not, and K when it is a compatibility one. Hangul syllables are computed. Unicode's license: www.unicode.org/license.txt",
]
for point in range(0x110000):
    if 0xAC00 <= point <= 0xD7A3 or 0xD800 <= point <= 0xDFFF:
        continue
    character = chr(point)
    order, parts = unicodedata.combining(character), unicodedata.decomposition(character).split()
    if not parts:
        if order:
            lines.append(f"{point:X} {order}")
        continue
    is_compatible = parts[0].startswith("<")
    parts = [f"{int(part, 16):X}" for part in parts if not part.startswith("<")]
    is_composed = not is_compatible and len(parts) == 2 and unicodedata.normalize("NFC", character) == character
    lines.append(" ".join([f"{point:X}", str(order), "K" if is_compatible else "=" if is_composed else "C", *parts]))

path = Path(__file__).parent.parent / "src/LoraHub.Inference/Tokenization/UnicodeForms.txt"
path.write_text("\n".join(lines) + "\n")
