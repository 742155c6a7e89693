"""Scores which articles belong to a topic of plain words: `WARTA_DATA=… python -m bench.topics [tune|test]`.

Beside it what the letter alone finds: articles in which all words of the topic stand, ordinary ones in any of their
forms. The labels are in `topic_pairs.csv`: found by reading and by several searches, many of them near misses, so that
they are harder than a day's news. `sure` pairs are those about which two careful readers would not differ.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence

from bench.data import data_folder, machine
from services.meaning import weights
from training.topics import Labelled, f1, labelled


def line(name: str, belongs: Sequence[bool], pairs: Sequence[Labelled]) -> str:
    """F1, precision and recall of all pairs, and F1 of those about which nobody would argue."""
    score, precision, recall = f1(belongs, pairs)
    sure = [number for number, pair in enumerate(pairs) if pair.sure]
    agreed = f1([belongs[number] for number in sure], [pairs[number] for number in sure])[0]
    return f"{name:34} {score:.3f}  (P {precision:.3f}, R {recall:.3f})   sure pairs {agreed:.3f}"


async def main() -> None:
    """Print the table for one part."""
    part = sys.argv[1] if len(sys.argv) > 1 else "test"
    pairs = await labelled(data_folder(), part)
    topics = len({pair.topic for pair in pairs})
    print(f"topics, part {part}, {len(pairs)} pairs of {topics} topics ({machine()})")
    print(line("the letter alone", [pair.by_letter for pair in pairs], pairs))
    print(line("meaning and letter", [weights().belongs(pair.signs) for pair in pairs], pairs))


if __name__ == "__main__":
    asyncio.run(main())
