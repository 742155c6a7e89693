"""The invented articles of the tests go in; `docs/*.png`, one picture of each kind, come out: `python -m docs.charts`.

For maintainers, when charts change. Nothing in the pictures happened: articles, people and dates are made up.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path

from handlers.charts import Days, bar_chart, comparison_chart, province_chart, trend_chart
from handlers.texts import texts
from handlers.trends import chart_words
from services.annotate import Analyst
from services.models import Annotation, Article, ToneCounts
from services.nlp.encoder import EMBEDDED_MODEL, Encoder
from services.outlets import find_outlet

_DOCS = Path(__file__).resolve().parent
_ARTICLES = _DOCS.parent / "tests" / "data" / "archive"
_FIRST, _LAST = date(2026, 1, 1), date(2026, 6, 30)


def main() -> None:
    """Annotate the articles and draw."""
    words = chart_words(texts("id"))
    annotations = [_annotate(row, analyst) for analyst in (_analyst(),) for row in _rows()]
    floods = [one for one in annotations if "banjir" in one.article.text.lower()]
    quakes = [one for one in annotations if "gempa" in one.article.text.lower()]
    places = (one.places for one in annotations)
    provinces = [
        ({place.within or place.name for place in found if place.country == "ID"}, one)
        for found, one in zip(places, annotations, strict=True)
    ]
    for name, picture in {
        "trend": trend_chart("Semua berita", _days(annotations, date(2026, 6, 1), _LAST), words),
        "trend-half-year": trend_chart("Semua berita, Januari–Juni", _days(annotations, _FIRST, _LAST), words),
        "comparison": comparison_chart(
            "banjir dan gempa", ("banjir", _days(floods, _FIRST, _LAST)), ("gempa", _days(quakes, _FIRST, _LAST)), words
        ),
        "places": bar_chart("Tempat teratas", _top(_places(annotations)), words),
        "provinces": province_chart("Peta provinsi", _top(provinces, 60), words),
    }.items():
        (_DOCS / f"{name}.png").write_bytes(picture)


def _rows() -> list[dict[str, str]]:
    texts_ = (path.read_text("utf-8") for path in sorted(_ARTICLES.glob("part*.jsonl")))
    return [json.loads(line) for text in texts_ for line in text.splitlines()]


def _analyst() -> Analyst:
    encoder = Encoder.load(EMBEDDED_MODEL, threads=2)
    return Analyst(encoder.read, encoder.model)


def _annotate(row: dict[str, str], analyst: Analyst) -> Annotation:
    published, outlet = datetime.fromisoformat(row["published"]), find_outlet(row["url"], None)
    return analyst.annotate(
        Article(row["title"], row["text"], row["url"], None, outlet, "id", (), published, None, None)
    )


def _tones(annotations: Iterable[Annotation]) -> ToneCounts:
    counts = Counter(one.tone.label for one in annotations)
    return ToneCounts(counts["positive"], counts["neutral"], counts["negative"])


def _days(annotations: Sequence[Annotation], first: date, last: date) -> Days:
    found = defaultdict[date, list[Annotation]](list)
    for one in annotations:
        if one.article.published:
            found[one.article.published.date()].append(one)
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    return [(day, _tones(found[day])) for day in days]


def _places(annotations: Iterable[Annotation]) -> Iterator[tuple[set[str], Annotation]]:
    for one in annotations:
        yield {place.name for place in one.places if place.kind in ("city", "regency")}, one


def _top(named: Iterable[tuple[set[str], Annotation]], count: int = 12) -> list[tuple[str, ToneCounts]]:
    found = defaultdict[str, list[Annotation]](list)
    for names, one in named:
        for name in names:
            found[name].append(one)
    most = sorted(found, key=lambda name: (-len(found[name]), name))[:count]
    return [(name, _tones(found[name])) for name in most]


if __name__ == "__main__":
    main()
