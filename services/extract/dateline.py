"""An article's paragraphs go in; its dateline and the paragraphs without it come out."""

from __future__ import annotations

import re
from dataclasses import dataclass

_MAX_HEAD = 90
_MIN_TEXT = 7
# Between dateline and text. A hyphen needs spaces around it, or it belongs to a word.
_SEPARATOR = re.compile(r"\s{0,2}(?:,\s?)?\.?(?:-{2,3}|[–—―]{1,2})\s{0,2}|\s{0,2},?\s?\.?-\s{1,2}|\s-(?=[\"“A-Z]|$)")
_COLON = re.compile(r"\s?:\s{1,2}")
_SITE = re.compile(
    r"[\w-]{2,30}\.(?i:com|co\.id|id|co|net|org|news|tv)(?:®|™)?"  # KOMPAS.com, REPUBLIKA.CO.ID, TribunJateng.com
    r"|(?:CNN|CNBC) Indonesia|BBC(?: News)?(?: Indonesia)?|ANTARA(?: News)?|Antara(?: News)?|KOMPAS|VIVA|KBR|NU Online"
    r"|IDXChannel|INILAHCOM|detik\w{0,12}|Reuters|AFP|AP|Xinhua|Bernama|PR|PRNewswire|PIKIRAN RAKYAT|VOI|RRI|iNews"
    r"|OKEZONE|TVRINews"
)
_PART_SEPARATOR = re.compile(r"\s?[,|/()\[\]]\s?")
_DATE = re.compile(
    r"(?:(?:Senin|Selasa|Rabu|Kamis|Jumat|Sabtu|Minggu|Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)(?:day)?,?\s)?"
    r"(?:\d{1,2}[/.-]\d{1,2}(?:[/.-]\d{2,4})?|\d{1,2}\s[A-Z][a-z]{2,9}\.?(?:\s\d{4})?"
    r"|[A-Z][a-z]{2,9}\.?\s\d{1,2}(?:,?\s\d{4})?|\d{4})"
)
_PLACE = re.compile(r"[A-Z][\w.'’-]*(?:\s(?:[A-Z][\w.'’-]*|dan|di|of|the|el|al)){0,3}")
# Places that begin more articles than all others: enough to know 'Jakarta: …' from a name before a quotation.
_CAPITALS = re.compile(
    "jakarta|bandung|surabaya|semarang|yogyakarta|jogja|solo|surakarta|medan|makassar|denpasar|palembang|padang"
    "|pekanbaru|banda aceh|bandar lampung|jambi|bengkulu|serang|tangerang|bekasi|depok|bogor|malang|pontianak"
    "|banjarmasin|samarinda|balikpapan|palangka raya|manado|palu|kendari|gorontalo|mamuju|ambon|ternate|jayapura"
    "|manokwari|sorong|mataram|kupang|batam|tanjungpinang|pangkalpinang|washington|london|beijing|tokyo|moskow|paris"
    "|kuala lumpur|singapura|gaza|kairo",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Dateline:
    """What an article opens with: the `place` as written and the `site` that reports, `None` where it names none."""

    place: str | None = None
    site: str | None = None


def split_dateline(paragraphs: list[str], lead: str = "") -> tuple[Dateline, list[str]]:
    """Take the dateline off the first paragraph.

    `lead` is what the first paragraph begins with in bold: some outlets mark the dateline only so, without a dash.
    """
    if not paragraphs:
        return Dateline(), []
    first, *others = paragraphs
    opening = _read_opening(first, lead)
    if opening is None:
        return Dateline(), paragraphs
    dateline, rest = opening
    return dateline, [rest, *others] if rest else others


def without_site(place: str | None, site: str | None) -> str | None:
    """A dateline's place without the outlet's own name beside it: 'MAJALENGKA, KABAR CONTOH'."""
    parts = [part.strip() for part in (place or "").split(",")]
    kept = [part for part in parts if not site or part.casefold() != site.casefold()]
    return ", ".join(filter(None, kept)) or None


def opens_with_dateline(line: str) -> bool:
    """Whether a line begins an article with a dateline and text behind it."""
    opening = _read_opening(line, "")
    return opening is not None and len(opening[1].split()) >= _MIN_TEXT


def _read_opening(paragraph: str, lead: str) -> tuple[Dateline, str] | None:
    for separator in _SEPARATOR.finditer(paragraph[: _MAX_HEAD + 10]):
        head, rest = paragraph[: separator.start()], paragraph[separator.end() :]
        dateline = _read_head(head) if len(head) <= _MAX_HEAD and _begins_text(rest) else None
        if dateline is not None:
            return dateline, rest
    return _after_colon(paragraph) or _after_lead(paragraph, lead)


def _after_colon(paragraph: str) -> tuple[Dateline, str] | None:
    colon = _COLON.search(paragraph[:_MAX_HEAD])
    if colon is None:
        return None
    head, rest = paragraph[: colon.start()], paragraph[colon.end() :]
    if not _SITE.search(head) and not _CAPITALS.fullmatch(head):
        return None
    dateline = _read_head(head)
    return (dateline, rest) if dateline is not None and _begins_text(rest) else None


def _after_lead(paragraph: str, lead: str) -> tuple[Dateline, str] | None:
    head = lead.rstrip(" -–—:,.")
    if not head or not paragraph.startswith(lead) or not _SITE.search(head):
        return None
    dateline, rest = _read_head(head), paragraph[len(lead) :].lstrip(" -–—:,.")
    return (dateline, rest) if dateline is not None and _begins_text(rest) else None


def _begins_text(rest: str) -> bool:
    return not rest or not rest[0].islower()


def _read_head(head: str) -> Dateline | None:
    """Read the dateline in the words before the dash; `None` when they are something else."""
    places: list[str] = []
    sites: list[str] = []
    for part in filter(None, _PART_SEPARATOR.split(head.strip(" -–—,.*"))):
        if _DATE.fullmatch(part):
            continue
        split = _split_site(part)
        if split is None:
            return None
        places.extend(filter(None, split[:1]))
        sites.extend(filter(None, split[1:]))
    if not _is_believable(places, sites):
        return None
    return Dateline(", ".join(places) or None, sites[0] if sites else None)


def _split_site(part: str) -> tuple[str, str] | None:
    """Place and outlet of one part, either empty ('Liputan6.com Jakarta' has both); `None` when it is neither."""
    match = _SITE.search(part)
    if _SITE.fullmatch(part):
        return "", part
    if match is not None and _PLACE.fullmatch(place := _without(part, match)):
        return place, match.group()
    return (part, "") if _PLACE.fullmatch(part) else None


def _without(part: str, match: re.Match[str]) -> str:
    return f"{part[: match.start()]} {part[match.end() :]}".strip(" -–—")


def _is_believable(places: list[str], sites: list[str]) -> bool:
    """Without an outlet to prove it, only a short name of a place is taken for a dateline."""
    count = sum(len(place.split()) for place in places)
    return (bool(sites) and count <= 8) or (0 < len(places) <= 2 and count <= 4)


def names_outlet(line: str) -> bool:
    """Whether a line is the name of an outlet as datelines write it ('CNN Indonesia', 'KOMPAS.com')."""
    return bool(_SITE.fullmatch(line))
