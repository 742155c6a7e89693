"""A pasted text goes in, clean or copied from a monitoring portal; its article comes out as an `Extract`.

A portal wraps an article in labels ('Sentimen', 'Kab/Kota: …', 'Jenis Media: Nasional'), mixes in promotion and adds
somebody's verdict. All of that is left out, the verdict too: nothing but our own reading may become the tone.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass, field
from datetime import datetime

from services.errors import NotReadable
from services.extract.addresses import absolute, host_of
from services.extract.byline import read_authors
from services.extract.cleaning import clean_paragraphs, is_promotion
from services.extract.dateline import Dateline, names_outlet, opens_with_dateline, split_dateline
from services.extract.dates import is_date_line, read_written_date
from services.extract.language import detect_language
from services.extract.phrases import phrases
from services.extract.text import clean_label, clean_lines, ends_sentence, squashed, words
from services.extract.verdict import MIN_WORDS
from services.models import Extract

MAX_PASTED = 500_000
"""Characters of a pasted text that are read; a whole newspaper page has 30,000."""
_MIN_PLAIN_WORDS = 8
_MAX_TITLE = 300
_MAX_TITLE_WORDS = 30
_MAX_LABEL_WORDS = 40
# Somebody's verdict at the end of a line, glued to whatever stands before it ('FollowSentimen: positif (99.8%)').
_JUDGEMENT = (
    r"(?:positif|negatif|netral|positive|negative|neutral|mixed|campuran)\b\s{0,2}"
    r"(?:[(\[]?\s?\d{1,3}(?:[.,]\d{1,6})?\s?%?\s?[)\]]?)?"
)
_VERDICT = re.compile(
    r"(?:Follow|Ikuti|Bagikan|Share)?\s{0,3}(?:Sentimen|Sentiment|Tone|Nada|Tonality)(?: berita)?\s{0,2}[:=]\s{0,2}"
    rf"{_JUDGEMENT}\s{{0,3}}\.?$|^{_JUDGEMENT}$",
    re.IGNORECASE,
)
_ADDRESS_LINE = re.compile(r"<?(https?://[^\s<>]{4,2048})>?", re.IGNORECASE)
_DOMAIN = re.compile(
    r"(?:www\.)?[\w-]{2,40}(?:\.[\w-]{2,20}){0,2}\.(?:com|co\.id|id|co|net|org|news|tv)", re.IGNORECASE
)
_MARKS = " \t*_#>~`"
_MIN_WRAP, _MAX_WRAP = 50, 100
_GOES_ON = re.compile(r"[a-z]|\d+(?![.)])")
_FULL_STOP = re.compile(r"(?:\.|[.,!?][\"”'’])[)\]]?$")
_LIST_ITEM = re.compile(r"\W{0,2}\d{1,3}[.)]\s|[•–*-]\s")
_TRAIL = re.compile(r"\s[>»/|›]\s")


@dataclass(slots=True)
class _Frame:
    """What stood around the article."""

    titles: list[str] = field(default_factory=list)
    sites: list[str] = field(default_factory=list)
    bylines: list[str] = field(default_factory=list)
    dates: list[str] = field(default_factory=list)
    addresses: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)


def read_pasted(text: str, url: str | None = None) -> Extract:
    """Read the article in a pasted text; `url` says where it came from, if known.

    The title is what the text names so, or its first short line before the first sentence; without either it is empty,
    never invented. Raises `NotReadable`: `empty` without any word, `not_article` under 30 words of text, `too_complex`
    over `MAX_PASTED` characters.
    """
    lines = _paragraphs(_lines_of(text))
    head, body = _split_head(lines)
    frame = _Frame()
    for line in [*head, *_tail_labels(body)]:
        _sort_line(line, frame)
    title = _choose_title(frame)
    dateline, paragraphs = split_dateline(_body_paragraphs(body, title))
    _check_length(paragraphs, MIN_WORDS)
    return _extract(title, paragraphs, dateline, frame, url)


def read_plain(title: str, text: str, url: str | None = None) -> Extract:
    """Read an article whose title is given. Raises `NotReadable` like `read_pasted`, but only under 8 words of text."""
    paragraphs = clean_paragraphs(_paragraphs(_lines_of(text)))
    dateline, paragraphs = split_dateline(paragraphs)
    _check_length(paragraphs, _MIN_PLAIN_WORDS)
    return _extract(clean_label(title, _MAX_TITLE), paragraphs, dateline, _Frame(), url)


def _lines_of(text: str) -> list[str]:
    if len(text) > MAX_PASTED:
        raise NotReadable("too_complex", limit=MAX_PASTED)
    return [_VERDICT.sub("", line).strip() for line in clean_lines(text)]


def _check_length(paragraphs: list[str], least: int) -> None:
    count = sum(len(words(paragraph)) for paragraph in paragraphs)
    if count == 0:
        raise NotReadable("empty")
    if count < least:
        raise NotReadable("not_article", reason="short", words=count)


def _extract(title: str, paragraphs: list[str], dateline: Dateline, frame: _Frame, url: str | None) -> Extract:
    address = url if url is not None else next(iter(frame.addresses), None)
    return Extract(
        title=title,
        text="\n\n".join(paragraphs),
        url=address,
        canonical_url=None,
        site=next(iter([*frame.sites, *filter(None, [dateline.site, host_of(address)])]), None),
        language=detect_language(" ".join([title, *paragraphs])),
        authors=read_authors(frame.bylines, frame.sites),
        published=_first_date(frame.dates),
        dateline=dateline.place,
    )


def _first_date(lines: list[str]) -> datetime | None:
    return next((moment for line in lines if (moment := read_written_date(line)) is not None), None)


def _paragraphs(lines: list[str]) -> list[str]:
    """Return the lines of a text, wrapped ones joined, empty ones dropped."""
    groups = (list(group) for filled, group in itertools.groupby(lines, bool) if filled)
    return [line for group in groups for line in _unwrapped(group)]


def _unwrapped(group: list[str]) -> list[str]:
    """Join what was wrapped: a block of lines of like length, or a sentence that goes on in the next line."""
    lengths = [len(line) for line in group[:-1]]
    if len(group) >= 3 and min(lengths) >= _MIN_WRAP and len(group[-1]) <= max(lengths) <= _MAX_WRAP:
        return [" ".join(group)]
    joined = group[:1]
    for line in group[1:]:
        open_ended = len(joined[-1]) >= _MIN_WRAP and not ends_sentence(joined[-1])
        if open_ended and _GOES_ON.match(line) and not _is_frame(line):
            joined[-1] = f"{joined[-1]} {line}"
        else:
            joined.append(line)
    return joined


def _is_frame(line: str) -> bool:
    return bool(_DOMAIN.match(line)) or _is_label(line) or is_promotion(line)


def _split_head(lines: list[str]) -> tuple[list[str], list[str]]:
    """Part what stands before the first sentence of the article from the rest."""
    first = next((number for number, line in enumerate(lines) if _begins_article(line)), None)
    if first is None:
        first = next((number for number, line in enumerate(lines) if len(words(line)) >= 7 and number > 0), 0)
    return lines[:first], lines[first:]


def _begins_article(line: str) -> bool:
    if _is_label(line) or is_promotion(line):
        return False
    count = len(words(line))
    return opens_with_dateline(line) or count >= 25 or (count >= 7 and bool(_FULL_STOP.search(line)))


def _is_label(line: str) -> bool:
    return _label_of(line) is not None


def _label_of(line: str) -> tuple[str, str] | None:
    """Return the kind of a portal's label and its value, for a line that is one ('Kab/Kota: Solo', 'Tokoh Terkait')."""
    name, colon, value = line.partition(":")
    if len(words(value)) > _MAX_LABEL_WORDS:
        return None
    for kind in ("strong", "title", "site", "author", "date", "address", "weak"):
        if phrases(f"portal.{kind}").fullmatch(name.strip(_MARKS)) and (colon or kind in {"strong", "weak"}):
            return kind, value.strip()
    return None


