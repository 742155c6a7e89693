"""An article and what was asked for go in; the sentence that answers comes out, with what in it was meant."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from services import tokens
from services.models import Annotation
from services.nlp.sentences import split_sentences
from services.query import Named, Phrase, Query, Word, terms

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
# Further down nobody looks for the answer.
_MOST_SENTENCES = 120


@dataclass(frozen=True, slots=True)
class Passage:
    """A sentence, verbatim but in NFC, and the parts of it that were asked for: start and end, in their order."""

    sentence: str
    spans: tuple[tuple[int, int], ...]


def find_passage(annotation: Annotation, query: Query, others: Sequence[str] = ()) -> Passage | None:
    """The sentence that holds most of what was asked for, the earliest of such; None where none holds anything.

    `others` are folded words that count as asked for, such as the other names of a person.
    """
    asked = _asked(annotation, query, others)
    if not asked:
        return None
    found = split_sentences("", unicodedata.normalize("NFC", annotation.article.text))[1 : _MOST_SENTENCES + 1]
    passages = (Passage(one.text, tuple(_spans(one.text, asked))) for one in found)
    best = max(passages, key=lambda one: len({one.sentence[a:b].casefold() for a, b in one.spans}), default=None)
    return best if best and best.spans else None


def opening_sentences(annotation: Annotation, count: int) -> list[str]:
    """The first sentences of an article, verbatim."""
    return [one.text for one in split_sentences("", annotation.article.text)[1 : count + 1]]


def _asked(annotation: Annotation, query: Query, others: Sequence[str]) -> frozenset[str]:
    """The folded words asked for, and the stems of ordinary ones; people by every name that the article gives them."""
    found = set(others)
    for term in terms(query):
        match term:
            case Word(text=text):
                words = tokens.words(text)
                found.update(tokens.telling(words), filter(None, map(_asked_stem, words)))
            case Phrase(words=words):
                found.update(tokens.telling(tokens.words(" ".join(words))))
            case Named(name=name):
                found.update(_name_words(annotation, name))
    return frozenset(found)


def _asked_stem(word: str) -> str | None:
    stem = tokens.asked_stem(word)
    return f"~{stem}" if stem else None


def _name_words(annotation: Annotation, name: str) -> Iterator[str]:
    wanted = set(tokens.telling(tokens.words(name)))
    yield from wanted
    for figure in annotation.figures:
        known = {word for form in (figure.name, *figure.aliases) for word in tokens.words(form)}
        if wanted <= known:
            yield from known
    for place in annotation.places:
        if place.within and tokens.fold(place.within) == tokens.fold(name):
            yield from (word for surface in place.surfaces for word in tokens.words(surface))


def _spans(sentence: str, asked: frozenset[str]) -> Iterator[tuple[int, int]]:
    for match in _WORD.finditer(sentence):
        for word in tokens.words(match.group())[:1]:
            if word in asked or (match.group().islower() and f"~{tokens.stem(word)}" in asked):
                yield match.span()
