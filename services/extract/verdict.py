"""What was read of a page goes in; an error comes out when the page is no article (paywall, consent, login, list).

A page is judged by what it says only when little or no article was found: a login link, a cookie banner or an
advertisement for a subscription beside a whole article says nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from services.errors import FetchFailed, NotReadable
from services.extract.addresses import path_of
from services.extract.declared import Declared
from services.extract.outline import Block
from services.extract.phrases import phrases
from services.extract.text import words

MIN_WORDS = 30
"""Words under which a text is no article but a caption, a teaser or a label; the shortest news flashes have more."""
_PREVIEW_WORDS = 250
_NOTICE_WORDS = 120
_SHELL_WORDS = 60
_MIN_TEASERS = 4

_VIDEO_PATH = re.compile(r"/(?:videos?|watch|tv|20detik|embed|live(?:-?streaming)?|shorts)(?:/|$)", re.IGNORECASE)
_INDEX_PATH = re.compile(
    r"^(?:/(?:index|indeks|home|beranda|news|berita|terkini|terpopuler|populer)(?:\.\w{2,5})?)?$"
    r"|/(?:tags?|topics?|topik|kategori|category|kanal|indeks?|search|cari|penulis|authors?|editor)(?:/|$)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a page is beside its article.

    `visible` is all its text, `noscript` what it shows without scripts.
    """

    visible: str
    noscript: str
    has_password: bool
    has_scripts: bool


@dataclass(frozen=True, slots=True)
class Findings:
    """What was read of a page: `paragraphs` are the article's, `blocks` all of the element that holds it."""

    url: str | None
    declared: Declared
    title: str
    paragraphs: list[str]
    blocks: tuple[Block, ...]
    around: Surroundings

    @property
    def size(self) -> int:
        """Words of the article."""
        return sum(len(words(paragraph)) for paragraph in self.paragraphs)

    @property
    def opening(self) -> str:
        """What a short notice would say: the headline and the beginning of the visible text."""
        return f"{self.title} {self.around.visible[:1500]}"


def check_readable(page: Findings) -> None:
    """Raise the precise error when a page holds no whole article; a page with one passes.

    `FetchFailed` with kind `blocked` for a check against robots, else `NotReadable` with kind `paywall`, `consent`,
    `login`, `script_only`, `empty` or `not_article` (fact `reason`: list, video, error or short).
    """
    if page.size < _PREVIEW_WORDS and _is_paywalled(page):
        raise NotReadable("paywall")
    if page.size < _NOTICE_WORDS:
        _check_notices(page)
    if _is_list(page):
        raise NotReadable("not_article", reason="list")
    if page.size < MIN_WORDS:
        _check_emptiness(page)


def _check_notices(page: Findings) -> None:
    """Raise for a page whose whole message is why there is nothing to read; a declared article is believed."""
    if page.declared.article and page.size >= MIN_WORDS:
        return
    if phrases("blocked").search(page.opening[:600]):
        raise FetchFailed("blocked")
    if phrases("error").search(page.title) or (page.size < MIN_WORDS and phrases("error").search(page.opening[:400])):
        raise NotReadable("not_article", reason="error")
    if _says(page, "consent"):
        raise NotReadable("consent")
    if _says(page, "login") or (page.around.has_password and page.size < MIN_WORDS):
        raise NotReadable("login")
    if _is_video(page):
        raise NotReadable("not_article", reason="video")


def _says(page: Findings, notice: str) -> bool:
    """Whether the headline is such a notice, or the whole page when it has no article to speak of."""
    text = page.opening if page.size < MIN_WORDS else page.title
    return not page.declared.is_article and bool(phrases(notice).search(text))


def _check_emptiness(page: Findings) -> None:
    if page.around.has_scripts and (
        phrases("script").search(page.around.noscript) or phrases("script").search(page.opening)
    ):
        raise NotReadable("script_only")
    visible = len(words(page.around.visible))
    if page.around.has_scripts and visible < _SHELL_WORDS and page.size == 0:
        raise NotReadable("script_only")
    if visible == 0:
        raise NotReadable("empty")
    raise NotReadable("not_article", reason="short")


def _is_paywalled(page: Findings) -> bool:
    if page.declared.is_gated:
        return True
    last = page.paragraphs[-1][-60:] if page.paragraphs else ""
    behind = page.around.visible[max(page.around.visible.rfind(last), 0) :] if last else page.around.visible
    return page.size < _NOTICE_WORDS and bool(phrases("paywall").search(behind[:3000]))


def _is_video(page: Findings) -> bool:
    return page.declared.is_video or bool(
        page.url and _VIDEO_PATH.search(path_of(page.url)) and page.size < _SHELL_WORDS
    )


def _is_list(page: Findings) -> bool:
    """Headlines with a teaser each: most of the page's prose stands right behind a linked headline."""
    if page.declared.article and page.size >= _NOTICE_WORDS:
        return False
    path = path_of(page.url) if page.url else None
    on_index = path is not None and bool(_INDEX_PATH.search(path))
    teasers, prose = _count_teasers(page.blocks)
    looks_listed = teasers >= _MIN_TEASERS and teasers >= 0.5 * prose
    if page.declared.is_article:
        return looks_listed and on_index
    headlines = sum(block.linked >= 0.8 and block.words >= 4 for block in page.blocks)
    return (
        looks_listed
        or (on_index and headlines >= 8)
        or (page.declared.is_list and headlines >= 8 and page.size < _PREVIEW_WORDS)
    )


def _count_teasers(blocks: tuple[Block, ...]) -> tuple[int, int]:
    """How many blocks of prose stand behind a linked headline, and how many there are in all."""
    teasers = prose = 0
    since_headline = 99
    for block in blocks:
        if block.linked >= 0.8 and block.words >= 4:
            since_headline = 0
        elif block.is_prose:
            prose += 1
            teasers += since_headline <= 2
            since_headline = 99
        else:
            since_headline += 1
    return teasers, prose
