"""Makes how topics of plain words are understood: `services/data/topic_weights.json` and `concept_vectors.tsv`.

    WARTA_DATA=… python -m training.topics        (eight minutes)

- `concept_vectors.tsv`: where the articles of the thesaurus' concepts lie, by articles whose topics were told by
  reading (`article_topics.csv`; none of them is in a labelled pair). What all news has in common counts less, as in
  linear discriminant analysis: the mean of a concept's articles is divided by the second moments of all.
- `topic_weights.json`: what the sentences in which topics are read have in common, the mean vector of news, and a
  logistic regression over `services.meaning.FEATURES`, fitted on the `tune` part of `bench/topic_pairs.csv`: pairs of a
  topic and an article (by its number in a data set) that three readers labelled. The `test` part is for `bench.topics`
  alone; no topic is in both.

Vectors belong to the model: make the files again when the model is replaced.
"""

from __future__ import annotations

import asyncio
import csv
import json
import os
import sys
import tempfile
from base64 import b64encode
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from services import meaning, thesaurus, tokens
from services.annotate import Analyst, article_of
from services.extract import read_plain
from services.meaning import FEATURES, SENTENCES, Signs
from services.models import NewShare, Topic
from services.nlp.encoder import EMBEDDED_MODEL, Encoder
from services.store import Scope, Store, articles, chats, matches, open_store, shares
from services.store.embedded import embedded_postgres
from training.stories import background, mean_vector, opening

Floats = npt.NDArray[np.float64]

_HOME = Path(__file__).resolve().parent.parent
TARGET = _HOME / "services" / "data"
PAIRS, TOLD = _HOME / "bench" / "topic_pairs.csv", _HOME / "training" / "article_topics.csv"
READERS = ("first", "second", "third")
_CHAT = -1
_L2, _RIDGE = 3.0, 0.001
_STEPS = 127
_DIGITS = 5
_EVERYTHING = -2.0


@dataclass(frozen=True, slots=True)
class Labelled:
    """A topic and an article, whether each of the readers says that it belongs, whether its words do, and our signs."""

    topic: str
    readers: tuple[bool, ...]
    by_letter: bool
    signs: Signs

    @property
    def belongs(self) -> bool:
        """What most readers say."""
        return 2 * sum(self.readers) > len(self.readers)

    @property
    def sure(self) -> bool:
        """Whether all of them say the same."""
        return len(set(self.readers)) == 1


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
    return rows, _texts(data, {(row["source"], row["article"]) for row in rows})


@contextmanager
def open_folder() -> Iterator[Path]:
    """A temporary folder that others can pass through: root's PostgreSQL runs as another user."""
    with tempfile.TemporaryDirectory(prefix="warta-topics-") as folder:
        Path(folder).chmod(0o711)
        yield Path(folder)


def _texts(data: Path, wanted: Collection[tuple[str, str]]) -> dict[tuple[str, str], tuple[str, str]]:
    """Title and text of articles by data set and number."""
    fields = {"detik-2026": ("article_id", "judul", "isi"), "news-tone": ("id", "title", "opening")}
    found = {}
    for source, (number, title, text) in fields.items():
        with (data / source / "train.csv").open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                if (source, row[number]) in wanted:
                    found[source, row[number]] = row[title], row[text]
    with (data / "indosum" / "dev.01.jsonl").open(encoding="utf-8") as file:
        for line_number, line in enumerate(file):
            if ("indosum", str(line_number)) in wanted:
                words = (word for part in json.loads(line)["paragraphs"] for sentence in part for word in sentence)
                found["indosum", str(line_number)] = "", " ".join(words)
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
            readers = tuple(row[reader] == "1" for reader in READERS)
            found.append(Labelled(words, readers, by_letter, seen.signs))
    return found


