"""The bytes of a feed go in, the articles it names come out; a site's page goes in, the feeds it declares come out.

RSS, Atom and RDF are read by feedparser, sitemaps with lxml. All of it is hostile: what stands before the root element
is cut off first, document type and entity declarations with it, so there is nothing that could be expanded or looked
up. How long the rest takes is for the process that runs this to bound (`services.extract.ParserPool.run`).
"""

from __future__ import annotations

import codecs
import html as markup
import io
import itertools
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from urllib.parse import urldefrag, urljoin, urlsplit

from lxml import etree
from lxml.html import HtmlElement, HTMLParser, document_fromstring

from services.errors import NotReadable
from services.models import Feed, FeedItem, FeedKind

MAX_FEED = 5 * 1024 * 1024
"""How many bytes of a feed, or characters of a page, are read."""
_MOST_ITEMS = 500
_MOST_FEEDS = 20
# How many tags feedparser is given: it needs some 20 µs for one, and 500 items with their extras have a third of this.
_MOST_TAGS = 100_000
_LONGEST_TITLE = 500
# Markup may be most of a title; beyond this it isn't looked for.
_LONGEST_RAW_TITLE = 2_000
_LONGEST_URL = 2048

# The elements that documents of these kinds begin with. What else XML may begin with is of no use here.
_ROOT = re.compile(r"<(?:[a-z_][\w.-]{0,40}:)?(rss|feed|rdf|urlset|sitemapindex)(?=[\s/>])", re.IGNORECASE)
_PAGE = re.compile(r"<html[\s>]|<!doctype\s{1,9}html\b", re.IGNORECASE)
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_UNMARKED = {b"<\0": "utf-16-le", b"\0<": "utf-16-be"}
_CHARSET = re.compile(r"charset\s{0,9}=\s{0,9}[\"']?([\w:.-]{1,40})", re.IGNORECASE)
_XML_CHARSET = re.compile(rb"<\?xml[^>]{0,100}?encoding\s{0,9}=\s{0,9}[\"']([\w:.-]{1,40})")
_XML_HEAD = 1024
# What feeds declare, and what that means on the web (https://encoding.spec.whatwg.org/#names-and-labels). Python is
# never asked for a codec by the feed's name of it: some of its codecs take hours for hostile bytes.
_CHARSETS = {
    **{f"windows-125{number}": f"cp125{number}" for number in range(9)},
    **{f"iso-8859-{number}": f"iso8859-{number}" for number in (2, 3, 4, 5, 6, 7, 8, 10, 13, 14, 15, 16)},
    **{
        name: charset
        for charset, names in (
            ("cp1252", "iso-8859-1 latin1 us-ascii ascii"),
            ("cp1254", "iso-8859-9"),
            ("gb18030", "gb2312 gbk gb18030"),
            ("big5", "big5"),
            ("koi8-r", "koi8-r"),
            ("cp932", "shift_jis"),
            ("euc_jp", "euc-jp"),
            ("cp949", "euc-kr"),
        )
        for name in names.split()
    },
}
# Of the letters outside ASCII, the share that a right charset may leave unreadable: some feeds mix two.
_MOST_UNREADABLE = 0.1
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_CHARACTER = re.compile(r"&#(?:[xX]([0-9a-fA-F]{1,20})|([0-9]{1,20}));?")
_STRAY_AMPERSAND = re.compile(rb"&(?!(?:amp|lt|gt|quot|apos|#[0-9]{1,7});)")

