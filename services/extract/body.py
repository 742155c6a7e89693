"""A page's outline goes in; the paragraphs of its article come out, chosen by the evidence of several witnesses.

Witnesses: how prose-like a block is, an element that says it holds the article (`itemprop=articleBody`, names such as
'article-content'), trafilatura, and, when those disagree, readability. Every block gets a weight from them; the element
whose blocks weigh most is the article. What a witness missed inside that element is still read.
"""

from __future__ import annotations

import html
import itertools
import logging
import re
from dataclasses import dataclass

from lxml import etree
from lxml.html import HtmlElement, HTMLParser, document_fromstring

from services.extract.outline import Block, Outline, is_body_marked
from services.extract.text import clean_line, squashed, words

# Weight of a word by who speaks for its block; blocks that nobody but their own look speaks for weigh slightly against.
_PROSE, _MARKED, _WITNESS, _THRESHOLD = 0.35, 0.25, 0.35, 0.4
_AGREEMENT = 0.8
_LINK = 0.8
_MAX_LINK_WORDS = 40
_MAX_LABEL_WORDS = 8
_KEY = 40
_TAG = re.compile(r"<[^<>]{1,300}>")
_PARAGRAPH_TAG = re.compile(r"(?i)<\s?/?\s?(?:p|br|div|li|h\d)\b[^<>]{0,300}>")


@dataclass(frozen=True, slots=True)
class Body:
    """The blocks of the article; `span` numbers all blocks of the element that holds it, as `[start, end)`."""

    blocks: tuple[Block, ...]
    span: tuple[int, int]

    @property
    def paragraphs(self) -> list[str]:
        """The texts of the blocks."""
        return [block.text for block in self.blocks]

    @property
    def lead(self) -> str:
        """What the article begins with in bold."""
        return self.blocks[0].lead if self.blocks else ""


def parse_html(source: str) -> HtmlElement | None:
    """Parse a decoded page; `None` when it holds no element. Deeper than 255 levels isn't read (libxml2's limit)."""
    parser = HTMLParser(encoding="utf-8", no_network=True, huge_tree=False)
    try:
        return document_fromstring(source.encode("utf-8", "replace"), parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError):
        return None


def find_body(source: str, outline: Outline, title: str) -> Body:
    """Find the article in a page (its HTML and its outline); without blocks when there is none."""
    blocks = outline.blocks
    marked = _marked_span(outline)
    votes = [_voted(blocks, _read_by_trafilatura(source))]
    if not _agree(blocks, marked, votes[0]):
        votes.append(_voted(blocks, _read_by_readability(source)))
    weights = _weigh(blocks, marked, votes)
    start, end = _heaviest_span(outline, weights)
    start -= start > 0 and _may_open(blocks[start - 1])
    return Body(tuple(_without_frame(_after_title(blocks[start:end], title))), (start, end))


def read_declared_body(declared: str) -> list[str]:
    """Read the paragraphs of a JSON-LD `articleBody`, which may hold markup, escaped or not."""
    plain = _PARAGRAPH_TAG.sub("\n", html.unescape(declared))
    lines = _TAG.sub(" ", plain).splitlines()
    return [line for raw in lines if (line := clean_line(html.unescape(raw)))]


def choose_fuller(found: list[str], declared: list[str]) -> list[str]:
    """Choose the declared body when it says what was found and clearly more, else what was found."""
    size, declared_size = (len(words(" ".join(paragraphs))) for paragraphs in (found, declared))
    if declared_size < 60 or declared_size < 1.3 * size:
        return found
    text = squashed(" ".join(declared))
    shared = sum(len(words(line)) for line in found if _is_in(squashed(line), text))
    return declared if size < 60 or shared >= _AGREEMENT * size else found


def _read_by_trafilatura(source: str) -> str:
    # 0.3 s and 50 MB that only the process that parses pages needs.
    from trafilatura import bare_extraction  # noqa: PLC0415 - see above

    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
    tree = parse_html(source)  # It takes the tree apart; never give it bytes, which it would unpack without limit.
    try:
        document = bare_extraction(tree, fast=True, favor_precision=True, include_comments=False, include_tables=False)
    except Exception:  # noqa: BLE001 - a witness that stumbles over hostile markup is no reason to lose the page
        return ""
    return str(getattr(document, "text", None) or "")