def f1(belongs: Sequence[bool], labels: Sequence[bool]) -> tuple[float, float, float]:
    """F1, precision and recall of what is said to belong."""
    hits = sum(said and label for said, label in zip(belongs, labels, strict=True))
    precision, recall = hits / max(sum(belongs), 1), hits / max(sum(labels), 1)
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


def _common(analyst: Analyst, names: Sequence[str]) -> list[list[float]]:
    """What the sentences have in common whichever topic stands in them: their mean over the thesaurus' concepts."""
    read = [[_unit(analyst.read(title, text).vector) for title, text in meaning.readings(name)] for name in names]
    return [np.mean([vectors[number] for vectors in read], axis=0).tolist() for number in range(len(SENTENCES))]


def _concept_vectors(data: Path, encoder: Encoder, centre: Floats) -> Iterator[tuple[str, int, Floats]]:
    """Of each concept that articles are about: its first name, how many they are, and where they lie."""
    with TOLD.open(encoding="utf-8", newline="") as file:
        told = {
            (row["source"], row["article"]): set(map(tokens.fold, row["topics"].split("|")))
            for row in csv.DictReader(file)
        }
    texts = _texts(data, told)
    read = (_unit(encoder.read(title, opening(text)).vector) for title, text in map(texts.__getitem__, told))
    vectors = np.array([_unit(vector - centre) for vector in read])
    moments = vectors.T @ vectors / len(vectors) + _RIDGE * np.eye(vectors.shape[1])
    for names in _names():
        about = np.array([not topics.isdisjoint(names) for topics in told.values()])
        if about.any():
            yield names[0], int(about.sum()), _unit(np.linalg.solve(moments, vectors[about].mean(axis=0)))


def _names() -> list[tuple[str, ...]]:
    """The names of concepts; those of two that begin with the same are one list."""
    found: dict[str, tuple[str, ...]] = {}
    for concept in thesaurus.every():
        found[concept.names[0]] = (*found.get(concept.names[0], ()), *concept.names)
    return list(found.values())


def _write_concepts(data: Path, encoder: Encoder, centre: Floats) -> None:
    with (TARGET / "concept_vectors.tsv").open("w", encoding="utf-8", newline="\n") as file:
        for name, articles_about, vector in _concept_vectors(data, encoder, centre):
            steps = np.round(vector / np.abs(vector).max() * _STEPS).astype(np.int8)
            file.write(f"{name}\t{articles_about}\t{b64encode(steps.tobytes()).decode()}\n")
    thesaurus._learnt.cache_clear()  # noqa: SLF001 - what was just written counts from now on


def _unit(vector: npt.NDArray[Any]) -> Floats:
    return np.asarray(vector / np.linalg.norm(vector), dtype=np.float64)


def _write(values: Mapping[str, Any]) -> None:
    (TARGET / "topic_weights.json").write_text(json.dumps(_rounded(values)) + "\n", encoding="utf-8")
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
        "common": _common(Analyst(encoder.read, encoder.model), [names[0] for names in _names()]),
        "centre": list(mean_vector(list(background(data)), encoder)),
    }
    _write_concepts(data, encoder, np.array(values["centre"]))
    _write({**values, "weights": [1.0, *[0.0] * (len(FEATURES) - 1)], "intercept": 0.0, "threshold": 0.5})
    pairs = await labelled(data, "tune")
    chances, labels = cross_validated(pairs), [pair.belongs for pair in pairs]
    threshold = max(np.arange(0.1, 0.9, 0.01), key=lambda least: f1((chances >= least).tolist(), labels)[0])
    weights, intercept = fit(pairs)
    _write({**values, "weights": weights, "intercept": intercept, "threshold": float(threshold)})
    print(f"{len(pairs)} pairs, F1 {f1((chances >= threshold).tolist(), labels)[0]:.3f} cross-validated by topic")
    print({name: round(weight, 2) for name, weight in zip(FEATURES, weights, strict=True)}, round(threshold, 2))


if __name__ == "__main__":
    asyncio.run(main())