def _sort_line(line: str, frame: _Frame) -> None:
    """Put a line that stands around the article where it belongs."""
    line, label = line.strip(_MARKS), _label_of(line)
    address = _ADDRESS_LINE.fullmatch(line) or (label and _ADDRESS_LINE.fullmatch(label[1]))
    if address:
        frame.addresses.extend(filter(None, [absolute(address[1], None)]))
    elif label is not None:
        _sort_label(*label, frame)
    elif is_date_line(line):
        frame.dates.append(line)
        frame.sites.extend(_DOMAIN.findall(line)[:1])
    elif (cut := _before_inner_label(line)) is not None:
        frame.sites.extend([cut] if cut else [])
    elif _DOMAIN.fullmatch(line) or names_outlet(line):
        frame.sites.append(line)
    elif (signed := _signed(line)) is not None:
        frame.bylines.append(signed[0])
        frame.sites.append(signed[1])
    elif not is_promotion(line):
        frame.others.append(line)


def _sort_label(kind: str, value: str, frame: _Frame) -> None:
    places = {"title": frame.titles, "site": frame.sites, "author": frame.bylines, "date": frame.dates}
    if value and kind in places:
        places[kind].append(value)


def _signed(line: str) -> tuple[str, str] | None:
    """Writer and outlet of a line like 'Rina Wati - detikNews'."""
    writer, dash, outlet = line.rpartition(" - ")
    return (writer, outlet) if dash and len(words(writer)) <= 5 and names_outlet(outlet) else None


