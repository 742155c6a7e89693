"""A few plain words go in; what makes an article belong to them comes out: what they mean to the model, related terms.

A topic of a word or two says little to a model that learnt on articles. Where the thesaurus knows the concept that it
names, articles about it say where it lies. Else, and where they are few, the words are read in some sentences of ours,
and what all such sentences have in common is taken away. Beside that stand the terms of the thesaurus.
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

from services import thesaurus, tokens
from services.nlp.gazetteer import gazetteer

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
# For what a topic means, its sentences count as much as so many articles about its concept.
_SENTENCES_WORTH = 2
_LONGEST_PLACE = 3
_AREAS = frozenset({"country", "province", "regency", "city"})
_HOME = frozenset({"indonesia", "ri", "nusantara"})


@dataclass(frozen=True, slots=True)
class Terms:
    """What news about some words speaks of, folded.

    `names`: the words themselves, and what else their concept is called. `strong`: what makes a headline one about it.
    `required`: of each of these some term must stand in an article: the places and names among the words, and what news
    speaks of about a second concept.
    """

    names: tuple[str, ...]
    strong: tuple[str, ...]
    weak: tuple[str, ...]
    required: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Signs:
    """What speaks for an article's belonging to a topic.

    `likeness` is a cosine, `titled` counts names and strong terms of its title, `strong` and `weak` terms of its text.
    Names in a text don't count: they are mentioned in passing as often as not. `complete`: nothing required is missing.
    """

    likeness: float
    titled: int
    strong: int
    weak: int
    complete: bool = True

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
        return 1 / (1 + math.exp(-self._score(signs)))

    def belongs(self, signs: Signs) -> bool:
        """Whether an article with these signs belongs."""
        return signs.complete and self.chance(signs) >= self.threshold

    @property
    def least_likeness(self) -> float:
        """The likeness under which nothing belongs that has no strong term."""
        needed = math.log(self.threshold / (1 - self.threshold)) - self._score(Signs(0.0, 0, 0, MOST_TERMS))
        return needed / self.weights[0] if self.weights[0] > 0 else 1.0

    def _score(self, signs: Signs) -> float:
        return self.intercept + sum(weight * value for weight, value in zip(self.weights, signs.row, strict=True))


def terms_of(words: str) -> Terms:
    """What news about some words speaks of: that of the concepts they name, or that the longest part of them names."""
    naming, itself = thesaurus.find(words), tokens.fold(words)
    names = dict.fromkeys([itself, *(name for one in naming.concepts for name in one.names)])
    strong = dict.fromkeys(term for one in naming.concepts for term in one.strong if term not in names)
    weak = dict.fromkeys(term for one in naming.concepts for term in one.weak if term not in {*names, *strong})
    return Terms(tuple(names), tuple(strong), tuple(weak), _required(naming.rest))


def readings(words: str) -> list[tuple[str, str]]:
    """The titles and texts in which the words are to be read for what they mean."""
    written = {"words": words, "Words": words[:1].upper() + words[1:]}
    return [(title.format(**written), text.format(**written)) for title, text in SENTENCES]


def meaning(words: str, vectors: Sequence[Iterable[float]]) -> tuple[float, ...]:
    """What the words mean, `vectors` being those of their `readings`; of length 1, comparable with centred articles."""
    common = _fitted()["common"]
    read = [
        _unit([x - y for x, y in zip(_unit(vector), mean, strict=True)])
        for vector, mean in zip(vectors, common, strict=True)
    ]
    centres = thesaurus.centres(thesaurus.find(words).concepts)
    weighed = [(_SENTENCES_WORTH, _sum(read)), *((one.articles, one.direction) for one in centres)]
    return tuple(_unit(_sum([[weight * value for value in _unit(vector)] for weight, vector in weighed])))


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


def _sum(vectors: Sequence[Sequence[float]]) -> list[float]:
    return [sum(values) for values in zip(*vectors, strict=True)]


def _required(words: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    """What words beside a concept ask for: 'banjir semarang' isn't any flood, 'kesehatan anak' isn't all of health."""
    naming = thesaurus.find(" ".join(words))
    if naming.concepts:
        terms = dict.fromkeys(term for one in naming.concepts for term in (*one.names, *one.strong))
        return (tuple(terms), *_required(naming.rest))
    found: dict[str, None] = {}
    start = 0
    while start < len(words):
        size = next((size for size in range(_LONGEST_PLACE, 0, -1) if _is_place(words[start : start + size])), 0)
        if size or (words[start].isalpha() and not tokens.is_ordinary(words[start])):
            found |= dict.fromkeys(words[start : start + max(size, 1)])
        start += max(size, 1)
    return tuple((word,) for word in found if word not in _HOME)


def _is_place(words: Sequence[str]) -> bool:
    return any(one.kind in _AREAS for one in gazetteer().find(" ".join(words)))


@functools.cache
def _fitted() -> Mapping[str, Any]:
    with (_DATA / "topic_weights.json").open(encoding="utf-8") as file:
        fitted: Mapping[str, Any] = json.load(file)
    return fitted
