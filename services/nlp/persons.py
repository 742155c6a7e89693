"""One person's names as they stand in an article: what the finding of figures and that of their roles share."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from services.nlp.reading import Reading

_BRACKET = re.compile(r"\s*\(([^()\d]{2,40})\)")

Spans = dict[int, list[tuple[int, int]]]


@dataclass(frozen=True, slots=True)
class Name:
    """One mention of a person, cleaned: `words` are lower-cased for comparing."""

    text: str
    words: tuple[str, ...]
    sentence: int
    start: int
    end: int
    score: float


@dataclass(slots=True)
class Person:
    """Everything said of one person while the names are being merged."""

    words: tuple[str, ...]
    names: list[Name] = field(default_factory=list)
    aliases: set[str] = field(default_factory=set)


def word_key(word: str) -> str:
    """A word of a name as it is compared."""
    return word.lower().rstrip(".").replace("’", "'")


def affiliation(name: Name, reading: Reading) -> str | None:
    """The country or club in brackets after a name: 'Magnus Johannesen (Denmark)'."""
    found = _BRACKET.match(reading.sentences[name.sentence].text, name.end)
    if found is None:
        return None
    belongs = any(
        mention.sentence == name.sentence and mention.start == found.start(1) and mention.kind in ("LOC", "ORG")
        for mention in reading.mentions
    )
    return " ".join(found[1].split()) if belongs else None


def spans_of(names: Iterable[Name]) -> Spans:
    """Where names stand, by sentence."""
    spans = defaultdict[int, list[tuple[int, int]]](list)
    for name in names:
        spans[name.sentence].append((name.start, name.end))
    return spans
