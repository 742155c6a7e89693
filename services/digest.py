"""What came of some topics goes in; a `Digest` comes out: stories, tones, what is new in what goes on, who rises.

Pure. Which articles belong to a topic is decided elsewhere; which of them tell one story, by `services.stories`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo

from services import tokens
from services.models import Annotation, NameKind, Outlet, ToneCounts, ToneLabel
from services.stories import Telling, group_stories, same_affair, telling, threshold

_WEEK = timedelta(days=7)
_FEWEST_TO_RISE, _RISE = 3, 2.0
_MOST_RISING = 4
_MOST_COMPARED = 12
_NUMBER_IS_NEW = 0.15


@dataclass(frozen=True, slots=True)
class Item:
    """An article of a topic. `at` is when it was published, `by_meaning` that no word of the topic found it."""

    article_id: int
    annotation: Annotation
    at: datetime
    by_meaning: bool


@dataclass(frozen=True, slots=True)
class Earlier:
    """A story that an earlier digest told: the article that stood for it, all of them, since when it goes on."""

    lead: Item
    article_ids: frozenset[int]
    began: date


@dataclass(frozen=True, slots=True)
class Story:
    """Articles about one event; the first stands for them. `sentence`, verbatim in it, tells what happened, or what is
    new where the story goes on. `began` is the day on which it was first told.
    """

    items: tuple[Item, ...]
    sentence: str
    began: date

    @property
    def lead(self) -> Item:
        """The article that stands for the story."""
        return self.items[0]

    def outlets(self) -> list[tuple[Outlet, ToneLabel]]:
        """Each outlet that tells it, with the tone of its first article here."""
        found: dict[str, tuple[Outlet, ToneLabel]] = {}
        for item in self.items:
            found.setdefault(outlet_key(item.annotation), (item.annotation.article.outlet, item.annotation.tone.label))
        return list(found.values())


@dataclass(frozen=True, slots=True)
class Rising:
    """A figure or place named much more often than before, and in how many articles."""

    kind: NameKind
    name: str
    count: int


@dataclass(frozen=True, slots=True)
class TopicNews:
    """What came of a topic. `of_chat` names the chat of a topic that is followed privately.

    `counts` are of the digest's stretch, `before` of the seven days before it, `days` of each of the last days until
    the digest's own. `articles` of them all are counted, `stories` made of the newest.
    """

    topic_id: int
    name: str
    of_chat: str | None
    counts: ToneCounts
    before: ToneCounts
    stories: tuple[Story, ...]
    rising: tuple[Rising, ...]
    days: tuple[tuple[date, ToneCounts], ...]


@dataclass(frozen=True, slots=True)
class Digest:
    """A chat's digest of a local date: what came between two moments. `late`: it comes long after its time."""

    day: date
    begins: datetime
    ends: datetime
    late: bool
    topics: tuple[TopicNews, ...]

    @property
    def empty(self) -> bool:
        """Whether nothing came."""
        return not any(topic.counts.total for topic in self.topics)


def find_stories(items: Sequence[Item], earlier: Sequence[Earlier], today: date) -> tuple[Story, ...]:
    """The stories that articles tell: those of most outlets first, then of most articles, then the newest."""
    by_id = {item.article_id: item for item in items}
    told = [(one, telling(one.lead.article_id, one.lead.annotation, one.lead.at)) for one in earlier]
    grouped = group_stories([telling(item.article_id, item.annotation, item.at) for item in items])
    stories = [_story([by_id[one.id] for one in group], told, today) for group in grouped]
    return tuple(sorted(stories, key=_prominence))


def _prominence(story: Story) -> tuple[int, int, float, int]:
    return -len(story.outlets()), -len(story.items), -story.lead.at.timestamp(), story.lead.article_id


def _story(items: Sequence[Item], told: Sequence[tuple[Earlier, Telling]], today: date) -> Story:
    lead = _middle(items)
    rest = sorted((one for one in items if one is not lead), key=lambda one: (one.at, one.article_id), reverse=True)
    before = _continues(lead, items, told)
    known = [one.lead.annotation for one in before]
    return Story((lead, *rest), new_sentence(lead.annotation, known), min([today, *(one.began for one in before)]))


