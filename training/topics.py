"""Makes how topics of plain words are understood: `services/data/topic_weights.json`.

    WARTA_DATA=… python -m training.topics        (five minutes)

It holds what the sentences in which topics are read have in common, the mean vector of news, and a logistic regression
over `services.meaning.FEATURES`, fitted on the `tune` part of `bench/topic_pairs.csv`: pairs of a topic and an article
(by its number in a data set), labelled by reading. The `test` part is for `bench.topics` alone; no topic is in both.
Vectors belong to the model: make the file again when the model is replaced.
"""

from __future__ import annotations

import asyncio
import csv
import json
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from services import meaning
from services.annotate import Analyst, article_of
from services.extract import read_plain
from services.meaning import FEATURES, SENTENCES, Signs
from services.models import NewShare, Topic
from services.nlp.encoder import EMBEDDED_MODEL, Encoder
from services.store import Scope, Store, articles, chats, matches, open_store, shares
from services.store.embedded import embedded_postgres
from training.stories import background, mean_vector

Floats = npt.NDArray[np.float64]

TARGET = Path(__file__).resolve().parent.parent / "services" / "data" / "topic_weights.json"
PAIRS = Path(__file__).resolve().parent.parent / "bench" / "topic_pairs.csv"
_CHAT = -1
_L2 = 3.0
_DIGITS = 5
_EVERYTHING = -2.0


@dataclass(frozen=True, slots=True)
class Labelled:
    """A topic and an article, whether it belongs, whether its words say so, and the signs that we have of that."""

    topic: str
    belongs: bool
    sure: bool
    by_letter: bool
    signs: Signs


async def labelled(data: Path, part: str) -> list[Labelled]:
    """The pairs of a part, their articles annotated and their signs found as the running bot finds them."""
    rows, texts = await asyncio.to_thread(_read, data, part)
    encoder = Encoder.load(EMBEDDED_MODEL)
    analyst = Analyst(encoder.read, encoder.model)
    with open_folder() as folder, embedded_postgres(folder / "home") as conninfo:
        async with open_store(conninfo) as store:
            numbers = await _keep(store, analyst, texts)
            topics = dict.fromkeys(row["topic"] for row in rows)
            return [one for topic in topics for one in await _of_topic(store, analyst, topic, rows, numbers)]


def _read(data: Path, part: str) -> tuple[list[dict[str, str]], dict[tuple[str, str], tuple[str, str]]]:
    with PAIRS.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["part"] == part]
    return rows, _texts(data, rows)


@contextmanager
def open_folder() -> Iterator[Path]:
    """A temporary folder that others can pass through: root's PostgreSQL runs as another user."""
    with tempfile.TemporaryDirectory(prefix="warta-topics-") as folder:
        Path(folder).chmod(0o711)
        yield Path(folder)


def _texts(data: Path, rows: Sequence[Mapping[str, str]]) -> dict[tuple[str, str], tuple[str, str]]:
    """Title and text of the articles that the rows are about."""
    wanted = {(row["source"], row["article"]) for row in rows}
    fields = {"detik-2026": ("article_id", "judul", "isi"), "news-tone": ("id", "title", "opening")}
    found = {}
    for source, (number, title, text) in fields.items():
        with (data / source / "train.csv").open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                if (source, row[number]) in wanted:
                    found[source, row[number]] = row[title], row[text]
    return found


async def _keep(
    store: Store, analyst: Analyst, texts: Mapping[tuple[str, str], tuple[str, str]]
) -> dict[tuple[str, str], int]:
    """Annotate and remember; gives the numbers under which the articles are kept."""
    numbers = {}
    async with store.transaction() as transaction:
        await chats.meet(
            transaction, _CHAT, "supergroup", "", None, language="id", timezone="Asia/Jakarta", sure_from=0.6
        )
        for name, (title, text) in texts.items():
            annotation = analyst.annotate(article_of(read_plain(title, text)))
            kept, _ = await articles.keep(transaction.scope(_CHAT), annotation, [" ".join(name)])
            numbers[name] = kept.id
            await _share(transaction.scope(_CHAT), kept.id, " ".join(name))
    return numbers


async def _share(scope: Scope, article_id: int, key: str) -> None:
    """Only what a member shared belongs to a topic of the chat."""
    new = NewShare(0, None, None, "link", scope.now, key=key)
    await shares.finish(scope, (await shares.add(scope, new, "queued")).id, article_id)


async def _of_topic(
    store: Store,
    analyst: Analyst,
    words: str,
    rows: Sequence[Mapping[str, str]],
    numbers: Mapping[tuple[str, str], int],
) -> list[Labelled]:
    model = f"{analyst.model.name}@{analyst.model.version}"
    topic = Topic(0, _CHAT, words, words, analyst.meaning(words), model, paused=False)
    async with store.transaction() as transaction:
        scope, now = transaction.scope(_CHAT), transaction.now
        stretch = matches.Stretch(now - timedelta(hours=3), now, UTC, 10_000)
        judged = await matches.judge(scope, topic, stretch, common=False, least=_EVERYTHING)
    by_id = {one.match.article_id: one for one in judged}
    found = []
    for row in rows:
        if row["topic"] == words:
            seen = by_id[numbers[row["source"], row["article"]]]
            if seen.signs is None:
                raise ValueError(f"{words!r} is no topic of plain words")
            by_letter = not seen.match.by_meaning
            found.append(Labelled(words, row["match"] == "1", row["sure"] == "1", by_letter, seen.signs))
    return found


