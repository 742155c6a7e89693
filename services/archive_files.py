"""A file that a team brings from before goes in; what was shared in it comes out, record by record.

Two kinds, told apart by what is in them: the `result.json` of Telegram Desktop's "Export chat history" of one chat, and
a table of links (csv, or one address a line). Files are read as a stream, however large; every value in them is hostile
until checked. A record's `position` is its number in the file.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import IO, Any, Literal

from services.models import Sharer

FileReason = Literal["empty", "not_text", "no_links", "whole_account", "broken"]
BadReason = Literal["too_long", "no_link", "not_a_message"]

_LONGEST_TEXT, _LONGEST_NAME, _LONGEST_LINE = 100_000, 128, 200_000
_MOST_PIECES, _MOST_URLS, _MOST_COLUMNS = 2_000, 200, 100
_SAMPLE = 65_536
_SAMPLED_ROWS = 20
_DEEPEST, _DEEPEST_OF_ALL = 6, 40
# A place is told by its whole path, so that what is nested without end must be noticed soon.
_AT_ONCE = 4_096
_ADDRESS = re.compile(r"https?://[^\s\"<>]+", re.IGNORECASE)
_HIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_NUMERIC_DATE = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})(?:[ T,]+(\d{1,2})[:.](\d{2})(?:[:.](\d{2}))?)?")
_HEADINGS: Mapping[str, Sequence[str]] = {
    "link": ("link", "tautan", "url", "alamat", "address"),
    "at": ("tanggal", "date", "waktu", "time", "tgl"),
    "by": ("oleh", "by", "pengirim", "nama", "name", "sender"),
}
_ENCODINGS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_FIRST_YEAR, _LAST_YEAR = 1990, 2200
_LARGEST_ID = 2**52
_NAMELESS = -(2**50)
_SUPERGROUP = -1_000_000_000_000


@dataclass(frozen=True, slots=True)
class Past:
    """Something shared before: `at` in UTC, `message_id` where it leads to the message still, `urls` beside the text.

    A `sharer` whom a table knows by name alone has a number below all of Telegram's, the same for the same name.
    """

    position: int
    message_id: int | None
    at: datetime | None
    sharer: Sharer | None
    text: str
    urls: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BadRecord:
    """A record of which nothing can be made."""

    position: int
    reason: BadReason


class ArchiveFileError(ValueError):
    """A file that can't be read (any further): why, and up to which record it could."""

    def __init__(self, reason: FileReason, position: int = 0) -> None:
        self.reason, self.position = reason, position
        super().__init__(reason, position)


def read(path: Path, zone: tzinfo) -> Iterator[Past | BadRecord]:
    """The records of a file in their order; `zone` is what moments without one are meant in.

    Raises `ArchiveFileError`, for a damaged file after all that could be read of it.
    """
    with path.open("rb") as file:
        beginning = file.read(_SAMPLE)
        file.seek(0)
        if not beginning.strip(b" \t\r\n\x00" + codecs.BOM_UTF8):
            raise ArchiveFileError("empty")
        if beginning.removeprefix(codecs.BOM_UTF8).lstrip()[:1] == b"{":
            yield from _read_telegram(file, zone)
        else:
            yield from _read_table(file, beginning, zone)


# Telegram Desktop


def _read_telegram(file: IO[bytes], zone: tzinfo) -> Iterator[Past | BadRecord]:
    import ijson  # noqa: PLC0415 - only for who imports

    if file.read(len(codecs.BOM_UTF8)) != codecs.BOM_UTF8:
        file.seek(0)
    position, kept = 0, False
    try:
        for prefix, event, value in _messages(ijson.parse(file, buf_size=_AT_ONCE, use_float=True)):
            if prefix == "type" and event == "string":
                kept = str(value).endswith(("supergroup", "channel"))
            elif event == "message":
                yield _past(value, position, zone, kept=kept)
                position += 1
    except (ijson.JSONError, UnicodeError, RecursionError, ValueError) as error:
        if isinstance(error, ArchiveFileError):
            raise
        raise ArchiveFileError("broken", position) from error


def _messages(events: Iterable[tuple[str, str, Any]]) -> Iterator[tuple[str, str, Any]]:
    """The top of a chat's export, and each of its messages as a whole."""
    import ijson  # noqa: PLC0415 - as above

    builder, depth = ijson.ObjectBuilder(), 0
    for prefix, event, value in events:
        if prefix.startswith("chats"):
            raise ArchiveFileError("whole_account")
        if prefix.count(".") > _DEEPEST_OF_ALL:
            raise ijson.JSONError("nested too deeply")
        if not prefix.startswith("messages.item"):
            yield prefix, event, value
            continue
        if depth == 0:
            builder = ijson.ObjectBuilder()
        depth += event in ("start_map", "start_array")
        depth -= event in ("end_map", "end_array")
        if depth <= _DEEPEST:
            builder.event(event, value)
        if depth == 0:
            yield "", "message", builder.value


def _past(message: object, position: int, zone: tzinfo, *, kept: bool) -> Past | BadRecord:
    if not isinstance(message, dict) or message.get("type") != "message":
        return BadRecord(position, "not_a_message")
    pieces = message.get("text_entities") or message.get("text") or ""
    text, urls = _text(pieces if isinstance(pieces, list) else [pieces])
    number = message.get("id")
    return Past(
        position=position,
        message_id=number if kept and isinstance(number, int) and 0 < number < 2**31 else None,
        at=_unix(message.get("date_unixtime")) or _moment(str(message.get("date") or "")[:40], zone),
        sharer=_sharer(message.get("from_id"), message.get("from")),
        text=text,
        urls=urls,
    )


