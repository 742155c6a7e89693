"""Title and body text go in, sentences come out: verbatim, in order, each knowing its paragraph."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

from services.nlp.reading import Sentence
from services.nlp.words import word_table

_CLOSING = "\"'”’»)]"
_OPENING = "\"'“‘«(["
# A run of end marks, closing quotes or brackets, then white space. Every part is a bounded class: linear time.
_END = re.compile(rf"[.!?…]+[{re.escape(_CLOSING)}]*(?=\s)")
_ITEM = re.compile(r"(?<!\S)(\d{1,3})\.(?= [A-Z0-9\"“])")
_LAST_WORD = re.compile(r"[^\s(\[\"'“‘«]+$")
# Enough to recognise the longest abbreviation; keeps the look back bounded.
_LOOK_BACK = 24
_LOOK_AHEAD = 8


def split_sentences(title: str, text: str) -> tuple[Sentence, ...]:
    """Split an article into sentences.

    `text` has paragraphs separated by line breaks. The first entry of the result is the title (empty when there is
    none), the others are the sentences of the body, stripped but otherwise verbatim.
    """
    paragraphs = (stripped for line in text.splitlines() if (stripped := line.strip()))
    body = (Sentence(part, number) for number, line in enumerate(paragraphs) for part in _split_paragraph(line))
    return (Sentence(title.strip(), -1), *body)


def _split_paragraph(paragraph: str) -> list[str]:
    items = {match.end(): match.start() for match in _list_items(paragraph)}
    ends = (match.end() for match in _END.finditer(paragraph) if _ends_sentence(paragraph, match))
    # The number of a list item belongs to what follows it, not to what precedes.
    cuts = sorted({items.get(end, end) for end in ends} | set(items.values()))
    bounds = [0, *cuts, len(paragraph)]
    parts = (paragraph[start:end].strip() for start, end in itertools.pairwise(bounds))
    return [part for part in parts if part]


def _list_items(paragraph: str) -> Iterator[re.Match[str]]:
    """The numbers of a list written in one line: '1. A 2. B 3. C' counts up from one."""
    expected = 1
    for match in _ITEM.finditer(paragraph):
        if int(match.group(1)) == expected:
            expected += 1
            yield match


def _ends_sentence(paragraph: str, mark: re.Match[str]) -> bool:
    following = paragraph[mark.end() : mark.end() + _LOOK_AHEAD].lstrip()[:2]
    if not following:
        return True
    first = following.lstrip(_OPENING)[:1]
    if first.islower() and following[0] not in '"“':
        return False
    if first and not first.isalnum() and first not in "@#-–—":
        return False
    if mark.group().rstrip(_CLOSING) != ".":
        return True
    return not _is_abbreviation(paragraph[max(0, mark.start() - _LOOK_BACK) : mark.start()], first)


def _is_abbreviation(before: str, following: str) -> bool:
    last = _LAST_WORD.search(before)
    if last is None:
        return False
    word = last.group()
    if len(word) == 1 and word.isupper():  # An initial: 'Susilo B. Yudhoyono'.
        return True
    if word.lower() == "no" and not following.isdigit():  # 'No. 5' numbers something; 'I said no.' ends.
        return False
    return word.lower() in word_table("abbreviations")
