"""A message goes in; the articles that it shares come out, as far as the message alone tells. Pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from handlers.card_text import utf16_length
from handlers.incoming import Content, Document
from services.links import comparison_key, find_links, link_kind
from services.models import ShareKind

LARGEST_FILE = 20 * 1024 * 1024
"""What the Bot API lets a bot download."""
_LONG_CHARACTERS, _LONG_WORDS = 500, 80
_MOST_CHARACTERS = 200_000
# Clients cut a text at 4,096 units, or at the last white space before that.
_CUT_FROM = 3_000
_REST_WORDS = 8
_READABLE = re.compile(r"\.(?:txt|html?)$", re.IGNORECASE)
_READABLE_TYPES = ("text/plain", "text/html")
_SENTENCE_END = re.compile(r"[.!?…:;\"”’)]\s*$")


@dataclass(frozen=True, slots=True)
class Found:
    """An article in a message: an address, a pasted text, or a file. The fields are those of `NewShare`."""

    kind: ShareKind
    key: str
    url: str | None = None
    text: str | None = None
    file_id: str | None = None
    file_name: str | None = None


def find_shared(content: Content, ignored: Sequence[str], *, asked: bool) -> tuple[Found, ...]:
    """The articles that a message shares. Unless `asked`, a text must be long to be taken for one."""
    if content.document and is_readable(content.document):
        file = content.document
        return (Found("document", f"file:{file.file_id}", file_id=file.file_id, file_name=file.name),)
    links = [link for link in find_links(content.text, content.entities) if _is_article(link.url, ignored)]
    text = content.text[:_MOST_CHARACTERS]
    if links:
        # What stands around a single link can take the place of a page that can't be read.
        spare = text if len(links) == 1 and is_long(text) else None
        return tuple(Found("link", comparison_key(link.url), link.url, spare) for link in links)
    return (pasted(text),) if is_long(text) or (asked and text and not has_links(content)) else ()


def has_links(content: Content) -> bool:
    """Whether a message holds addresses at all, of articles or not."""
    return bool(find_links(content.text, content.entities))


def pasted(text: str) -> Found:
    """A text as an article."""
    return Found("text", text_key(text), text=text)


def text_key(text: str) -> str:
    """What the same text pasted twice has in common."""
    return f"text:{hashlib.sha256(' '.join(text.split()).encode('utf-8', 'replace')).hexdigest()}"


def is_long(text: str) -> bool:
    """Whether a text is long enough to be taken for an article."""
    return len(text) >= _LONG_CHARACTERS and len(text.split()) >= _LONG_WORDS


def may_go_on(text: str) -> bool:
    """Whether the next message may hold the rest of this text, cut by the sender's client."""
    return utf16_length(text) >= _CUT_FROM


def is_rest(content: Content) -> bool:
    """Whether a message can be the rest of a text that a client cut; a link with few words is a share of its own."""
    if not content.text or content.document:
        return False
    return len(content.text.split()) >= _REST_WORDS or not has_links(content)


def joint(text: str) -> str:
    """What belongs between a part of a text and the next: clients drop the white space where they cut."""
    return "\n\n" if _SENTENCE_END.search(text) else " "


def is_readable(file: Document) -> bool:
    """Whether a file can hold an article for us: a text or a saved page."""
    return bool(_READABLE.search(file.name)) or (not file.name and file.mime in _READABLE_TYPES)


def host_of(url: str) -> str:
    """The host of an address, without its `www.`."""
    return (urlsplit(url).hostname or "").removeprefix("www.")


def _is_article(url: str, ignored: Sequence[str]) -> bool:
    host = host_of(url)
    return link_kind(url) == "article" and not any(host == name or host.endswith(f".{name}") for name in ignored)
