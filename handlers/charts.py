"""Counts go in; a picture that is read on a phone comes out as PNG bytes.

Pure, and without matplotlib's global state: every picture is a `Figure` of its own. Colours are those of Okabe and Ito
(2008), told apart by colour-blind people too: blue for positive, grey for neutral, vermilion for negative.
"""

from __future__ import annotations

import io
import math
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from services.models import ToneCounts

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_DPI = 120
_WIDTH = 9.0
"""Inches: 1,080 pixels, the width of a phone."""
_TITLE_SIZE, _TEXT_SIZE, _SMALL_SIZE = 19, 16, 14.5
_PAPER, _INK, _MUTED, _GRID = "#ffffff", "#222222", "#666666", "#e4e4e4"
_POSITIVE, _NEUTRAL, _NEGATIVE = "#0072b2", "#b3b3b3", "#d55e00"
_FIRST, _SECOND = "#0072b2", "#d55e00"
# Light to dark, one hue: few to many.
_SHADES = "#e8f1f8", "#c3dcee", "#8fbfdf", "#4f9bcb", "#1f75b0", "#0a4b7f"
_MOST_DAYS, _MOST_WEEKS = 62, 400
_MOST_BARS, _MOST_STRIPS, _MOST_TICKS = 15, 6, 6
_TITLE_CHARACTERS, _NAME_CHARACTERS, _LEGEND_CHARACTERS = 88, 26, 60
_LABELLED_BARS = 8


Days = Sequence[tuple[date, ToneCounts]]
"""Days that follow each other, also those without anything."""
Named = Sequence[tuple[str, ToneCounts]]


@dataclass(frozen=True, slots=True)
class ChartWords:
    """The words on a chart; `months` are twelve short names, `group` stands between three digits of large numbers."""

    positive: str
    neutral: str
    negative: str
    months: tuple[str, ...]
    articles: str
    nothing: str
    per_day: str
    per_week: str
    per_month: str
    abroad: str
    group: str

    def number(self, value: float) -> str:
        """A whole number with groups of three digits."""
        return f"{round(value):,}".replace(",", self.group)

    def day(self, day: date, *, with_year: bool = False) -> str:
        """'3 Mar', '3 Mar 2026'."""
        return f"{day.day} {self.months[day.month - 1]}" + (f" {day.year}" if with_year else "")


def trend_chart(title: str, days: Days, words: ChartWords) -> bytes:
    """Articles a day, stacked by tone; a week or a month where there are too many days for bars."""
    return _png(trend_figure(title, days, words))


def comparison_chart(title: str, one: tuple[str, Days], other: tuple[str, Days], words: ChartWords) -> bytes:
    """The articles a day of two queries as two lines."""
    return _png(comparison_figure(title, one, other, words))


def bar_chart(title: str, rows: Named, words: ChartWords) -> bytes:
    """Names with their articles as bars, the longest on top, stacked by tone."""
    return _png(bar_figure(title, rows, words))


def province_chart(title: str, rows: Named, words: ChartWords) -> bytes:
    """A map of Indonesia with a tile for each province, shaded by its articles."""
    return _png(province_figure(title, rows, words))


def topics_chart(title: str, rows: Sequence[tuple[str, Days]], words: ChartWords) -> bytes:
    """The articles a day of several topics, one strip a topic, all of the same days and each on a scale of its own."""
    return _png(topics_figure(title, rows, words))


def trend_figure(title: str, days: Days, words: ChartWords) -> Figure:
    """The figure of `trend_chart`."""
    bins, per = _binned(days, words)
    if not any(tones.total for _, tones in bins):
        return _empty(title, words)
    figure, axes = _canvas(title, 6.2)
    positions = range(len(bins))
    bottoms = [0] * len(bins)
    for label, colour, count in _layers(words):
        counts = [count(tones) for _, tones in bins]
        axes.add_collection(_bars(bottoms, counts, colour, label))
        bottoms = [below + count for below, count in zip(bottoms, counts, strict=True)]
    if len(bins) <= _LABELLED_BARS:
        for position, total in zip(positions, bottoms, strict=True):
            axes.annotate(words.number(total), (position, total), (0, 4), textcoords="offset points", ha="center",
                          size=_SMALL_SIZE, color=_INK)  # fmt: skip
    _value_axis(axes, max(bottoms), words)
    _date_axis(axes, [day for day, _ in bins], words, months=per.endswith(words.per_month))
    axes.set_xlim(-max(0.7, 0.02 * len(bins)), len(bins) - 1 + max(0.7, 0.02 * len(bins)))
    _caption_axis(axes, per)
    _legend(figure, axes)
    return figure


