"""`/ringkasan`: a digest now, of any period; and when the daily one comes, by buttons."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import get_args

from handlers.card_text import Card, CardText, Piece
from handlers.context import Turn, plain_card
from handlers.incoming import Incoming
from handlers.payloads import Button, Keyboard
from handlers.recall import asked_text
from handlers.texts import Texts
from services.due import moment, next_due
from services.models import DigestPlan, Managers, WhenEmpty
from services.query import interval, read_period
from services.store import digests, errands, topics
from services.store.digests import PlanField

_HOURS = tuple(time(hour) for hour in (5, 6, 7, 8, 9, 12, 15, 16, 17, 18, 19, 20, 21))
_QUIETS = ((time(21), time(6)), (time(22), time(5)), (time(23), time(7)), (time(18), time(6)))
_ALERTS = (1, 3, 5, 10)
_EVERY_DAY, _WORKDAYS = frozenset(range(1, 8)), frozenset(range(1, 6))
_DAYS = (("every", _EVERY_DAY), ("work", _WORKDAYS), ("monday", frozenset((1,))))
_MUTED = timedelta(hours=24)
_MOST_UNDER_WAY = 1
_LONGEST = timedelta(days=92)
_CLOCK = re.compile(r"([01]?\d|2[0-3])[.:]([0-5]\d)")
_SET = ("atur", "set")


async def may_manage(turn: Turn) -> bool:
    """Whether who acts may change what the chat follows."""
    plan = await digests.plan_of(turn.scope)
    return turn.team.kind == "private" or plan.topic_managers == "everyone" or await turn.is_admin()


async def on_digest(turn: Turn, incoming: Incoming) -> None:
    """`/ringkasan`: what came since yesterday, or in a period; with an hour or `atur` it sets the daily one."""
    asked = asked_text(incoming).lower()
    clock = _CLOCK.fullmatch(asked)
    if asked in _SET or clock:
        await _on_set(turn, time(int(clock[1]), int(clock[2])) if clock else None)
        return
    stretch = _stretch(turn, asked)
    if stretch is None:
        await turn.tell(turn.words("daily.usage"))
    elif not await topics.of_chat(turn.scope) and not await topics.followed_by(turn.transaction, turn.team.id):
        await turn.tell(turn.words("topics.none"))
    elif await errands.under_way(turn.scope, "digest") >= _MOST_UNDER_WAY:
        await turn.tell(turn.words("errand.under_way"))
    else:
        begins, ends = stretch
        message = await turn.say(plain_card(turn.words("daily.being_made")))
        await errands.add(
            turn.scope, "digest", {"begins": begins.isoformat(), "ends": ends.isoformat()},
            member_id=turn.member.id if turn.member else None, message_id=turn.message_id, thread_id=turn.thread_id,
            outbox_id=message,
        )  # fmt: skip


def _stretch(turn: Turn, asked: str) -> tuple[datetime, datetime] | None:
    """The moments between which a digest is asked for; None where that can't be read."""
    if not asked:
        return turn.now - timedelta(days=1), turn.now
    period = read_period(asked)
    if period is None:
        return None
    first, last = interval(period, turn.now.astimezone(turn.zone).date())
    ends = min(moment(last + timedelta(days=1), time(0), turn.zone), turn.now)
    begins = moment(first, time(0), turn.zone)
    return (max(begins, ends - _LONGEST), ends) if begins < ends else None


# The daily one


async def plan_line(turn: Turn) -> str:
    """When the chat's digest comes next, in a sentence."""
    plan, words = await digests.plan_of(turn.scope), turn.words
    if plan.muted_until and plan.muted_until > turn.now:
        return words("daily.muted_until", moment=words.instant(plan.muted_until, turn.zone))
    coming = next_due(plan, turn.zone, turn.now)
    return words("daily.comes", moment=words.instant(coming, turn.zone)) if coming else words("daily.never")


async def on_daily(turn: Turn, argument: str) -> str:
    """The buttons of the plan, and those under a digest."""
    name, _, value = argument.partition(":")
    words = turn.words
    if not await _may_plan(turn):
        return words("settings.admins_only")
    if name in ("menu", "open"):
        await (turn.say if name == "open" else turn.change)(*await _menu(turn))
        return ""
    if name == "mute":
        plan = await digests.plan_of(turn.scope)
        muted = plan.muted_until is not None and plan.muted_until > turn.now
        plan = await digests.change(turn.scope, "muted_until", None if muted else turn.now + _MUTED)
        if value != "here":
            await turn.change(*await _menu(turn))
        until = plan.muted_until
        return words("daily.muted_until", moment=words.instant(until, turn.zone)) if until else words("daily.unmuted")
    if name == "here":
        await digests.change(turn.scope, "thread_id", turn.thread_id)
    elif not value:
        await turn.change(*_values(await digests.plan_of(turn.scope), name, words))
        return ""
    elif name == "quiet":
        begin, _, end = value.partition("-")
        await digests.keep_quiet(turn.scope, (_time(begin), _time(end)) if end else None)
    else:
        choice = _CHOICES[name]
        await digests.change(turn.scope, choice.field, choice.read(value))
    await turn.change(*await _menu(turn))
    return words("settings.saved")


async def _may_plan(turn: Turn) -> bool:
    return turn.team.kind == "private" or await turn.may_manage()


