"""The composition root: settings go in, the built desk comes out, ready to work and sure to be closed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from bot.settings import Settings
from services.annotate import Analyst, Desk
from services.errors import UsageError
from services.extract import ParserPool
from services.fetch import Fetcher
from services.nlp.encoder import Encoder
from services.syndication import FeedDesk


def build_analyst(settings: Settings, threads: int) -> Analyst:
    """Load the models that the settings name; `threads` is how many cores one article may use."""
    encoder = Encoder.load(settings.model, threads)
    analyst = Analyst(encoder.read, encoder.model)
    if not (settings.tone_model or settings.ner_model or settings.summary_model):
        return analyst
    try:
        from services.nlp import hub  # noqa: PLC0415 - transformers and torch only where a setting asks for them
    except ModuleNotFoundError as error:
        raise UsageError("usage", reason="hub") from error

    return replace(
        analyst,
        tone=hub.load_tone(settings.tone_model) if settings.tone_model else None,
        names=hub.load_names(settings.ner_model) if settings.ner_model else None,
        summarize=hub.load_summary(settings.summary_model) if settings.summary_model else None,
    )


@asynccontextmanager
async def open_desks(settings: Settings, *, threads: int, parsers: int) -> AsyncIterator[tuple[Desk, FeedDesk]]:
    """The desks for articles and for feeds, with the fetcher and the parsing processes that they share and that end
    with the context.

    `threads`: cores one article may use; `parsers`: how many pages are parsed at a time.
    """
    async with ParserPool(parsers) as parser, Fetcher(allow=settings.fetch_allow, contact=settings.contact) as fetcher:
        parser.warm_up()  # Its processes start while the model is loaded here.
        desk = Desk(fetcher.fetch, parser, build_analyst(settings, threads))
        yield desk, FeedDesk(fetcher.fetch_feed, parser.run)


@asynccontextmanager
async def open_desk(settings: Settings, *, threads: int, parsers: int) -> AsyncIterator[Desk]:
    """The desk for articles alone."""
    async with open_desks(settings, threads=threads, parsers=parsers) as (desk, _):
        yield desk
