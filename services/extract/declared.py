"""An HTML tree goes in; what the page declares about itself comes out: JSON-LD, OpenGraph, meta and time elements.

Everything here was written by the page and is only bounded and cleaned, not believed; who uses it compares.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lxml.html import HtmlElement

from services.extract.text import clean_label

Thing = dict[str, Any]
_MAX_SCRIPTS = 30
_MAX_SCRIPT = 600_000
_MAX_THINGS = 400
_MAX_DEPTH = 8
_MAX_METAS = 400
_MAX_BODY = 200_000
# An element of a list names other articles; what an article is part of or mentions isn't the article.
_NOT_OF_THIS_PAGE = frozenset(
    """
    itemListElement hasPart isPartOf mentions about relatedLink comment review
    """.split()  # noqa: SIM905 - a list would take a line a word
)
_ARTICLE = re.compile(r"(?:[A-Za-z]*Article|BlogPosting|LiveBlogPosting|Report)", re.ASCII)
_LIST = frozenset(["CollectionPage", "ItemList", "SearchResultsPage", "ProfilePage"])
_VIDEO = frozenset(["VideoObject", "Movie", "Clip", "TVEpisode"])


@dataclass(frozen=True, slots=True)
class Declared:
    """What a page declares. `metas` maps lower-cased names and properties to their first content.

    `article` is the JSON-LD of the article (empty when there is none), `types` all JSON-LD types of the page itself.
    """

    metas: dict[str, str]
    article: Thing
    types: frozenset[str]

    @property
    def is_article(self) -> bool:
        """Whether the page says that it is an article."""
        return (
            bool(self.article)
            or self.meta("og:type").lower() in {"article", "news", "newsarticle"}
            or bool(self.meta("article:published_time"))
        )

    @property
    def is_list(self) -> bool:
        """Whether the page says that it is a list, and not an article."""
        return not self.is_article and bool(self.types & _LIST or self.meta("og:type").lower() == "website")

    @property
    def is_video(self) -> bool:
        """Whether the page says that it is a video above all."""
        return self.meta("og:type").lower().startswith("video") or (not self.article and bool(self.types & _VIDEO))

    @property
    def is_gated(self) -> bool:
        """Whether the page says that reading it costs something."""
        value = self.article.get("isAccessibleForFree")
        gated = str(value).strip().lower() in {"false", "no", "0"} if value is not None else False
        tier = self.meta("article:content_tier").lower()
        return gated or tier in {"locked", "premium"}

    def meta(self, *names: str, limit: int = 500) -> str:
        """Return the first non-empty content among `names`, cleaned and bounded."""
        return next((text for name in names if (text := clean_label(self.metas.get(name), limit))), "")

    def text(self, *names: str, limit: int = 500) -> str:
        """Return the first text among properties of the article's JSON-LD, cleaned and bounded."""
        return next((text for name in names if (text := clean_label(_plain(self.article.get(name)), limit))), "")

    @property
    def body(self) -> str:
        """The JSON-LD `articleBody`, uncleaned but bounded; empty when there is none."""
        body = self.article.get("articleBody")
        return body[:_MAX_BODY] if isinstance(body, str) else ""


def read_declared(root: HtmlElement) -> Declared:
    """Read what a page declares of itself."""
    things = [thing for data in _read_scripts(root) for thing in _things(data)]
    article = next((thing for thing in things if _is_article(thing)), {})
    types = frozenset(name for thing in things for name in _types(thing))
    return Declared(_read_metas(root), article, types)


def names_in(value: object) -> list[str]:
    """Return the names in a JSON-LD value: a text, a thing with a name, or a list of these."""
    values = value[:20] if isinstance(value, list) else [value]
    return [name for item in values if (name := clean_label(_plain(item), 120))]


def url_in(value: object) -> str:
    """Return the address in a JSON-LD value: a text, a thing with `@id` or `url`, or the first of a list of these."""
    first = value[0] if isinstance(value, list) and value else value
    if isinstance(first, dict):
        first = first.get("url") or first.get("@id")
    return first.strip() if isinstance(first, str) else ""


def _read_metas(root: HtmlElement) -> dict[str, str]:
    metas: dict[str, str] = {}
    for number, meta in enumerate(root.iter("meta")):
        if number >= _MAX_METAS:
            break
        for attribute in ("property", "name", "itemprop"):
            name, content = meta.get(attribute), meta.get("content")
            if name and content and content.strip():
                metas.setdefault(name.strip().lower()[:80], content[:4000])
    return metas


def _read_scripts(root: HtmlElement) -> Iterator[object]:
    count = 0
    for script in root.iter("script"):
        if "ld+json" not in script.get("type", "").lower() or count >= _MAX_SCRIPTS:
            continue
        count += 1
        source = (script.text or "").strip()
        if 0 < len(source) <= _MAX_SCRIPT:
            yield _parse_json(source)


def _parse_json(source: str) -> object:
    # Pages wrap JSON in comments or CDATA and end it with a semicolon; line breaks inside texts are common.
    trimmed = source.removeprefix("<!--").removesuffix("-->").strip()
    trimmed = trimmed.removeprefix("//<![CDATA[").removesuffix("//]]>").removeprefix("<![CDATA[").removesuffix("]]>")
    for attempt in (trimmed.strip().rstrip(";"), re.sub(r",\s{0,20}([}\]])", r"\1", trimmed)):
        try:
            return json.loads(attempt, strict=False)
        except (ValueError, RecursionError):
            continue
    return None


def _things(data: object) -> list[Thing]:
    """All typed things in a JSON-LD value that describe this page, outer before inner, bounded in number and depth."""
    found: list[Thing] = []
    level = [data]
    for _ in range(_MAX_DEPTH):
        following: list[object] = []
        for value in level:
            if isinstance(value, list):
                following.extend(value[:_MAX_THINGS])
            elif isinstance(value, dict):
                if "@type" in value:
                    found.append(value)
                following.extend(child for key, child in value.items() if key not in _NOT_OF_THIS_PAGE)
        level = [value for value in following[:_MAX_THINGS] if isinstance(value, dict | list)]
    return found[:_MAX_THINGS]


def _types(thing: Thing) -> list[str]:
    value = thing.get("@type")
    values = value[:10] if isinstance(value, list) else [value]
    return [name.rpartition("/")[2] for name in values if isinstance(name, str)]


def _is_article(thing: Thing) -> bool:
    return any(_ARTICLE.fullmatch(name) for name in _types(thing)) and (
        "headline" in thing or "articleBody" in thing or "datePublished" in thing
    )


def _plain(value: object) -> object:
    if isinstance(value, list):
        value = value[0] if value else None
    if isinstance(value, dict):
        value = value.get("name") or value.get("@value") or value.get("url")
    return value[0] if isinstance(value, list) and value else value
