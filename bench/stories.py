"""Scores which articles tell the same story, on the labelled pairs: `WARTA_DATA=… python -m bench.stories [tune|test]`.

The even pairs are for tuning (their figures are cross-validated: no model has seen the pair or its articles), the odd
ones for testing. A pair counts as found when its chance reaches the threshold that ships. Beside it: TF-IDF of title
and 160 words, of titles alone (inverse document frequencies of the half that is scored), and the cosine of the vectors.
"""

from __future__ import annotations

import math
import re
import sys
from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from bench.data import data_folder, machine
from services import stories
from services.annotate import Analyst
from services.nlp.encoder import EMBEDDED_MODEL, Encoder
from services.stories import Relation, Telling
from training.stories import Pair, article_groups, cross_validated, labelled, load_pairs, load_tellings, strangers

Floats = npt.NDArray[np.float64]
_RECALL = 0.75


def precision_at(scores: Floats, wanted: Floats, recall: float = _RECALL) -> float:
    """The highest precision of all thresholds whose recall is at least `recall`; equal scores are taken together."""
    found = [(float(wanted[scores >= least].mean()), wanted[scores >= least].sum()) for least in np.unique(scores)]
    return max(precision for precision, hits in found if hits >= recall * wanted.sum())


def average_precision(scores: Floats, wanted: Floats) -> float:
    """The mean of the precision at each pair that is wanted."""
    ordered = wanted[np.argsort(-scores, kind="stable")]
    return float((np.cumsum(ordered) / np.arange(1, len(ordered) + 1))[ordered == 1].mean())


def tf_idf(texts: Sequence[tuple[str, str]]) -> Floats:
    """The TF-IDF cosine of each two texts, frequencies damped, document frequencies of these texts."""
    bags = [Counter(re.findall(r"[^\W_]+", text.casefold())) for pair in texts for text in pair]
    seen = Counter(word for bag in {frozenset(bag) for bag in bags} for word in bag)
    columns = {word: column for column, word in enumerate(seen)}
    rows = np.zeros((len(bags), len(columns)))
    for row, bag in zip(rows, bags, strict=True):
        for word, times in bag.items():
            row[columns[word]] = (1 + math.log(times)) * (1 + math.log((1 + len(bags)) / (1 + seen[word])))
    rows /= np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
    return np.asarray((rows[::2] * rows[1::2]).sum(axis=1), dtype=np.float64)


def line(name: str, scores: Floats, wanted: Floats) -> str:
    """A row of the table."""
    return f"{name:28} {precision_at(scores, wanted):6.3f} {average_precision(scores, wanted):8.3f}"


def at_threshold(chances: Floats, wanted: Floats, least: float) -> str:
    """Precision and recall where the threshold that ships decides."""
    taken = chances >= least
    precision, recall = wanted[taken].mean() if taken.any() else 0.0, taken[wanted == 1].mean()
    return f"at the threshold that ships ({least:.2f}): precision {precision:.3f}, recall {recall:.3f}"


def chances(
    pairs: Sequence[Pair], tellings: Mapping[str, Telling], relation: Relation, part: str
) -> tuple[Floats, Floats]:
    """What our model says of pairs, as shipped or, where it was fitted on them, cross-validated; and what holds."""
    examples = labelled(pairs, tellings, relation)
    if part == "tune":
        found = cross_validated(examples, strangers(pairs, tellings, relation), article_groups(pairs))
        return np.asarray(found.mean(axis=0), dtype=np.float64), examples.wanted
    ask = stories.same_story if relation == "same" else stories.same_affair
    return np.array([ask(tellings[pair["a_id"]], tellings[pair["b_id"]]) for pair in pairs]), examples.wanted


def main() -> None:
    """Print the table for one part."""
    part = sys.argv[1] if len(sys.argv) > 1 else "test"
    pairs = load_pairs(data_folder(), odd=part == "test")
    encoder = Encoder.load(EMBEDDED_MODEL)
    tellings = load_tellings(pairs, Analyst(encoder.read, encoder.model))
    both = [(tellings[pair["a_id"]], tellings[pair["b_id"]]) for pair in pairs]
    whole = [(f"{one.title} {one.opening}", f"{other.title} {other.opening}") for one, other in both]
    units = [[np.array(one.vector) / np.linalg.norm(one.vector) for one in pair] for pair in both]
    ours, same = chances(pairs, tellings, "same", part)
    note = ", ours cross-validated" if part == "tune" else ""
    print(f"stories, part {part}{note}, {len(pairs)} pairs, {same.sum():.0f} the same ({machine()})")
    print(f"{'same':28} {'P@R.75':>6} {'average':>8}")
    print(line("ours", ours, same))
    print(line("TF-IDF, title and 160 words", tf_idf(whole), same))
    print(line("TF-IDF, titles alone", tf_idf([(one.title, other.title) for one, other in both]), same))
    print(line("cosine of vectors alone", np.array([float(one @ other) for one, other in units]), same))
    print(f"ours {at_threshold(ours, same, stories.threshold('same'))}")
    affair, one = chances(pairs, tellings, "affair", part)
    taken = affair >= stories.threshold("affair")
    print(f"same affair: taken for one {taken[one == 1].mean():.3f} of {one.sum():.0f} same or thread,", end=" ")
    print(f"{taken[one == 0].mean():.3f} of {(1 - one).sum():.0f} different that were chosen to be close")


if __name__ == "__main__":
    main()
