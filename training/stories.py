"""Makes what tells stories apart: `services/data/story_words.txt` and `story_weights.json`.

    WARTA_DATA=… python -m training.stories        (four minutes)

- `story_words.txt`: how much words weigh by how few news items have them; a line a weight. Words that aren't there are
  rarer than all that are. From `detik-2026`, `indosum` and the 2026 part of `news-tone`; its other part is of the days
  of the labelled pairs, and would know what news was about in them.
- `story_weights.json`: the mean vector of such news, and two logistic regressions over `services.stories.FEATURES`,
  fitted on the even pairs of `stories`. The odd ones are for `bench.stories` alone.

The mean vector belongs to the model: make both again when the model is replaced.
"""

from __future__ import annotations

import csv
import json
import math
import os
import random
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import numpy.typing as npt

from services import stories
from services.annotate import Analyst, article_of
from services.extract import read_plain
from services.nlp.encoder import EMBEDDED_MODEL, Encoder
from services.stories import FEATURES, Relation, Telling

TARGET = Path(__file__).resolve().parent.parent / "services" / "data"
Floats = npt.NDArray[np.float64]
Pair = dict[str, str]

FEATURES_OF: dict[Relation, tuple[str, ...]] = {
    "same": ("cosine", "headline", "beginning", "rest", "numbers", "other_dates", "near"),
    "affair": ("cosine", "beginning", "rest", "days"),
}
_RELATIONS: dict[Relation, frozenset[str]] = {"same": frozenset({"same"}), "affair": frozenset({"same", "thread"})}
# Few labels: weights of standardized features are held back by this much.
_L2 = 5.0
_ROUNDS, _FOLDS = 20, 10
_OPENING_WORDS = 160
_HIGHEST_WEIGHT, _STEP = 7.0, 0.25
_MEAN_OF = 600
_STRANGERS = 300
_WORD = re.compile(r"[^\W_]+")


def background(data: Path) -> Iterator[tuple[str, str]]:
    """Title and opening of news that isn't of the days of the labelled pairs."""
    with (data / "detik-2026" / "train.csv").open(encoding="utf-8", newline="") as file:
        yield from ((row["judul"], opening(row["isi"])) for row in csv.DictReader(file))
    with (data / "news-tone" / "train.csv").open(encoding="utf-8", newline="") as file:
        rows = (row for row in csv.DictReader(file) if not row["source"].startswith("click-id/"))
        yield from ((row["title"], opening(row["opening"])) for row in rows)
    with (data / "indosum" / "dev.01.jsonl").open(encoding="utf-8") as file:
        for line in file:
            paragraphs = json.loads(line)["paragraphs"]
            yield "", opening(" ".join(token for one in paragraphs for sentence in one for token in sentence))


def word_weights(texts: Sequence[str]) -> dict[str, float]:
    """Inverse document frequencies in steps, of words that aren't as rare as unknown ones."""
    seen = Counter(word for text in texts for word in set(_WORD.findall(text.casefold())))
    weights = {word: 1 + math.log((len(texts) + 1) / (times + 1)) for word, times in seen.items()}
    stepped = {word: round(weight / _STEP) * _STEP for word, weight in weights.items()}
    return {word: weight for word, weight in stepped.items() if weight < _HIGHEST_WEIGHT}


def load_pairs(data: Path, *, odd: bool) -> list[Pair]:
    """One half of the labelled pairs."""
    with (data / "stories" / "pairs.csv").open(encoding="utf-8", newline="") as file:
        return [row for row in csv.DictReader(file) if int(row["pair"]) % 2 == odd]


def load_tellings(pairs: Iterable[Pair], analyst: Analyst) -> dict[str, Telling]:
    """The articles of pairs by their ids, read as a shared article would be."""
    found: dict[str, Telling] = {}
    for pair, side in ((pair, side) for pair in pairs for side in "ab"):
        key = pair[f"{side}_id"]
        if key not in found:
            extract = read_plain(pair[f"{side}_title"], pair[f"{side}_opening"], pair[f"{side}_url"])
            at = datetime.fromisoformat(pair[f"{side}_date"]).replace(tzinfo=UTC)
            found[key] = stories.telling(len(found), analyst.annotate(article_of(extract)), at)
    return found


