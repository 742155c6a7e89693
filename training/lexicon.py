"""Makes `services/nlp/data/common_words.txt`: words that news writes in lower case, one a line.

    WARTA_DATA=… python -m training.lexicon

A word enters when, inside sentences (where a capital means something), it was seen at least three times in lower case
and in lower case at least half of the time. Sources: the news sets `detik-2026` and `news-tone`, and for English
`newsmtsc`. Only words leave them, with no order or count.
"""

from __future__ import annotations

import csv
import json
import os
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

TARGET = Path(__file__).resolve().parent.parent / "services" / "nlp" / "data" / "common_words.txt"
_INNER_WORD = re.compile(r"(?<=[a-z,;] )[^\W\d_]{2,}(?:-[^\W\d_]+)?(?![\w-])")
_LEAST_SEEN = 3
_LEAST_SHARE = 0.5


def common_words(texts: Iterable[str]) -> list[str]:
    """The words of `texts` that are mostly written in lower case inside sentences, sorted."""
    lower, capital = Counter[str](), Counter[str]()
    for text in texts:
        for word in _INNER_WORD.findall(text):
            (lower if word.islower() else capital)[word.lower()] += 1
    kept = (word for word, seen in lower.items() if seen >= _LEAST_SEEN)
    return sorted(word for word in kept if lower[word] >= _LEAST_SHARE * (lower[word] + capital[word]))


def _news(data: Path) -> Iterator[str]:
    for name, column in (("detik-2026/train.csv", "isi"), ("news-tone/train.csv", "opening")):
        with (data / name).open(encoding="utf-8", newline="") as file:
            yield from (row[column] for row in csv.DictReader(file))
    with (data / "newsmtsc" / "train.jsonl").open(encoding="utf-8") as file:
        yield from (json.loads(line)["sentence_normalized"] for line in file)


def main() -> None:
    """Write the table."""
    data = os.environ.get("WARTA_DATA")
    if not data:
        sys.exit("Set WARTA_DATA to the folder of data sets.")
    words = common_words(_news(Path(data)))
    TARGET.write_text("\n".join(words) + "\n", encoding="utf-8")
    print(f"{len(words)} words, {TARGET.stat().st_size // 1024} KB: {TARGET.name}")


if __name__ == "__main__":
    main()
