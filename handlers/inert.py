"""Text from the web goes in; text that shows only itself comes out: nothing hidden in it, nothing linked by itself.

Two steps, in this order. `sanitise` removes what a reader can't see or what disturbs the text around it. Then
`make_inert` keeps Telegram from linking parts of the text by itself: `@name`, `/command`, `#tag`, `$TAG`, domains and
addresses, e-mail, IP addresses, phone and bank card numbers, times that jump into a video.

How: a SEPARATOR, which nobody sees, goes between the character that starts such a link and what follows. The rules that
it breaks are those of TDLib's `MessageEntity.cpp` (the Bot API server runs them on every message; read 2026-11), of
libphonenumber, by which Android finds phone numbers, and, as far as they are known, of the phone detector on iOS, which
the Telegram app runs itself. Why this character:

- ZERO WIDTH NON-JOINER counts as a letter of a hashtag and as a part of a domain there, so it breaks neither;
- WORD JOINER and ZERO WIDTH SPACE count as punctuation inside a phone number for libphonenumber;
- INVISIBLE SEPARATOR is no letter, digit or part of an address for any of them, is never shown, opens no line break,
  and is not among the characters that TDLib removes from a message.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

SEPARATOR = "\u2063"

_HARMLESS = re.compile(r"[\x00-\x7f\u00a1-\u00ac\u00ae-\u024f‘’“”–—…]*")
"""Most text there is: nothing hidden in it but control characters, and in NFC as it stands."""
_MARKS_PER_CHARACTER = 3
"""More combining marks than any living script stacks; without a cap they paint over the lines above and below."""

_HIDDEN_CATEGORIES = frozenset({"Cf", "Cs", "Co", "Cn"})
_HIDDEN_LETTERS_AND_MARKS = "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u3164\uffa0"
"""Shown as nothing although Unicode calls them letters or marks (Default_Ignorable_Code_Point, UAX #44)."""
_BLANKS = "\u2800\ufffc"
"""BRAILLE PATTERN BLANK and OBJECT REPLACEMENT CHARACTER look like space."""
_CONTROLS = {code: None for code in (*range(0x20), *range(0x7F, 0xA0)) if not chr(code).isspace()}
_REMOVED_BY_TELEGRAM = {0x030A: None, 0x0333: None, 0x033F: None}
"""Marks that TDLib takes out of messages: taken out here, so that offsets stay true."""
_EMOJI_PRESENTATION, _ZERO_WIDTH_JOINER = "\ufe0f", "\u200d"

_TRIGGER = re.compile(
    r"@(?=[A-Za-z0-9_])"  # mention, e-mail, user data of an address
    r"|\#(?=[\w\u00b7\u0d80-\u0dff])"
    r"|\$(?=[A-Z]|1INCH)"
    r"|:(?=//|(?<=\d:)\d)"  # scheme; time in a video
    r"|(?<![A-Za-z0-9_])/(?=[A-Za-z0-9_])"
    r"|(?<=\S)\.(?=[^\W\d])"  # a top-level domain starts with a letter
)
_NUMBER_RUN = re.compile(
    r"\d(?:[-x\u2010-\u2015\u2212\u30fc\uff0d-\uff0f .()\uff08\uff09\uff3b\uff3d\[\]/~\u2053\u223c\uff5e]{0,4}\d)+"
)
"""Digits with what may stand between those of a phone number (libphonenumber's punctuation)."""
_PHONE_DIGITS = 7
_SAFE_DIGITS = 3


def sanitise(text: str) -> str:
    """`text` on one line without hidden characters: Unicode NFC, white space collapsed, ends trimmed.

    Gone are bidirectional and other controls, zero-width characters, variation selectors and joiners outside emoji,
    tags, fillers, private use, lone surrogates, and combining marks beyond three on one character or without one.
    """
    if not _HARMLESS.fullmatch(text):
        # NFC sorts each run of marks, in quadratic time: it must not see them before the cap.
        text = unicodedata.normalize("NFC", "".join(_visible_characters(text))).translate(_REMOVED_BY_TELEGRAM)
        text = unicodedata.normalize("NFC", text)
    return " ".join(text.translate(_CONTROLS).split())


def make_inert(text: str) -> str:
    """Sanitised `text`, looking the same, of which Telegram links nothing by itself."""
    pieces, start = [], 0
    for position in separator_positions(text):
        pieces += [text[start:position], SEPARATOR]
        start = position
    return "".join([*pieces, text[start:]])


def separator_positions(text: str) -> list[int]:
    """The indexes of `text`, ascending, before which a SEPARATOR makes it inert."""
    positions = {match.end() for match in _TRIGGER.finditer(text)}
    for run in _NUMBER_RUN.finditer(text):
        positions.update(_number_breaks(run))
    return sorted(positions)


def without_separators(text: str) -> str:
    """`text` as it was before `make_inert`."""
    return text.replace(SEPARATOR, "")


def _number_breaks(run: re.Match[str]) -> Iterator[int]:
    """Where to break a run of digits that could be a phone, card or IP number: before every fourth digit.

    Before the digit and not after its predecessor: a `/` must keep the digit to its left, or it would start a command.
    """
    digits = [index for index, character in enumerate(run.group(), run.start()) if character.isdecimal()]
    if len(digits) >= _PHONE_DIGITS or run.group().count(".") >= 3:
        yield from digits[_SAFE_DIGITS::_SAFE_DIGITS]


def _visible_characters(text: str) -> Iterator[str]:
    last, marks = " ", 0
    for index, character in enumerate(text):
        shown = " " if character in _BLANKS or character.isspace() else character
        if _is_hidden(shown):
            if not _belongs_to_emoji(shown, last, text[index + 1 : index + 2]):
                continue
        elif unicodedata.category(shown).startswith("M"):
            marks += 1
            if marks > _MARKS_PER_CHARACTER or last == " ":
                continue
        else:
            marks = 0
        last = shown
        yield shown


def _is_hidden(character: str) -> bool:
    return (
        unicodedata.category(character) in _HIDDEN_CATEGORIES
        or character in _HIDDEN_LETTERS_AND_MARKS
        or "\ufe00" <= character <= "\ufe0f"
        or "\U000e0100" <= character <= "\U000e01ef"
    )


def _belongs_to_emoji(character: str, before: str, after: str) -> bool:
    """Whether an invisible `character` holds an emoji together: 👩‍🌾, ❤️, ✊🏽."""
    symbol_before = unicodedata.category(before) == "So"
    if character == _EMOJI_PRESENTATION:
        return symbol_before
    if character == _ZERO_WIDTH_JOINER:
        joins = symbol_before or before == _EMOJI_PRESENTATION or "\U0001f3fb" <= before <= "\U0001f3ff"
        return joins and after != "" and unicodedata.category(after) == "So"
    return False
