"""A page's links and address go in; where the whole article or its next page stands comes out, and pages become one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from lxml.html import HtmlElement

from services.extract.addresses import absolute, host_of, path_of, query_of
from services.extract.cleaning import strip_initials
from services.extract.text import squashed
from services.models import Extract

_MAX_LINKS = 4000
_MAX_PAGE = 50
_PAGE_NAMES = ("page", "halaman", "hal", "pg", "p")
_WHOLE_NAMES = {"single": {"1", "true"}, "showpage": {"all", "1"}, "full": {"1"}, "view": {"all"}}
_TAIL = re.compile(r"/(?:page/|halaman[-/])?(\d{1,2})$")
# Sorts out most links before the costlier look at them.
_MAY_BE_PAGE = re.compile(
    r"[?&](?:page|hal\w{0,5}|pg|p|single|showpage|full|view)=|/(?:page/|halaman[-/])?\d{1,2}/?(?:$|[?#])"
)
_OF_COMMENTS = re.compile(r"comment|komentar|disqus", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class MorePages:
    """Where the rest of an article stands: all of it on one page, or its next page."""

    whole_at: str | None = None
    next_page: str | None = None


def find_pages(root: HtmlElement, url: str | None) -> MorePages:
    """Find, among the links that the page itself shows, those to the whole article and to its next page.

    Only links to the same host and the same article count: the same path, or that path with a number behind it.
    """
    if url is None or _is_whole(url):
        return MorePages()
    targets = list(_links(root, url))
    whole = next((target for target in targets if _is_whole(target) and _same_article(target, url)), None)
    following = next((target for target in targets if _follows(target, url)), None)
    return MorePages(whole, following)


def join_pages(first: Extract, following: Iterable[Extract]) -> Extract:
    """One extract of an article that came on several pages, in order; paragraphs that pages repeat stay once."""
    paragraphs: dict[str, str] = {}
    last = first
    for part in (first, *following):
        for paragraph in part.text.split("\n\n"):
            paragraphs.setdefault(squashed(paragraph) or paragraph, paragraph)
        last = part
    texts = [text for paragraph in paragraphs.values() if (text := strip_initials(paragraph))]
    return replace(
        first, text="\n\n".join(texts), whole_at=None, next_page=last.next_page if last is not first else None
    )


def _links(root: HtmlElement, url: str) -> Iterator[str]:
    host = host_of(url)
    for number, node in enumerate(root.iter("a", "link")):
        if number >= _MAX_LINKS:
            return
        written = node.get("href", "")
        if not _MAY_BE_PAGE.search(written) or _OF_COMMENTS.search(written):
            continue
        target = absolute(written.partition("#")[0], url)
        if target is not None and host_of(target) == host and not _beside_comments(node):
            yield target


def _beside_comments(node: HtmlElement) -> bool:
    near = [node, *list(node.iterancestors())[:4]]
    return any(_OF_COMMENTS.search(f"{element.get('class', '')} {element.get('id', '')}"[:300]) for element in near)


def _is_whole(url: str) -> bool:
    query = query_of(url)
    if any(query.get(name, "").lower() in {"all", "semua"} for name in _PAGE_NAMES):
        return True
    return any(query.get(name, "").lower() in values for name, values in _WHOLE_NAMES.items())


def _same_article(target: str, url: str) -> bool:
    return path_of(target) in {base for base, _ in _positions(url)}


def _follows(target: str, url: str) -> bool:
    """Whether `target` is the page after `url`: its number by one higher, in the path or in the query."""
    for base, number in _positions(url):
        path, page = path_of(target), _page_in_query(target)
        if path == base and page == number + 1:
            return True
        tail = _TAIL.search(path)
        if tail and path[: tail.start()] == base and int(tail[1]) == number + 1 and page is None:
            return True
    return False


def _positions(url: str) -> list[tuple[str, int]]:
    """Return the article's path without page number and this page's number, in each way the address may be meant."""
    path, page = path_of(url), _page_in_query(url)
    tail = _TAIL.search(path)
    positions = [(path, page or 1)]
    if tail and 2 <= int(tail[1]) <= _MAX_PAGE and page is None:
        positions.append((path[: tail.start()], int(tail[1])))
    return positions if path else []


def _page_in_query(url: str) -> int | None:
    query = query_of(url)
    values = (query[name] for name in _PAGE_NAMES if name in query)
    value = next(values, "")
    return int(value) if value.isascii() and value.isdigit() and len(value) <= 2 else None
