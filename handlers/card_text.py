"""Pieces of text go in, one by one; a Card, text with spans as Telegram counts them, comes out.

Telegram counts in UTF-16 code units, wants spans nested, sorted and without white space at their ends, and links parts
of any text by itself. All of that is settled here, once, for every card: whoever writes a card only adds pieces.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import accumulate
from typing import Literal, get_args

from handlers.inert import SEPARATOR, separator_positions

SpanKind = Literal["expandable_quote", "quote", "code", "link", "bold", "italic", "command"]
"""In the order in which Telegram nests spans of the same place, outermost first. A `command` is left for Telegram to
link by itself."""
_NESTING = get_args(SpanKind)
_COMMAND, _CODE = re.compile(r"(?<!\S)(/[a-z]+)"), re.compile(r"`([^`]+)`")


@dataclass(frozen=True, slots=True)
class Span:
    """What `length` units of a text from `offset` on are, both in UTF-16 code units; `url` is set for a link only."""

    kind: SpanKind
    offset: int
    length: int
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Card:
    """A message without markup: `text`, and `spans` outermost first."""

    text: str
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Piece:
    """Some sanitised text and all that it is; `url` is where its link leads, if it is one."""

    text: str
    kinds: tuple[SpanKind, ...] = ()
    url: str | None = None


@dataclass(frozen=True, slots=True)
class _Mark:
    """A span while the card is being written: `start` and `end` are indexes of the text so far."""

    kind: SpanKind
    start: int
    end: int
    url: str | None


class CardText:
    """A card while it is being written."""

    def __init__(self) -> None:
        self._text = ""
        self._marks: list[_Mark] = []

    def add(self, *pieces: Piece) -> None:
        """Write `pieces` at the end."""
        for piece in pieces:
            start = len(self._text)
            self._text += piece.text
            for kind in piece.kinds:
                self._marks.append(_Mark(kind, start, len(self._text), piece.url if kind == "link" else None))

    @contextmanager
    def within(self, kind: SpanKind) -> Iterator[None]:
        """Everything added inside the `with` block is also of `kind`."""
        start = len(self._text)
        yield
        self._marks.append(_Mark(kind, start, len(self._text), None))

    def card(self) -> Card:
        """The card written so far, inert."""
        text = self._text.strip()
        shift = len(self._text) - len(self._text.lstrip())
        meant = {
            at for mark in self._marks if mark.kind == "command" for at in range(mark.start - shift, mark.end - shift)
        }
        breaks = set(separator_positions(text)) - meant
        written = [SEPARATOR + character if at in breaks else character for at, character in enumerate(text)]
        ends = list(accumulate(utf16_length(characters) for characters in written))
        starts = [end - utf16_length(character) for end, character in zip(ends, text, strict=True)]
        spans = []
        for mark in self._marks:
            if mark.kind == "command":
                continue
            marked = range(max(0, mark.start - shift), min(len(text), mark.end - shift))
            if inside := [at for at in marked if not text[at].isspace()]:
                offset = starts[inside[0]]
                spans.append(Span(mark.kind, offset, ends[inside[-1]] - offset, mark.url))
        return Card("".join(written), tuple(sorted(spans, key=_telegram_order)))


def written_card(*paragraphs: str) -> Card:
    """Paragraphs of our own: commands in them stay links, what stands between backticks is code."""
    text = CardText()
    for number, paragraph in enumerate(paragraphs):
        text.add(Piece("\n\n" if number else ""))
        for at, part in enumerate(_CODE.split(paragraph)):
            if at % 2:
                text.add(Piece(part, ("code",)))
            else:
                text.add(
                    *(Piece(words, ("command",) if odd % 2 else ()) for odd, words in enumerate(_COMMAND.split(part)))
                )
    return text.card()


def _telegram_order(span: Span) -> tuple[int, int, int]:
    return span.offset, -span.length, _NESTING.index(span.kind)


def utf16_length(text: str) -> int:
    """The length of `text` in UTF-16 code units, which is how Telegram counts."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def shorten(text: str, limit: int) -> str:
    """`text` in at most `limit` UTF-16 code units, cut at the end of a word and then ended with '…'."""
    return split(text, limit)[0]


def split(text: str, limit: int) -> tuple[str, str]:
    """`text` as a beginning of at most `limit` UTF-16 code units and the rest (empty if all of it fits).

    The cut is where a word ends and shown by '…' on both sides; only a word that alone is too long is cut inside,
    between characters as people see them.
    """
    if utf16_length(text) <= limit:
        return text, ""
    room = len(_head(text, limit - 1))
    cut = text.rfind(" ", 0, room + 1)
    if cut < room // 2:
        cut = _character_border(text, room)
    return text[:cut].rstrip(" ,;:([–—-") + "…", "…" + text[cut:].strip()


def _head(text: str, limit: int) -> str:
    ends = accumulate(utf16_length(character) for character in text[:limit])
    return text[: sum(end <= limit for end in ends)]


def _character_border(text: str, index: int) -> int:
    """The nearest index up to `index` that doesn't tear a character from its marks or an emoji apart."""
    while index > 0 and (_continues(text[index]) or text[index - 1] == "\u200d"):
        index -= 1
    return index


def _continues(character: str) -> bool:
    return unicodedata.category(character) in {"Mn", "Mc", "Me", "Cf"} or "\U0001f3fb" <= character <= "\U0001f3ff"
