"""A name or word that nobody knows and those that are known go in; what was perhaps meant comes out."""

from __future__ import annotations

from collections.abc import Sequence

from rapidfuzz import fuzz, process
from rapidfuzz.utils import default_process

_LIKE, _NEAREST = 76, 60


def suggest(written: str, known: Sequence[str], limit: int = 3) -> list[str]:
    """The known names most like a written one, the likest first; none where nothing is much like it."""
    wanted, others = default_process(written), [default_process(name) for name in known]
    # A slip changes a letter or two; of a full name often only a part is typed.
    whole = process.extract(wanted, others, scorer=fuzz.ratio, limit=limit + 1, score_cutoff=_LIKE)
    near = process.extract(wanted, others, scorer=fuzz.partial_ratio, limit=_NEAREST, score_cutoff=_LIKE - 10)
    scores = {at: _by_words(wanted, name) - 1 for name, _, at in near}
    scores |= {at: max(score, scores.get(at, 0)) for _, score, at in whole}
    best = sorted((at for at in scores if scores[at] >= _LIKE), key=lambda at: -scores[at])
    return list(dict.fromkeys(known[at] for at in best if others[at] != wanted))[:limit]


def _by_words(one: str, other: str) -> float:
    """How well each word of a name is met by some word of the other."""
    words, others = one.split(), other.split()
    if not words or not others:
        return 0.0
    scores = [max(fuzz.ratio(word, candidate) for candidate in others) for word in words]
    return sum(scores) / len(scores) if min(scores) >= _LIKE else 0.0
