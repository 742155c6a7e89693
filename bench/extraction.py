"""Token F1 of article bodies on the pages of WARTA_DATA: ours against trafilatura and readability-lxml, and our speed.

    WARTA_DATA=… python -m bench.extraction

Expects `pages/gold.json` (a list of objects with `file`, `url`, `title`, `content`, `date` in ms) and its files.
"""

from __future__ import annotations

import json
import logging
import os
import re
import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from lxml.html import fromstring
from readability import Document
from trafilatura import extract as trafilatura_extract

from services.errors import WartaError
from services.extract import read_page
from services.models import Extract, Page

_REPEATS = 5


def main() -> int:
    """Print the table; 0 when done, also when there is no data to measure on."""
    folder = Path(os.environ.get("WARTA_DATA", "")) / "pages"
    if not os.environ.get("WARTA_DATA") or not (folder / "gold.json").exists():
        print("skipped: set WARTA_DATA to a folder with pages/gold.json")
        return 0
    logging.disable(logging.CRITICAL)
    gold = json.loads((folder / "gold.json").read_text(encoding="utf-8"))
    pages = {entry["file"]: (folder / entry["file"]).read_text(encoding="utf-8", errors="replace") for entry in gold}
    extracts = {entry["file"]: _read(pages[entry["file"]], entry["url"]) for entry in gold}
    columns: dict[str, Callable[[str], str]] = {
        "ours": lambda file: extract.text if (extract := extracts[file]) else "",
        "trafilatura": lambda file: trafilatura_extract(pages[file]) or "",
        "precise": lambda file: trafilatura_extract(pages[file], favor_precision=True) or "",
        "readability": lambda file: " ".join(map(str, fromstring(Document(pages[file]).summary()).itertext())),
    }
    rows = {
        entry["file"]: [token_f1(column(entry["file"]), entry["content"]) for column in columns.values()]
        for entry in gold
    }
    _print_table(list(columns), rows)
    titles = ((extract.title if (extract := extracts[entry["file"]]) else "", entry["title"]) for entry in gold)
    right = sum(same_words(ours, theirs) for ours, theirs in titles)
    dated = sum(_same_time(extracts[entry["file"]], entry["date"]) for entry in gold)
    print(f"titles right {right}/{len(gold)}, times right {dated}/{len(gold)}")
    times = sorted(_milliseconds(pages[entry["file"]], entry["url"]) for entry in gold)
    print(f"ms a page: median {statistics.median(times):.0f}, most {times[-1]:.0f} (best of {_REPEATS})")
    return 0


def token_f1(text: str, gold: str) -> float:
    """F1 over lower-cased words with their multiplicity; markup in the gold is not counted."""
    ours, theirs = (Counter(re.findall(r"\w+", side.lower())) for side in (text, re.sub(r"<[^>]+>", " ", gold)))
    shared = sum((ours & theirs).values())
    return 2 * shared / max(sum(ours.values()) + sum(theirs.values()), 1)


def same_words(first: str, second: str) -> bool:
    """Whether the words of one title are contained in the other's."""
    one, other = (set(re.findall(r"\w+", title.lower())) for title in (first, second))
    return bool(one and other) and (one <= other or other <= one)


def _read(html: str, url: str) -> Extract | None:
    try:
        result = read_page(Page(url, html))
    except WartaError as error:
        print(f"{url}: {error}", file=sys.stderr)
        return None
    return result if isinstance(result, Extract) else None


def _same_time(extract: Extract | None, milliseconds: int) -> bool:
    published = extract.published if extract else None
    return published is not None and abs(published.timestamp() - milliseconds / 1000) < 90


def _milliseconds(html: str, url: str) -> float:
    durations = []
    for _ in range(_REPEATS):
        start = time.perf_counter()
        _read(html, url)
        durations.append(1000 * (time.perf_counter() - start))
    return min(durations)


def _print_table(names: list[str], rows: dict[str, list[float]]) -> None:
    print(f"{'token F1':28}" + "".join(f"{name:>13}" for name in names))
    for file, scores in rows.items():
        print(f"{file:28}" + "".join(f"{score:13.3f}" for score in scores))
    columns = list(zip(*rows.values(), strict=True))
    print(f"{'mean':28}" + "".join(f"{statistics.mean(column):13.3f}" for column in columns))
    print(f"{'least':28}" + "".join(f"{min(column):13.3f}" for column in columns))


if __name__ == "__main__":
    sys.exit(main())