_CDATA = re.compile(r"<!\[CDATA\[.*?(?:\]\]>|\Z)", re.DOTALL)
_MARKUP = re.compile(
    r"<(script|style)\b[^<>]*>.*?</\1\s*>|<!--.*?-->|</?[a-z][^<>]*>|<!\[CDATA\[|\]\]>", re.IGNORECASE | re.DOTALL
)
_ENTITY = re.compile(r"&(?:#\d{1,7}|#x[0-9a-f]{1,6}|[a-z][a-z0-9]{1,31});", re.IGNORECASE)
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
# Soft hyphens, zero-width spaces, byte order and direction marks.
_INVISIBLE = re.compile("[\u00ad\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_UNSAFE = re.compile(r"[\x00-\x20\x7f-\xa0<>\"\\^`{|}\u200b-\u206f]")

_WIB = timezone(timedelta(hours=7), "WIB")
# Others aren't understood, and are taken for none.
_ZONES = {
    name: timezone(timedelta(hours=hours))
    for hours, names in (
        (0, "z ut utc gmt"),
        (7, "wib"),
        (8, "wita sgt myt"),
        (9, "wit jst"),
        (1, "cet bst"),
        (2, "cest"),
        (-4, "edt"),
        (-5, "est cdt"),
        (-6, "cst mdt"),
        (-7, "mst pdt"),
        (-8, "pst"),
    )
    for name in names.split()
}
_MOST_HOURS = 14
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan",
            "feb peb",
            "mar",
            "apr",
            "mei may",
            "jun",
            "jul",
            "agu ags agt aug",
            "sep",
            "okt oct",
            "nov nop",
            "des dec",
        ),
        start=1,
    )
    for name in names.split()
}
_CLOCK = (
    r"(?P<hour>\d{1,2})[:.](?P<minute>\d{2})(?:[:.](?P<second>\d{2})(?:[.,]\d{1,9})?)?"
    r"(?:\s{0,3}(?:(?:GMT|UTC)?(?P<sign>[+-])(?P<hours>\d{1,2})(?::?(?P<minutes>\d{2}))?|\(?(?P<zone>[A-Z]{1,4})\b))?"
)
# '2024-06-18T21:05:00+07:00', '2024/06/18 21:05 WIB', '2024-06-18'.
_ISO = re.compile(
    rf"\s{{0,9}}(?P<year>\d{{4}})[-/](?P<month>\d{{1,2}})[-/](?P<day>\d{{1,2}})(?!\d)(?:(?:T|\s{{1,3}}){_CLOCK})?",
    re.IGNORECASE,
)
# 'Tue, 18 Jun 2024 21:05:00 +0700', 'Selasa, 18 Juni 2024 21:05 WIB', '18-Jun-24'.
_RFC822 = re.compile(
    rf"(?<!\d)(?P<day>\d{{1,2}})[\s-]{{1,3}}(?P<month>[A-Z]{{3,9}})\.?[\s-]{{1,3}}(?P<year>\d{{4}}|\d{{2}})(?!\d)"
    rf"(?:[\s,|-]{{1,3}}{_CLOCK})?",
    re.IGNORECASE,
)
_LONGEST_DATE = 80
_EARLIEST, _LATEST = 1990, 2100
_LONG_AGO = datetime(_EARLIEST, 1, 1, tzinfo=UTC)

_FEED_TYPES = frozenset(
    ["application/rss+xml", "application/atom+xml", "application/rdf+xml", "application/xml", "text/xml"]
)
_FEED_PATH = re.compile(
    r"(?:^|/)(?:rss|feeds?|atom)(?:/|$)|(?:^|[/._-])(?:rss|feed|atom)\.php$|\.(?:xml|rss|rdf|atom)$", re.IGNORECASE
)
_OF_COMMENTS = re.compile(r"/comments?/(?:feed|default)(?:/|$)|/komentar/feed", re.IGNORECASE)
_OF_NEWS = re.compile(r"news|berita|terbaru|terkini|latest", re.IGNORECASE)


