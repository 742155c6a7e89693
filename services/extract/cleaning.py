"""Paragraphs with what outlets mix in go in; the paragraphs of the article come out, verbatim but for what was cut."""

from __future__ import annotations

import re
from collections.abc import Iterable

from services.extract.phrases import phrases
from services.extract.text import ends_sentence, squashed, words

# Behind a finished sentence, up to the end of the line.
_APPENDED = re.compile(
    r"(?<=[.!?\"”’)])\s{0,3}(?:(?:[Bb]aca|[Ss]imak|[Ll]ihat|[Tt]onton|BACA|SIMAK)(?: [Jj]uga| JUGA)(?: [Vv]ideo)?"
    r"|[Pp]ilihan [Ee]ditor)\s?[:：]\s?.{3,220}$"
)
_MAX_APPENDED_WORDS = 30
_MAX_PROMOTION = 700
# '(fyk/ash)', '[nvl]', '(Tribunnews.com/Nama)', '(*)', '(ANTARA)', '(Z-6)' behind the last sentence or alone; with a
# slash even where the full stop was forgotten.
_INITIALS = re.compile(
    r"(?:^|(?<=[.!?\"”’…*]))\s{0,3}(?:[(\[][\w*.@/,;|&+ -]{1,45}[)\]]|\*{1,3})[\s.*]{0,3}$"
    r"|\s\([a-z]{2,5}(?:/[a-z]{2,5}){1,3}\)[\s.]{0,3}$"
)
_HAS_YEAR_OR_NUMBER = re.compile(r"\d{2}")
_LIST_ITEM = re.compile(r"\W{0,2}\d{1,3}[.)]|[•–*-]\s")


def is_promotion(line: str) -> bool:
    """Whether a whole line is a link to something else, a share button, a credit or advertising for the outlet."""
    return len(line) <= _MAX_PROMOTION and bool(phrases("promotion").fullmatch(line))


def clean_paragraphs(paragraphs: Iterable[str]) -> list[str]:
    """Drop promotion, cut what was inserted, drop repeated paragraphs, take the initials off the end."""
    kept = [cleaned for line in paragraphs if (cleaned := _clean_paragraph(line))]
    return _without_tail(_unrepeated(kept))


def _clean_paragraph(line: str) -> str:
    if is_promotion(line):
        return ""
    line = phrases("inserted").sub(" ", line)
    line = _APPENDED.sub(_cut_appended, line)
    return re.sub(r"\s+", " ", line).strip()


def _cut_appended(match: re.Match[str]) -> str:
    return "" if len(words(match.group())) <= _MAX_APPENDED_WORDS else match.group()


def _unrepeated(paragraphs: list[str]) -> list[str]:
    seen: set[str] = set()
    kept = []
    for paragraph in paragraphs:
        key = squashed(paragraph)
        if not key or (len(key) > 30 and key in seen):
            continue
        seen.add(key)
        kept.append(paragraph)
    return kept


def _without_tail(paragraphs: list[str]) -> list[str]:
    """Take initials, names of writers and headings of nothing off the end."""
    kept = list(paragraphs)
    while kept:
        last = strip_initials(kept[-1])
        if last and (len(kept) == 1 or _belongs_at_end(last)):
            return [*kept[:-1], last]
        kept.pop()
    return kept


def _belongs_at_end(line: str) -> bool:
    return ends_sentence(line) or len(words(line)) > 6 or bool(_LIST_ITEM.match(line))


def strip_initials(paragraph: str) -> str:
    """Return a paragraph without the initials of its writers behind it."""
    match = _INITIALS.search(paragraph[-120:])
    if match is None or _HAS_YEAR_OR_NUMBER.search(match.group()):
        return paragraph
    return paragraph[: len(paragraph) - (len(paragraph[-120:]) - match.start())].rstrip()