@dataclass(frozen=True, slots=True)
class Examples:
    """Pairs to learn from or to be scored: features, a row a pair, whether the relation holds (1 or 0), and weights."""

    features: Floats
    wanted: Floats
    weights: Floats

    def part(self, chosen: npt.NDArray[np.bool_]) -> Examples:
        """Some of them."""
        return Examples(self.features[chosen], self.wanted[chosen], self.weights[chosen])

    def and_(self, other: Examples) -> Examples:
        """Both together."""
        return Examples(
            np.concatenate([self.features, other.features]),
            np.concatenate([self.wanted, other.wanted]),
            np.concatenate([self.weights, other.weights]),
        )


@dataclass(frozen=True, slots=True)
class Fit:
    """A logistic regression over plain features."""

    weights: Floats
    intercept: float

    def chances(self, features: Floats) -> Floats:
        """The probabilities of rows."""
        return np.asarray(1 / (1 + np.exp(-(features @ self.weights + self.intercept))), dtype=np.float64)


def labelled(pairs: Sequence[Pair], tellings: Mapping[str, Telling], relation: Relation) -> Examples:
    """Labelled pairs. Nearly all were chosen to be close, so of an affair those that hold count as much as the others
    together with the strangers.
    """
    wanted = np.array([float(pair["relation"] in _RELATIONS[relation]) for pair in pairs])
    features = _features([(tellings[pair["a_id"]], tellings[pair["b_id"]]) for pair in pairs], relation)
    other = wanted.sum() / 2 / (1 - wanted).sum() if relation == "affair" else 1.0
    return Examples(features, wanted, np.where(wanted == 1, 1.0, other))


def strangers(pairs: Sequence[Pair], tellings: Mapping[str, Telling], relation: Relation) -> Examples:
    """Articles thrown together at random, for affairs: the labelled pairs have few that aren't one."""
    if relation == "same":
        return Examples(np.zeros((0, len(FEATURES_OF[relation]))), np.zeros(0), np.zeros(0))
    draw, articles = random.Random(1), list(tellings.values())
    features = _features(
        [(one, other) for one, other in (draw.sample(articles, 2) for _ in range(_STRANGERS))], relation
    )
    held = sum(pair["relation"] in _RELATIONS[relation] for pair in pairs)
    return Examples(features, np.zeros(_STRANGERS), np.full(_STRANGERS, held / 2 / _STRANGERS))


def fit(examples: Examples) -> Fit:
    """Newton's method on standardized features with an L2 penalty, the intercept free."""
    features, wanted = examples.features, examples.wanted
    mean, spread = features.mean(axis=0), features.std(axis=0) + 1e-9
    rows = np.column_stack([(features - mean) / spread, np.ones(len(features))])
    penalty = np.diag([*[_L2] * features.shape[1], 1e-6])
    found = np.zeros(rows.shape[1])
    for _ in range(50):
        chances = 1 / (1 + np.exp(-rows @ found))
        slope = rows.T @ (examples.weights * (chances - wanted)) + penalty @ found
        curve = (rows * (examples.weights * chances * (1 - chances))[:, None]).T @ rows + penalty
        step = np.linalg.solve(curve, slope)
        found -= step
        if np.abs(step).max() < 1e-9:
            break
    weights = found[:-1] / spread
    return Fit(weights, float(found[-1] - mean @ weights))


def cross_validated(examples: Examples, beside: Examples, groups: Floats) -> Floats:
    """For each pair the chances by models that saw neither it nor another pair of its articles; a row a round.
    `beside` is what all of them see.
    """
    randomness = np.random.default_rng(0)
    found = np.zeros((_ROUNDS, len(groups)))
    for row in found:
        fold = (randomness.permutation(int(groups.max()) + 1) % _FOLDS)[groups.astype(int)]
        for one in range(_FOLDS):
            model = fit(examples.part(fold != one).and_(beside))
            row[fold == one] = model.chances(examples.features[fold == one])
    return found


