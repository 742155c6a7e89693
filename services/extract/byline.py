"""Declared and written bylines go in; the names of the people who wrote the article come out."""

from __future__ import annotations

import re
from collections.abc import Iterable

from services.extract.text import clean_line, squashed, words

MAX_AUTHORS = 8
_MAX_NAME = 60
_LABEL = re.compile(
    r"^(?:\W{0,3}(?:oleh|by|penulis|reporter|pewarta|wartawan|jurnalis|kontributor|laporan(?: wartawan)?|author|writer"
    r"|ditulis oleh)\b\s?:?\s?){1,2}",
    re.IGNORECASE,
)
_SPLIT = re.compile(r"\s?[,;/|&•]\s?|\s(?:dan|and)\s|\s[-–—]\s")
_NOT_A_NAME = re.compile(
    r"https?:|www\.|[@<>{}\d]|\.(?:com|id|co|net|org)\b"
    r"|\b(?:redaksi|admin\w*|editor|tim|team|newsroom|media|desk|contributor|kontributor|penulis|reporter|staff|staf|pt|cnn|antara)\b",
    re.IGNORECASE,
)


def read_authors(bylines: Iterable[str], sites: Iterable[str]) -> tuple[str, ...]:
    """Find the people named in bylines, once each, in order; outlets, desks and addresses are no people.

    `sites` are names and hosts of the outlet.
    """
    outlets = [key for site in sites if len(key := squashed(site)) >= 3]
    authors: dict[str, str] = {}
    for byline in bylines:
        for part in _SPLIT.split(_LABEL.sub("", clean_line(byline))[:300])[:20]:
            name = _LABEL.sub("", part).strip(" .,:()[]\"'*-")
            if _is_person(name, outlets):
                authors.setdefault(squashed(name), name)
    return tuple(authors.values())[:MAX_AUTHORS]


def _is_person(name: str, outlets: list[str]) -> bool:
    if not 3 <= len(name) <= _MAX_NAME or len(words(name)) > 6 or _NOT_A_NAME.search(name) or not name[0].isupper():
        return False
    key = squashed(name)
    return not any(outlet in key or key in outlet for outlet in outlets)