def _text(pieces: Sequence[object]) -> tuple[str, tuple[str, ...]]:
    """The text of a message, and the addresses behind words of it."""
    found: list[str] = []
    urls: list[str] = []
    room = _LONGEST_TEXT
    for piece in pieces[:_MOST_PIECES]:
        written = piece.get("text") if isinstance(piece, dict) else piece
        if isinstance(written, str):
            found.append(written[:room])
            room -= len(found[-1])
        href = piece.get("href") if isinstance(piece, dict) else None
        if isinstance(href, str) and len(urls) < _MOST_URLS and len(href) <= 2_048 and _ADDRESS.fullmatch(href):
            urls.append(href)
    return _HIDDEN.sub("", "".join(found)), tuple(urls)


def _sharer(number: object, name: object) -> Sharer | None:
    """'user123' is a user's number, 'channel123' that of a channel or supergroup as the Bot API counts them."""
    match = re.fullmatch(r"(user|channel|chat)(\d{1,15})", number) if isinstance(number, str) else None
    if match is None:
        return None
    value = int(match[2])
    shared_by = {"user": value, "channel": _SUPERGROUP - value, "chat": -value}[match[1]]
    return Sharer(shared_by, _name(name)) if 0 < abs(shared_by) < _LARGEST_ID else None


def _named(name: str) -> Sharer | None:
    return Sharer(_NAMELESS - zlib.crc32(name.casefold().encode("utf-8", "replace")), name) if name else None


def _name(name: object) -> str:
    return " ".join(_HIDDEN.sub(" ", name[:1_000]).split())[:_LONGEST_NAME] if isinstance(name, str) else ""


def _unix(written: object) -> datetime | None:
    try:
        moment = datetime.fromtimestamp(int(str(written)[:16]), UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return moment if _FIRST_YEAR <= moment.year <= _LAST_YEAR else None


# Tables of links


def _read_table(file: IO[bytes], beginning: bytes, zone: tzinfo) -> Iterator[Past | BadRecord]:
    sample = _decoded(beginning)
    if not _ADDRESS.search(sample):
        raise ArchiveFileError("no_links")
    delimiter = max(",;\t", key=lambda one: sum(line.count(one) for line in sample.splitlines()[:_SAMPLED_ROWS]))
    columns: Mapping[str, int] | None = None
    position = 0
    with io.TextIOWrapper(file, encoding=_encoding(beginning), errors="replace", newline="") as lines:
        for row in _rows(lines, delimiter):
            if row is not None and columns is None:
                columns = _columns(row)
                if columns.get("heading"):
                    continue
            yield _linked(row, columns or {}, position, zone)
            position += 1


def _rows(lines: IO[str], delimiter: str) -> Iterator[list[str] | None]:
    """The rows of a table, None for one that is none: a line too long, a quotation mark that never closes."""
    while line := lines.readline(_LONGEST_LINE):
        while len(line) < _LONGEST_LINE and line.count('"') % 2 and (more := lines.readline(_LONGEST_LINE)):
            if more.count('"') % 2 == 0 and _ADDRESS.match(more):
                # A line of its own: the quotation mark before it was never meant to be closed.
                yield None
                line = more
                break
            line += more
        if len(line) >= _LONGEST_LINE:
            yield None
        elif line.strip():
            yield _cells(line, delimiter)


def _cells(line: str, delimiter: str) -> list[str] | None:
    try:
        row = next(csv.reader(io.StringIO(line.replace("\x00", "")), delimiter=delimiter), [])
    except csv.Error:
        return None
    return [_HIDDEN.sub("", cell).strip() for cell in row[:_MOST_COLUMNS]]


def _columns(row: Sequence[str]) -> Mapping[str, int]:
    """Where link, time and name stand, by the table's headings; `heading` is 1 where the row is one."""
    names = [cell.casefold() for cell in row]
    found = {
        field: names.index(name) for field, known in _HEADINGS.items() for name in reversed(known) if name in names
    }
    return {**found, "heading": 1} if "link" in found and not any(_ADDRESS.search(cell) for cell in row) else {}


def _linked(row: Sequence[str] | None, columns: Mapping[str, int], position: int, zone: tzinfo) -> Past | BadRecord:
    if row is None:
        return BadRecord(position, "too_long")
    cells = [_cell(row, columns["link"])] if "link" in columns else row
    urls = [match.group()[:2_048] for cell in cells for match in _ADDRESS.finditer(cell)]
    if not urls:
        return BadRecord(position, "no_link")
    when = _cell(row, columns["at"]) if "at" in columns else next((one for one in row if _moment(one, zone)), "")
    name = _name(_cell(row, columns["by"])) if "by" in columns else ""
    return Past(position, None, _moment(when, zone), _named(name), "", tuple(urls[:_MOST_URLS]))


def _cell(row: Sequence[str], column: int) -> str:
    return row[column] if column < len(row) else ""


def _encoding(beginning: bytes) -> str:
    for mark, name in _ENCODINGS:
        if beginning.startswith(mark):
            return name
    if b"\x00" in beginning:
        raise ArchiveFileError("not_text")
    try:
        codecs.getincrementaldecoder("utf-8")().decode(beginning)
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def _decoded(beginning: bytes) -> str:
    return beginning.decode(_encoding(beginning), "replace")


def _moment(written: str, zone: tzinfo) -> datetime | None:
    """A moment as people and programs write it, the day before the month; None where it is none."""
    written = written.strip()
    try:
        if match := _NUMERIC_DATE.fullmatch(written):
            day, month, year, hour, minute, second = (int(part or 0) for part in match.groups())
            moment = datetime(year, month, day, hour, minute, second)  # noqa: DTZ001 - its zone is given below
        else:
            moment = datetime.fromisoformat(written)
        moment = (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return moment if _FIRST_YEAR <= moment.year <= _LAST_YEAR else None
