"""Scores the tone on the held-out part of the labelled news: `WARTA_DATA=… python -m bench.tone`.

Held out is where sha1(id), read as an integer, is below 15 modulo 100. Prints macro F1 on all and on those where two
analysts would agree, and the calibration error over five bins of equal mass.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from bench.data import data_folder, machine
from services.models import ToneLabel, ToneScores
from services.nlp.encoder import EMBEDDED_MODEL, Encoder

_TONES: dict[str, ToneLabel] = {"positif": "positive", "netral": "neutral", "negatif": "negative"}
_HELD_OUT = 15
_BINS = 5


def held_out(path: Path) -> list[dict[str, str]]:
    """The rows that no model may be trained or tuned on."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return [row for row in rows if int(hashlib.sha1(row["id"].encode()).hexdigest(), 16) % 100 < _HELD_OUT]  # noqa: S324 - a split


def macro_f1(gold: Sequence[str], found: Sequence[str]) -> float:
    """The mean over the labels of F1."""
    scores = []
    for label in _TONES.values():
        hits = sum(one == other == label for one, other in zip(gold, found, strict=True))
        scores.append(2 * hits / max(1, gold.count(label) + found.count(label)))
    return float(np.mean(scores))


def calibration_error(scores: Sequence[ToneScores], gold: Sequence[str]) -> float:
    """Mean distance of confidence and accuracy over bins of equal mass."""
    confidence = np.array([one.of(one.label) for one in scores])
    right = np.array([one.label == label for one, label in zip(scores, gold, strict=True)])
    bins = np.array_split(np.argsort(confidence), _BINS)
    return float(np.mean([abs(confidence[one].mean() - right[one].mean()) for one in bins]))


def main() -> None:
    """Print the table."""
    rows = held_out(data_folder() / "news-tone" / "train.csv")
    encoder = Encoder.load(EMBEDDED_MODEL)
    scores = [encoder.read(row["title"], row["opening"]).tone for row in rows]
    gold, found = [str(_TONES[row["tone"]]) for row in rows], [str(one.label) for one in scores]
    agreed = [index for index, row in enumerate(rows) if row["sure"] == "1"]
    print(f"tone, {len(rows)} held-out news items ({machine()})")
    print(f"macro F1           {macro_f1(gold, found):.3f}")
    print(f"  where sure       {macro_f1([gold[i] for i in agreed], [found[i] for i in agreed]):.3f} of {len(agreed)}")
    print(f"calibration error  {calibration_error(scores, gold):.3f}")


if __name__ == "__main__":
    main()
