"""Articles of an archive go in one by one; csv, xlsx or json files of bounded size come out, one row an article.

The columns of csv and xlsx are the same and stay: new ones come at the end. Whole texts are in the json alone; tables
hold what was found in them. What comes from pages is never a formula: in csv a cell that a spreadsheet would compute
begins with an apostrophe, in xlsx every text is written as text. csv is UTF-8 with a byte order mark, by which Excel
knows it, and has commas, which every tool reads.
"""

from __future__ import annotations

import csv
import io
import json
import re
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Any, BinaryIO, Literal, Protocol

ExportKind = Literal["csv", "xlsx", "json"]
Cell = str | int | float | bool | datetime | None

_LONGEST_CELL = 32_767
"""Characters in a cell of Excel."""
_LONGEST_LIST = 60
# The marks around a cell, compressed; what a compressor may hold back.
_MARKS, _WAITING = 8, 100_000
_MOST_ROWS = 1_000_000
"""Excel takes 1,048,576."""
# XML 1.0 has no place for these, and no reader a use.
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff\ud800-\udfff]")
_FORMULA = re.compile("^[\\s\u00a0\u200b\ufeff]*[=+\\-@\uff1d\uff0b\uff0d\uff20\t\r|]")
_ADDRESS = re.compile(r"https?://[^\s]+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ExportRow:
    """An article: `annotation` is JSON of `warta.annotation/1`, `card` its number, `message` the address of the message
    that shared it first. Moments have a zone.
    """

    annotation: Mapping[str, Any]
    archived_at: datetime
    shared_by: tuple[str, ...]
    shared_at: datetime | None
    message: str | None
    card: int


def _published(row: ExportRow, zone: tzinfo) -> Cell:
    written = row.annotation.get("published")
    return _local(datetime.fromisoformat(written), zone) if written else None


def _local(moment: datetime | None, zone: tzinfo) -> datetime | None:
    """A moment on the clock of the chat, without its zone: spreadsheets know none."""
    try:
        return moment.astimezone(zone).replace(tzinfo=None, microsecond=0) if moment else None
    except (OverflowError, ValueError):
        return None


def _names(row: ExportRow, field: str, kinds: Sequence[str] = ()) -> str:
    found = [one["name"] for one in row.annotation[field][:_LONGEST_LIST] if not kinds or one["kind"] in kinds]
    return "; ".join(dict.fromkeys(found))


def _figures(row: ExportRow) -> str:
    figures = row.annotation["figures"][:_LONGEST_LIST]
    return "; ".join(f"{one['name']} ({one['role']})" if one["role"] else one["name"] for one in figures)


def _places(row: ExportRow) -> str:
    places = row.annotation["places"][:_LONGEST_LIST]
    return "; ".join(f"{one['name']}, {one['within']}" if one["within"] else one["name"] for one in places)


def _provinces(row: ExportRow) -> str:
    places = row.annotation["places"][:_LONGEST_LIST]
    found = (one["name"] if one["kind"] == "province" else one["within"] for one in places if one["country"] == "ID")
    return "; ".join(dict.fromkeys(filter(None, found)))


def _numbers(row: ExportRow) -> str:
    numbers = row.annotation["numbers"][:_LONGEST_LIST]
    return "; ".join(f"{one['text']} ({one['what']})" if one["what"] else one["text"] for one in numbers)


def _main_figure(row: ExportRow) -> str | None:
    return next((one["name"] for one in row.annotation["figures"] if one["main"]), None)


_READ: Mapping[str, Callable[[ExportRow, tzinfo], Cell]] = {
    "card": lambda row, _: row.card,
    "published": _published,
    "archived_at": lambda row, zone: _local(row.archived_at, zone),
    "shared_at": lambda row, zone: _local(row.shared_at, zone),
    "shared_by": lambda row, _: "; ".join(row.shared_by),
    "title": lambda row, _: row.annotation["title"],
    "outlet": lambda row, _: row.annotation["outlet"]["name"],
    "domain": lambda row, _: row.annotation["outlet"]["domain"],
    "media_type": lambda row, _: row.annotation["outlet"]["type"],
    "media_province": lambda row, _: row.annotation["outlet"]["province"],
    "tone": lambda row, _: row.annotation["tone"]["label"],
    "confidence": lambda row, _: round(row.annotation["tone"]["confidence"], 3),
    "sure": lambda row, _: row.annotation["tone"]["sure"],
    "summary": lambda row, _: " ".join(row.annotation["summary"]),
    "evidence": lambda row, _: " ".join(one["sentence"] for one in row.annotation["tone"]["evidence"][:3]),
    "figures": lambda row, _: _figures(row),
    "main_figure": lambda row, _: _main_figure(row),
    "places": lambda row, _: _places(row),
    "provinces": lambda row, _: _provinces(row),
    "countries": lambda row, _: _names(row, "places", ("country",)),
    "organizations": lambda row, _: _names(row, "organizations"),
    "numbers": lambda row, _: _numbers(row),
    "quotes": lambda row, _: "; ".join(f"{one['speaker']}: “{one['text']}”" for one in row.annotation["quotes"][:10]),
    "authors": lambda row, _: "; ".join(row.annotation["authors"][:10]),
    "dateline": lambda row, _: row.annotation["dateline"],
    "language": lambda row, _: row.annotation["language"],
    "words": lambda row, _: row.annotation["words"],
    "url": lambda row, _: row.annotation["url"] or row.annotation["canonical_url"],
    "message": lambda row, _: row.message,
    "corrected": lambda row, _: "; ".join(row.annotation["corrected"]),
    "model": lambda row, _: f"{row.annotation['model']['name']} {row.annotation['model']['version']}",
}
COLUMNS = tuple(_READ)
"""The columns of csv and xlsx, in their order."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What files are made: `name` without its end, `limit` in bytes a file, `headers` the words above the columns."""

    kind: ExportKind
    folder: Path
    name: str
    limit: int
    timezone: tzinfo
    headers: Mapping[str, str]


class _Part(Protocol):
    """A file that is being written."""

    def fits(self, row: ExportRow) -> bool:
        """Whether a further row keeps it within its limit."""

    def add(self, row: ExportRow) -> None:
        """Write a row."""

    def close(self) -> None:
        """Finish the file."""


def write(rows: Iterable[ExportRow], plan: Plan) -> Iterator[Path]:
    """Write the rows, each finished file as it is done: `NAME-1.csv`, `NAME-2.csv`, … A file has one row at least.

    A row that is larger than a file may be goes alone.
    """
    part: _Part | None = None
    number = 0
    for row in rows:
        if part is not None and not part.fits(row):
            part.close()
            yield _path(plan, number)
            part = None
        if part is None:
            number += 1
            part = _PARTS[plan.kind](_path(plan, number), plan)
        part.add(row)
    if part is not None:
        part.close()
        yield _path(plan, number)


def _path(plan: Plan, number: int) -> Path:
    return plan.folder / f"{plan.name}-{number}.{plan.kind}"


def _cells(row: ExportRow, zone: tzinfo) -> list[Cell]:
    return [_clean(read(row, zone)) for read in _READ.values()]


def _clean(value: Cell) -> Cell:
    if not isinstance(value, str):
        return value
    if len(value) > _LONGEST_CELL:
        value = value[: _LONGEST_CELL - 2] + "…"
    return _ILLEGAL.sub("", value) if _ILLEGAL.search(value) else value


class _Csv:
    """A csv file: every line is measured before it is written."""

    def __init__(self, path: Path, plan: Plan) -> None:
        self._file: BinaryIO = path.open("wb")
        self._plan = plan
        self._next: tuple[ExportRow | None, bytes] = (None, b"")
        self._line = io.StringIO()
        self._writer = csv.writer(self._line, lineterminator="\r\n")
        self._size = self._file.write(b"\xef\xbb\xbf" + self._encoded([plan.headers[name] for name in COLUMNS]))

    def fits(self, row: ExportRow) -> bool:
        return self._size + len(self._written(row)) <= self._plan.limit

    def add(self, row: ExportRow) -> None:
        self._size += self._file.write(self._written(row))

    def close(self) -> None:
        self._file.close()

    def _written(self, row: ExportRow) -> bytes:
        if self._next[0] is not row:
            line = self._encoded([_csv_cell(cell) for cell in _cells(row, self._plan.timezone)])
            self._next = (row, line)
        return self._next[1]

    def _encoded(self, cells: Sequence[str]) -> bytes:
        self._line.seek(0)
        self._line.truncate()
        self._writer.writerow(cells)
        return self._line.getvalue().encode("utf-8", "replace")


def _csv_cell(cell: Cell) -> str:
    match cell:
        case None:
            return ""
        case bool():
            return str(int(cell))
        case datetime():
            return cell.isoformat(" ")
        case str():
            text = cell.replace("\r\n", "\n").replace("\r", "\n")
            return f"'{text}" if _FORMULA.match(text) else text
        case _:
            return str(cell)


class _Xlsx:
    """An Excel file: how large it becomes shows at its end, so what goes in is compressed on the way to measure it."""

    def __init__(self, path: Path, plan: Plan) -> None:
        import xlsxwriter  # noqa: PLC0415 - only for who asks for it

        self._plan, self._row, self._size = plan, 0, 20_000
        self._deflate = zlib.compressobj(1)
        self._next: tuple[ExportRow | None, list[Cell]] = (None, [])
        options = {
            "constant_memory": True,
            "tmpdir": str(plan.folder),
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        }
        self._book = xlsxwriter.Workbook(str(path), options)
        self._sheet = self._book.add_worksheet("Warta")
        self._moment = self._book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        bold = self._book.add_format({"bold": True})
        for column, name in enumerate(COLUMNS):
            self._sheet.set_column(column, column, _WIDTHS.get(name, 14))
            self._sheet.write_string(0, column, str(_clean(plan.headers[name])), bold)
        self._sheet.freeze_panes(1, 0)

    def fits(self, row: ExportRow) -> bool:
        # What was compressed may still wait inside the compressor, up to some tens of kilobytes.
        largest = _MARKS * len(COLUMNS) + 4 * sum(len(cell) for cell in self._cells(row) if isinstance(cell, str))
        return self._size + largest + _WAITING <= self._plan.limit and self._row < _MOST_ROWS

    def add(self, row: ExportRow) -> None:
        self._row += 1
        sheet, number = self._sheet, self._row
        texts: list[str] = []
        for column, cell in enumerate(self._cells(row)):
            if isinstance(cell, str):
                if cell:
                    sheet.write_string(number, column, cell)
                    texts.append(cell)
            elif isinstance(cell, datetime):
                sheet.write_datetime(number, column, cell, self._moment)
            elif isinstance(cell, bool):
                sheet.write_boolean(number, column, cell)
            elif cell is not None:
                sheet.write_number(number, column, cell)
        self._size += len(self._deflate.compress("".join(texts).encode("utf-8", "replace"))) + _MARKS * len(COLUMNS)

    def _cells(self, row: ExportRow) -> list[Cell]:
        if self._next[0] is not row:
            self._next = (row, _cells(row, self._plan.timezone))
        return self._next[1]

    def close(self) -> None:
        self._sheet.autofilter(0, 0, self._row, len(COLUMNS) - 1)
        self._book.close()


class _Json:
    """A JSON array of annotations, each with when, by whom and where it was shared."""

    def __init__(self, path: Path, plan: Plan) -> None:
        self._file: BinaryIO = path.open("wb")
        self._limit = plan.limit - 4
        self._size = self._file.write(b"[\n")
        self._first = True
        self._next: tuple[ExportRow | None, bytes] = (None, b"")

    def fits(self, row: ExportRow) -> bool:
        return self._size + len(self._written(row)) + 2 <= self._limit

    def add(self, row: ExportRow) -> None:
        self._size += self._file.write((b"" if self._first else b",\n") + self._written(row))
        self._first = False

    def close(self) -> None:
        self._file.write(b"\n]\n")
        self._file.close()

    def _written(self, row: ExportRow) -> bytes:
        if self._next[0] is not row:
            told = {
                "card": row.card,
                "archived_at": row.archived_at.isoformat(),
                "shared_at": row.shared_at.isoformat() if row.shared_at else None,
                "shared_by": list(row.shared_by),
                "message": row.message,
            }
            text = json.dumps({**row.annotation, **told}, ensure_ascii=False)
            self._next = (row, text.encode("utf-8", "replace"))
        return self._next[1]


_WIDTHS = {"title": 60, "summary": 60, "evidence": 40, "figures": 40, "places": 30, "url": 40, "published": 17}
_PARTS: Mapping[ExportKind, Callable[[Path, Plan], _Part]] = {"csv": _Csv, "xlsx": _Xlsx, "json": _Json}