def read_feed(body: bytes, content_type: str, url: str) -> Feed:
    """Read a feed or news sitemap that came from `url` as `content_type`; what is broken is read as far as it goes.

    At most 500 items. Raises `NotReadable`: `empty`; `too_complex` beyond `MAX_FEED`; `not_article` with the reason
    `no_feed`, or `sitemap_index` for a sitemap of sitemaps (`find_feeds` knows where it leads).
    """
    if len(body) > MAX_FEED:
        raise NotReadable("too_complex", limit=MAX_FEED)
    if not body.strip():
        raise NotReadable("empty")
    text = _sane(_decoded(body, content_type))
    root = _root(text)
    if root is None:
        raise NotReadable("not_article", reason="no_feed")
    match root.group(1).lower():
        case "sitemapindex":
            raise NotReadable("not_article", reason="sitemap_index")
        case "urlset":
            return _read_sitemap(text[root.start() :], url)
        case _:
            return _read_syndicated(text[root.start() :], url)


def find_feeds(html: str, url: str) -> tuple[str, ...]:
    """The addresses of the feeds that a page at `url` declares, then of those it links to on its own site; 20 at most.

    Of a sitemap of sitemaps these are its members that seem to be of news, or else all, the newest first.
    """
    text = _sane(html[:MAX_FEED])
    root = _root(text)
    if root and root.group(1).lower() == "sitemapindex":
        return _at_most(_members(text[root.start() :], url))
    return _at_most(_declared_and_linked(text, url))


def _at_most(addresses: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(addresses))[:_MOST_FEEDS]


# Text


def _decoded(body: bytes, content_type: str) -> str:
    """The text of a feed: by its byte order mark, else as UTF-8 (few texts in another charset look like it), else as
    declared, by the server before the document, else as Western European.
    """
    for mark, charset in _MARKS:
        if body.startswith(mark):
            return body[len(mark) :].decode(charset, "replace")
    body = body.lstrip()
    if unmarked := _UNMARKED.get(body[:2]):
        return body.decode(unmarked, "replace")
    header, declaration = _CHARSET.search(content_type[:_XML_HEAD]), _XML_CHARSET.search(body[:_XML_HEAD])
    named = [header.group(1)] if header else []
    named += [declaration.group(1).decode("latin-1")] if declaration else []
    for name in ("utf-8", *(_CHARSETS.get(name.lower(), "utf-8") for name in named)):
        text = body.decode(name, "replace")
        foreign = len(text) - len(text.encode("ascii", "ignore"))
        if text.count("\ufffd") <= _MOST_UNREADABLE * foreign:
            return text
    return body.decode("cp1252", "replace")


def _sane(text: str) -> str:
    """The text without characters, also by number, that XML knows none of: one of them would be the end of reading."""
    return _CHARACTER.sub(_known_character, _NOT_IN_XML.sub("", text))


def _known_character(match: re.Match[str]) -> str:
    number = int(match.group(1), 16) if match.group(1) else int(match.group(2))
    known = number <= 0x10FFFF and not _NOT_IN_XML.match(chr(number))
    return f"&#{number};" if known else ""


def _root(text: str) -> re.Match[str] | None:
    """Where the feed in a text begins; None where there is none, and in pages, which may speak of feeds."""
    root = _ROOT.search(text)
    return None if root is None or _PAGE.search(text, 0, root.start()) else root


def _plain(raw: str) -> str:
    """A title in plain text. Its markup may be escaped once more than it should be, and so may its entities."""
    text = _MARKUP.sub("", raw[:_LONGEST_RAW_TITLE])
    text = _MARKUP.sub("", _ENTITY.sub(lambda entity: markup.unescape(entity.group()), text))
    text = _INVISIBLE.sub("", _CONTROL.sub(" ", text))
    return " ".join(text.split())[:_LONGEST_TITLE].rstrip()


def _absolute(url: str, base: str) -> str | None:
    """The absolute http(s) address without fragment; None where it isn't a sane one."""
    written = url.strip().replace(" ", "%20")
    if not written or len(written) > _LONGEST_URL or _UNSAFE.search(written):
        return None
    try:
        joined = urldefrag(urljoin(base, written)).url
        parts = urlsplit(joined)
        _ = parts.port  # Reading it checks it.
    except ValueError:
        return None
    fit = parts.scheme in {"http", "https"} and parts.hostname and parts.username is None
    return joined if fit and len(joined) <= _LONGEST_URL else None


# Items


