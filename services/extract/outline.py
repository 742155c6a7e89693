"""An HTML tree goes in; its text blocks come out in reading order, with the range of blocks that each element holds."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass, field

from lxml import etree
from lxml.html import HtmlElement

from services.extract.text import clean_line, ends_sentence, reads_as_prose, words

# Holds nothing to read, whatever its size.
_NEVER_READ = frozenset(
    """
    script style noscript template iframe svg math head select textarea button input video audio object embed canvas
    map ins link meta o:p xml
    """.split()  # noqa: SIM905 - a list would take a line a word
)
# Usually beside the article; read only when the article itself is inside.
_BESIDE = frozenset(["nav", "aside", "footer", "header", "figure", "figcaption", "form", "dialog", "menu"])
_INLINE = frozenset(
    """
    a abbr acronym b bdi bdo big cite code data del dfn em font i kbd label mark nobr q s samp small span strike
    strong sub sup time tt u var wbr
    """.split()  # noqa: SIM905 - a list would take a line a word
)
_ALWAYS_READ = frozenset(["html", "body", "main", "article", "a", "b", "strong", "em", "i", "br", "h1"])
_BOLD = frozenset(["b", "strong", "h1", "h2", "h3", "h4", "h5", "h6"])
_HEADINGS = frozenset(["h1", "h2", "h3", "h4", "h5", "h6"])
# What elements beside the article are called, in English and Indonesian, whatever the outlet.
_BESIDE_NAME = re.compile(
    r"(?:^|[\s_-])(?:ads?|advert\w*|adsense|iklan|banner\w*|billboard|sponsor\w*|promo\w*|newsletter|subscri\w+|related\w*"
    r"|terkait|relat|recommend\w*|rekomendasi|popular|populer|terpopuler|trending|terkini|latest|lainnya|sidebar|widget"
    r"|breadcrumbs?|share|sharing|shares|socials?|sosmed|medsos|follow|tags?|tagging|topik|keywords?|comments?|komentar"
    r"|tbkomentar|disqus|captions?|pagination|paging|pager|nav|navigation|menu|footer|cookies?|consent|popup|modal|polling"
    r"|kuis|quiz|baca|bacajuga|read-?also|inject\w*|linksisip|sisip\w*|byline|credits?|editor|author-?box|hidden-?quotes?"
    r"|tooltip|skip|lihat|gallery|galeri|next-?article|infinite|loader|copyright)(?:$|[\s_-])"
    r"|image-?caption|baca-?juga|twitter-tweet|instagram-media|tiktok-embed|fb-post|screen-reader|visually-hidden|sr-only"
)
# What elements that hold the article are called; they are never taken for something beside it.
_BODY_NAME = re.compile(
    r"(?:article|artikel|berita|news|post|entry|story|read|detail|single|content|konten|ctn|paragraph)[a-z0-9]*[_-]{0,2}"
    r"(?:body|content|konten|text|teks|detail|isi|desc|description|paragraph|page|main|wrap\w*)(?:$|[\s_-]|\d)"
    r"|isi[_-]?(?:berita|artikel)|(?:^|[\s_-])(?:article|artikel|hentry|bodycontent|itp_bodycontent|txt-article|text_detail"
    r"|tubuh-berita)(?:$|[\s_-])"
)
_HIDDEN_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_MUCH = 0.6
_LONG = 800
_LONG_PARAGRAPH = 120
_OF_READERS = re.compile(r"comment|komentar|disqus")
_HIDDEN_TEXT = 300


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, heading or other line of a page.

    `words` counts its words; `linked` is the share of its characters that stand in links, `lead` the text it begins
    with in bold.
    """

    text: str
    words: int
    linked: float = 0.0
    lead: str = ""
    heading: bool = False

    @property
    def is_prose(self) -> bool:
        """Whether it reads like a sentence of an article, rather than a label, a link or a caption."""
        return self.linked < 0.6 and reads_as_prose(self.text, self.words)


@dataclass(frozen=True, slots=True)
class Outline:
    """The blocks of a page; `spans` gives an element's blocks as `[start, end)`, empty where it was left out."""

    blocks: tuple[Block, ...]
    spans: dict[HtmlElement, tuple[int, int]]

    @property
    def words(self) -> int:
        """Words in all blocks."""
        return sum(block.words for block in self.blocks)

    def place_of(self, node: HtmlElement) -> int:
        """Return the number of the block at which an element stands, read or left out."""
        near = itertools.chain([node], node.iterancestors())
        return next((self.spans[element][0] for element in near if element in self.spans), 0)


def read_outline(root: HtmlElement) -> Outline:
    """Read the blocks below `root`, leaving out what isn't for reading (scripts, navigation, shares, captions)."""
    reader, spans, starts = _Reader(), {}, {}
    total = max(len(root.text_content()), 1)
    walker = etree.iterwalk(root, events=("start", "end", "comment", "pi"))
    for event, node in walker:
        if event in {"comment", "pi"}:
            reader.add(node.tail)
            continue
        if event == "start":
            if node is not root and _is_left_out(node, total):
                walker.skip_subtree()
                reader.leave_out(node)
                spans[node] = (len(reader.blocks), len(reader.blocks))
                continue
            reader.enter(node)
            starts[node] = len(reader.blocks)
            continue
        if node in starts:
            reader.leave(node)
            spans[node] = (starts.pop(node), len(reader.blocks))
        reader.add(node.tail if node is not root else None)
    reader.flush()
    return Outline(tuple(reader.blocks), spans)


