"""A member asks for a picture: articles a day by tone, two queries side by side, top names, provinces."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import date, timedelta

from handlers import charts
from handlers.card_text import Card, CardText, Piece, shorten
from handlers.charts import ChartWords
from handlers.context import Turn
from handlers.incoming import Incoming
from handlers.inert import sanitise
from handlers.payloads import Button, Keyboard, file_payload
from handlers.profiles import change_words, joined, within
from handlers.recall import Asked, asked_text, understood
from handlers.texts import Texts
from services.models import NameKind, ToneCounts
from services.query import AllOf, Day, During, Everything, Query, Since, Until, interval
from services.store import files, outbox, search, searches

_DEFAULT_DAYS = 30
_PERIODS = (7, 30, 90, 365)
_LONGEST = timedelta(days=3 * 366)
_BARS, _PROVINCES = 12, 40
_TITLE, _CAPTION = 200, 120
_DATES = (Since, Until, During)
_TONES = (("positive", "🟢"), ("neutral", "⚪"), ("negative", "🔴"))
_KINDS: Mapping[str, NameKind] = {"figure": "figure", "place": "place", "outlet": "outlet", "province": "province"}

Period = tuple[date, date]


async def on_trend(turn: Turn, incoming: Incoming) -> None:
    """`/tren`: articles a day of a query, of everything without one."""
    text = asked_text(incoming)
    asked = await understood(turn, text)
    if asked is not None:
        await _send_trend(turn, asked, _period(asked))


async def on_compare(turn: Turn, incoming: Incoming) -> None:
    """`/banding A | B`: two queries in one picture."""
    parts = [part.strip() for part in asked_text(incoming).split("|")]
    if len(parts) != 2 or not all(parts):
        await turn.tell(turn.words("trend.compare_usage"))
        return
    both = [await understood(turn, part) for part in parts]
    one, other = both
    if one is not None and other is not None:
        await _send_comparison(turn, one, other)


async def on_trend_button(turn: Turn, argument: str) -> str:
    """The buttons under a trend or a profile: another period of the same query."""
    search_id, _, days = argument.partition(":")
    asked = await _kept(turn, search_id)
    if asked is None or int(days) not in _PERIODS:
        return turn.words("share.already")
    last = asked.question.today
    await _send_trend(turn, asked, (last - timedelta(days=int(days) - 1), last))
    return ""


async def on_bars_button(turn: Turn, argument: str) -> str:
    """The buttons under a trend: who, where, which outlets, on a map."""
    search_id, kind, first, last = argument.split(":")
    asked = await _kept(turn, search_id)
    if asked is None or kind not in _KINDS:
        return turn.words("share.already")
    period = _day(first), _day(last)
    if not timedelta(0) <= period[1] - period[0] <= _LONGEST:
        return turn.words("share.already")
    await _send_bars(turn, asked, _KINDS[kind], period)
    return ""


# What is sent


async def _send_trend(turn: Turn, asked: Asked, period: Period) -> None:
    first, last = period
    length = last - first + timedelta(days=1)
    wide = await _between(turn, asked, (first - length, last))
    counts = await search.days(turn.scope, wide)
    title = _title(asked, turn.words)
    days = _filled(counts, period)
    picture = await asyncio.to_thread(charts.trend_chart, title, days, chart_words(turn.words))
    kept = await searches.keep(turn.scope, "search", asked.text)
    caption = _trend_caption(title, counts, period, turn.words)
    await send_picture(turn, "tren.png", picture, caption, _trend_keyboard(turn.words, kept.id, period))


async def _send_comparison(turn: Turn, one: Asked, other: Asked) -> None:
    period = _period(one) if _dates(one.query) else _period(other)
    series, text = [], CardText()
    for asked in (one, other):
        counts = await search.days(turn.scope, await _between(turn, asked, period))
        series.append((_title(asked, turn.words), _filled(counts, period)))
        text.add(Piece(_title(asked, turn.words), ("bold",)), Piece(": " + _told(joined(counts.values()), turn.words)))
        text.add(Piece("\n"))
    text.add(Piece(_span(period, turn.words)))
    title = turn.words("trend.compared", one=series[0][0], other=series[1][0])
    picture = await asyncio.to_thread(charts.comparison_chart, title, series[0], series[1], chart_words(turn.words))
    await send_picture(turn, "banding.png", picture, text.card(), ())


async def _send_bars(turn: Turn, asked: Asked, kind: NameKind, period: Period) -> None:
    question = await _between(turn, asked, period)
    found = (await search.top(turn.scope, question, [kind], _PROVINCES if kind == "province" else _BARS))[kind]
    total = (await search.counts(turn.scope, question)).total
    rows = [(one.name, one.tones) for one in found]
    words = turn.words
    heading = words.one_of("trend_bars", kind)
    title = f"{heading}: {_title(asked, words)}"
    draw = charts.province_chart if kind == "province" else charts.bar_chart
    picture = await asyncio.to_thread(draw, title, rows, chart_words(words))
    text = CardText()
    text.add(Piece(heading + "\n"), Piece(_title(asked, words), ("bold",)), Piece(" · " + _span(period, words)))
    if not rows:
        text.add(Piece("\n" + words("trend.nothing")))
    elif total > search.COUNTED:
        text.add(Piece("\n" + words("trend.newest", count=words.whole(search.COUNTED), total=words.whole(total))))
    await send_picture(turn, f"{kind}.png", picture, text.card(), ())


async def send_picture(turn: Turn, name: str, picture: bytes, caption: Card, keyboard: Keyboard) -> None:
    """Answer with a picture."""
    file_id = await files.keep(turn.scope, name, picture)
    payload = file_payload("photo", file_id, caption, keyboard, reply_to=turn.message_id, thread_id=turn.thread_id)
    await outbox.say(turn.scope, payload)


def chart_words(words: Texts) -> ChartWords:
    """The words on a chart."""
    return ChartWords(
        positive=words("tone.positive"),
        neutral=words("tone.neutral"),
        negative=words("tone.negative"),
        months=tuple(words.one_of("months_short", str(month)) for month in range(1, 13)),
        articles=words("trend.articles"),
        nothing=words("trend.nothing"),
        abroad=words("trend.abroad"),
        per_day=words("trend.per_day"),
        per_week=words("trend.per_week"),
        per_month=words("trend.per_month"),
        group=words("numbers.group"),
    )


# Periods


def _dates(query: Query) -> list[Since | Until | During]:
    """The parts of a query that say when."""
    parts = query.queries if isinstance(query, AllOf) else (query,)
    return [part for part in parts if isinstance(part, _DATES)]


def _undated(query: Query) -> Query:
    """A query without the parts that say when."""
    parts = query.queries if isinstance(query, AllOf) else (query,)
    rest = tuple(part for part in parts if not isinstance(part, _DATES))
    return AllOf(rest) if len(rest) > 1 else rest[0] if rest else Everything()


def _period(asked: Asked) -> Period:
    """The days that a query is about; the last thirty where it doesn't say."""
    today = asked.question.today
    first, last = None, today
    for part in _dates(asked.query):
        begin, end = interval(part.when, today)
        if isinstance(part, Since | During):
            first = max(first or begin, begin)
        if isinstance(part, Until | During):
            last = min(last, end)
    first = first or last - timedelta(days=_DEFAULT_DAYS - 1)
    return max(min(first, last), last - _LONGEST), last


