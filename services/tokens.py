"""Text goes in; the words by which it is found come out: folded, without stop words, ordinary ones with their stem."""

from __future__ import annotations

import functools
import itertools
import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any

from services.nlp.words import common_words, word_table

_WORD = re.compile(r"[^\W_]+")
_APOSTROPHES = str.maketrans("", "", "'’‘ʻ`´")
_LONGEST = 60


def words(text: str) -> list[str]:
    """The words of a text in their order, folded: small letters without accents and apostrophes, at most 60 of them."""
    text = text.translate(_APOSTROPHES)
    if not text.isascii():
        text = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return [word[:_LONGEST] for word in _WORD.findall(text.casefold())]


def fold(text: str) -> str:
    """A name as names are compared: its folded words with one space between."""
    return " ".join(words(text))


def telling(found: Sequence[str]) -> list[str]:
    """Those words that are no stop words; all of them where there are no others."""
    return [word for word in found if word not in stop_words()] or list(found)


def pairs(found: Sequence[str]) -> list[str]:
    """Neighbouring words, each two as one: 'kereta cepat'."""
    return [f"{one} {other}" for one, other in itertools.pairwise(found)]


def ordinary(text: str) -> frozenset[str]:
    """The folded words that a text writes in small letters somewhere; what is left are names and openings."""
    return frozenset(words(" ".join(word for word in text.split() if word.islower())))


def stems(found: Iterable[str]) -> set[str]:
    """The stems of ordinary words."""
    return {stem(word) for word in found if word not in stop_words() and word.isalpha()}


def asked_stem(word: str) -> str | None:
    """The stem of a word that somebody asks for; None for names: the rules would make 'gawat' of 'megawati'."""
    return stem(word) if word in common_words() and word not in stop_words() else None


def is_ordinary(word: str) -> bool:
    """Whether news writes a word in small letters; others are names, or unknown."""
    return word in common_words() or word in stop_words()


@functools.cache
def stop_words() -> frozenset[str]:
    """Words that tell nothing of what a text is about, Indonesian and English."""
    return word_table("stop_words")


@functools.lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """An ordinary Indonesian word without its affixes ('pembangunan' -> 'bangun'), by the rules of Snowball."""
    return str(_stemmer().stemWord(word))


@functools.cache
def _stemmer() -> Any:  # noqa: ANN401 - the library has no types
    import snowballstemmer  # noqa: PLC0415 - only for who searches or remembers

    return snowballstemmer.stemmer("indonesian")
