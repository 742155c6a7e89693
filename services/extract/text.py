"""Hostile text goes in, plain text comes out: no control or invisible characters, ordinary spaces, mojibake mended."""

from __future__ import annotations

import html
import re
import unicodedata

MAX_LINE = 100_000
"""Characters of a paragraph that are kept; no honest paragraph is longer."""

_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\ufffe\uffff\ud800-\udfff\U000e0000-\U000e0fff]"
)
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f]")
_LINE_END = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_SPACE = re.compile(r"\s+")
_WORD = re.compile(r"\w+(?:[-'’.]\w+)*")
_SENTENCE_END = re.compile(r"[.!?…:;][\"'”’»)\]]{0,3}$")
_SQUASHED = re.compile(r"[\W_]+")
# UTF-8 read as Windows-1252: a lead byte seen as a letter, then one to three continuation bytes seen as anything.
_CONTINUATION = "\x80-\xbf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ"
_MOJIBAKE = re.compile(
    f"[\xc2-\xdf][{_CONTINUATION}]|[\xe0-\xef][{_CONTINUATION}]{{2}}|[\xf0-\xf4][{_CONTINUATION}]{{3}}"
)


def clean_line(text: str) -> str:
    """One line of text: white space collapsed, control and invisible characters gone, at most `MAX_LINE` long."""
    return _SPACE.sub(" ", _CONTROL.sub(" ", _INVISIBLE.sub("", text[: 2 * MAX_LINE]))).strip()[:MAX_LINE]


def clean_label(value: object, limit: int) -> str:
    """Clean a short declared text (title, name), entities resolved; empty when it isn't text."""
    return clean_line(html.unescape(value[: 4 * limit]))[:limit].strip() if isinstance(value, str) else ""


def clean_lines(text: str) -> list[str]:
    """Clean the lines of a pasted text, entities and mojibake resolved. Empty lines stay, as paragraph marks."""
    plain = _LINE_END.sub("\n", mend_mojibake(_unescaped(text)))
    return [clean_line(line) for line in plain.split("\n")]


def mend_mojibake(text: str) -> str:
    """Mend UTF-8 that was read as Windows-1252 ('â€œ' for '“'); what isn't such a mistake stays."""
    return _MOJIBAKE.sub(lambda match: _reread(match.group()), text)


def words(text: str) -> list[str]:
    """Return the words of a text."""
    return _WORD.findall(text)


def ends_sentence(text: str) -> bool:
    """Whether a line ends like a sentence (or announces what follows with a colon)."""
    return bool(_SENTENCE_END.search(text))


def reads_as_prose(text: str, count: int) -> bool:
    """Whether a line of `count` words reads like a paragraph of an article rather than a label or a headline."""
    return count >= 25 or (count >= 7 and ends_sentence(text))


def squashed(text: str) -> str:
    """Letters and digits only, lower-cased, for comparing texts that differ in marks and spaces."""
    return _SQUASHED.sub("", unicodedata.normalize("NFKC", text).lower())


def _unescaped(text: str) -> str:
    # Only a text that shows entities was escaped; a lone '&' in 'R&D' is itself.
    return html.unescape(text) if re.search(r"&(?:#\d{1,7}|#x[0-9a-fA-F]{1,6}|[a-zA-Z]{2,8});", text) else text


def _reread(seen: str) -> str:
    try:
        return b"".join(_byte(character) for character in seen).decode("utf-8")
    except UnicodeError:
        return seen


def _byte(character: str) -> bytes:
    return character.encode("latin-1") if ord(character) < 256 else character.encode("cp1252")
