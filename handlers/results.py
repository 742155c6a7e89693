"""Articles that answer a query go in; a page of them comes out, each with the sentence in which the answer stands.

Pure: what is shown of the archive is decided here, what is looked up elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from handlers.card_text import Card, CardText, Piece, shorten, utf16_length
from handlers.inert import sanitise
from handlers.texts import Texts
from services.models import Annotation
from services.passages import Passage

PAGE = 5
_TITLE, _OUTLET, _PASSAGE, _QUERY = 110, 40, 220, 120
_ICONS = {"positive": "🟢", "neutral": "⚪", "negative": "🔴"}
_BETWEEN = " · "


@dataclass(frozen=True, slots=True)
class Result:
    """An article of a page; `address` leads to the message that shared it, `likeness` (0..1) says how alike it is."""

    annotation: Annotation
    at: datetime
    passage: Passage | None
    address: str | None
    likeness: float | None = None


def results_card(heading: Sequence[Piece], results: Sequence[Result], first: int, words: Texts, zone: tzinfo) -> Card:
    """A page of results under its heading; `first` is the number of the first one."""
    text = CardText()
    text.add(*heading, Piece("\n"))
    for number, result in enumerate(results, first):
        text.add(Piece("\n"), *title_line(f"{number}. ", result, words, zone))
        if result.passage:
            text.add(Piece("\n"))
            with text.within("quote"):
                text.add(*_passage_pieces(result.passage))
        text.add(Piece("\n"))
    return text.card()


def title_line(before: str, result: Result, words: Texts, zone: tzinfo) -> list[Piece]:
    """One article in a line or two: title, outlet, day, tone, where it was shared."""
    annotation = result.annotation
    title = shorten(sanitise(annotation.article.title[:500]), _TITLE) or words("card.untitled")
    outlet = annotation.article.outlet
    name = shorten(sanitise((outlet.name or outlet.domain or "")[:200]), _OUTLET)
    facts = [name, words.day(result.at.astimezone(zone))]
    if result.likeness is not None:
        facts.append(words("recall.alike", share=words.percent(result.likeness)))
    line = [
        Piece(before),
        Piece(title, ("bold",)),
        Piece(f"\n{_ICONS[annotation.tone.label]} {_BETWEEN.join(filter(None, facts))}"),
    ]
    if annotation.corrected:
        line.append(Piece(" ✎"))
    if result.address:
        line += [Piece(_BETWEEN), Piece(words("recall.message"), ("link",), result.address)]
    return line


def asked_pieces(asked: str) -> Piece:
    """What somebody asked for, as it is repeated to them."""
    return Piece(shorten(sanitise(asked), _QUERY), ("bold",))


def _passage_pieces(passage: Passage) -> list[Piece]:
    """The sentence with what was asked for in bold; a long one from shortly before that on."""
    start = _start(passage)
    pieces, at, room = [Piece("… ")] if start else [], start, _PASSAGE
    for begin, end in [*passage.spans, (len(passage.sentence), len(passage.sentence))]:
        if begin < at:
            continue
        for part, kinds in ((passage.sentence[at:begin], ()), (passage.sentence[begin:end], ("bold",))):
            clean = _clean_part(part)
            if room <= 0 or not clean:
                continue
            shown = shorten(clean, room) if utf16_length(clean) > room else clean
            room -= utf16_length(clean)
            pieces.append(Piece(shown, kinds))  # type: ignore[arg-type]
        at = end
    return pieces


def _clean_part(part: str) -> str:
    """A part of a sentence without what is hidden in it; the spaces at its ends belong to the sentence."""
    clean = sanitise(part)
    before = " " if part[:1].isspace() and clean else ""
    after = " " if part[-1:].isspace() and clean else ""
    return f"{before}{clean}{after}" if clean else " " * bool(part)


def _start(passage: Passage) -> int:
    """Where to begin, so that what was asked for is in sight."""
    first = passage.spans[0][0] if passage.spans else 0
    last = next((end for _, end in reversed(passage.spans) if end - first <= _PASSAGE), first)
    if last <= _PASSAGE:
        return 0
    cut = passage.sentence.find(" ", max(0, first - 60))
    return cut + 1 if 0 <= cut < first else first