def comparison_figure(title: str, one: tuple[str, Days], other: tuple[str, Days], words: ChartWords) -> Figure:
    """The figure of `comparison_chart`."""
    series = [(name, *_binned(days, words)) for name, days in (one, other)]
    if not any(tones.total for _, bins, _ in series for _, tones in bins):
        return _empty(title, words)
    figure, axes = _canvas(title, 6.2)
    for (name, bins, _), colour, style, mark in zip(series, (_FIRST, _SECOND), ("-", "--"), ("o", "s"), strict=True):
        counts = [tones.total for _, tones in bins]
        marked = mark if len(bins) <= _MOST_DAYS else ""
        axes.plot(range(len(bins)), counts, style, color=colour, lw=3, marker=marked, markersize=7,
                  label=_shortened(name, _LEGEND_CHARACTERS))  # fmt: skip
    bins, per = series[0][1:]
    _value_axis(axes, max(tones.total for _, bins, _ in series for _, tones in bins), words)
    _date_axis(axes, [day for day, _ in bins], words, months=per.endswith(words.per_month))
    axes.set_xlim(-max(0.7, 0.02 * len(bins)), len(bins) - 1 + max(0.7, 0.02 * len(bins)))
    _caption_axis(axes, per)
    _legend(figure, axes, columns=1 if max(len(name) for name, _ in (one, other)) > _NAME_CHARACTERS else 2)
    return figure


def topics_figure(title: str, rows: Sequence[tuple[str, Days]], words: ChartWords) -> Figure:
    """The figure of `topics_chart`; the topics of most articles where there are many."""
    rows = sorted((row for row in rows if _total(row[1])), key=lambda row: -_total(row[1]))[:_MOST_STRIPS]
    if not rows:
        return _empty(title, words)
    if len(rows) == 1:
        return trend_figure(rows[0][0], rows[0][1], words)
    figure, axes = _canvases(title, 1.9 + 1.75 * len(rows), len(rows))
    for number, ((name, days), strip) in enumerate(zip(rows, axes, strict=True)):
        bottoms = [0] * len(days)
        for label, colour, count in _layers(words):
            counts = [count(tones) for _, tones in days]
            strip.add_collection(_bars(bottoms, counts, colour, label))
            bottoms = [below + count for below, count in zip(bottoms, counts, strict=True)]
        top = max(bottoms)
        strip.set_ylim(0, top * 1.12)
        strip.set_yticks([0, top], ["0", words.number(top)])
        strip.tick_params(axis="y", length=0, labelsize=_SMALL_SIZE, labelcolor=_MUTED)
        strip.set_title(_shortened(f"{name} · {words.number(sum(bottoms))}", _LEGEND_CHARACTERS), loc="left",
                        size=_TEXT_SIZE, color=_INK, pad=6)  # fmt: skip
        strip.set_xlim(-0.7, len(days) - 0.3)
        if number + 1 < len(rows):
            strip.set_xticks([])
        else:
            _date_axis(strip, [day for day, _ in days], words, months=False)
    _legend(figure, axes[0])
    return figure


def _total(days: Days) -> int:
    return sum(tones.total for _, tones in days)


