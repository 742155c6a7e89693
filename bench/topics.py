"""Scores which articles belong to a topic of plain words: `WARTA_DATA=… python -m bench.topics [tune|test]`.

Beside it what the letter alone finds: articles in which all words of the topic stand, ordinary ones in any of their
forms. The pairs are in `topic_pairs.csv`: found by several searches, many of them near misses, so that they are harder
than a day's news. Three readers (language models, from one guideline) labelled them, none seeing what the others or the
product said; what two of them say holds. F1 of one reader by another tells how far a score can go.

The guideline: would a person who follows this topic rightly expect this article in its digest? Yes, if the topic is
its subject, one of its main matters, or it is a plain instance of it, in whatever words. No, if it is mentioned in
passing, in another sense, or only neighbours it.
"""

from __future__ import annotations

import asyncio
import itertools
import sys
from collections.abc import Sequence

from bench.data import data_folder, machine
from services.meaning import weights
from training.topics import Labelled, f1, labelled


def line(name: str, belongs: Sequence[bool], pairs: Sequence[Labelled]) -> str:
    """F1, precision and recall by what most readers say; F1 where all agree, and by the first reader alone."""
    score, precision, recall = f1(belongs, [pair.belongs for pair in pairs])
    sure = [number for number, pair in enumerate(pairs) if pair.sure]
    agreed = f1([belongs[number] for number in sure], [pairs[number].belongs for number in sure])[0]
    first = f1(belongs, [pair.readers[0] for pair in pairs])[0]
    return f"{name:28} {score:.3f}  (P {precision:.3f}, R {recall:.3f})   all agree {agreed:.3f}   first {first:.3f}"


async def main() -> None:
    """Print the table for one part."""
    part = sys.argv[1] if len(sys.argv) > 1 else "test"
    pairs = await labelled(data_folder(), part)
    topics = len({pair.topic for pair in pairs})
    print(f"topics, part {part}, {len(pairs)} pairs of {topics} topics ({machine()})")
    print(f"all readers agree on {sum(pair.sure for pair in pairs)} pairs; F1 of one by another {_readers(pairs)}")
    print(line("the letter alone", [pair.by_letter for pair in pairs], pairs))
    print(line("meaning and letter", [weights().belongs(pair.signs) for pair in pairs], pairs))


def _readers(pairs: Sequence[Labelled]) -> str:
    """How well each two readers agree."""
    columns = list(zip(*(pair.readers for pair in pairs), strict=True))
    return ", ".join(f"{f1(one, other)[0]:.3f}" for one, other in itertools.combinations(columns, 2))


if __name__ == "__main__":
    asyncio.run(main())