def _before_inner_label(line: str) -> str | None:
    """Find the outlet before a label in its line ('Okezone.com Jenis Media: Nasional'); `None` for other lines."""
    name, colon, _ = line.partition(":")
    if not colon or len(words(line)) > 15:
        return None
    parts = name.split()
    for number in range(1, len(parts)):
        if phrases("portal.strong").fullmatch(" ".join(parts[number:])):
            return " ".join(parts[:number]).strip(" -–—|•·,")
    return None


def _choose_title(frame: _Frame) -> str:
    if frame.titles:
        return clean_label(frame.titles[0], _MAX_TITLE)
    fitting = [line for line in frame.others if len(words(line)) <= _MAX_TITLE_WORDS and not _is_listing(line)]
    telling = [line for line in fitting if len(words(line)) >= 5]
    return clean_label(next(iter(telling), None) or max(fitting, key=len, default=""), _MAX_TITLE)


def _is_listing(line: str) -> bool:
    """Whether a line is a trail of sections ('Berita > Nasional') or a list of names ('Tiongkok, Pyongyang')."""
    sizes = [len(words(part)) for part in line.split(",")]
    return bool(_TRAIL.search(line)) or (len(sizes) > 1 and max(sizes) <= (2 if len(sizes) == 2 else 3))


def _tail_labels(body: list[str]) -> list[str]:
    """Find the labels behind the last sentence; some portals put outlet and date there."""
    tail = body[_end_of_article(body) :]
    return [line for line in tail if _is_label(line) or is_date_line(line) or _ADDRESS_LINE.fullmatch(line)]


def _end_of_article(body: list[str]) -> int:
    last = max((number for number, line in enumerate(body) if _is_article_line(line)), default=-1)
    return last + 1


def _is_article_line(line: str) -> bool:
    if _is_label(line) or is_promotion(line):
        return False
    return ends_sentence(line) or len(words(line)) >= 25 or bool(_LIST_ITEM.match(line))


def _body_paragraphs(body: list[str], title: str) -> list[str]:
    kept: list[str] = []
    linking = False  # Behind a bare 'Baca juga' stand the titles of other articles.
    for line in body[: _end_of_article(body)]:
        label = _label_of(line)
        if is_promotion(line) or (label is not None and label[0] == "strong"):
            linking = bool(phrases("read_also").match(line)) and len(words(line)) <= 4
        elif not (linking and not _is_article_line(line)) and squashed(line) != squashed(title):
            linking = False
            kept.append(line)
    return clean_paragraphs(kept)