def bar_figure(title: str, rows: Named, words: ChartWords) -> Figure:
    """The figure of `bar_chart`."""
    rows = sorted((row for row in rows if row[1].total), key=lambda row: -row[1].total)[:_MOST_BARS]
    if not rows:
        return _empty(title, words)
    figure, axes = _canvas(title, 2.6 + 0.55 * len(rows))
    positions = range(len(rows))
    lefts = [0] * len(rows)
    for label, colour, count in _layers(words):
        counts = [count(tones) for _, tones in rows]
        axes.barh(positions, counts, left=lefts, color=colour, height=0.68, label=label, edgecolor=_PAPER, lw=1)
        lefts = [before + count for before, count in zip(lefts, counts, strict=True)]
    for position, total in zip(positions, lefts, strict=True):
        axes.annotate(words.number(total), (total, position), (6, 0), textcoords="offset points", va="center",
                      size=_SMALL_SIZE, color=_INK)  # fmt: skip
    axes.set_yticks(list(positions), [_shortened(name, _NAME_CHARACTERS) for name, _ in rows])
    axes.invert_yaxis()
    axes.set_xlim(0, max(lefts) * 1.16)
    axes.set_xticks([])
    axes.spines["bottom"].set_visible(False)
    axes.tick_params(axis="y", length=0, labelsize=_TEXT_SIZE)
    _legend(figure, axes)
    return figure


def province_figure(title: str, rows: Named, words: ChartWords) -> Figure:
    """The figure of `province_chart`."""
    counts = {name: tones.total for name, tones in rows if name in _TILES}
    if not any(counts.values()):
        return _empty(title, words)
    figure, axes = _canvas(title, 6.4)
    most = max(counts.values())
    for name, (column, row, short) in _TILES.items():
        count = counts.get(name, 0)
        shade = _shade(count, most)
        axes.add_patch(_tile(column, row, _SHADES[shade] if count else "#f4f4f4"))
        ink = _PAPER if shade >= 3 and count else _INK if count else "#9a9a9a"
        axes.text(column + 0.5, row + 0.36, short, ha="center", va="center", size=12, color=ink)
        if count:
            axes.text(column + 0.5, row + 0.70, words.number(count), ha="center", va="center", size=14,
                      color=ink, weight="bold")  # fmt: skip
    columns, bottom = max(one[0] for one in _TILES.values()) + 1, max(one[1] for one in _TILES.values()) + 1
    axes.set_xlim(-0.05, columns + 0.05)
    axes.set_ylim(bottom + 0.45, -0.05)
    axes.set_aspect("equal")
    axes.axis("off")
    elsewhere = sum(tones.total for name, tones in rows if name not in _TILES)
    if elsewhere:
        axes.text(
            0, bottom + 0.12, f"{words.abroad}: {words.number(elsewhere)}", size=_SMALL_SIZE, color=_MUTED, va="top"
        )
    return figure


# Parts of pictures


def _canvas(title: str, height: float) -> tuple[Figure, Axes]:
    figure, (axes,) = _canvases(title, height, 1)
    return figure, axes


def _canvases(title: str, height: float, count: int) -> tuple[Figure, list[Axes]]:
    # A third of a second, only for who asks for a picture.
    from matplotlib.figure import Figure  # noqa: PLC0415
    from matplotlib.layout_engine import ConstrainedLayoutEngine  # noqa: PLC0415

    figure = Figure(
        figsize=(_WIDTH, height), dpi=_DPI, facecolor=_PAPER, layout=ConstrainedLayoutEngine(w_pad=0.18, h_pad=0.16)
    )
    lines = _lines(title)
    figure.suptitle("\n".join(lines), x=0.02, ha="left", size=_TITLE_SIZE, weight="bold", color=_INK)
    found = [figure.add_subplot(count, 1, number) for number in range(1, count + 1)]
    for axes in found:
        axes.set_facecolor(_PAPER)
        for side in ("top", "right", "left"):
            axes.spines[side].set_visible(False)
        axes.spines["bottom"].set_color(_MUTED)
    return figure, found


def _empty(title: str, words: ChartWords) -> Figure:
    figure, axes = _canvas(title, 4.0)
    axes.axis("off")
    axes.text(
        0.5, 0.5, words.nothing, ha="center", va="center", size=_TITLE_SIZE, color=_MUTED, transform=axes.transAxes
    )
    return figure


def _layers(words: ChartWords) -> Sequence[tuple[str, str, Callable[[ToneCounts], int]]]:
    return (
        (words.negative, _NEGATIVE, lambda tones: tones.negative),
        (words.neutral, _NEUTRAL, lambda tones: tones.neutral),
        (words.positive, _POSITIVE, lambda tones: tones.positive),
    )


