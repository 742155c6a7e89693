"""A page without an article of its own goes in; the address it sends its readers to comes out."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml.html import HtmlElement

from services.extract.addresses import absolute, path_of, same_page, same_site
from services.extract.declared import Declared

MAX_POINTER_WORDS = 80
"""Words above which a page is more than a pointer to another."""
_REFRESH = re.compile(
    r"^\s{0,5}\d{0,5}(?:\.\d{1,3})?\s{0,5}[;,]\s{0,5}(?:url\s{0,5}=\s{0,5})?[\"']?([^\"'\s]{1,2048})", re.IGNORECASE
)
_LOCATION = re.compile(
    r"(?:window|document|top|self|parent)?\.?\blocation(?:\.href)?\s{0,5}=\s{0,5}[\"']([^\"'\s]{4,2048})[\"']"
    r"|\blocation\.(?:replace|assign)\(\s{0,5}[\"']([^\"'\s]{4,2048})[\"']"
)
_NOT_TO_ARTICLES = re.compile(
    r"/(?:log-?in|masuk|signin|sign-in|consent|sorry|captcha|enable-?javascript|unsupported)\b", re.IGNORECASE
)
_MAX_SCRIPT = 50_000


def find_elsewhere(root: HtmlElement, url: str | None, declared: Declared) -> str | None:
    """Find where a nearly empty page says its article is; `None` when it doesn't.

    It may say so in a refresh, a script, the attribute of Google News, its canonical address or its one link.
    """
    for written in _pointers(root, url, declared):
        target = absolute(_unescaped(written), url)
        if target is not None and not _NOT_TO_ARTICLES.search(path_of(target)) and path_of(target):
            return None if url is not None and same_page(target, url) else target
    return None


def _pointers(root: HtmlElement, url: str | None, declared: Declared) -> Iterator[str]:
    for meta in root.iter("meta"):
        if meta.get("http-equiv", "").lower() == "refresh" and (
            match := _REFRESH.match(meta.get("content", "")[:2200])
        ):
            yield match[1]
    for node in root.iter("c-wiz", "a"):
        if node.get("data-n-au"):
            yield node.get("data-n-au", "")
    for script in root.iter("script"):
        if not script.get("src") and (match := _LOCATION.search((script.text or "")[:_MAX_SCRIPT])):
            yield match[1] or match[2]
    yield from _on_other_sites(root, url, declared)


def _on_other_sites(root: HtmlElement, url: str | None, declared: Declared) -> Iterator[str]:
    """Find what a share page names: the article on its own site as canonical, or the one link it shows."""
    if url is None or declared.article:
        return
    canonical = next(
        (link.get("href", "") for link in root.iter("link") if link.get("rel", "").lower() == "canonical"), ""
    )
    for written in (canonical, declared.meta("og:url", limit=2048)):
        target = absolute(written, url)
        if target is not None and not same_site(target, url):
            yield target
    links = {
        target for a in root.iter("a") if (target := absolute(a.get("href", ""), url)) and not same_site(target, url)
    }
    if len(links) == 1:
        yield links.pop()


def _unescaped(written: str) -> str:
    """Scripts write addresses with escaped slashes and ampersands."""
    return written.replace("\\/", "/").replace("\\u0026", "&").replace("\\x26", "&").replace("&amp;", "&")
