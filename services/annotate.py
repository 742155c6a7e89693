"""The story, read aloud: a link, a page or a pasted text goes in, an `Annotation` comes out.

    link -> fetch -> extract -> annotate
    page ----------> extract -> annotate
    text ----------> extract -> annotate

The stages don't know each other; only this module orders them.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import Protocol

from services.errors import NotReadable, WartaError
from services.extract import join_pages
from services.links import clean_url
from services.meaning import meaning, readings
from services.models import Annotation, Article, Elsewhere, Extract, ModelInfo, Page, SummaryKind, ToneScores
from services.nlp.figures import find_figures
from services.nlp.numbers import find_numbers
from services.nlp.organizations import find_organizations
from services.nlp.places import resolve_places
from services.nlp.quotes import find_quotes
from services.nlp.reading import Mention, Reading, Sentence
from services.nlp.summary import choose_summary
from services.nlp.tone import judge_tone
from services.outlets import find_outlet

_SUMMARY_SENTENCES = 3
# A share link may lead to another one; an article in more parts than this is a book.
_MOST_DETOURS = 3
_MOST_PAGES = 12

logger = logging.getLogger(__name__)


class Parser(Protocol):
    """Reads pages and texts where they can do no harm (`services.extract.ParserPool`)."""

    async def read_page(self, page: Page) -> Extract | Elsewhere:
        """What a page says, or where it says the article is."""

    async def read_pasted(self, text: str, url: str | None = None) -> Extract:
        """What a pasted text says."""

    async def read_plain(self, title: str, text: str, url: str | None = None) -> Extract:
        """What a text of known title says."""


@dataclass(frozen=True, slots=True)
class Analyst:
    """Article in, annotation out. `read` is the embedded model; the others take its place part by part when set."""

    read: Callable[[str, str], Reading]
    model: ModelInfo
    tone: Callable[[str, str], ToneScores] | None = None
    names: Callable[[Sequence[Sentence]], tuple[Mention, ...]] | None = None
    summarize: Callable[[str, str], str] | None = None

    def annotate(self, article: Article) -> Annotation:
        """Everything a card tells about an article. Takes a core or two for some tens of milliseconds."""
        reading = self._read(article)
        figures = find_figures(reading)
        summary, kind = self._summary(article, reading)
        return Annotation(
            article=article,
            tone=judge_tone(reading),
            summary=summary,
            summary_kind=kind,
            figures=figures,
            places=resolve_places(reading, article.dateline),
            organizations=find_organizations(reading),
            numbers=find_numbers(reading.sentences),
            quotes=find_quotes(reading.sentences, figures),
            model=self.model,
            vector=tuple(map(float, reading.vector)),
        )

    def meaning(self, words: str) -> tuple[float, ...]:
        """What a few words mean to the model (`services.meaning`)."""
        return meaning(words, [map(float, self.read(title, text).vector) for title, text in readings(words)])

    def _read(self, article: Article) -> Reading:
        reading = self.read(article.title, article.text)
        if self.tone:
            reading = replace(reading, tone=self.tone(article.title, article.text))
        if self.names:
            reading = replace(reading, mentions=self.names(reading.sentences))
        return reading

    def _summary(self, article: Article, reading: Reading) -> tuple[tuple[str, ...], SummaryKind]:
        if self.summarize:
            return (self.summarize(article.title, article.text),), "abstractive"
        return choose_summary(reading, _SUMMARY_SENTENCES), "extractive"


@dataclass(frozen=True, slots=True)
class Desk:
    """The whole way from what somebody shared to an annotation; each method raises a `WartaError` that says why not.

    `at_once` bounds how many articles are annotated at a time, where there is a bound; fetching and parsing have one.
    """

    fetch: Callable[[str], Awaitable[Page]]
    parser: Parser
    analyst: Analyst
    at_once: asyncio.Semaphore | None = None

    async def annotate_link(self, url: str) -> Annotation:
        """Annotate the article at an address."""
        return await self._annotate_page(await self.fetch(url))

    async def annotate_page(self, page: Page) -> Annotation:
        """Annotate a page that somebody saved; nothing more is fetched."""
        extract = await self.parser.read_page(page)
        if isinstance(extract, Elsewhere):
            raise NotReadable("not_article")
        return await self._annotate(extract)

    async def annotate_text(self, text: str, url: str | None = None) -> Annotation:
        """Annotate a pasted text."""
        return await self._annotate(await self.parser.read_pasted(text, url))

    async def annotate_plain(self, title: str, text: str, url: str | None = None) -> Annotation:
        """Annotate a text whose title is known."""
        return await self._annotate(await self.parser.read_plain(title, text, url))

    async def annotate_again(self, article: Article) -> Annotation:
        """Annotate an article that was read before, as it was read then."""
        async with self.at_once or nullcontext():
            return await asyncio.to_thread(self.analyst.annotate, article)

    async def _annotate_page(self, page: Page) -> Annotation:
        extract = await self.parser.read_page(page)
        for _ in range(_MOST_DETOURS):
            if not isinstance(extract, Elsewhere):
                return await self._annotate(await self._whole(extract))
            extract = await self.parser.read_page(await self.fetch(extract.url))
        raise NotReadable("not_article")

    async def _whole(self, first: Extract) -> Extract:
        """An article in several pages as one; a page that can't be had ends it where it is."""
        if first.whole_at and (whole := await self._more(first.whole_at)) and len(whole.text) > len(first.text):
            return replace(first, text=whole.text, whole_at=None, next_page=None)
        pages, seen = [first], {first.url}
        while (address := pages[-1].next_page) and address not in seen and len(pages) < _MOST_PAGES:
            following = await self._more(address)
            if following is None:
                break
            seen.add(address)
            pages.append(following)
        return join_pages(first, pages[1:])

    async def _more(self, url: str) -> Extract | None:
        try:
            extract = await self.parser.read_page(await self.fetch(url))
        except WartaError as error:
            logger.info("a further page was left out: %s", error.kind)
            return None
        return extract if isinstance(extract, Extract) else None

    async def _annotate(self, extract: Extract) -> Annotation:
        return await self.annotate_again(article_of(extract))


def article_of(extract: Extract) -> Article:
    """The article that an extract tells of, with its outlet."""
    return Article(
        title=extract.title,
        text=extract.text,
        url=extract.url,
        canonical_url=clean_url(extract.canonical_url) if extract.canonical_url else None,
        outlet=find_outlet(extract.canonical_url or extract.url, extract.site),
        language=extract.language,
        authors=extract.authors,
        published=extract.published,
        dateline=extract.dateline,
        image=extract.image,
    )