def _value_axis(axes: Axes, largest: int, words: ChartWords) -> None:
    from matplotlib.ticker import MaxNLocator  # noqa: PLC0415 - see _canvas

    top = max(largest * 1.12, 1.2)
    ticks = [value for value in MaxNLocator(nbins=5, integer=True, min_n_ticks=1).tick_values(0, top) if value <= top]
    axes.set_yticks(ticks, [words.number(value) for value in ticks])
    axes.set_ylim(0, top)
    axes.grid(axis="y", color=_GRID, lw=1)
    axes.set_axisbelow(True)
    axes.tick_params(axis="y", length=0, labelsize=_SMALL_SIZE, labelcolor=_MUTED)


def _date_axis(axes: Axes, days: Sequence[date], words: ChartWords, *, months: bool) -> None:
    step = max(1, math.ceil(len(days) / _MOST_TICKS))
    shown = list(range(0, len(days), step))
    labels, year = [], None
    for number in shown:
        day = days[number]
        text = words.months[day.month - 1] if months else words.day(day)
        labels.append(f"{text}\n{day.year}" if day.year != year else text)
        year = day.year
    axes.set_xticks(shown, labels)
    axes.tick_params(axis="x", length=4, pad=7, color=_MUTED, labelsize=_SMALL_SIZE, labelcolor=_INK)


def _caption_axis(axes: Axes, per: str) -> None:
    axes.set_title(per, loc="left", size=_SMALL_SIZE, color=_MUTED, pad=10)


def _legend(figure: Figure, axes: Axes, columns: int = 3) -> None:
    handles, labels = axes.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=columns, frameon=False, fontsize=_TEXT_SIZE,
                  handlelength=1.6, columnspacing=1.6)  # fmt: skip


def _bars(bottoms: Sequence[int], counts: Sequence[int], colour: str, label: str) -> Any:  # noqa: ANN401 - as below
    """Bars as one shape: hundreds of them drawn singly take longer than all the rest."""
    from matplotlib.collections import PolyCollection  # noqa: PLC0415 - see _canvas

    half = _bar_width(len(counts)) / 2
    corners = [
        ((at - half, low), (at - half, low + count), (at + half, low + count), (at + half, low))
        for at, (low, count) in enumerate(zip(bottoms, counts, strict=True))
    ]
    return PolyCollection(corners, facecolors=colour, linewidths=0, label=label)


def _tile(column: int, row: int, colour: str) -> Any:  # noqa: ANN401 - matplotlib's patch
    from matplotlib.patches import Rectangle  # noqa: PLC0415 - see _canvas

    return Rectangle((column + 0.03, row + 0.03), 0.94, 0.94, facecolor=colour, edgecolor="none")


def _shade(count: int, most: int) -> int:
    """Which shade a count has: by its logarithm, since a few provinces have most of the news."""
    if count <= 0:
        return 0
    return min(len(_SHADES) - 1, int(len(_SHADES) * math.log1p(count) / math.log1p(most + 1)))


def _bar_width(count: int) -> float:
    return 0.35 if count == 1 else 0.8 if count < 40 else 0.9


