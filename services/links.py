"""The text and entities of a message go in; the addresses in it come out, cleaned, each article once, in order.

Two forms of an address serve two ends. What `clean_url` gives is fetched: only what certainly names nothing goes, so an
address that works still works. What `comparison_key` gives is compared: it also forgets what shows the same article in
another dress (mobile and AMP forms, `?page=all`, doubtful parameters), and may lead nowhere when fetched.
"""

from __future__ import annotations

import functools
import ipaddress
import re
import tomllib
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast
from urllib.parse import SplitResult, parse_qs, quote, unquote_plus, urlsplit, urlunsplit

from services.models import Link

LinkKind = Literal[
    "article",
    "home",
    "file",
    "chat",
    "video",
    "audio",
    "social",
    "map",
    "shop",
    "document",
    "meeting",
    "app",
    "code",
    "mail",
    "reference",
    "search",
    "picture",
]

_DATA = Path(__file__).parent / "data" / "not_articles.toml"
_LONGEST_URL = 4096
_LONGEST_HOST = 253
_LONGEST_LABEL = 63

_EXPLICIT = r"https?://[^\s<>\"“”«»]+"
# A bare address needs a path or 'www.': 'detik.com' in a sentence names an outlet, 'e.g.' nothing.
_BARE = r"(?<![\w@.:/-])(?:www\.(?:[\w-]+\.)+[^\W\d_]{2,}|(?:[\w-]+\.)+[^\W\d_]{2,}(?=/[^\s<>\"“”«»]))[^\s<>\"“”«»]*"
_ADDRESS = re.compile(f"{_EXPLICIT}|{_BARE}", re.IGNORECASE)
_CLOSING = {")": "(", "]": "[", "}": "{"}
# A port may follow a host without scheme: 'contoh.id:8080/a'.
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:(?!\d)", re.IGNORECASE)
# Soft hyphens, zero-width spaces, byte order and direction marks: copied along with an address, never a part of it.
_INVISIBLE = re.compile("[\u00ad\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_LABEL = re.compile(r"[a-z0-9_-]+")
_STRAY_PERCENT = re.compile(r"%(?![0-9a-f]{2})", re.IGNORECASE)
_ESCAPE = re.compile(r"%([0-9a-f]{2})", re.IGNORECASE)
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")

# Parameters that tell where a reader came from, never what is read. A copied '&amp;' leaves its 'amp;'.
_TRACKING = re.compile(
    r"(?:amp;)?(?:utm_\w+|(?:fb|g|dc|ms|y|tt|tw|li_fat_|e)clid|gclsrc|gbraid|wbraid|igshid|igsh|mibextid|sfnsn|__tn__|"
    r"mc_[ce]id|_ga|_gl|_hs\w+|vero_\w+|at_(?:medium|campaign)|s_cid|cmpid|ncid|smid|ocid|tag_from|jxconn|jxrecoid|"
    r"amp_(?:js_v|gsa|tf)|usqp)",
    re.IGNORECASE,
)
# The same, mostly; but a site may name its articles so. A number is taken for a name.
_DOUBTFUL = re.compile(r"ref|ref_src|ref_url|referrer|source|from|via|si|feature|spm|sharetype|cmp", re.IGNORECASE)
# Another view of the same article.
_VIEW = re.compile(r"page|single|showpage|amp|outputtype|mobile|nocache", re.IGNORECASE)
_VIEW_HOST = re.compile(r"^(?:(?:www|m|amp|mobile)\.)+(?=[^.]+\.)")
_VIEW_PATH = re.compile(r"^/amp(?=/)|/amp$|(?:/amp|/index|\.amp)\.html?$")

_FILE = re.compile(
    r"\.(?:pdf|docx?|xls[xm]?|pptx?|od[tsp]|rtf|txt|csv|json|xml|rss|ics|epub|zip|rar|7z|gz|tgz|tar|exe|msi|apk|ipa|dmg|iso|"
    r"jpe?g|png|gif|webp|avif|svg|bmp|tiff?|heic|ico|mp[34]|m4[av]|mov|avi|mkv|webm|mpe?g|3gp|wav|ogg|opus|flac|aac)$",
    re.IGNORECASE,
)
_GOOGLE = re.compile(r"(?:www\.)?google\.[a-z.]+")
_AMP_CACHE = re.compile(r"[\w-]+\.cdn\.ampproject\.org")
# Where a wrapper keeps the address it leads to: host, beginning of the path, parameters.
_WRAPPERS = (
    (_GOOGLE, "/url", ("q", "url")),
    (re.compile(r"(?:(?:l|lm|www|m)\.)?facebook\.com"), "/l.php", ("u",)),
    (re.compile(r"(?:(?:www|m)\.)?facebook\.com"), "/sharer", ("u",)),
    (re.compile(r"l\.instagram\.com"), "/", ("u",)),
    (re.compile(r"(?:www\.)?youtube\.com"), "/redirect", ("q",)),
    (re.compile(r"out\.reddit\.com"), "/", ("url",)),
    (re.compile(r"(?:www\.)?linkedin\.com"), "/redir/", ("url",)),
    (re.compile(r"(?:www\.)?bing\.com"), "/news/apiclick", ("url",)),
    (re.compile(r"[\w.-]+\.safelinks\.protection\.outlook\.com"), "/", ("url",)),
    (re.compile(r"t(?:elegram)?\.me"), "/share/", ("url",)),
    (re.compile(r"(?:twitter|x)\.com"), "/intent/", ("url",)),
)


@dataclass(frozen=True, slots=True)
class LinkEntity:
    """What Telegram marks in a text: `kind` as the Bot API names it, offset and length in UTF-16 code units.

    Of interest here are `url` (the text is the address) and `text_link` (the address is in `url`).
    """

    kind: str
    offset: int
    length: int
    url: str | None = None


def find_links(text: str, entities: Sequence[LinkEntity] | None = None) -> tuple[Link, ...]:
    """The addresses of a message, cleaned, in order; of several forms of one address the first.

    With `entities` only what Telegram marked counts; without (a terminal), addresses are found in the text.
    """
    links = dict[str, Link]()
    for original in _in_text(text) if entities is None else _in_entities(text, entities):
        if url := clean_url(original):
            links.setdefault(comparison_key(url), Link(url, original))
    return tuple(links.values())


def clean_url(url: str) -> str | None:
    """An address for fetching, or None where it is none: http or https, with a host, of sane length.

    Goes: tracking parameters, the fragment, credentials, default ports, wrappers that carry the real address (Google,
    Facebook, AMP caches). The host is in ASCII, escapes are as RFC 3986 (6.2.2) has them. Cleaning twice changes
    nothing. A host without a dot counts where the scheme is written: it may be on an intranet.
    """
    parts = _parts(url)
    if parts is None:
        return None
    while inner := _unwrapped(parts):  # Each is a piece of the one before, so this ends.
        parts = inner
    query = _without(parts.query, lambda name, _: bool(_TRACKING.fullmatch(name)))
    cleaned = urlunsplit(parts._replace(path=parts.path or "/", query=query))
    return cleaned if len(cleaned) <= _LONGEST_URL else None


def comparison_key(url: str) -> str:
    """What addresses of the same article share; what is no address is its own key. Not for fetching."""
    cleaned = clean_url(url)
    if cleaned is None:
        return url
    parts = urlsplit(cleaned)
    host = _VIEW_HOST.sub("", parts.netloc)
    path = _VIEW_PATH.sub("", parts.path.rstrip("/")).rstrip("/")
    query = "&".join(sorted(_without(parts.query, _names_nothing).split("&")))
    return f"{host}{path}?{query}" if query else f"{host}{path}"


def link_kind(url: str) -> LinkKind:
    """What an address leads to: an article as far as the address tells, or something known to be none.

    A bot stays silent on all but `article`. Shorteners and share links count as that: they may lead to one.
    """
    parts = _parts(url)
    if parts is None:
        return "article"
    if _FILE.search(parts.path):
        return "file"
    labels = (parts.hostname or "").split(".")
    first = parts.path.strip("/").partition("/")[0].lower()
    table = not_articles()
    for start in range(len(labels) - 1):
        parent = ".".join(labels[start:])
        if kind := table.get(f"{parent}/{first}") or table.get(parent):
            return kind
    return "article" if first or parts.query else "home"


# Finding


def _in_text(text: str) -> Iterator[str]:
    for match in _ADDRESS.finditer(_INVISIBLE.sub("", text)):
        if len(match.group()) <= _LONGEST_URL:
            yield _trimmed(match.group())


def _in_entities(text: str, entities: Iterable[LinkEntity]) -> Iterator[str]:
    units = text.encode("utf-16-le", "surrogatepass")
    for entity in sorted(entities, key=lambda one: one.offset):
        if entity.kind == "text_link" and entity.url:
            yield entity.url
        elif entity.kind == "url":
            yield units[2 * entity.offset : 2 * (entity.offset + entity.length)].decode("utf-16-le", "replace")


def _trimmed(address: str) -> str:
    """Without the punctuation of the sentence around it; a bracket stays where its partner is inside."""
    while address and (address[-1] in ".,;:!?'’…*_~" or _closes_nothing(address)):
        address = address[:-1]
    return address


def _closes_nothing(address: str) -> bool:
    opening = _CLOSING.get(address[-1])
    return opening is not None and address.count(address[-1]) > address.count(opening)


# Cleaning


def _parts(url: str) -> SplitResult | None:
    """The parts of a sane address, all in ASCII: host in lower case, no credentials, default port and fragment."""
    if len(url) > _LONGEST_URL:
        return None
    url = _INVISIBLE.sub("", url).strip()
    if not url or any(_is_forbidden(character) for character in url):
        return None
    written = bool(_SCHEME.match(url))
    try:
        parts = urlsplit(url if written else f"https://{url}")
        host, port = _ascii_host(parts.hostname or ""), parts.port
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not (written or _is_bare(host, parts.netloc)):
        return None
    default = {"http": 80, "https": 443}[parts.scheme]
    netloc = host if port in (None, default) else f"{host}:{port}"
    return SplitResult(parts.scheme, netloc, _escaped(parts.path), _escaped(parts.query), "")


def _is_forbidden(character: str) -> bool:
    return character.isspace() or unicodedata.category(character) in ("Cc", "Cs")


def _is_bare(host: str, netloc: str) -> bool:
    """Whether this can be the host of an address without scheme: 'ani@contoh.id' is e-mail, 'catatan' a word."""
    return "." in host and "@" not in netloc


def _ascii_host(host: str) -> str:
    """A host as DNS knows it ('Contoh。ID' -> 'contoh.id'), IPv6 in brackets; raises ValueError where it is none."""
    if ":" in host and "%" not in host:  # An address with a zone is one of this machine's links.
        return f"[{ipaddress.IPv6Address(host).compressed}]"
    name = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", host).lower()).replace("。", ".").rstrip(".")
    ascii_name = ".".join(map(_ascii_label, name.split(".")))
    if len(ascii_name) > _LONGEST_HOST:
        raise ValueError("the host is too long")
    return ascii_name


def _ascii_label(label: str) -> str:
    """A label as browsers write it (UTS 46, non-transitional): 'straße' keeps its ß, as the codec 'idna' doesn't."""
    if not label.isascii() and all(
        unicodedata.category(character)[0] in "LMN" or character == "-" for character in label
    ):
        label = f"xn--{label.encode('punycode').decode('ascii')}"
    if len(label) > _LONGEST_LABEL or not _LABEL.fullmatch(label):
        raise ValueError("no label of a host")
    return label


def _unwrapped(parts: SplitResult) -> SplitResult | None:
    """The address inside a wrapper, if this is one."""
    host = parts.hostname or ""
    if _GOOGLE.fullmatch(host) and parts.path.startswith("/amp/"):
        return _amp_target(parts, "/amp/")
    if _AMP_CACHE.fullmatch(host) and parts.path.startswith(("/c/", "/v/")):
        return _amp_target(parts, parts.path[:3])
    for pattern, path, names in _WRAPPERS:
        if pattern.fullmatch(host) and parts.path.startswith(path):
            values = parse_qs(parts.query)
            return next((_parts(values[name][0]) for name in names if "://" in values.get(name, [""])[0]), None)
    return None


def _amp_target(parts: SplitResult, prefix: str) -> SplitResult | None:
    path = parts.path.removeprefix(prefix)
    scheme = "https" if path.startswith("s/") else "http"
    return _parts(f"{scheme}://{path.removeprefix('s/')}" + (f"?{parts.query}" if parts.query else ""))


def _without(query: str, forgotten: Callable[[str, str], bool]) -> str:
    """A query without some of its fields; the others stay as they were written, since a site may be particular."""
    return "&".join(
        field
        for field in query.split("&")
        if not forgotten(unquote_plus(field.partition("=")[0]), field.partition("=")[2])
    )


def _names_nothing(name: str, value: str) -> bool:
    """Whether a parameter makes no difference to which article is read."""
    return not name or bool(_VIEW.fullmatch(name) or (_DOUBTFUL.fullmatch(name) and not value.isdigit()))


def _escaped(text: str) -> str:
    """Percent-encoded where needed and nowhere else, in capitals; '%2F' and '/' stay two things."""
    quoted = quote(_STRAY_PERCENT.sub("%25", text), safe="/%:@!$&'()*+,;=-._~?[]")
    return _ESCAPE.sub(_normal_escape, quoted)


def _normal_escape(match: re.Match[str]) -> str:
    character = chr(int(match.group(1), 16))
    return character if character in _UNRESERVED else match.group().upper()


@functools.cache
def not_articles() -> Mapping[str, LinkKind]:
    """The known hosts that hold no articles, with or without a first segment of the path, and what they hold."""
    with _DATA.open("rb") as file:
        return {host: cast(LinkKind, kind) for kind, hosts in tomllib.load(file).items() for host in hosts}
