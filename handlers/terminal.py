"""A Card goes in; what a person sees of it is printed, with bold, links and an indented quote as Telegram shows them.

Where the output is no terminal it is plain text, a paragraph a line, and the address of a link on a line of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import accumulate
from typing import TYPE_CHECKING, TextIO

from handlers.card_text import Card, Span, utf16_length
from handlers.inert import SEPARATOR, without_separators

if TYPE_CHECKING:
    from rich.text import Text

_QUOTE_BAR = "│ "
_STYLES = {"bold": "bold", "italic": "italic", "code": "cyan"}


def print_card(card: Card, file: TextIO, width: int | None = None) -> None:
    """Print `card` to `file`, wrapped to `width` columns (default: the terminal's; no wrapping if it is none)."""
    from rich.console import Console  # noqa: PLC0415 - the slow import only where a card is printed
    from rich.text import Text  # noqa: PLC0415 - as above

    console = Console(file=file, width=width, highlight=False)
    for line, bar, urls in _lines(card):
        wraps = console.is_terminal or width
        for part in line.wrap(console, console.width - len(bar)) if wraps else [line]:
            part.rstrip()
            console.print(Text.assemble((bar, "dim"), part), soft_wrap=True)
        if not console.is_terminal:
            for url in urls:
                console.print(Text(url), soft_wrap=True)


@contextmanager
def counted(file: TextIO) -> Iterator[Callable[[], None]]:
    """Show on `file`, if it is a terminal, how many pieces of work are done; calling what it gives counts one more."""
    if not file.isatty():
        yield lambda: None
        return
    from rich.console import Console  # noqa: PLC0415 - the slow import only where progress is shown
    from rich.progress import MofNCompleteColumn, Progress, SpinnerColumn, TimeElapsedColumn  # noqa: PLC0415 - as above

    columns = (SpinnerColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(file=file)) as progress:
        task = progress.add_task("", total=None)
        yield lambda: progress.advance(task)


@contextmanager
def progress(file: TextIO, what: str, total: int | None = None) -> Iterator[Callable[[int], None]]:
    """Show on `file`, if it is a terminal, how far a piece of work is; what it gives is told how much is done."""
    if not file.isatty():
        yield lambda _: None
        return
    from rich.console import Console  # noqa: PLC0415 - the slow import only where progress is shown
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn  # noqa: PLC0415

    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(file=file)) as shown:
        task = shown.add_task("", total=total)
        yield lambda done: shown.update(task, completed=done)


def _lines(card: Card) -> Iterator[tuple[Text, str, list[str]]]:
    """Each line of the text, styled, with the bar to its left and the addresses it leads to."""
    text = _styled(card)
    index = _string_indexes(card.text)
    quotes = [range(*_bounds(span, index)) for span in card.spans if span.kind in {"quote", "expandable_quote"}]
    links = [(index[span.offset], span.url) for span in card.spans if span.url]
    start = 0
    for line in text.split("\n", allow_blank=True):
        end = start + len(line)
        bar = _QUOTE_BAR if any(start in quote for quote in quotes) else ""
        yield line, bar, [url for at, url in links if start <= at <= end]
        start = end + 1


def _styled(card: Card) -> Text:
    from rich.text import Text  # noqa: PLC0415 - as above

    text = Text(without_separators(card.text))
    index = _string_indexes(card.text)
    for span in card.spans:
        style = f"underline link {span.url}" if span.url else _STYLES.get(span.kind)
        if style:
            text.stylize(style, *_bounds(span, index))
    return text


def _bounds(span: Span, index: dict[int, int]) -> tuple[int, int]:
    return index[span.offset], index[span.offset + span.length]


def _string_indexes(text: str) -> dict[int, int]:
    """From offsets in UTF-16 code units to indexes of the text without separators."""
    offsets = accumulate((utf16_length(character) for character in text), initial=0)
    indexes = accumulate((character != SEPARATOR for character in text), initial=0)
    return dict(zip(offsets, indexes, strict=True))