def _binned(days: Days, words: ChartWords) -> tuple[list[tuple[date, ToneCounts]], str]:
    """The days as they are, as weeks (by their first day) or as months, and what a bar stands for."""
    if len(days) <= _MOST_DAYS:
        return list(days), f"{words.articles} {words.per_day}"
    by_week = len(days) <= _MOST_WEEKS
    # Weeks are counted back from the last day, so that the newest is a whole one.
    last = days[-1][0]
    bins: dict[date, ToneCounts] = {}
    for day, tones in days:
        start = last - timedelta(days=(last - day).days // 7 * 7 + 6) if by_week else day.replace(day=1)
        known = bins.get(start, ToneCounts())
        bins[start] = ToneCounts(
            known.positive + tones.positive, known.neutral + tones.neutral, known.negative + tones.negative
        )
    return list(bins.items()), f"{words.articles} {words.per_week if by_week else words.per_month}"


def _png(figure: Figure) -> bytes:
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415 - see _canvas
    from matplotlib.image import imsave  # noqa: PLC0415 - see _canvas

    # `savefig` would draw everything twice.
    canvas, content = FigureCanvasAgg(figure), io.BytesIO()
    canvas.draw()  # type: ignore[no-untyped-call]  # matplotlib gives it no types
    pixels = canvas.buffer_rgba()  # type: ignore[no-untyped-call]  # matplotlib gives it no types
    imsave(content, pixels, format="png", pil_kwargs={"compress_level": 4})
    return content.getvalue()


# Text


def _lines(title: str) -> list[str]:
    """A title in two lines at most."""
    text, lines = _shortened(title, _TITLE_CHARACTERS), [""]
    for word in text.split(" "):
        if lines[-1] and len(lines[-1]) + len(word) >= _TITLE_CHARACTERS // 2 and len(lines) < 2:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines


def _shortened(text: str, limit: int) -> str:
    """Text that can be drawn: without what the font lacks and without mathematics, in at most so many characters."""
    known = "".join(character if _drawable(character) else " " for character in text[: 10 * limit])
    clean = " ".join(known.split()) or "–"
    return (clean if len(clean) <= limit else clean[: limit - 1].rstrip() + "…").replace("$", r"\$")


def _drawable(character: str) -> bool:
    """Whether the font has it: DejaVu Sans has Latin, Greek, Cyrillic and common marks."""
    if unicodedata.category(character)[0] == "C":
        return False
    return ord(character) < 0x0530 or character in "–—‘’“”…•€₹→±−%"


_TILES: Mapping[str, tuple[int, int, str]] = {
    "Aceh": (0, 0, "Aceh"),
    "Sumatera Utara": (0, 1, "Sumut"),
    "Riau": (1, 1, "Riau"),
    "Kepulauan Riau": (2, 1, "Kepri"),
    "Sumatera Barat": (0, 2, "Sumbar"),
    "Jambi": (1, 2, "Jambi"),
    "Bangka Belitung": (2, 2, "Babel"),
    "Bengkulu": (0, 3, "Bengk."),
    "Sumatera Selatan": (1, 3, "Sumsel"),
    "Lampung": (1, 4, "Lamp."),
    "Banten": (1, 5, "Banten"),
    "DKI Jakarta": (2, 5, "Jakarta"),
    "Jawa Barat": (2, 6, "Jabar"),
    "Jawa Tengah": (3, 5, "Jateng"),
    "DI Yogyakarta": (3, 6, "DIY"),
    "Jawa Timur": (4, 5, "Jatim"),
    "Bali": (5, 6, "Bali"),
    "Nusa Tenggara Barat": (6, 6, "NTB"),
    "Nusa Tenggara Timur": (7, 6, "NTT"),
    "Kalimantan Barat": (3, 2, "Kalbar"),
    "Kalimantan Tengah": (4, 2, "Kalteng"),
    "Kalimantan Utara": (5, 1, "Kaltara"),
    "Kalimantan Timur": (5, 2, "Kaltim"),
    "Kalimantan Selatan": (4, 3, "Kalsel"),
    "Sulawesi Utara": (8, 1, "Sulut"),
    "Gorontalo": (7, 1, "Goron."),
    "Sulawesi Tengah": (7, 2, "Sulteng"),
    "Sulawesi Barat": (6, 3, "Sulbar"),
    "Sulawesi Tenggara": (7, 3, "Sultra"),
    "Sulawesi Selatan": (6, 4, "Sulsel"),
    "Maluku Utara": (9, 2, "Malut"),
    "Maluku": (9, 4, "Maluku"),
    "Papua Barat Daya": (10, 2, "PBD"),
    "Papua Barat": (11, 2, "Pabar"),
    "Papua Tengah": (10, 3, "Pateng"),
    "Papua": (11, 3, "Papua"),
    "Papua Pegunungan": (11, 4, "Papeg"),
    "Papua Selatan": (11, 5, "Papsel"),
}
"""Where each province lies on the map of tiles (column, row), and its short name."""
