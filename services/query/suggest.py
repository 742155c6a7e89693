"""A name or word that nobody knows and those that are known go in; what was perhaps meant comes out."""

from __future__ import annotations

from collections.abc import Sequence

from rapidfuzz import fuzz
from rapidfuzz.utils import default_process

_LIKE = 76


def suggest(written: str, known: Sequence[str], limit: int = 3) -> list[str]:
    """The known names most like a written one, the likest first; none where nothing is much like it."""
    if not known:
        return []
    # A slip changes a letter or two; of a full name often only a part is typed.
    wanted = default_process(written)
    scores = {
        name: max(fuzz.ratio(wanted, (other := default_process(name))), _by_words(wanted, other) - 1) for name in known
    }
    best = sorted((name for name, score in scores.items() if score >= _LIKE), key=lambda name: -scores[name])
    return [name for name in best if default_process(name) != wanted][:limit]


def _likeness(one: str, other: str) -> float:
    return max(fuzz.ratio(one, other), _by_words(one, other) - 1)


def _by_words(one: str, other: str) -> float:
    """How well each word of a name is met by some word of the other."""
    words, others = one.split(), other.split()
    if not words or not others:
        return 0.0
    scores = [max(fuzz.ratio(word, candidate) for candidate in others) for word in words]
    return sum(scores) / len(scores) if min(scores) >= _LIKE else 0.0