def _feed(title: str, kind: FeedKind, items: Iterable[FeedItem]) -> Feed:
    """The feed of these items: in order, each address once."""
    found = list(items)
    if all(item.published for item in found):
        found.sort(key=lambda item: item.published or _LONG_AGO, reverse=True)
    once: dict[str, FeedItem] = {}
    for item in found:
        once.setdefault(item.url, item)
    return Feed(title, kind, tuple(once.values())[:_MOST_ITEMS])


def _read_syndicated(text: str, url: str) -> Feed:
    # Only the process that reads feeds needs it.
    import feedparser  # noqa: PLC0415 - see above

    text = _shortened(text)
    headers = {"content-location": url, "content-type": "application/xml; charset=utf-8"}
    try:
        # A stream: what is a string it might take for an address or the name of a file.
        parsed = feedparser.parse(
            io.BytesIO(text.encode()), response_headers=headers, resolve_relative_uris=False, sanitize_html=False
        )
    except MemoryError:
        raise
    except Exception as error:  # what hostile markup does to it is no fault of ours
        raise NotReadable("not_article", reason="no_feed") from error
    version = str(parsed["version"] or "")
    if not version.startswith(("rss", "atom")):
        raise NotReadable("not_article", reason="no_feed")
    kind: FeedKind = "atom" if version.startswith("atom") else "rss"
    items = (item for entry in parsed["entries"] if (item := _syndicated_item(entry, url)))
    return _feed(_plain(_text_of(parsed["feed"], "title")), kind, items)


def _shortened(text: str) -> str:
    """A feed without the bodies of its articles, as far as they are quoted whole, and without what follows too much."""
    text = _CDATA.sub(lambda quoted: quoted.group() if len(quoted.group()) <= _LONGEST_RAW_TITLE else "", text)
    beyond = next(itertools.islice(re.finditer("<", text), _MOST_TAGS, None), None)
    return text[: beyond.start()] if beyond else text


def _syndicated_item(entry: Any, url: str) -> FeedItem | None:  # noqa: ANN401 - feedparser has no types
    address = _absolute(_text_of(entry, "link"), url)
    # An identifier that is an address is that of the article; others would lead somewhere on the feed's own site.
    identifier = _text_of(entry, "id")
    if address is None and identifier.startswith(("http://", "https://")):
        address = _absolute(identifier, url)
    if address is None:
        return None
    dates = (_moment(_text_of(entry, name)) for name in ("published", "updated", "created"))
    return FeedItem(address, _plain(_text_of(entry, "title")), next(filter(None, dates), None))


def _text_of(values: Any, name: str) -> str:  # noqa: ANN401 - as above
    """A value of feedparser's where it is a text, else an empty one: elements with attributes become tables."""
    # Not by its own `get`, which looks for other names as well, and warns of that.
    value = dict.get(values, name)
    return value if isinstance(value, str) else ""


# Sitemaps


def _read_sitemap(text: str, url: str) -> Feed:
    title, items = "", []
    for entry in _children(_tree(text), "url"):
        address = _absolute(_text_in(entry, "loc"), url)
        if address is None:
            continue
        news = next(_children(entry, "news"), None)
        publication = next(_children(news, "publication"), None)
        title = title or _plain(_text_in(publication, "name"))
        published = _moment(_text_in(news, "publication_date")) or _moment(_text_in(entry, "lastmod"))
        items.append(FeedItem(address, _plain(_text_in(news, "title")), published))
    return _feed(title, "sitemap", items)


def _members(text: str, url: str) -> Iterator[str]:
    """The sitemaps of a sitemap of sitemaps: those that seem to be of news, or else all, the newest first."""
    found = [
        (address, _moment(_text_in(member, "lastmod")) or _LONG_AGO)
        for member in _children(_tree(text), "sitemap")
        if (address := _absolute(_text_in(member, "loc"), url))
    ]
    of_news = [member for member in found if _OF_NEWS.search(urlsplit(member[0]).path)]
    return (address for address, _ in sorted(of_news or found, key=lambda member: member[1], reverse=True))


