"""Tables of words that several stages of nlp ask: titles around names, and words that news writes in lower case."""

from __future__ import annotations

import functools
import tomllib
from pathlib import Path

_DATA = Path(__file__).parent / "data"


@functools.cache
def common_words() -> frozenset[str]:
    """Words that news mostly writes in lower case inside sentences (made by `training.lexicon`)."""
    return frozenset((_DATA / "common_words.txt").read_text("utf-8").split())


@functools.cache
def title_words(table: str) -> frozenset[str]:
    """One table of `data/titles.toml`: `roles`, `relations`, `aides`, `also_names`, `ranks`, `honorifics`, `breaks`, `inside`,
    `feasts`."""
    with (_DATA / "titles.toml").open("rb") as file:
        return frozenset(tomllib.load(file)[table].split())
