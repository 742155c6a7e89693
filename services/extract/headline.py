"""What a page calls itself goes in (headings, declared titles); the headline without the outlet's name comes out."""

from __future__ import annotations

import re
from collections.abc import Iterable

from services.extract.text import squashed, words

_SEPARATOR = re.compile(r"(\s[-–—|:»·•]{1,2}\s|\s?[|»]\s?|\s?::\s?|:\s)")
_DOMAIN = re.compile(r"(?:www\.)?[\w-]{2,40}\.(?:com|co\.id|id|co|net|org|news|tv|info)", re.IGNORECASE)
_MIN_KEY = 8


def choose_title(headings: Iterable[str], declared: Iterable[str], sites: Iterable[str]) -> str:
    """Choose the headline: the heading that the declared titles confirm, else the first declared title.

    `declared` are titles of the head, best first; `sites` are names and hosts of the outlet. Empty when there is none.
    """
    names = [squashed(site) for site in sites if site]
    titles = [title for text in declared if (title := without_site(text, names))]
    shown = [heading for heading in headings if len(squashed(heading)) >= _MIN_KEY]
    confirmed = [heading for heading in shown if any(_confirms(title, heading) for title in titles)]
    if confirmed:
        return without_site(max(confirmed, key=len), names)
    related = [heading for heading in shown if any(_overlap(heading, title) >= 0.6 for title in titles)]
    return next(iter([*related, *titles, *(heading for heading in shown if len(words(heading)) >= 3)]), "")


def without_site(text: str, names: list[str]) -> str:
    """Return a title without the outlet's name before or behind it ('… - Kompas.com', '… | Republika Online')."""
    parts = _SEPARATOR.split(text.strip())
    segments, separators = parts[::2], parts[1::2]
    cut = next((number for number in range(1, len(segments)) if _ends_title(separators, segments, number, names)), None)
    cut = len(segments) if cut is None else cut
    if 1 < cut < len(segments) and "|" in separators[cut - 2] and len(words(segments[cut - 1])) <= 2:
        cut -= 1  # A section of the site between bars: '… | National | Tempo.co'.
    start = 1 if cut > 1 and _is_site(segments[0], names) else 0
    kept = "".join(segments[number] + (separators[number] if number < cut - 1 else "") for number in range(start, cut))
    return kept.strip()


def _ends_title(separators: list[str], segments: list[str], number: int, names: list[str]) -> bool:
    """Whether the outlet's name stands in a segment; behind a plain colon ('Kapolri: Tempo …') nothing but the name."""
    if separators[number - 1].startswith(":") and "::" not in separators[number - 1]:
        return _is_site(segments[number], names)
    return _names_site(segments[number], names)


def _names_site(segment: str, names: list[str]) -> bool:
    """Whether a segment is the outlet's name, perhaps with a section ('ANTARA News Otomotif')."""
    if len(words(segment)) > 5:
        return False
    key = squashed(segment)
    return bool(_DOMAIN.search(segment)) or any(len(name) >= 3 and (name in key or key == name) for name in names)


def _is_site(segment: str, names: list[str]) -> bool:
    return bool(_DOMAIN.fullmatch(segment.strip())) or squashed(segment) in names


def _confirms(title: str, heading: str) -> bool:
    return squashed(heading) in squashed(title) and len(words(heading)) * 2 >= len(words(title))


def _overlap(heading: str, title: str) -> float:
    first, second = ({word.lower() for word in words(text)} for text in (heading, title))
    return len(first & second) / max(min(len(first), len(second)), 1) if len(first) >= 3 else 0.0
