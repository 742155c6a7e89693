"""What a bot asks of Telegram goes in; what Telegram makes of it comes out, or `Refused` in Telegram's own words.

Pure. The rules are those of the Bot API's reference and of what its server and TDLib do, as of late 2026. Where
Telegram quietly mends what a bot asks (drops an entity, splits an overlap), the value comes with a warning.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from autolink import Linked, telegram_would_link
from telegram.constants import ChatAction, ReactionEmoji

Json = dict[str, Any]

TEXT_UNITS, CAPTION_UNITS = 4096, 1024
_MOST_ENTITIES = 100
_MOST_BUTTONS, _BUTTONS_IN_A_ROW = 100, 8
_DATA_BYTES = 64
_PREFIXES = {400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 409: "Conflict"}

_STYLES = {"bold", "italic", "underline", "strikethrough", "spoiler"}
_QUOTES = {"blockquote", "expandable_blockquote"}
_CODES = {"code", "pre"}
_GIVEN = _STYLES | _QUOTES | _CODES | {"text_link", "text_mention", "custom_emoji"}
_FOUND = {"mention", "hashtag", "cashtag", "bot_command", "url", "email", "phone_number", "bank_card_number"}
_OPAQUE = {*_CODES, "text_link", "text_mention", "custom_emoji"}
"""Inside these Telegram links nothing by itself."""


class Refused(Exception):
    """Telegram's answer to a request that it doesn't do; `parameters` as in `ResponseParameters`."""

    def __init__(self, description: str, code: int = 400, **parameters: int) -> None:
        super().__init__(f"{_PREFIXES[code]}: {description}")
        self.code, self.parameters = code, parameters

    @property
    def body(self) -> Json:
        """The answer's JSON."""
        body: Json = {"ok": False, "error_code": self.code, "description": str(self)}
        return {**body, "parameters": self.parameters} if self.parameters else body


class Formatted(NamedTuple):
    """A text as Telegram keeps it: trimmed, with the entities that are left of those given."""

    text: str
    entities: list[Json]
    warnings: list[str]


def units(text: str) -> int:
    """The length of a text in UTF-16 units, in which Telegram counts."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


# Text and entities


def format_text(text: object, entities: object, *, limit: int = TEXT_UNITS) -> Formatted:
    """A message's text, or with `limit=CAPTION_UNITS` a caption (which may be empty)."""
    if not isinstance(text, str) or not text:
        if limit == CAPTION_UNITS:
            return Formatted("", [], [])
        raise Refused("message text is empty")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise Refused("strings must be encoded in UTF-8") from None
    given = [entity for entity in map(_read_entity, _array(entities, "entities")) if entity]
    total, inside = units(text), _inside_characters(text)
    for entity in given:
        _check_bounds(entity, total, inside)
    trimmed, kept, warnings = _trim(text, given)
    if not trimmed:
        raise Refused("text must be non-empty")
    if units(trimmed) > limit:
        raise Refused("message is too long" if limit == TEXT_UNITS else "message caption is too long")
    warnings += [f"{len(kept)} entities, of which Telegram keeps {_MOST_ENTITIES}"] * (len(kept) > _MOST_ENTITIES)
    kept.sort(key=lambda one: (one["offset"], -one["length"]))
    warnings += [*_nesting_faults(kept), *_strange_characters(trimmed)]
    return Formatted(trimmed, kept[:_MOST_ENTITIES], warnings)


def _array(value: object, name: str) -> list[Any]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise Refused(f"can't parse {name}: expected an Array")
    return value


def _read_entity(value: object) -> Json | None:
    """An entity with the fields that its type has; None for the types that only Telegram itself finds."""
    fault = "can't parse MessageEntity: "
    if not isinstance(value, dict):
        raise Refused(f"{fault}expected an Object")
    for name, kind in (("type", str), ("offset", int), ("length", int)):
        if name not in value:
            raise Refused(f'{fault}Can\'t find field "{name}"')
        if not isinstance(value[name], kind):
            raise Refused(f'{fault}Field "{name}" must be of type {"String" if kind is str else "Number"}')
    if value["type"] in _FOUND:
        return None
    if value["type"] not in _GIVEN:
        raise Refused(f"{fault}Unsupported type specified")
    if value["type"] == "text_link":
        check_url(value.get("url"), "entity URL", missing=f'{fault}Can\'t find field "url"')
    return {name: value[name] for name in ("type", "offset", "length", "url", "language", "user") if name in value}


