"""A `Reading` goes in, the few sentences that say most of it come out: verbatim, in reading order.

Sentences are scored by what they share with the article and its title (vectors), by their place (news leads with the
news) and by their form, then picked one by one so that each adds something new (maximal marginal relevance; Carbonell
and Goldstein, SIGIR 1998).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import cast

import numpy as np
import numpy.typing as npt

from services.nlp.reading import Reading, Sentence, Vectors

# Weights and bounds were chosen on the tune half of the labelled cards.
_CENTRAL, _TITLE, _LEAD = 1.0, 0.6, 1.1
_LEAD_FADES_AFTER = 3.0
_NEW = 0.6
_SAME = 0.99
_SHORT_WORDS, _LONG_WORDS = 8, 45
_QUOTED = re.compile(r"^[\"“”‘'«]|[\"”“]\s*(?:kata|ujar|ucap|tutur|jelas|tegas|ungkap|terang|imbuh|tambah|papar|said)")
_UNFINISHED = re.compile(r"[?:,;]$")


def choose_summary(reading: Reading, count: int) -> tuple[str, ...]:
    """At most `count` sentences of the body, verbatim and in reading order; fewer when the article has fewer."""
    body = reading.sentences[1:]
    if not body:
        return ()
    chosen = _pick(_scores(reading), _unit(reading.vectors[1:]), count)
    return tuple(body[index].text for index in sorted(chosen))


def _scores(reading: Reading) -> npt.NDArray[np.float32]:
    vectors = _unit(reading.vectors)
    body = vectors[1:]
    centre = _unit(body.mean(axis=0, keepdims=True))[0]
    title = vectors[0] if reading.sentences[0].text else _unit(reading.vector[None, :])[0]
    places = np.arange(len(body), dtype=np.float32)
    lead = np.exp(-places / _LEAD_FADES_AFTER)
    form = np.array([_form(sentence) for sentence in reading.sentences[1:]], np.float32)
    return cast("npt.NDArray[np.float32]", _CENTRAL * (body @ centre) + _TITLE * (body @ title) + _LEAD * lead - form)


def _form(sentence: Sentence) -> float:
    """What a sentence's form costs it: quotes, questions, fragments and very long ones summarize badly."""
    words = len(sentence.text.split())
    return (
        0.3 * bool(_QUOTED.search(sentence.text))
        + 0.5 * bool(_UNFINISHED.search(sentence.text))
        + 0.4 * (words < _SHORT_WORDS)
        + 0.2 * (words > _LONG_WORDS)
    )


def _pick(scores: npt.NDArray[np.float32], vectors: Vectors, count: int) -> Sequence[int]:
    chosen: list[int] = []
    worth = scores.copy()
    while len(chosen) < count and np.isfinite(best_worth := worth.max()):
        best = int(np.flatnonzero(worth == best_worth)[0])
        chosen.append(best)
        likeness = vectors @ vectors[best]
        worth = np.minimum(worth, scores - _NEW * likeness)
        worth[likeness > _SAME] = -np.inf  # The sentence itself, and any that repeats it.
    return chosen


def _unit(vectors: Vectors) -> Vectors:
    norms = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return cast(Vectors, vectors / np.maximum(norms, 1e-9))
