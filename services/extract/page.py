"""A page goes in; its article comes out as an `Extract`, or the address where the article is, or why there is none."""

from __future__ import annotations

from collections.abc import Iterator

from lxml.html import HtmlElement

from services.errors import NotReadable
from services.extract.addresses import absolute, host_of, path_of, same_site
from services.extract.body import choose_fuller, find_body, parse_html, read_declared_body
from services.extract.byline import read_authors
from services.extract.cleaning import clean_paragraphs
from services.extract.dateline import split_dateline, without_site
from services.extract.declared import Declared, names_in, read_declared, url_in
from services.extract.elsewhere import MAX_POINTER_WORDS, find_elsewhere
from services.extract.headline import choose_title
from services.extract.language import detect_language
from services.extract.outline import names_of, read_outline
from services.extract.pager import find_pages
from services.extract.published import find_published
from services.extract.text import clean_label, clean_line, words
from services.extract.verdict import Findings, Surroundings, check_readable
from services.models import Elsewhere, Extract, Page

MAX_PAGE = 5_000_000
"""Characters of a page that are parsed; the fetcher's limit on bytes."""
_MAX_TITLE = 300
_MAX_NOSCRIPT = 2000
_MAX_HEADINGS = 12
_BYLINES = (
    "author",
    "content_author",
    "content_reporter",
    "dable:author",
    "parsely-author",
    "sailthru.author",
    "article:author",
    "dc.creator",
    "byl",
)


def read_page(page: Page) -> Extract | Elsewhere:
    """Read the article of a page.

    Raises `NotReadable` (paywall, consent, login, script_only, not_article, empty, too_complex) or `FetchFailed`
    (blocked) when the page is no whole article. `Elsewhere` for a share page that only says where the article is.
    """
    source, root = _parse(page.html)
    declared = read_declared(root)
    outline = read_outline(root)
    target = find_elsewhere(root, page.url, declared) if outline.words <= MAX_POINTER_WORDS else None
    if target is not None:
        return Elsewhere(target)
    title = _title(root, declared, page.url)
    body = find_body(source, outline, title)
    paragraphs = clean_paragraphs(body.paragraphs)
    pages = find_pages(root, page.url)
    if declared.body and not (pages.whole_at or pages.next_page or declared.is_gated):
        paragraphs = choose_fuller(paragraphs, clean_paragraphs(read_declared_body(declared.body)))
    dateline, paragraphs = split_dateline(paragraphs, body.lead)
    blocks = outline.blocks[slice(*body.span)] or outline.blocks
    check_readable(Findings(page.url, declared, title or _head_title(root), paragraphs, blocks, _surroundings(root)))
    return Extract(
        title=title,
        text="\n\n".join(paragraphs),
        url=page.url,
        canonical_url=_canonical(root, declared, page.url),
        site=_site(declared, page.url),
        language=detect_language(" ".join([title, *paragraphs]), _declared_language(root, declared)),
        authors=_authors(root, declared, page.url),
        published=find_published(root, declared, outline, body.span),
        dateline=without_site(dateline.place, _site(declared, page.url)),
        image=_image(declared, page.url),
        whole_at=pages.whole_at,
        next_page=pages.next_page,
    )


def _parse(html: str) -> tuple[str, HtmlElement]:
    if len(html) > MAX_PAGE:
        raise NotReadable("too_complex", limit=MAX_PAGE)
    source = html.replace("\x00", "")
    root = parse_html(source) if source.strip() else None
    if root is None:
        raise NotReadable("empty")
    return source, root


def _surroundings(root: HtmlElement) -> Surroundings:
    texts = root.xpath("//body//text()[not(parent::script or parent::style or parent::template or ancestor::noscript)]")
    return Surroundings(
        visible=clean_line(" ".join(texts)),
        noscript=" ".join(node.text_content() for node in root.iter("noscript"))[:_MAX_NOSCRIPT],
        has_password=any(node.get("type", "").lower() == "password" for node in root.iter("input")),
        has_scripts=next(root.iter("script"), None) is not None,
    )


def _head_title(root: HtmlElement) -> str:
    return clean_label(root.findtext(".//title") or "", _MAX_TITLE)


def _title(root: HtmlElement, declared: Declared, url: str | None) -> str:
    titles = [
        declared.meta("og:title", limit=_MAX_TITLE),
        declared.text("headline", limit=_MAX_TITLE),
        declared.meta("twitter:title", limit=_MAX_TITLE),
        _head_title(root),
    ]
    return choose_title(_headings(root), titles, _site_names(declared, url))


def _headings(root: HtmlElement) -> list[str]:
    """Return the headings of a page, those of the first level first."""
    nodes = [*list(root.iter("h1"))[:_MAX_HEADINGS], *list(root.iter("h2"))[:_MAX_HEADINGS]]
    return [text for node in nodes if (text := clean_label(node.text_content(), _MAX_TITLE))]


def _site(declared: Declared, url: str | None) -> str | None:
    """Return the outlet as the page names it, else its host."""
    publisher = clean_label(next(iter(names_in(declared.article.get("publisher"))), ""), 100)
    return declared.meta("og:site_name", "application-name", limit=100) or publisher or host_of(url)


def _site_names(declared: Declared, url: str | None) -> list[str]:
    host = host_of(url) or ""
    labels = [label for label in host.split(".") if len(label) >= 4 and label not in {"news", "berita"}]
    names = [
        declared.meta("og:site_name"),
        declared.meta("application-name"),
        *names_in(declared.article.get("publisher")),
    ]
    return [name for name in (*names, host, *labels) if name]


def _declared_language(root: HtmlElement, declared: Declared) -> str:
    language = root.get("lang") or root.get("xml:lang") or ""
    return str(language) or declared.text("inLanguage") or declared.meta("og:locale", "language", "content-language")


def _authors(root: HtmlElement, declared: Declared, url: str | None) -> tuple[str, ...]:
    bylines = names_in(declared.article.get("author"))
    bylines += [text for name in _BYLINES if (text := declared.meta(name))]
    if not (authors := read_authors(bylines, _site_names(declared, url))):
        authors = read_authors(_written_bylines(root), _site_names(declared, url))
    return authors


def _written_bylines(root: HtmlElement) -> Iterator[str]:
    for node in root.iter("a", "span", "div", "p", "address", "strong"):
        marks = f"{node.get('itemprop', '')} {node.get('rel', '')} {names_of(node)}".lower()
        if any(mark in marks for mark in ("author", "penulis", "reporter", "byline")):
            text = clean_label(node.text_content(), 200)
            # One word beside such a mark is more often the source of a picture than a person.
            if len(text) <= 120 and len(words(text)) >= 2:
                yield text


def _canonical(root: HtmlElement, declared: Declared, url: str | None) -> str | None:
    """Find the address that the page calls its own, on the same site and not merely the site's front page."""
    links = [link.get("href", "") for link in root.iter("link") if link.get("rel", "").lower() == "canonical"]
    written = [*links[:3], declared.meta("og:url", limit=2048), url_in(declared.article.get("mainEntityOfPage"))]
    for value in written:
        target = absolute(value, url)
        if target is not None and path_of(target) and (url is None or same_site(target, url)):
            return target
    return None


def _image(declared: Declared, url: str | None) -> str | None:
    written = [
        declared.meta("og:image", "og:image:url", "twitter:image", "twitter:image:src", limit=2048),
        url_in(declared.article.get("image")),
    ]
    return next((target for value in written if (target := absolute(value, url)) is not None), None)