def names_of(node: HtmlElement) -> str:
    """Class and id of an element, lower-cased, bounded."""
    return f"{node.get('class', '')} {node.get('id', '')}".lower()[:400]


def is_body_marked(node: HtmlElement) -> bool:
    """Whether an element says of itself that it holds the body of an article."""
    if "articlebody" in f"{node.get('itemprop', '')} {node.get('property', '')}".lower():
        return True
    return bool(_BODY_NAME.search(names_of(node)))


@dataclass(slots=True)
class _Reader:
    """Gathers text until a block ends."""

    blocks: list[Block] = field(default_factory=list)
    pieces: list[tuple[str, bool, bool]] = field(default_factory=list)
    links: int = 0
    bolds: int = 0
    headings: int = 0

    def add(self, text: str | None) -> None:
        if text:
            self.pieces.append((text.replace("\n", " "), self.links > 0, self.bolds > 0))

    def enter(self, node: HtmlElement) -> None:
        if node.tag == "br":
            self.pieces.append(("\n", False, False))
        elif node.tag not in _INLINE:
            self.flush()
        self._count(node, 1)
        self.add(node.text)

    def leave(self, node: HtmlElement) -> None:
        if node.tag not in _INLINE and node.tag != "br":
            self.flush()
        self._count(node, -1)

    def leave_out(self, node: HtmlElement) -> None:
        if node.tag not in _INLINE and node.tag not in _NEVER_READ:
            self.flush()

    def flush(self) -> None:
        self.blocks.extend(_read_lines(self.pieces, heading=self.headings > 0))
        self.pieces = []

    def _count(self, node: HtmlElement, step: int) -> None:
        self.links += step * (node.tag == "a" and not _is_address(node.text))
        self.bolds += step * (node.tag in _BOLD)
        self.headings += step * (node.tag in _HEADINGS)


def _is_address(text: str | None) -> bool:
    """Whether a link shows an address: that is text, not the title of another article."""
    return (text or "").lstrip()[:4].lower() in {"http", "www."}


def _read_lines(pieces: list[tuple[str, bool, bool]], *, heading: bool) -> list[Block]:
    """Cut gathered text at its line breaks, except those that stand inside a sentence."""
    lines: list[list[tuple[str, bool, bool]]] = [[]]
    broken = 0
    for piece in pieces:
        if piece[0] == "\n":
            broken += 1
        elif not piece[0].strip():
            lines[-1].append(piece)
        else:
            if broken and not (broken == 1 and _continues("".join(text for text, _, _ in lines[-1]), piece[0])):
                lines.append([])
            elif broken:
                lines[-1].append((" ", False, False))
            broken = 0
            lines[-1].append(piece)
    blocks = (_block(line, heading=heading) for line in lines)
    return [block for block in blocks if block.text]


def _continues(before: str, following: str) -> bool:
    """Whether the sentence goes on in lower case behind a single break, an accident of typing."""
    return following.lstrip()[:1].islower() and not ends_sentence(before.rstrip())


def _block(line: list[tuple[str, bool, bool]], *, heading: bool) -> Block:
    text = clean_line("".join(piece for piece, _, _ in line))
    linked = sum(len(piece.strip()) for piece, in_link, _ in line if in_link)
    lead: list[str] = []
    for piece, _, in_bold in line:
        if piece.strip() and not in_bold:
            break
        lead.append(piece)
    return Block(text, len(words(text)), min(linked / max(len(text), 1), 1.0), clean_line("".join(lead)), heading)


def _is_left_out(node: HtmlElement, total: int) -> bool:
    tag = node.tag
    if tag in _NEVER_READ:
        return True
    if tag in _ALWAYS_READ:
        return False
    if tag == "table":
        return not _is_layout(node)
    if _is_hidden(node):
        return len(node.text_content()) < _HIDDEN_TEXT
    if tag not in _BESIDE and not _BESIDE_NAME.search(names_of(node)):
        return False
    return not _may_hold_article(node, total)


def _is_hidden(node: HtmlElement) -> bool:
    return (
        node.get("hidden") is not None
        or node.get("aria-hidden") == "true"
        or bool(_HIDDEN_STYLE.search(node.get("style", "")[:500]))
    )


def _is_layout(table: HtmlElement) -> bool:
    """Tables of data and of related links aren't prose; tables that lay out a page hold long cells."""
    if _BESIDE_NAME.search(names_of(table)):
        return False
    return any(len(cell.text_content()) > 600 for cell in table.iter("td"))


def _may_hold_article(node: HtmlElement, total: int) -> bool:
    """Names and tags mislead ('has-sidebar', one form around the page): an element with the article in it is read."""
    if _OF_READERS.search(names_of(node)):
        return len(node.text_content()) > _MUCH * total
    long = (len(text) for p in node.iter("p") if len(text := p.text_content()) >= _LONG_PARAGRAPH)
    if sum(long) >= _LONG:
        return True
    if any(
        is_body_marked(child) and len(child.text_content()) > _LONG for child in node.iter("div", "section", "article")
    ):
        return True
    return len(node.text_content()) > _MUCH * total