def article_groups(pairs: Sequence[Pair]) -> Floats:
    """A number for each pair; pairs that share an article, however indirectly, have the same."""
    neighbours = defaultdict[str, set[str]](set)
    for pair in pairs:
        neighbours[pair["a_id"]].add(pair["b_id"])
        neighbours[pair["b_id"]].add(pair["a_id"])
    group: dict[str, int] = {}
    for number, start in enumerate(neighbours):
        waiting = [start]
        while waiting:
            one = waiting.pop()
            if one not in group:
                group[one] = number
                waiting.extend(neighbours[one])
    used = {number: index for index, number in enumerate(sorted({group[pair["a_id"]] for pair in pairs}))}
    return np.array([used[group[pair["a_id"]]] for pair in pairs], dtype=np.float64)


def best_threshold(chances: Floats, examples: Examples) -> float:
    """The threshold of the highest F1 over all rounds, weighted, in steps of 0.01."""

    def f1(least: float) -> float:
        taken, hits = (chances >= least) @ examples.weights, (chances >= least) @ (examples.weights * examples.wanted)
        return float(2 * hits.sum() / (taken.sum() + len(chances) * (examples.weights * examples.wanted).sum()))

    return max((step / 100 for step in range(20, 81)), key=f1)


def _features(pairs: Sequence[tuple[Telling, Telling]], relation: Relation) -> Floats:
    wanted = [FEATURES.index(name) for name in FEATURES_OF[relation]]
    return np.array([stories.likenesses(one, other) for one, other in pairs])[:, wanted]


def opening(text: str) -> str:
    """As much of a text as counts for its vector."""
    return " ".join(text.split()[:_OPENING_WORDS])


def _write_words(news: Sequence[tuple[str, str]]) -> None:
    lines = defaultdict[float, list[str]](list)
    for word, weight in word_weights([f"{title} {opening}" for title, opening in news]).items():
        lines[weight].append(word)
    # An unknown word weighs most: the last line has that weight alone.
    written = [f"{weight:g} {' '.join(sorted(words))}" for weight, words in sorted(lines.items())]
    (TARGET / "story_words.txt").write_text("\n".join([*written, f"{_HIGHEST_WEIGHT:g}", ""]), encoding="utf-8")


def _write_weights(**values: object) -> None:
    (TARGET / "story_weights.json").write_text(json.dumps(values, separators=(",", ":")) + "\n", encoding="utf-8")


def mean_vector(news: Sequence[tuple[str, str]], encoder: Encoder) -> list[float]:
    """The mean of news' vectors, each of length 1."""
    chosen = [item for item in news if item[0]][:: max(1, len(news) // _MEAN_OF)]
    vectors = np.array([encoder.read(title, opening).vector for title, opening in chosen], dtype=np.float64)
    units = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return [round(value, 4) for value in units.mean(axis=0).tolist()]


def main() -> None:
    """Write both files and print what cross-validation says."""
    folder = os.environ.get("WARTA_DATA")
    if not folder:
        sys.exit("Set WARTA_DATA to the folder of data sets.")
    news = list(background(Path(folder)))
    _write_words(news)
    encoder = Encoder.load(EMBEDDED_MODEL)
    values: dict[str, object] = {"mean": mean_vector(news, encoder), "unknown": {"slope": 0.0, "intercept": 0.0}}
    _write_weights(**values)

    pairs = load_pairs(Path(folder), odd=False)
    tellings = load_tellings(pairs, Analyst(encoder.read, encoder.model))
    groups = article_groups(pairs)
    cosine, _, beginning = labelled(pairs, tellings, "same").features[:, :3].T
    slope, intercept = np.polyfit(beginning, cosine, 1)
    values["unknown"] = {"slope": round(float(slope), 3), "intercept": round(float(intercept), 3)}
    for relation, names in FEATURES_OF.items():
        examples, beside = labelled(pairs, tellings, relation), strangers(pairs, tellings, relation)
        fitted = fit(examples.and_(beside))
        least = best_threshold(cross_validated(examples, beside, groups), examples) if relation == "same" else 0.5
        weights = {name: round(float(weight), 3) for name, weight in zip(names, fitted.weights, strict=True)}
        values[relation] = {"weights": weights, "intercept": round(fitted.intercept, 3), "least": least}
        print(relation, values[relation])
    _write_weights(**values)


if __name__ == "__main__":
    main()