async def _on_set(turn: Turn, at: time | None) -> None:
    if not await _may_plan(turn):
        await turn.tell(turn.words("settings.admins_only"))
        return
    if at:
        await digests.change(turn.scope, "at", at)
    await turn.say(*await _menu(turn))


@dataclass(frozen=True, slots=True)
class _Choice:
    """One part of a plan: its values as they go over the wire, how each is said and read."""

    field: PlanField
    values: tuple[str, ...]
    said: Callable[[Texts, str], str]
    read: Callable[[str], object]
    written: Callable[[DigestPlan], str]


def _time(text: str) -> time:
    return time(int(text[:2]), int(text[2:4]))


def _wire(at: time) -> str:
    return f"{at:%H%M}"


def _days(plan: DigestPlan) -> str:
    return next((name for name, days in _DAYS if days == plan.weekdays), "own")


_CHOICES: dict[str, _Choice] = {
    "at": _Choice(
        "at", tuple(map(_wire, _HOURS)), lambda _, value: f"{value[:2]}.{value[2:]}", _time, lambda plan: _wire(plan.at)
    ),
    "days": _Choice(
        "weekdays",
        tuple(name for name, _ in _DAYS),
        lambda words, value: words.one_of("digest_days", value),
        lambda value: sorted(dict(_DAYS)[value]),
        _days,
    ),
    "empty": _Choice(
        "when_empty",
        get_args(WhenEmpty),
        lambda words, value: words.one_of("when_empty", value),
        lambda value: _one_of(value, get_args(WhenEmpty)),
        lambda plan: plan.when_empty,
    ),
    "alerts": _Choice(
        "alerts",
        ("yes", "no"),
        lambda words, value: words.one_of("yes_no", value),
        lambda value: _one_of(value, ("yes", "no")) == "yes",
        lambda plan: "yes" if plan.alerts else "no",
    ),
    "most": _Choice(
        "alerts_a_day",
        tuple(map(str, _ALERTS)),
        lambda words, value: words("daily.a_day", count=value),
        lambda value: int(_one_of(value, tuple(map(str, _ALERTS)))),
        lambda plan: str(plan.alerts_a_day),
    ),
    "managers": _Choice(
        "topic_managers",
        get_args(Managers),
        lambda words, value: words.one_of("managers", value),
        lambda value: _one_of(value, get_args(Managers)),
        lambda plan: plan.topic_managers,
    ),
}


def _one_of(value: str, values: Sequence[str]) -> str:
    if value not in values:
        raise ValueError(value)
    return value


def _quiet_said(plan: DigestPlan, words: Texts) -> str:
    return f"{plan.quiet[0]:%H.%M}–{plan.quiet[1]:%H.%M}" if plan.quiet else words("settings.none")


async def _menu(turn: Turn) -> tuple[Card, Keyboard]:
    plan, words = await digests.plan_of(turn.scope), turn.words
    text = CardText()
    text.add(Piece(words("daily.menu"), ("bold",)))
    buttons = []
    for name, choice in _CHOICES.items():
        if name == "managers" and turn.team.kind == "private":
            continue
        label = words.one_of("digest_plan", name)
        text.add(Piece(f"\n{label}: "), Piece(choice.said(words, choice.written(plan)), ("bold",)))
        buttons.append(Button(label, f"daily:{name}"))
    label = words.one_of("digest_plan", "quiet")
    text.add(Piece(f"\n{label}: "), Piece(_quiet_said(plan, words), ("bold",)))
    buttons.append(Button(label, "daily:quiet"))
    text.add(Piece(f"\n\n{await plan_line(turn)}"))
    rows = [buttons[at : at + 2] for at in range(0, len(buttons), 2)]
    muted = plan.muted_until is not None and plan.muted_until > turn.now
    rows.append([Button(words("daily.unmute" if muted else "daily.mute"), "daily:mute")])
    if turn.thread_id != plan.thread_id:
        rows[-1].append(Button(words("daily.here"), "daily:here"))
    return text.card(), [*rows, [Button(words("topics.list"), "topic:list")]]


def _values(plan: DigestPlan, name: str, words: Texts) -> tuple[Card, Keyboard]:
    text = CardText()
    text.add(Piece(words.one_of("digest_plan", name), ("bold",)))
    text.add(Piece("\n" + words.one_of("digest_plan_about", name)))
    if name == "quiet":
        values = [(f"{_wire(begin)}-{_wire(end)}", f"{begin:%H.%M}–{end:%H.%M}") for begin, end in _QUIETS]
        said, now = [*values, ("off", words("settings.none"))], _quiet_wire(plan)
    else:
        choice = _CHOICES[name]
        said, now = [(value, choice.said(words, value)) for value in choice.values], choice.written(plan)
    buttons = [Button(("✓ " if value == now else "") + label, f"daily:{name}:{value}") for value, label in said]
    width = 3 if name == "at" else 1
    rows = [buttons[at : at + width] for at in range(0, len(buttons), width)]
    return text.card(), [*rows, [Button(words("settings.back"), "daily:menu")]]


def _quiet_wire(plan: DigestPlan) -> str:
    return f"{_wire(plan.quiet[0])}-{_wire(plan.quiet[1])}" if plan.quiet else "off"
