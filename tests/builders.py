"""Builders of models with defaults: name only what a test is about."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypedDict, Unpack
from zoneinfo import ZoneInfo

from services.models import (
    Annotation,
    Article,
    Candidate,
    Evidence,
    Figure,
    FigureTone,
    ModelInfo,
    NewShare,
    Number,
    Organization,
    Outlet,
    OutletType,
    Place,
    PlaceKind,
    Quote,
    Share,
    Sharer,
    SummaryKind,
    Team,
    Tone,
    ToneLabel,
    ToneScores,
)
from services.store import Scope, Transaction, chats, shares

JAKARTA = ZoneInfo("Asia/Jakarta")

TEXT = """Pemerintah Kota Bandung mulai membangun jembatan layang Ciroyom pada Senin. Proyek itu menelan Rp 1,2 triliun.

"Warga tidak perlu lagi menunggu kereta lewat," kata Wali Kota Ratna Dewantari di Bandung."""


class ArticleFields(TypedDict, total=False):
    title: str
    text: str
    url: str | None
    canonical_url: str | None
    outlet: Outlet
    language: str
    authors: tuple[str, ...]
    published: datetime | None
    dateline: str | None
    image: str | None


def an_article(**fields: Unpack[ArticleFields]) -> Article:
    defaults: ArticleFields = {
        "title": "Jembatan Layang Ciroyom Mulai Dibangun",
        "text": TEXT,
        "url": "https://kabar.example/bandung/jembatan-ciroyom",
        "canonical_url": None,
        "outlet": an_outlet(),
        "language": "id",
        "authors": ("Sari Wulandari",),
        "published": datetime(2026, 6, 15, 9, 5, tzinfo=JAKARTA),
        "dateline": "Bandung",
        "image": None,
    }
    return Article(**(defaults | fields))


def an_outlet(
    name: str | None = "Kabar Priangan", kind: OutletType = "regional", province: str | None = "Jawa Barat"
) -> Outlet:
    return Outlet(name=name, domain="kabar.example", type=kind, province=province)


class AnnotationFields(TypedDict, total=False):
    article: Article
    tone: Tone
    summary: tuple[str, ...]
    summary_kind: SummaryKind
    figures: tuple[Figure, ...]
    places: tuple[Place, ...]
    organizations: tuple[Organization, ...]
    numbers: tuple[Number, ...]
    quotes: tuple[Quote, ...]
    model: ModelInfo
    corrected: tuple[str, ...]
    vector: tuple[float, ...]


def an_annotation(**fields: Unpack[AnnotationFields]) -> Annotation:
    defaults: AnnotationFields = {
        "article": an_article(),
        "tone": a_tone(),
        "summary": ("Pemerintah Kota Bandung mulai membangun jembatan layang Ciroyom pada Senin.",),
        "summary_kind": "extractive",
        "figures": (a_figure(),),
        "places": (a_place(),),
        "organizations": (Organization("Pemerintah Kota Bandung", 1),),
        "numbers": (a_number(),),
        "quotes": (Quote("Ratna Dewantari", "Warga tidak perlu lagi menunggu kereta lewat"),),
        "model": ModelInfo("test", "1"),
        "corrected": (),
    }
    return Annotation(**(defaults | fields))


def a_tone(
    label: ToneLabel = "positive",
    confidence: float = 0.87,
    *,
    sure: bool = True,
    evidence: tuple[str, ...] = ("Warga tidak perlu lagi menunggu kereta lewat.",),
) -> Tone:
    shares: dict[ToneLabel, float] = dict.fromkeys(("positive", "neutral", "negative"), (1 - confidence) / 2)
    shares[label] = confidence
    sentences = tuple(Evidence(sentence, label, confidence) for sentence in evidence)
    return Tone(label, confidence, sure, ToneScores(**shares), sentences)


def a_figure(name: str = "Ratna Dewantari", role: str | None = "Wali Kota Bandung", *, main: bool = True) -> Figure:
    return Figure(name, ("Ratna",), role, 2, main, FigureTone("positive", 0.8))


def a_place(
    name: str = "Kota Bandung",
    within: str | None = "Jawa Barat",
    *,
    kind: PlaceKind = "city",
    event: bool = True,
    candidates: tuple[Candidate, ...] = (),
) -> Place:
    return Place(name, kind, within, "ID", "32.73", 2, event, ("Bandung",), candidates)


def a_number(text: str = "Rp 1,2 triliun", what: str = "biaya jembatan") -> Number:
    return Number(text, what, 1.2e12, "IDR")


@dataclass
class Clock:
    """A clock that stands still until a test moves it."""

    now: datetime = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def step(self, **duration: float) -> None:
        self.now += timedelta(**duration)


_numbers = itertools.count(1)


async def a_team(transaction: Transaction, chat_id: int | None = None) -> Team:
    """A supergroup that the bot has met."""
    team, _ = await chats.meet(
        transaction,
        chat_id or -1_000_000_000_000 - next(_numbers),
        "supergroup",
        "Redaksi",
        None,
        language="id",
        timezone="Asia/Jakarta",
        sure_from=0.6,
    )
    return team


async def a_share(
    scope: Scope, url: str = "https://a.example/berita/1", *, sharer: int = 7, late: bool = False
) -> Share:
    """A link that somebody shared now, queued."""
    new = NewShare(
        message_id=next(_numbers),
        thread_id=None,
        sharer=Sharer(sharer, "Ani"),
        kind="link",
        shared_at=scope.now,
        url=url,
        key=url.removeprefix("https://"),
        late=late,
    )
    share = await shares.add(scope, new, "queued")
    await shares.queue(scope, share)
    return share