async def _between(turn: Turn, asked: Asked, period: Period) -> search.Question:
    """The query for some days alone."""
    undated = _undated(asked.query)
    parts = undated.queries if isinstance(undated, AllOf) else () if isinstance(undated, Everything) else (undated,)
    query = AllOf((*parts, Since(Day(period[0])), Until(Day(period[1]))))
    return await search.ask(turn.scope, query, turn.zone, turn.member.id if turn.member else None)


def _filled(counts: Mapping[date, ToneCounts], period: Period) -> tuple[tuple[date, ToneCounts], ...]:
    first, last = period
    days = (first + timedelta(days=number) for number in range((last - first).days + 1))
    return tuple((day, counts.get(day, ToneCounts())) for day in days)


# Words


def _title(asked: Asked, words: Texts) -> str:
    return shorten(sanitise(asked.text), _TITLE) if asked.text else words("trend.everything")


def _trend_caption(title: str, counts: Mapping[date, ToneCounts], period: Period, words: Texts) -> Card:
    now = within(counts, *period)
    length = period[1] - period[0] + timedelta(days=1)
    before = within(counts, period[0] - length, period[0] - timedelta(days=1))
    text = CardText()
    text.add(Piece(shorten(title, _CAPTION), ("bold",)), Piece(" · " + _span(period, words) + "\n"))
    text.add(Piece(_told(now, words) + "\n"))
    change = change_words(now.total, before.total, words)
    text.add(Piece(words("trend.change", change=change, count=words.whole(before.total), days=length.days)))
    return text.card()


def _told(counts: ToneCounts, words: Texts) -> str:
    tones = " · ".join(f"{icon} {words.whole(getattr(counts, label))}" for label, icon in _TONES)
    return f"{words('recall.found', count=words.whole(counts.total))} ({tones})"


def _span(period: Period, words: Texts) -> str:
    first, last = period
    return words.day(first) if first == last else f"{words.day(first)} – {words.day(last)}"


def _trend_keyboard(words: Texts, search_id: int, period: Period) -> Keyboard:
    first, last = (day.strftime("%y%m%d") for day in period)
    periods = [Button(words("settings.days", days=days), f"trend:{search_id}:{days}") for days in _PERIODS]
    bars = [Button(words.one_of("trend_bars", kind), f"bars:{search_id}:{kind}:{first}:{last}") for kind in _KINDS]
    return [periods, bars[:2], bars[2:]]


def _day(text: str) -> date:
    if len(text) != 6 or not text.isdigit():
        raise ValueError("not a day of ours")
    return date(2000 + int(text[:2]), int(text[2:4]), int(text[4:]))


async def _kept(turn: Turn, search_id: str) -> Asked | None:
    kept = await searches.get(turn.scope, int(search_id))
    return await understood(turn, kept.query) if kept else None