def _read_by_readability(source: str) -> str:
    from readability import Document  # noqa: PLC0415 - as above

    logging.getLogger("readability").setLevel(logging.CRITICAL)
    try:
        summary = parse_html(Document(source).summary(html_partial=True))
    except Exception:  # noqa: BLE001 - as above
        return ""
    return "" if summary is None else str(summary.text_content())


def _voted(blocks: tuple[Block, ...], text: str) -> list[bool]:
    """Which blocks a witness read too."""
    key = squashed(text)
    return [_is_in(squashed(block.text), key) for block in blocks]


def _is_in(part: str, whole: str) -> bool:
    return bool(part) and (part[:_KEY] in whole or (len(part) > _KEY and part[-_KEY:] in whole))


def _marked_span(outline: Outline) -> tuple[int, int] | None:
    """Find the smallest element that says it holds the article and has nearly all prose that such elements have."""
    prose = list(itertools.accumulate((block.words * block.is_prose for block in outline.blocks), initial=0))
    spans = [span for node, span in outline.spans.items() if is_body_marked(node)]
    most = max((prose[end] - prose[start] for start, end in spans), default=0)
    full = [(start, end) for start, end in spans if prose[end] - prose[start] >= max(0.9 * most, 1)]
    return min(full, key=lambda span: span[1] - span[0], default=None)


def _agree(blocks: tuple[Block, ...], marked: tuple[int, int] | None, votes: list[bool]) -> bool:
    """Whether trafilatura read what the marked element holds, and little else."""
    if marked is None:
        return False
    held = _prose_words(blocks, range(*marked))
    shared = _prose_words(blocks, [number for number in range(*marked) if votes[number]])
    read = _prose_words(blocks, [number for number, vote in enumerate(votes) if vote])
    return shared >= _AGREEMENT * max(held, read, 1)


def _prose_words(blocks: tuple[Block, ...], numbers: list[int] | range) -> int:
    return sum(blocks[number].words for number in numbers if blocks[number].is_prose)


def _weigh(blocks: tuple[Block, ...], marked: tuple[int, int] | None, votes: list[list[bool]]) -> list[float]:
    inside = range(*marked) if marked else range(0)
    weights = []
    for number, block in enumerate(blocks):
        witnesses = sum(_WITNESS for vote in votes if vote[number])
        weight = _PROSE * block.is_prose + _MARKED * (number in inside) + witnesses - _THRESHOLD
        weights.append(block.words * weight)
    return weights


def _heaviest_span(outline: Outline, weights: list[float]) -> tuple[int, int]:
    total = list(itertools.accumulate(weights, initial=0.0))
    spans = set(outline.spans.values()) or {(0, 0)}
    return max(spans, key=lambda span: (round(total[span[1]] - total[span[0]], 3), span[0] - span[1]))


def _after_title(blocks: tuple[Block, ...], title: str) -> list[Block]:
    """Leave out the headline and what stands before it: they belong to the page, not to the text."""
    key = squashed(title)
    places = [number for number, block in enumerate(blocks) if key and squashed(block.text) == key]
    first_prose = next((number for number, block in enumerate(blocks) if block.is_prose), len(blocks))
    start = max((place + 1 for place in places if place <= first_prose), default=0)
    return [block for number, block in enumerate(blocks) if number >= start and number not in places]


def _without_frame(blocks: list[Block]) -> list[Block]:
    """Leave out links to elsewhere, the labels above them, and what stands before the first sentence."""
    kept: list[Block] = []
    for block in blocks:
        if not _is_link(block):
            kept.append(block)
            continue
        while kept and _is_label(kept[-1]) and _is_heading_of_links(kept[-1]):
            kept.pop()
    first = next((number for number, block in enumerate(kept) if block.is_prose), len(kept))
    return [block for number, block in enumerate(kept) if number >= first - 1 and (number >= first or _may_open(block))]


def _is_link(block: Block) -> bool:
    return block.linked >= _LINK and block.words <= _MAX_LINK_WORDS


def _is_label(block: Block) -> bool:
    return block.words <= _MAX_LABEL_WORDS and not block.is_prose


def _is_heading_of_links(block: Block) -> bool:
    return block.heading or bool(block.lead) or block.words <= 3


def _may_open(block: Block) -> bool:
    """Whether a line may be a dateline on its own before the text ('Jakarta -')."""
    return block.words <= 8 and block.text.rstrip().endswith(("-", "–", "—"))
