"""What the archive knows of a name goes in; a profile comes out: how often, in which tone, with whom, the latest."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta, tzinfo

from handlers.card_text import Card, CardText, Piece, shorten
from handlers.inert import sanitise
from handlers.results import Result, title_line
from handlers.texts import Texts
from services.models import NameKind, ToneCounts
from services.store.search import NameCount

_PERIOD = timedelta(days=30)
_MONTHS = 6
_NAME, _LISTED = 60, 300
_ICONS: Mapping[NameKind, str] = {"figure": "👤", "place": "📍", "outlet": "📰"}
_TONES = (("positive", "🟢"), ("neutral", "⚪"), ("negative", "🔴"))


@dataclass(frozen=True, slots=True)
class ProfileFacts:
    """What is known: `names` that were meant, most frequent first; articles by `days`; who and what stands beside."""

    names: Sequence[str]
    roles: Sequence[str]
    days: Mapping[date, ToneCounts]
    today: date
    others: Mapping[NameKind, Sequence[NameCount]]
    latest: Sequence[Result]


def profile_card(kind: NameKind, facts: ProfileFacts, words: Texts, zone: tzinfo) -> Card:
    """The profile of a figure, a place or an outlet."""
    text = CardText()
    first, *rest = [_short(name) for name in facts.names[:4]] or [words("card.untitled")]
    total = joined(facts.days.values())
    text.add(Piece(f"{_ICONS[kind]} "), Piece(first, ("bold",)))
    text.add(Piece(" – " + words("recall.found", count=words.whole(total.total)) + "\n"))
    if rest:
        text.add(Piece(words("profile.also", names=", ".join(rest)) + "\n"))
    if facts.roles:
        text.add(Piece(" · ".join(_short(role) for role in facts.roles) + "\n"))
    text.add(Piece(f"\n{_tones(total, words)}\n"), Piece(_change(facts, words) + "\n"))
    for line in _months(facts, words):
        text.add(Piece(line + "\n"))
    text.add(Piece("\n"))
    for other, counts in facts.others.items():
        if counts:
            text.add(Piece(words.one_of("profile_with", other) + " "), Piece(_listed(counts, words) + "\n"))
    for number, result in enumerate(facts.latest, 1):
        text.add(Piece("\n"), *title_line(f"{number}. ", result, words, zone), Piece("\n"))
    return text.card()


def joined(counts: Iterable[ToneCounts]) -> ToneCounts:
    """All counts in one."""
    found = list(counts)
    return ToneCounts(
        sum(one.positive for one in found), sum(one.neutral for one in found), sum(one.negative for one in found)
    )


def within(days: Mapping[date, ToneCounts], first: date, last: date) -> ToneCounts:
    """The counts of some days, both ends included."""
    return joined(counts for day, counts in days.items() if first <= day <= last)


def change_words(now: int, before: int, words: Texts) -> str:
    """How a count changed: '+4 (+50%)'; without a share where there was nothing before."""
    sign = "+" if now > before else "−" if now < before else "±"
    share = f" ({sign}{abs(now - before) / before:.0%})" if before else ""
    return f"{sign}{words.whole(abs(now - before))}{share}"


def _change(facts: ProfileFacts, words: Texts) -> str:
    start = facts.today - _PERIOD + timedelta(days=1)
    now = within(facts.days, start, facts.today).total
    before = within(facts.days, start - _PERIOD, start - timedelta(days=1)).total
    return words("profile.lately", days=_PERIOD.days, count=words.whole(now), change=change_words(now, before, words))


def _months(facts: ProfileFacts, words: Texts) -> list[str]:
    """The tone of the last months in which there was something, one line each."""
    months: dict[tuple[int, int], list[ToneCounts]] = {}
    for day, counts in facts.days.items():
        months.setdefault((day.year, day.month), []).append(counts)
    latest = sorted(months)[-_MONTHS:]
    if len(latest) < 2:
        return []
    return [f"{words.one_of('months', str(m))} {y}: {_tones(joined(months[y, m]), words)}" for y, m in latest]


def _tones(counts: ToneCounts, words: Texts) -> str:
    return " · ".join(f"{icon} {words.whole(getattr(counts, label))}" for label, icon in _TONES)


def _listed(counts: Sequence[NameCount], words: Texts) -> str:
    return shorten(" · ".join(f"{_short(one.name)} ({words.whole(one.tones.total)})" for one in counts), _LISTED)


def _short(name: str) -> str:
    return shorten(sanitise(name[:300]), _NAME)
