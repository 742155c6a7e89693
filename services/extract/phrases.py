"""The name of a list in `data/phrases.toml` goes in; one expression that matches any of its phrases comes out."""

from __future__ import annotations

import functools
import re
import tomllib
from importlib.resources import files
from typing import Any


@functools.cache
def phrases(name: str) -> re.Pattern[str]:
    """Compile the phrases called `name` ('promotion', 'portal.weak') as one case-insensitive expression."""
    table: Any = _tables()
    for part in name.split("."):
        table = table[part]
    joined = "|".join(table).replace("{read_also}", "|".join(_tables()["read_also"]))
    return re.compile(f"(?:{joined})", re.IGNORECASE)


@functools.cache
def _tables() -> dict[str, Any]:
    return tomllib.loads(files("services.extract").joinpath("data/phrases.toml").read_text(encoding="utf-8"))
