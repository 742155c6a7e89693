"""A page goes in; the time at which its article was published comes out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from lxml.html import HtmlElement

from services.extract.dates import agree_on_date, is_date_line
from services.extract.declared import Declared
from services.extract.outline import Outline
from services.extract.text import clean_label

# In the order in which they are believed.
_METAS = """
    article:published_time datepublished content_publisheddate publishdate publish-date pubdate og:published_time
    parsely-pub-date sailthru.date cxenseparse:recs:publishtime dc.date.issued dc.date dcterms.created date
    article.published publication_date datecreated
    """.split()  # noqa: SIM905 - a list would take a line a word
_NAMES = ("date", "time", "tanggal", "waktu", "publish", "posted")
_DATED = "//body//*[self::time or {}]".format(" or ".join(f"contains(@class, '{name}')" for name in _NAMES))
_MAX_DATED = 80
_MAX_SHOWN = 6


def find_published(root: HtmlElement, declared: Declared, outline: Outline, span: tuple[int, int]) -> datetime | None:
    """When the article was published, with a zone; `None` when the page doesn't say.

    `span` numbers the blocks of the element that holds the article, as `[start, end)`: of the dates that a page shows,
    the first inside counts, then the nearest to its start, since others are today's or belong to other articles.
    """
    times = [node for node in root.iter("time") if node.get("datetime")]
    times.sort(key=lambda node: _distance(outline.place_of(node), span))
    machine = [declared.text("datePublished", "dateCreated"), *(declared.meta(name) for name in _METAS)]
    machine += [
        node.get("datetime") or node.get("content") or "" for node in root.xpath("//*[@itemprop='datePublished']")[:3]
    ]
    machine += [node.get("datetime", "") for node in times[:1]]
    shown = sorted(_shown_dates(root, outline), key=lambda dated: _distance(dated[0], span))
    return agree_on_date([value for value in machine if value], [text for _, text in shown[:_MAX_SHOWN]])


def _distance(place: int, span: tuple[int, int]) -> tuple[int, int]:
    start, end = span
    return (0 if start <= place < end else abs(place - start), place)


def _shown_dates(root: HtmlElement, outline: Outline) -> Iterator[tuple[int, str]]:
    """Find the dates a page shows, each with the number of the block at which it stands."""
    for node in root.xpath(_DATED)[:_MAX_DATED]:
        text = clean_label(node.text_content(), 200)
        if is_date_line(text):
            yield outline.place_of(node), text
    for number, block in enumerate(outline.blocks):
        if block.words <= 20 and is_date_line(block.text):
            yield number, block.text
