"""What Telegram links by itself in a text that carries no entities: a second opinion on `handlers.inert`.

Written from the rules that TDLib publishes in `td/telegram/MessageEntity.cpp` (the Bot API server runs them on messages
of bots) and, for phone numbers, whose rules Telegram keeps to itself, from libphonenumber, by which Android
finds them. Where this differs, it links more than Telegram: any two letters count as a top-level domain, and any seven
digits as a phone number. A text that has nothing linked here has nothing linked there.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import NamedTuple


class Linked(NamedTuple):
    """A part of a text that Telegram makes a link: what it takes it for, and its bounds as indexes."""

    kind: str
    start: int
    end: int


_PHONE_PUNCTUATION = (
    r"-x\u2010-\u2015\u2212\u30fc\uff0d-\uff0f \u00a0\u00ad\u200b\u2060\u3000"
    r"()\uff08\uff09\uff3b\uff3d.\[\]/~\u2053\u223c\uff5e"
)
_PHONE = re.compile(rf"[+\uff0b]?\d(?:[{_PHONE_PUNCTUATION}]{{0,4}}\d){{6,}}")
_MENTION = re.compile(r"(?<!\w)@(?P<name>[A-Za-z0-9_]++)(?!\w)")
_COMMAND = re.compile(r"(?<![\w/<>])/[A-Za-z0-9_]{1,64}+(?:@(?P<bot>[A-Za-z0-9_]*+))?+(?![\w/<>])")
_CARD = re.compile(r"[0-9](?:[0-9 -]*[0-9])?")
_TELEGRAM_ADDRESS = re.compile(r"(?:tg|ton)://[A-Za-z0-9_-]+", re.IGNORECASE)
_PROTOCOL = re.compile(r"(?:https?|ftp)://(?:[^/\s]*@)?$", re.IGNORECASE)
_VIDEO_TIME = re.compile(r"(?<![\w:])(?:\d{1,4}|\d{1,2}:[0-5]?\d):[0-5]\d(?![\w:])")


def telegram_would_link(text: str) -> list[Linked]:
    """All that Telegram would link in `text`, by place; what two rules find is listed twice."""
    found = [
        *_mentions(text),
        *(Linked("command", *match.span()) for match in _COMMAND.finditer(text) if _is_command(match)),
        *_tags(text, "#", "hashtag"),
        *_tags(text, "$", "cashtag"),
        *_cards(text),
        *(Linked("url", *match.span()) for match in _TELEGRAM_ADDRESS.finditer(text)),
        *_addresses(text),
        *(Linked("phone", *match.span()) for match in _PHONE.finditer(text)),
        *(Linked("video time", *match.span()) for match in _VIDEO_TIME.finditer(text)),
    ]
    return sorted(found, key=lambda linked: linked.start)


def _mentions(text: str) -> Iterator[Linked]:
    for match in _MENTION.finditer(text):
        # Three letters are a name only for three bots of the old days.
        if 4 <= len(match["name"]) <= 32 or match["name"].lower() in {"gif", "vid", "pic"}:
            yield Linked("mention", *match.span())


def _is_command(match: re.Match[str]) -> bool:
    return match["bot"] is None or 3 <= len(match["bot"]) <= 32


def _tags(text: str, sign: str, kind: str) -> Iterator[Linked]:
    for match in re.finditer(re.escape(sign), text):
        start, end = match.span()
        if start and (_is_tag_letter(text[start - 1]) or (sign == "$" and text[start - 1] == "$")):
            continue
        while end < len(text) and _is_tag_letter(text[end]):
            end += 1
        tag, follower = text[start + 1 : end], text[end : end + 1]
        wanted = re.fullmatch(r"1INCH|[A-Z]{1,8}", tag) if sign == "$" else any(map(str.isalpha, tag))
        if wanted and follower != sign:
            yield Linked(kind, start, end)


def _is_tag_letter(character: str) -> bool:
    listed = character in "_\u200c\u00b7" or "\u0d80" <= character <= "\u0dff"
    return listed or unicodedata.category(character)[0] == "L" or character.isdecimal()


def _cards(text: str) -> Iterator[Linked]:
    for match in _CARD.finditer(text):
        before, after = text[: match.start()][-1:], text[match.end() : match.end() + 1]
        digits = [int(digit) for digit in match.group() if digit.isdecimal()]
        joined = before.isalpha() or after.isalpha() or before in set(".,+-_") or after in set("-_")
        if not joined and 13 <= len(digits) <= 19 and _luhn(digits):
            yield Linked("bank card", *match.span())


def _luhn(digits: list[int]) -> bool:
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[-2::-2]]
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


def _addresses(text: str) -> Iterator[Linked]:
    """Web addresses, with and without protocol, and e-mail addresses: each needs a host with a dot."""
    start = 0
    while start < len(text):
        end = start
        while end < len(text) and _in_host(text[end]):
            end += 1
        host, before = text[start:end].rstrip("."), text[:start]
        protocol = _PROTOCOL.search(before)
        if _is_host(host, any_domain=bool(protocol)) and (protocol or before[-1:] not in {"/", "#"}):
            yield Linked("url", start, start + len(host))
        start = end + 1


def _in_host(character: str) -> bool:
    if character < "\u00c0":
        return character.isascii() and (character.isalnum() or character in "._-~")
    if "\u2000" <= character <= "\u206f":
        return character in "\u200c\u200d" or "\u2010" <= character <= "\u2015"
    return unicodedata.category(character)[0] != "Z"


def _is_host(host: str, *, any_domain: bool) -> bool:
    labels = host.split(".")
    if len(labels) < 2 or not all(labels):
        return False
    if len(labels) == 4 and all(re.fullmatch(r"0|[1-9][0-9]{0,2}", label) and int(label) < 256 for label in labels):
        return True
    top = labels[-1]
    if not re.search(r"[^0-9.]", host) or len(top) < 2:
        return False
    return top.lower().startswith("xn--") or (not set("_-") & set(top) and (any_domain or top[:2].isalpha()))
