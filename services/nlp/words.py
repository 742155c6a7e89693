"""Tables of words that the stages of nlp ask: titles around names, abbreviations, words mostly in lower case."""

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
def word_table(name: str) -> frozenset[str]:
    """One table of `data/words.toml`, which says what each holds, such as `roles`, `honorifics` or `abbreviations`."""
    with (_DATA / "words.toml").open("rb") as file:
        return frozenset(tomllib.load(file)[name].split())