def f1(belongs: Sequence[bool], pairs: Sequence[Labelled]) -> tuple[float, float, float]:
    """F1, precision and recall of what is said to belong."""
    hits = sum(said and pair.belongs for said, pair in zip(belongs, pairs, strict=True))
    precision, recall = hits / max(sum(belongs), 1), hits / max(sum(pair.belongs for pair in pairs), 1)
    return 2 * precision * recall / max(precision + recall, 1e-9), precision, recall


def fit(pairs: Sequence[Labelled]) -> tuple[list[float], float]:
    """Weights and intercept of a logistic regression (Newton's method, standardized features held back by L2)."""
    rows = np.array([pair.signs.row for pair in pairs])
    labels = np.array([pair.belongs for pair in pairs], dtype=float)
    mean, spread = rows.mean(axis=0), rows.std(axis=0) + 1e-9
    features = np.column_stack([(rows - mean) / spread, np.ones(len(rows))])
    held = np.array([_L2] * len(FEATURES) + [1e-6])
    weights = np.zeros(len(held))
    for _ in range(50):
        chances = 1 / (1 + np.exp(-features @ weights))
        slope = features.T @ (chances - labels) + held * weights
        curve = (features * (chances * (1 - chances))[:, None]).T @ features + np.diag(held)
        weights = weights - np.linalg.solve(curve, slope)
    raw = weights[:-1] / spread
    return raw.tolist(), float(weights[-1] - raw @ mean)


def cross_validated(pairs: Sequence[Labelled]) -> Floats:
    """The chance of each pair by what was fitted on the other topics."""
    chances = np.zeros(len(pairs))
    for topic in {pair.topic for pair in pairs}:
        weights, intercept = fit([pair for pair in pairs if pair.topic != topic])
        fitted = meaning.Weights(tuple(weights), intercept, 0.5)
        for number, pair in enumerate(pairs):
            if pair.topic == topic:
                chances[number] = fitted.chance(pair.signs)
    return chances


def _common(analyst: Analyst) -> list[list[float]]:
    """What the sentences have in common whichever topic stands in them: their mean over the thesaurus' concepts."""
    names = [block.partition("|")[0].strip() for block in _blocks()]
    read = [[_unit(analyst.read(title, text).vector) for title, text in meaning.readings(name)] for name in names]
    return [np.mean([vectors[number] for vectors in read], axis=0).tolist() for number in range(len(SENTENCES))]


def _blocks() -> list[str]:
    return (TARGET.parent / "related_terms.txt").read_text(encoding="utf-8").strip().split("\n\n")


def _unit(vector: npt.NDArray[np.float32]) -> Floats:
    return np.asarray(vector / np.linalg.norm(vector), dtype=np.float64)


def _write(values: Mapping[str, Any]) -> None:
    TARGET.write_text(json.dumps(_rounded(values)) + "\n", encoding="utf-8")
    meaning._fitted.cache_clear()  # noqa: SLF001 - what was just written counts from now on


def _rounded(value: Any) -> Any:  # noqa: ANN401 - whatever JSON may hold
    if isinstance(value, float):
        return round(value, _DIGITS)
    if isinstance(value, Mapping):
        return {name: _rounded(one) for name, one in value.items()}
    return [_rounded(one) for one in value] if isinstance(value, list) else value


async def main() -> None:
    """Make the file; says what was found on the way."""
    if not os.environ.get("WARTA_DATA"):
        sys.exit("Set WARTA_DATA to the folder of labelled data sets.")
    data = Path(os.environ["WARTA_DATA"])
    encoder = Encoder.load(EMBEDDED_MODEL)
    values: dict[str, Any] = {
        "common": _common(Analyst(encoder.read, encoder.model)),
        "centre": list(mean_vector(list(background(data)), encoder)),
    }
    _write({**values, "weights": [1.0, 0.0, 0.0, 0.0], "intercept": 0.0, "threshold": 0.5})
    pairs = await labelled(data, "tune")
    chances = cross_validated(pairs)
    threshold = max(np.arange(0.1, 0.9, 0.01), key=lambda least: f1((chances >= least).tolist(), pairs)[0])
    weights, intercept = fit(pairs)
    _write({**values, "weights": weights, "intercept": intercept, "threshold": float(threshold)})
    print(f"{len(pairs)} pairs, F1 {f1((chances >= threshold).tolist(), pairs)[0]:.3f} cross-validated by topic")
    print({name: round(weight, 2) for name, weight in zip(FEATURES, weights, strict=True)}, round(threshold, 2))


if __name__ == "__main__":
    asyncio.run(main())
