"""The values that flow through Warta; frozen, complete, standard library only.

Link | pasted text -> Page -> Extract -> Article -> Annotation
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time
from typing import Literal

ToneLabel = Literal["positive", "neutral", "negative"]
OutletType = Literal["national", "regional", "international", "unknown"]
PlaceKind = Literal["regency", "city", "province", "country", "foreign_city", "district", "other"]
SummaryKind = Literal["extractive", "abstractive"]
FeedKind = Literal["rss", "atom", "sitemap"]
NameKind = Literal["figure", "place", "province", "country", "organization", "outlet"]
"""What can be asked for by name."""
Language = Literal["id", "en"]
"""The languages members read; articles may be in any (`Article.language`)."""


@dataclass(frozen=True, slots=True)
class Link:
    """An address found in a message: `url` cleaned for fetching and comparing, `original` as it was shared."""

    url: str
    original: str


@dataclass(frozen=True, slots=True)
class Page:
    """A fetched or given page: `html` decoded, `url` where it finally came from (`None`: a file without address)."""

    url: str | None
    html: str


@dataclass(frozen=True, slots=True)
class Extract:
    """What a page or a pasted text says of itself, cleaned.

    `text` is the body without title and dateline, its paragraphs separated by one blank line. `site` is the outlet as
    named by the source (a name or a domain). `language` is an ISO 639-1 code. `whole_at` is an address that shows the
    whole of an article of which this is one page, `next_page` the address of the following page.
    """

    title: str
    text: str
    url: str | None
    canonical_url: str | None
    site: str | None
    language: str
    authors: tuple[str, ...] = ()
    published: datetime | None = None
    dateline: str | None = None
    image: str | None = None
    whole_at: str | None = None
    next_page: str | None = None


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A page that is no article itself but declares where the article is (share links)."""

    url: str


@dataclass(frozen=True, slots=True)
class FeedItem:
    """An article that a feed names: `url` absolute, as the feed has it, `title` plain (empty: not given).

    `published` has a zone; it is None where the feed names no possible moment.
    """

    url: str
    title: str
    published: datetime | None


@dataclass(frozen=True, slots=True)
class Feed:
    """What a site offers to be followed by; `title` is the feed's own (empty: not given), `items` each address once.

    They are newest first where each has a moment, else in the feed's order.
    """

    title: str
    kind: FeedKind
    items: tuple[FeedItem, ...]


@dataclass(frozen=True, slots=True)
class Outlet:
    """Who published: `name` for people, registrable `domain`, media `type`, `province` of a regional one."""

    name: str | None
    domain: str | None
    type: OutletType
    province: str | None


@dataclass(frozen=True, slots=True)
class Article:
    """One article, ready to be annotated. `text`: paragraphs separated by one blank line, without title and dateline.

    `published` has a zone. `language` is an ISO 639-1 code.
    """

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

    @property
    def words(self) -> int:
        """Words in the body."""
        return len(self.text.split())


@dataclass(frozen=True, slots=True)
class ToneScores:
    """Calibrated probabilities of the three labels; they sum to 1."""

    positive: float
    neutral: float
    negative: float

    def of(self, label: ToneLabel) -> float:
        """The probability of one label."""
        return {"positive": self.positive, "neutral": self.neutral, "negative": self.negative}[label]

    @property
    def label(self) -> ToneLabel:
        """The most probable label; neutral wins a tie."""
        return max(("neutral", "negative", "positive"), key=self.of)


@dataclass(frozen=True, slots=True)
class ToneCounts:
    """Articles by tone."""

    positive: int = 0
    neutral: int = 0
    negative: int = 0

    @property
    def total(self) -> int:
        """All of them."""
        return self.positive + self.neutral + self.negative


@dataclass(frozen=True, slots=True)
class Evidence:
    """A sentence, verbatim, that speaks for the tone: its own label and that label's probability."""

    sentence: str
    label: ToneLabel
    score: float


@dataclass(frozen=True, slots=True)
class Tone:
    """How the news is toned. `sure` is false under the threshold of confidence; `evidence` is strongest first."""

    label: ToneLabel
    confidence: float
    sure: bool
    scores: ToneScores
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class FigureTone:
    """How the sentences that speak of a figure are toned."""

    label: ToneLabel
    confidence: float


@dataclass(frozen=True, slots=True)
class Figure:
    """A person of the article, once: the fullest `name`, other forms in `aliases`, `role` as the text states it."""

    name: str
    aliases: tuple[str, ...]
    role: str | None
    mentions: int
    main: bool
    tone: FigureTone | None


@dataclass(frozen=True, slots=True)
class Candidate:
    """One of several places that a name may mean."""

    name: str
    within: str | None
    code: str | None


@dataclass(frozen=True, slots=True)
class Place:
    """A place of the article. `within`: province of an Indonesian place, country of one abroad. `country`: ISO 3166
    alpha-2. `code`: Kemendagri. `event`: something reported happens there. `candidates`: empty unless ambiguous.
    """

    name: str
    kind: PlaceKind
    within: str | None
    country: str | None
    code: str | None
    mentions: int
    event: bool
    surfaces: tuple[str, ...]
    candidates: tuple[Candidate, ...]