def _continues(lead: Item, items: Sequence[Item], told: Sequence[tuple[Earlier, Telling]]) -> list[Earlier]:
    """The stories told before of which this is the next day."""
    own, ids = telling(lead.article_id, lead.annotation, lead.at), {one.article_id for one in items}
    return [one for one, other in told if ids & one.article_ids or same_affair(own, other) >= threshold("affair")]


def _middle(items: Sequence[Item]) -> Item:
    """The article most like the others; the newest of those that are as much so."""
    newest = sorted(items, key=lambda one: (one.at, one.article_id), reverse=True)[:_MOST_COMPARED]

    def likeness(item: Item) -> float:
        return sum(_cosine(item.annotation.vector, one.annotation.vector) for one in newest if one is not item)

    return max(newest, key=lambda one: round(likeness(one), 6))


def _cosine(one: Sequence[float], other: Sequence[float]) -> float:
    lengths = math.sqrt(sum(x * x for x in one) * sum(x * x for x in other))
    return sum(x * y for x, y in zip(one, other, strict=False)) / lengths if lengths else 0.0


def new_sentence(annotation: Annotation, known: Sequence[Annotation]) -> str:
    """The sentence of the summary that tells most that isn't in what is known; the first where nothing is."""
    if not annotation.summary or annotation.summary_kind != "extractive":
        return annotation.summary[0] if annotation.summary else ""
    if not known:
        return annotation.summary[0]
    seen = {word for one in known for word in tokens.words(f"{one.article.title}\n{one.article.text}")}

    def novelty(sentence: str) -> float:
        found = tokens.telling(tokens.words(sentence))
        new = [word for word in found if word not in seen]
        return len(new) / max(len(found), 1) + _NUMBER_IS_NEW * any(word.isdigit() for word in new)

    return max(annotation.summary, key=novelty)


def find_rising(
    now: Mapping[NameKind, Mapping[str, int]],
    before: Mapping[NameKind, Mapping[str, int]],
    share: float,
    without: Iterable[str] = (),
) -> tuple[Rising, ...]:
    """Names of at least three articles, twice as many as the week before leads to expect.

    `share` is how long the digest's stretch is, measured in weeks; `without` are folded names that the topic is about.
    """
    skipped = set(without)
    found = [
        (count - share * before.get(kind, {}).get(name, 0), Rising(kind, name, count))
        for kind, counts in now.items()
        for name, count in counts.items()
        if count >= _FEWEST_TO_RISE
        and count >= _RISE * share * before.get(kind, {}).get(name, 0)
        and tokens.fold(name) not in skipped
    ]
    found.sort(key=lambda one: (-one[0], one[1].name))
    return tuple(one for _, one in found[:_MOST_RISING])


def share_of_week(begins: datetime, ends: datetime) -> float:
    """How long a stretch is, measured in weeks."""
    return max((ends - begins) / _WEEK, 0.0)


def count_by_day(
    moments: Iterable[tuple[datetime, ToneLabel]], last: date, days: int, zone: tzinfo
) -> tuple[tuple[date, ToneCounts], ...]:
    """Articles by tone for each of the `days` until `last`."""
    labels: dict[date, list[ToneLabel]] = {last - timedelta(days=back): [] for back in range(days - 1, -1, -1)}
    for at, label in moments:
        if (day := at.astimezone(zone).date()) in labels:
            labels[day].append(label)
    return tuple((day, count_tones(found)) for day, found in labels.items())


def count_tones(labels: Sequence[ToneLabel]) -> ToneCounts:
    """Articles by tone."""
    return ToneCounts(labels.count("positive"), labels.count("neutral"), labels.count("negative"))


def outlet_key(annotation: Annotation) -> str:
    """What tells outlets apart; an article without one is an outlet of its own, by its address."""
    article = annotation.article
    return article.outlet.domain or article.outlet.name or article.url or article.title