def _tree(text: str) -> etree._Element | None:
    """The tree of an XML document without declarations; of a broken one what could be read."""
    content = text.encode()
    for recover in (False, True):
        parser = etree.XMLParser(
            encoding="utf-8", resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, recover=recover
        )
        try:
            return etree.fromstring(content, parser)
        except etree.XMLSyntaxError:
            content = _STRAY_AMPERSAND.sub(b"&amp;", content)
    return None


def _children(parent: etree._Element | None, name: str) -> Iterator[etree._Element]:
    """The children of that name, in whatever namespace: some sitemaps declare none, others a wrong one."""
    for child in () if parent is None else parent:
        # Comments have a function for their tag.
        if isinstance(child.tag, str) and re.split("[}:]", child.tag)[-1].lower() == name:
            yield child


def _text_in(parent: etree._Element | None, name: str) -> str:
    child = next(_children(parent, name), None)
    return "" if child is None else child.text or ""


# Moments


def _moment(text: str) -> datetime | None:
    """A date with or without a time of day, as feeds write it; None for what is none. Without zone it is Jakarta's."""
    text = text[:_LONGEST_DATE]
    match = _ISO.match(text) or _RFC822.search(text)
    if match is None:
        return None
    month, zone = match["month"].lower(), _zone(match)
    number = int(month) if month.isdigit() else _MONTHS.get(month[:3])
    year = int(match["year"]) + (2000 if len(match["year"]) == 2 else 0)
    if number is None or zone is None or not _EARLIEST <= year <= _LATEST:
        return None
    try:
        # A minute may have 61 seconds, but not for Python.
        second = min(int(match["second"] or 0), 59)
        return datetime(
            year, number, int(match["day"]), int(match["hour"] or 0), int(match["minute"] or 0), second, tzinfo=zone
        )
    except ValueError:
        return None


def _zone(match: re.Match[str]) -> timezone | None:
    """The zone of a date; None for an impossible one."""
    if match["sign"]:
        hours, minutes = int(match["hours"]), int(match["minutes"] or 0)
        if hours > _MOST_HOURS or minutes > 59:
            return None
        offset = timedelta(hours=hours, minutes=minutes)
        return timezone(-offset if match["sign"] == "-" else offset)
    return _ZONES.get((match["zone"] or "").lower(), _WIB)


# Pages


def _declared_and_linked(text: str, url: str) -> Iterator[str]:
    """The feeds that a page declares in its head, then the links of it that look like feeds."""
    page = _page(text)
    if page is None:
        return
    base = next((address for one in page.iter("base") if (address := _absolute(one.get("href") or "", url))), url)
    for element in page.iter("link"):
        address = _absolute(element.get("href") or "", base)
        if address and _declares_feed(element) and not _OF_COMMENTS.search(urlsplit(address).path):
            yield address
    for element in page.iter("a"):
        address = _absolute(element.get("href") or "", base)
        if address and _is_own_feed(address, url):
            yield address


def _page(text: str) -> HtmlElement | None:
    parser = HTMLParser(encoding="utf-8", no_network=True, huge_tree=False)
    try:
        return document_fromstring(text.encode("utf-8", "replace"), parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError):
        return None


def _declares_feed(link: HtmlElement) -> bool:
    media_type = (link.get("type") or "").partition(";")[0].strip().lower()
    return "alternate" in (link.get("rel") or "").lower().split() and media_type in _FEED_TYPES


def _is_own_feed(address: str, url: str) -> bool:
    """Whether an address has the shape of a feed's and is on the site of the page, or on one above or below it."""
    parts = urlsplit(address)
    path = parts.path
    if not _FEED_PATH.search(path) or _OF_COMMENTS.search(path):
        return False
    one, other = ((host or "").removeprefix("www.") for host in (parts.hostname, urlsplit(url).hostname))
    return one == other or one.endswith(f".{other}") or other.endswith(f".{one}")