@dataclass(frozen=True, slots=True)
class Organization:
    """An organization and how often it is named."""

    name: str
    mentions: int


@dataclass(frozen=True, slots=True)
class Number:
    """A number worth a place on a card: as written, what it counts, its value in `unit` (`IDR`, `USD`, `%`, …)."""

    text: str
    what: str
    value: float | None
    unit: str | None


@dataclass(frozen=True, slots=True)
class Quote:
    """Words between quotation marks and who said them."""

    speaker: str
    text: str


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """What made the annotation."""

    name: str
    version: str


@dataclass(frozen=True, slots=True)
class Annotation:
    """Everything a card tells about an article. `corrected` names fields that members corrected.

    `vector` is what title and opening mean to the model (empty: not known), to find what is alike; no part of the JSON.
    """

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
    corrected: tuple[str, ...] = ()
    vector: tuple[float, ...] = ()


# What a chat's memory is made of.

ChatKind = Literal["private", "group", "supergroup", "channel"]
Mode = Literal["auto", "ask", "command"]
"""Whether links are answered by themselves, behind a button, or only when a command asks."""
Managers = Literal["admins", "everyone"]
ShareKind = Literal["link", "text", "document"]
ShareState = Literal["offered", "held", "gathering", "queued", "done", "failed", "removed"]


@dataclass(frozen=True, slots=True)
class Team:
    """A chat that Warta works in, and its settings.

    `approved` is an owner's word, None while there is none. `active` is false once the bot can't write there any more.
    `sure_from` is the confidence (0..1) from which a tone is shown as sure. `ignored` are hosts without their `www.`.
    """

    id: int
    kind: ChatKind
    title: str
    username: str | None
    approved: bool | None
    active: bool
    language: Language
    timezone: str
    mode: Mode
    managers: Managers
    sure_from: float
    ignored: tuple[str, ...]
    retention_days: int


@dataclass(frozen=True, slots=True)
class Sharer:
    """Who shared: `id` of the user or, for who writes as a chat, of that chat. `username` is without its '@'."""

    id: int
    name: str
    username: str | None = None


@dataclass(frozen=True, slots=True)
class NewShare:
    """Something a member shared, before it is remembered.

    `key` is what shares of the same article have in common. `text` is the pasted text, or what stood around a link and
    can take the place of a page that can't be read. `asked`: somebody wants an answer in any case. `late`: it waited
    for long before it reached us. `origin` is the channel post (chat, message) of which the message is an automatic
    copy. `again`: it is to be analysed anew. `imported`: it comes from an archive of before.
    """

    message_id: int
    thread_id: int | None
    sharer: Sharer | None
    kind: ShareKind
    shared_at: datetime
    url: str | None = None
    key: str | None = None
    text: str | None = None
    file_id: str | None = None
    file_name: str | None = None
    asked: bool = False
    late: bool = False
    origin: tuple[int, int] | None = None
    again: bool = False
    imported: bool = False


@dataclass(frozen=True, slots=True)
class Share:
    """A remembered share. `error` is the kind of failure, `attempts` how often reading it was begun, `again` whether
    it is to be analysed anew.
    """

    id: int
    chat_id: int
    message_id: int
    thread_id: int | None
    sharer: Sharer | None
    kind: ShareKind
    state: ShareState
    shared_at: datetime
    url: str | None
    key: str | None
    text: str | None
    file_id: str | None
    file_name: str | None
    asked: bool
    late: bool
    attempts: int
    error: str | None
    article_id: int | None
    again: bool


@dataclass(frozen=True, slots=True)
class Remembered:
    """An article of a chat's archive."""

    id: int
    key: str
    annotation: Annotation


# What a chat follows, and what it is told each day.

WhenEmpty = Literal["line", "silence"]
"""What a digest does on a day without news."""


@dataclass(frozen=True, slots=True)
class Topic:
    """Something a chat follows: `query` as `services.query.show` writes it, `name` as members call it.

    `vector` is what a topic of plain words means to the model `model` (empty: it is matched by letter alone).
    """

    id: int
    chat_id: int
    name: str
    query: str
    vector: tuple[float, ...]
    model: str | None
    paused: bool


@dataclass(frozen=True, slots=True)
class Source:
    """A feed that a chat draws on, and how it does.

    `error` is the kind of the last failure while it lasts, `failing_since` when that began, `dead` that it was given
    up, `read_at` when it was last read without fault, `items` how many articles it brought within a week.
    """

    feed_id: int
    url: str
    title: str
    error: str | None
    failing_since: datetime | None
    dead: bool
    read_at: datetime | None
    items: int


@dataclass(frozen=True, slots=True)
class DigestPlan:
    """When and how a chat gets its digest.

    `at` is a time of the chat's own day, `weekdays` are ISO's (1: Monday). `quiet` is a stretch of the day, which may
    span midnight, in which nothing comes unasked. `since`: nothing that was due earlier is made. `alerts` a day are at
    most `alerts_a_day`.
    """

    id: int
    chat_id: int
    at: time
    weekdays: frozenset[int]
    thread_id: int | None
    when_empty: WhenEmpty
    quiet: tuple[time, time] | None
    muted_until: datetime | None
    alerts: bool
    alerts_a_day: int
    topic_managers: Managers
    since: datetime
