"""`/setelan`: a chat's settings as a message with buttons, changed in place."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from handlers.card_text import Card, CardText, Piece
from handlers.context import Turn, plain_card
from handlers.inert import sanitise
from handlers.payloads import Button, Keyboard
from handlers.texts import LANGUAGES, Texts, texts
from services.models import Team
from services.store import chats
from services.store.chats import Setting

_ZONES = ("Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura", "Asia/Singapore", "Asia/Tokyo", "Europe/Amsterdam", "UTC")
_CERTAINTIES = (0.5, 0.6, 0.7, 0.8)
_RETENTIONS = (30, 90, 180, 365, 730)
_MOST_IGNORED = 50
_HOST = re.compile(r"(?:[a-z0-9-]{1,63}\.)+[a-z0-9-]{2,63}")


@dataclass(frozen=True, slots=True)
class _Choice:
    """One setting: its values as they go over the wire, and how each is said."""

    values: tuple[str, ...]
    said: Callable[[Texts, str], str]
    read: Callable[[str], object]


_CHOICES: dict[Setting, _Choice] = {
    "language": _Choice(LANGUAGES, lambda _, value: texts(value)("settings.this_language"), str),
    "timezone": _Choice(_ZONES, lambda words, value: words.zone(value), str),
    "mode": _Choice(("auto", "ask", "command"), lambda words, value: words.one_of("modes", value), str),
    "managers": _Choice(("admins", "everyone"), lambda words, value: words.one_of("managers", value), str),
    "sure_from": _Choice(
        tuple(str(value) for value in _CERTAINTIES), lambda words, value: words.percent(float(value)), float
    ),
    "retention_days": _Choice(
        tuple(str(value) for value in _RETENTIONS), lambda words, value: words("settings.days", days=value), int
    ),
}


async def on_settings_command(turn: Turn, argument: str) -> None:
    """`/setelan`: show the settings. `/setelan abaikan situs.com` ignores a host, once more hears it again."""
    if not await turn.may_manage():
        await turn.tell(turn.words("settings.admins_only"))
        return
    host = _host(argument)
    if argument and not host:
        await turn.tell(turn.words("settings.ignore_usage"))
        return
    if host:
        await _toggle(turn, host)
    await turn.say(*_menu(turn.team, turn.words))


async def on_settings(turn: Turn, argument: str) -> str:
    """The buttons: open a setting, choose a value, go back, close."""
    if not await turn.may_manage():
        return turn.words("settings.admins_only")
    name, _, value = argument.partition(":")
    if name == "close":
        await turn.take_back(plain_card(turn.words("settings.closed")))
    elif name == "hear":
        await _toggle(turn, value)
        await turn.change(*_ignored(turn.team, turn.words))
    elif name == "ignored":
        await turn.change(*_ignored(turn.team, turn.words))
    elif name in _CHOICES and not value:
        await turn.change(*_values(turn.team, _setting(name), turn.words))
    else:
        return await _choose(turn, name, value)
    return ""


async def _choose(turn: Turn, name: str, value: str) -> str:
    if name in _CHOICES:
        setting = _setting(name)
        if value not in _CHOICES[setting].values:
            return turn.words("share.already")
        await chats.change(turn.scope, setting, _CHOICES[setting].read(value))
        turn.team = await chats.get(turn.transaction, turn.team.id)
    await turn.change(*_menu(turn.team, turn.words))
    return turn.words("settings.saved") if value else ""


async def _toggle(turn: Turn, host: str) -> None:
    ignored = [name for name in turn.team.ignored if name != host]
    if len(ignored) == len(turn.team.ignored):
        ignored = [*ignored, host][-_MOST_IGNORED:]
    await chats.change(turn.scope, "ignored", ignored)
    turn.team = await chats.get(turn.transaction, turn.team.id)


def _host(argument: str) -> str:
    """The host in 'abaikan https://www.situs.com/…', '' where there is none."""
    words = argument.lower().split()
    if len(words) != 2 or words[0] not in ("abaikan", "ignore"):
        return ""
    match = _HOST.search(words[1].removeprefix("https://").removeprefix("http://").removeprefix("www."))
    return match.group() if match and len(match.group()) <= 50 else ""


def _menu(team: Team, words: Texts) -> tuple[Card, Keyboard]:
    text = CardText()
    text.add(Piece(words("settings.title"), ("bold",)))
    rows = []
    for setting, choice in _CHOICES.items():
        label, now = words.one_of("setting", setting), choice.said(words, _wire(team, setting))
        text.add(Piece(f"\n{label}: "), Piece(now, ("bold",)))
        rows.append(Button(label, f"set:{setting}"))
    hosts = " · ".join(sanitise(host) for host in team.ignored[:10]) or words("settings.none")
    text.add(Piece(f"\n{words('settings.ignored')}: "), Piece(hosts, ("bold",)))
    rows.append(Button(words("settings.ignored"), "set:ignored"))
    keyboard = [rows[at : at + 2] for at in range(0, len(rows), 2)]
    last = [Button(words("daily.button"), "daily:open"), Button(words("settings.close"), "set:close")]
    return text.card(), [*keyboard, last]


def _values(team: Team, setting: Setting, words: Texts) -> tuple[Card, Keyboard]:
    choice, now = _CHOICES[setting], _wire(team, setting)
    text = CardText()
    text.add(Piece(words.one_of("setting", setting), ("bold",)), Piece("\n"))
    text.add(Piece(words.one_of("setting_about", setting)))
    rows = [
        [Button(("✓ " if value == now else "") + choice.said(words, value), f"set:{setting}:{value}")]
        for value in choice.values
    ]
    return text.card(), [*rows, [Button(words("settings.back"), "set:back")]]


def _ignored(team: Team, words: Texts) -> tuple[Card, Keyboard]:
    text = CardText()
    text.add(Piece(words("settings.ignored"), ("bold",)), Piece("\n" + words("settings.ignored_about")))
    rows = [[Button(f"✕ {host}", f"set:hear:{host}")] for host in team.ignored]
    return text.card(), [*rows, [Button(words("settings.back"), "set:back")]]


def _wire(team: Team, setting: Setting) -> str:
    value = getattr(team, setting)
    if setting == "sure_from":
        # Kept in single precision.
        return str(round(float(value), 2))
    return str(value)


def _setting(name: str) -> Setting:
    return next(setting for setting in _CHOICES if setting == name)
