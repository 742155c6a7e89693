"""Charts: pictures that are read on a phone, whatever the numbers and the names."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from handlers.charts import (
    _TILES,
    Days,
    bar_chart,
    bar_figure,
    comparison_chart,
    comparison_figure,
    province_chart,
    province_figure,
    trend_chart,
    trend_figure,
)
from handlers.texts import texts
from handlers.trends import chart_words
from services.models import ToneCounts

WORDS = chart_words(texts("id"))
LONG = "Kabupaten Kepulauan Siau Tagulandang Biaro dan Sekitarnya yang Panjang"


def days(count: int, most: int = 40, seed: int = 1) -> Days:
    rng, first = random.Random(seed), date(2026, 11, 23) - timedelta(days=count - 1)
    return [
        (first + timedelta(days=number), ToneCounts(*(rng.randint(0, most) for _ in range(3))))
        for number in range(count)
    ]


def boxes(figure: Figure) -> Iterator[tuple[str, Bbox]]:
    """Every text that is seen, with the pixels that it covers."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()  # type: ignore[no-untyped-call]  # matplotlib gives it no types
    for text in figure.findobj(Text):
        assert isinstance(text, Text)
        if text.get_visible() and text.get_text().strip():
            yield text.get_text(), text.get_window_extent(canvas.get_renderer())  # type: ignore[no-untyped-call]


def check(figure: Figure) -> None:
    """No text lies on another or outside the picture."""
    found = list(boxes(figure))
    assert found
    width, height = figure.get_size_inches() * figure.dpi
    for number, (text, box) in enumerate(found):
        assert box.x0 >= -1, text
        assert box.y0 >= -1, text
        assert box.x1 <= width + 1, text
        assert box.y1 <= height + 1, text
        for other, there in found[number + 1 :]:
            assert not Bbox.intersection(shrunk(box), shrunk(there)), (text, other)


def shrunk(box: Bbox) -> Bbox:
    return Bbox.from_extents(box.x0 + 1, box.y0 + 1, max(box.x1 - 1, box.x0 + 1), max(box.y1 - 1, box.y0 + 1))


@pytest.mark.parametrize("count", [1, 2, 7, 30, 62, 63, 365, 800])
@pytest.mark.parametrize("most", [1, 40, 100_000])
def test_no_text_of_a_trend_lies_on_another(count: int, most: int) -> None:
    check(trend_figure(LONG, days(count, most), WORDS))


@pytest.mark.parametrize("count", [1, 30, 365])
def test_no_text_of_a_comparison_lies_on_another(count: int) -> None:
    check(comparison_figure("a dan b", (LONG, days(count)), (LONG + " lain", days(count, seed=2)), WORDS))


@pytest.mark.parametrize("count", [1, 5, 15])
def test_no_text_of_bars_lies_on_another(count: int) -> None:
    rows = [(f"{LONG} {number}"[number:], ToneCounts(10**number % 77_777, 3, 1)) for number in range(count)]
    check(bar_figure(LONG, rows, WORDS))


@pytest.mark.parametrize("count", [1, 9_999])
def test_no_text_of_the_map_lies_on_another(count: int) -> None:
    rows = [(name, ToneCounts(count, 0, 0)) for name in _TILES]
    check(province_figure("Peta provinsi", [*rows, ("Selangor", ToneCounts(1, 2, 3))], WORDS))


def test_every_province_has_a_tile_of_its_own() -> None:
    assert len(_TILES) == 38
    assert len({(column, row) for column, row, _ in _TILES.values()}) == 38
    assert len({short for _, _, short in _TILES.values()}) == 38


def test_nothing_is_told_as_nothing() -> None:
    empty = [(day, ToneCounts(0, 0, 0)) for day, _ in days(30)]
    for figure in (
        trend_figure("x", empty, WORDS),
        comparison_figure("x", ("a", empty), ("b", empty), WORDS),
        bar_figure("x", [], WORDS),
        province_figure("x", [("Selangor", ToneCounts(1, 0, 0))], WORDS),
    ):
        assert WORDS.nothing in [text for text, _ in boxes(figure)]
        check(figure)


@settings(max_examples=25, deadline=None)
@given(st.text(max_size=300), st.integers(1, 70), st.integers(0, 10**6))
def test_hostile_titles_and_numbers_are_drawn(title: str, count: int, most: int) -> None:
    # Warnings are errors here: a glyph that the font lacks, or mathematics in a name, would fail.
    name = f"$x^{{$ {title}"
    for picture in (
        trend_chart(name, days(count, most), WORDS),
        comparison_chart(name, (name, days(count, most)), (title, days(count)), WORDS),
        bar_chart(name, [(name, ToneCounts(most, 1, 1))], WORDS),
        province_chart(name, [(name, ToneCounts(1, 1, 1)), ("Bali", ToneCounts(most, 1, 1))], WORDS),
    ):
        assert picture.startswith(b"\x89PNG\r\n")
        assert len(picture) < 300_000


def test_the_same_numbers_give_the_same_picture() -> None:
    assert trend_chart("x", days(30), WORDS) == trend_chart("x", days(30), WORDS)
