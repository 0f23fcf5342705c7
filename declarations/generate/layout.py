"""How XML text is laid out: templates in one line, or a line per element with tabs."""

from __future__ import annotations

import re

_TOKEN = re.compile(r"<(\w+)>[^<]*</\1>|<\w+/>|<\w+>|</\w+>|[^<]+")


def one_line(text: str, depth: int) -> str:
    """The text without the white space around its lines, the same at every depth."""
    del depth  # layouts are interchangeable, and this one needs none
    return "".join(line.strip() for line in text.splitlines())


def with_tabs(text: str, depth: int) -> str:
    """The text with a line break and tabs before each element, its first tag at that depth.

    What stands between elements (a slot for more of them) stays as it is, so that laid-out texts can be put there.
    """
    lines: list[str] = []
    for token in _TOKEN.finditer(one_line(text, depth)):
        piece = token.group()
        if not piece.startswith("<"):
            lines.append(piece)
        elif piece.startswith("</"):
            depth -= 1
            lines.append("\n" + "\t" * depth + piece)
        else:
            lines.append("\n" + "\t" * depth + piece)
            depth += token.group(1) is None and not piece.endswith("/>")
    return "".join(lines)
