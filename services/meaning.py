"""A few plain words go in; what makes an article belong to them comes out: what they mean to the model, related terms.

A topic of a word or two says little to a model that learnt on articles. So it is read in some sentences of ours, and
what all such sentences have in common is taken away. Beside that stands a thesaurus (`data/related_terms.txt`, written
by us) of what news about a subject speaks of: strong terms make a headline one about it, weak ones often go with it.
How much each sign counts was fitted on labelled pairs by `training.topics` (`data/topic_weights.json`).
"""

from __future__ import annotations

import functools
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from services import tokens

_DATA = Path(__file__).parent / "data"
SENTENCES: tuple[tuple[str, str], ...] = (
    ("{words}", ""),
    ("{Words}", "Berita tentang {words}."),
    ("{Words} di Indonesia", "Pemerintah dan warga membahas {words}. Berita terbaru tentang {words}."),
    ("{Words}: {Words}", "{Words} {words} {words} {words}."),
)
"""Title and text in which the words of a topic are read."""
MOST_TITLED, MOST_TERMS = 2, 4
"""More strong terms in a title, or terms in a text, say no more."""
FEATURES = ("likeness", "titled", "strong", "weak")


@dataclass(frozen=True, slots=True)
class Terms:
    """What news about some words speaks of; folded, the words themselves among the strong ones."""

    strong: tuple[str, ...]
    weak: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Signs:
    """What speaks for an article's belonging to a topic.

    `likeness` is a cosine, `titled` counts the strong terms of its title, `strong` and `weak` those of its text.
    """

    likeness: float
    titled: int
    strong: int
    weak: int

    @property
    def row(self) -> tuple[float, ...]:
        """The signs as numbers, in the order of `FEATURES`."""
        strong, weak = min(self.strong, MOST_TERMS), min(self.weak, MOST_TERMS)
        return self.likeness, min(self.titled, MOST_TITLED), strong, weak


@dataclass(frozen=True, slots=True)
class Weights:
    """A logistic regression over `FEATURES`, and the chance from which on an article belongs."""

    weights: tuple[float, ...]
    intercept: float
    threshold: float

    def chance(self, signs: Signs) -> float:
        """How likely an article with these signs belongs."""
        score = self.intercept + sum(weight * value for weight, value in zip(self.weights, signs.row, strict=True))
        return 1 / (1 + math.exp(-score))

    def belongs(self, signs: Signs) -> bool:
        """Whether an article with these signs belongs."""
        return self.chance(signs) >= self.threshold

    @property
    def least_likeness(self) -> float:
        """The likeness under which nothing belongs that has no strong term."""
        most_without = self.intercept + self.weights[FEATURES.index("weak")] * MOST_TERMS
        needed = math.log(self.threshold / (1 - self.threshold)) - most_without
        return needed / self.weights[0] if self.weights[0] > 0 else 1.0


def terms_of(words: str) -> Terms:
    """What news about some words speaks of: that of the concepts they name, or that the longest part of them names."""
    folded = tokens.fold(words)
    concepts = _thesaurus().get(folded) or _thesaurus().get(_longest_name(folded), ())
    strong = dict.fromkeys([folded, *(term for one in concepts for term in one.strong)])
    weak = dict.fromkeys(term for one in concepts for term in one.weak if term not in strong)
    return Terms(tuple(strong), tuple(weak))


def readings(words: str) -> list[tuple[str, str]]:
    """The titles and texts in which the words are to be read for what they mean."""
    written = {"words": words, "Words": words[:1].upper() + words[1:]}
    return [(title.format(**written), text.format(**written)) for title, text in SENTENCES]


def meaning(vectors: Sequence[Iterable[float]]) -> tuple[float, ...]:
    """What the words mean, of the vectors of their `readings`; of length 1, comparable with centred articles."""
    common = _fitted()["common"]
    centred = [
        _unit([x - y for x, y in zip(_unit(vector), mean, strict=True)])
        for vector, mean in zip(vectors, common, strict=True)
    ]
    return tuple(_unit([sum(values) for values in zip(*centred, strict=True)]))


def centre() -> tuple[float, ...]:
    """The mean of articles' vectors (each of length 1), which is taken away before they are compared with a meaning."""
    return tuple(_fitted()["centre"])


def weights() -> Weights:
    """How much each sign counts."""
    fitted = _fitted()
    return Weights(tuple(fitted["weights"]), fitted["intercept"], fitted["threshold"])


def _unit(vector: Iterable[float]) -> list[float]:
    values = [float(value) for value in vector]
    length = math.sqrt(sum(value * value for value in values))
    return [value / length for value in values] if length else values


def _longest_name(folded: str) -> str:
    """The longest name of a concept among the neighbouring words; '' where there is none."""
    words = folded.split()
    spans = [(start, end) for start in range(len(words)) for end in range(start + 1, len(words) + 1)]
    names = (" ".join(words[start:end]) for start, end in sorted(spans, key=lambda span: (span[0] - span[1], span[0])))
    return next((name for name in names if name in _thesaurus()), "")


@functools.cache
def _fitted() -> Mapping[str, Any]:
    with (_DATA / "topic_weights.json").open(encoding="utf-8") as file:
        fitted: Mapping[str, Any] = json.load(file)
    return fitted


@functools.cache
def _thesaurus() -> Mapping[str, tuple[Terms, ...]]:
    """The concepts by each of their names."""
    found: dict[str, tuple[Terms, ...]] = {}
    for block in (_DATA / "related_terms.txt").read_text(encoding="utf-8").split("\n\n"):
        first, *lines = block.strip().splitlines() or [""]
        names = [name for name in map(tokens.fold, first.split("|")) if name]
        strong = dict.fromkeys([*names, *_listed(lines, "=")])
        weak = [term for term in dict.fromkeys(_listed(lines, "~")) if term not in strong]
        for name in names:
            found[name] = (*found.get(name, ()), Terms(tuple(strong), tuple(weak)))
    return found


def _listed(lines: Iterable[str], mark: str) -> list[str]:
    terms = (term for line in lines if line.startswith(mark) for term in line[1:].split(","))
    return [term for term in map(tokens.fold, terms) if term]