def check_url(url: object, what: str, *, missing: str = "BUTTON_URL_INVALID") -> None:
    """An address behind a text or a button: http(s) with a host that has a dot, tg or ton."""
    if not isinstance(url, str) or not url:
        raise Refused(missing)
    try:
        parts = urlsplit(url if re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", url) else f"http://{url}")
        host = parts.hostname or ""
        _ = parts.port
    except ValueError:
        raise Refused(f"{what} '{url}' is invalid: Wrong HTTP URL") from None
    if parts.scheme in ("tg", "ton", "tonsite"):
        return
    if parts.scheme not in ("http", "https"):
        raise Refused(f"{what} '{url}' is invalid: Unsupported URL protocol")
    if not re.fullmatch(r"\[[0-9a-f:.]+\]|[^\s.]+(?:\.[^\s.]+)+\.?", f"[{host}]" if ":" in host else host):
        raise Refused(f"{what} '{url}' is invalid: Wrong HTTP URL")


def _check_bounds(entity: Json, total: int, inside: set[int]) -> None:
    start, length = entity["offset"], entity["length"]
    if start < 0 or length <= 0:
        raise Refused(f"receive an entity with incorrect {'offset' if start < 0 else 'length'}")
    if start + length > total:
        end = f"ends after the end of the text at UTF-16 offset {start + length}"
        raise Refused(f"entity beginning at UTF-16 offset {start} {end}")
    if start in inside:
        raise Refused(f"entity begins in a middle of a UTF-16 symbol at UTF-16 offset {start}")
    if start + length in inside:
        end = f"ends in a middle of a UTF-16 symbol at UTF-16 offset {start + length}"
        raise Refused(f"entity beginning at UTF-16 offset {start} {end}")


def _inside_characters(text: str) -> set[int]:
    """The offsets between two halves of a character."""
    inside, offset = set(), 0
    for character in text:
        if character > "\uffff":
            inside.add(offset + 1)
            offset += 1
        offset += 1
    return inside


def _trim(text: str, entities: Sequence[Json]) -> tuple[str, list[Json], list[str]]:
    trimmed = text.strip()
    cut, total = units(text[: len(text) - len(text.lstrip())]), units(trimmed)
    kept, warnings = [], []
    for entity in entities:
        start = max(0, entity["offset"] - cut)
        end = min(total, entity["offset"] + entity["length"] - cut)
        if start < end:
            kept.append({**entity, "offset": start, "length": end - start})
        else:
            warnings.append(f"a {entity['type']} at {entity['offset']} covers only white space that is trimmed")
    return trimmed, kept, warnings


def _nesting_faults(entities: Sequence[Json]) -> Iterator[str]:
    """What of sorted entities Telegram would split, merge or drop."""
    for number, outer in enumerate(entities):
        end = outer["offset"] + outer["length"]
        for inner in entities[number + 1 :]:
            if inner["offset"] >= end:
                break
            pair = f"{outer['type']} at {outer['offset']} and {inner['type']} at {inner['offset']}"
            if inner["offset"] + inner["length"] > end:
                yield f"{pair} overlap"
            elif _excludes(outer["type"], inner["type"]):
                yield f"{pair} can't be nested"


def _excludes(outer: str, inner: str) -> bool:
    if {outer, inner} & _CODES:
        # Code may stand in a quote, and that's all.
        return not (outer in _QUOTES and inner in _CODES)
    if inner in _QUOTES:
        return outer in _QUOTES
    return outer == inner or {outer, inner} <= _OPAQUE


def _strange_characters(text: str) -> Iterator[str]:
    if strange := sorted({character for character in text if character < " " and character != "\n"}):
        yield f"control characters {strange!r}, which Telegram replaces"


def text_part(text: str, offset: int, length: int) -> str:
    """The part of a text between two offsets; half a character is left out."""
    return text.encode("utf-16-le")[2 * offset : 2 * (offset + length)].decode("utf-16-le", "ignore")


def links_outside(text: str, entities: Sequence[Json]) -> list[Linked]:
    """What Telegram would link by itself in a text, outside of the entities in which it links nothing."""
    covered = [
        (len(text_part(text, 0, one["offset"])), len(text_part(text, 0, one["offset"] + one["length"])))
        for one in entities
        if one["type"] in _OPAQUE
    ]
    return [
        linked
        for linked in telegram_would_link(text)
        if not any(start < linked.end and linked.start < end for start, end in covered)
    ]


# Buttons, reactions, and other small things


def read_keyboard(markup: object, *, edited: bool = False) -> tuple[list[list[Json]], list[str]]:
    """The rows of an inline keyboard, and warnings; with `edited` nothing else than an inline keyboard may come."""
    if markup is None or markup == {}:
        return [], []
    if not isinstance(markup, dict):
        raise Refused("object expected as reply markup")
    if "inline_keyboard" not in markup:
        if edited:
            raise Refused("inline keyboard expected")
        return [], []
    rows = [[_read_button(button) for button in _array(row, "row")] for row in _array(markup["inline_keyboard"], "it")]
    kept = [[button for button in row if button["text"]] for row in rows]
    warnings = ["a button without text, which Telegram drops"] * (kept != rows)
    warnings += ["a row of more than 8 buttons"] * any(len(row) > _BUTTONS_IN_A_ROW for row in kept)
    if sum(map(len, kept)) > _MOST_BUTTONS:
        raise Refused("REPLY_MARKUP_TOO_LONG")
    return [row for row in kept if row], warnings


_ACTIONS = (
    "callback_data", "url", "web_app", "login_url", "switch_inline_query", "switch_inline_query_current_chat",
    "switch_inline_query_chosen_chat", "copy_text", "callback_game", "pay",
)  # fmt: skip


def _read_button(button: object) -> Json:
    fault = "can't parse inline keyboard button: "
    if not isinstance(button, dict):
        raise Refused(f"{fault}InlineKeyboardButton must be an Object")
    if not isinstance(button.get("text"), str):
        raise Refused(f'{fault}Can\'t find field "text"')
    actions = [name for name in _ACTIONS if name in button]
    if not actions:
        raise Refused(f"{fault}Text buttons are unallowed in the inline keyboard")
    if len(actions) > 1:
        raise Refused(f"{fault}exactly one action is allowed, not {', '.join(actions)}")
    if "callback_data" in button and not 1 <= len(str(button["callback_data"]).encode()) <= _DATA_BYTES:
        raise Refused("BUTTON_DATA_INVALID")
    if "url" in button:
        check_url(button["url"], "inline keyboard button URL")
    return button


def read_reactions(reaction: object) -> list[str]:
    """The emoji with which a bot reacts: at most one."""
    reactions = _array(reaction, "reaction")
    if len(reactions) > 1:
        raise Refused("REACTIONS_TOO_MANY")
    emoji = [one.get("emoji") for one in reactions if isinstance(one, dict) and one.get("type") == "emoji"]
    if len(emoji) != len(reactions) or not set(emoji) <= set(ReactionEmoji):
        raise Refused("REACTION_INVALID")
    return [str(one) for one in emoji]


def check_action(action: object) -> None:
    """What a bot is seen doing."""
    if action not in set(ChatAction):
        raise Refused("wrong parameter action in request")


def check_callback_answer(text: object) -> None:
    """The words with which a pressed button is answered."""
    if isinstance(text, str) and len(text) > 200:
        raise Refused("MESSAGE_TOO_LONG")


def check_commands(commands: object) -> list[Json]:
    """The list of a bot's commands."""
    listed = _array(commands, "commands")
    if len(listed) > 100:
        raise Refused("BOT_COMMANDS_TOO_MUCH")
    for one in listed:
        if not re.fullmatch(r"[a-z0-9_]{1,32}", one["command"]):
            raise Refused("BOT_COMMAND_INVALID")
        if not 1 <= len(one["description"]) <= 256:
            raise Refused("BOT_COMMAND_DESCRIPTION_INVALID")
    return listed


def check_webhook(url: object, secret: object) -> None:
    """Where updates are posted to. Telegram wants https; here plain http on loopback will do."""
    parts = urlsplit(str(url))
    if parts.scheme != "https" and (parts.scheme, parts.hostname) != ("http", "127.0.0.1"):
        raise Refused("bad webhook: An HTTPS URL must be provided for webhook")
    if secret is not None and not re.fullmatch(r"[A-Za-z0-9_-]{1,256}", str(secret)):
        raise Refused("secret token contains unallowed characters")


# How much is too much


@dataclass
class Limits:
    """Telegram's limits on messages, as its FAQ tells them; times in seconds of one clock.

    One a second in a chat, with bursts of three; 20 a minute in a group; 30 a second in all.
    """

    _all: deque[float] = field(default_factory=deque)
    _chats: dict[int, deque[float]] = field(default_factory=lambda: defaultdict(deque))
    _credit: dict[int, tuple[float, float]] = field(default_factory=dict)

    def wait(self, chat_id: int, now: float, *, group: bool) -> int:
        """Seconds until a message would be taken, rounded up; 0: now."""
        in_chat = self._chats[chat_id]
        _forget(self._all, now - 1)
        # A hundredth less than a minute, for what one message may be slower on its way than another.
        _forget(in_chat, now - 59.4)
        waits = [1 - self._credit_at(chat_id, now), self._all[0] + 1 - now if len(self._all) >= 30 else 0]
        waits += [in_chat[0] + 60 - now] if group and len(in_chat) >= 20 else []
        return max(0, *map(math.ceil, waits))

    def count(self, chat_id: int, now: float) -> None:
        """A message was taken."""
        self._credit[chat_id] = self._credit_at(chat_id, now) - 1, now
        self._all.append(now)
        self._chats[chat_id].append(now)

    def _credit_at(self, chat_id: int, now: float) -> float:
        credit, since = self._credit.get(chat_id, (3.0, now))
        return min(3.0, credit + (now - since) * 1.01)


def _forget(moments: deque[float], before: float) -> None:
    while moments and moments[0] <= before:
        moments.popleft()


# What Telegram finds in the texts of members

_TOP_LEVELS = {"com", "net", "org", "id", "info", "news", "tv", "me", "io", "co", "my", "sg", "uk", "us", "рф"}
_BEFORE_HOST = re.compile(r"(?:(?:https?|ftp)://(?:[^/\s@]*@)?|(?P<name>[\w.+-]+)@)$", re.IGNORECASE)
_AFTER_HOST = re.compile(r"(?::\d{1,5})?(?:[/?#][^\s<>\"«»]*)?")
_KINDS = {"mention": "mention", "command": "bot_command", "hashtag": "hashtag", "cashtag": "cashtag"}


def find_entities(text: str) -> list[Json]:
    """The entities that Telegram adds to what a member writes: addresses, mentions, commands, tags."""
    linked = telegram_would_link(text)
    found: list[tuple[str, int, int]] = []
    for one in [*(one for one in linked if one.kind == "url"), *(one for one in linked if one.kind in _KINDS)]:
        entity = _whole_address(text, one) if one.kind == "url" else (_KINDS[one.kind], one.start, one.end)
        if entity and not any(entity[1] < end and start < entity[2] for _, start, end in found):
            found.append(entity)
    return [
        {"type": kind, "offset": units(text[:start]), "length": units(text[start:end])}
        for kind, start, end in sorted(found, key=lambda entity: entity[1])
    ]


def _whole_address(text: str, host: Linked) -> tuple[str, int, int] | None:
    if "://" in text[host.start : host.end]:
        return "url", host.start, host.end
    before = _BEFORE_HOST.search(text[: host.start])
    if before and before["name"]:
        return "email", before.start(), host.end
    after = _AFTER_HOST.match(text, host.end)
    assert after, "it may be empty, but it matches"
    end = host.end + len(_without_punctuation(after.group()))
    if before:
        return "url", before.start(), end
    known = text[host.start : host.end].rpartition(".")[2].lower() in _TOP_LEVELS
    return ("url", host.start, end) if known else None


def _without_punctuation(path: str) -> str:
    while path and (path[-1] in ".,:;!?'\"…" or (path[-1] in ")]" and path.count("(") + path.count("[") == 0)):
        path = path[:-1]
    return path
