"""A few words go in; the concepts of news that they name come out: what it is called, what its articles speak of.

`data/related_terms.txt`, written by us, has a block for each concept: a line of names, of which a team may type any; a
line of strong terms ('='), each of which makes a headline one about it; a line of weak ones ('~') that often go along.
`data/concept_vectors.tsv` has where its articles lie to the model: made by `training.topics`.
"""

from __future__ import annotations

import functools
from array import array
from base64 import b64decode
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from services import tokens

_DATA = Path(__file__).parent / "data"


@dataclass(frozen=True, slots=True)
class Concept:
    """Names, strong and weak terms of a concept, folded; none is in two of these lists."""

    names: tuple[str, ...]
    strong: tuple[str, ...]
    weak: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Centre:
    """Where a concept's articles lie: the direction of a vector, and how many articles say so."""

    articles: int
    direction: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Naming:
    """The concepts that some words name; `rest` are the folded words that aren't their name."""

    concepts: tuple[Concept, ...]
    rest: tuple[str, ...]


def find(words: str) -> Naming:
    """The concepts of which the words are a name, else those of the longest name among neighbouring words."""
    found = tokens.words(words)
    spans = [(start, end) for start in range(len(found)) for end in range(start + 1, len(found) + 1)]
    for start, end in sorted(spans, key=lambda span: (span[0] - span[1], span[0])):
        if blocks := _by_name().get(" ".join(found[start:end])):
            return Naming(tuple(map(_concept, blocks)), (*found[:start], *found[end:]))
    return Naming((), tuple(found))


def every() -> list[Concept]:
    """Every concept."""
    return [_concept(block) for block in _blocks()]


def centres(concepts: Iterable[Concept]) -> list[Centre]:
    """Where articles of these concepts lie, as far as any are known."""
    # Blocks that begin with the same name have their articles in common.
    names = dict.fromkeys(one.names[0] for one in concepts)
    return [_centre(line) for name in names if (line := _learnt().get(name))]


def _centre(line: str) -> Centre:
    _, articles, direction = line.split("\t")
    return Centre(int(articles), tuple(map(float, array("b", b64decode(direction)))))


def _concept(block: str) -> Concept:
    first, *lines = block.splitlines()
    names = _folded(first.split("|"))
    strong = [term for term in _folded(_listed(lines, "=")) if term not in names]
    weak = [term for term in _folded(_listed(lines, "~")) if term not in names and term not in strong]
    return Concept(names, tuple(strong), tuple(weak))


def _listed(lines: Sequence[str], mark: str) -> list[str]:
    return [term for line in lines if line.startswith(mark) for term in line[1:].split(",")]


def _folded(terms: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(filter(None, map(tokens.fold, terms))))


# A bot has few topics: what isn't asked for stays text.
@functools.cache
def _blocks() -> tuple[str, ...]:
    return tuple((_DATA / "related_terms.txt").read_text(encoding="utf-8").strip().split("\n\n"))


@functools.cache
def _by_name() -> Mapping[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for block in _blocks():
        for name in _folded(block.partition("\n")[0].split("|")):
            found[name] = (*found.get(name, ()), block)
    return found


@functools.cache
def _learnt() -> Mapping[str, str]:
    lines = (_DATA / "concept_vectors.tsv").read_text(encoding="utf-8").splitlines()
    return {line.partition("\t")[0]: line for line in lines}
