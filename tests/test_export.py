"""Exports: every fact comes back, nothing becomes a formula, no file grows too large."""

from __future__ import annotations

import csv
import io
import json
import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from builders import JAKARTA, a_figure, an_annotation, an_article
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from services.export import COLUMNS, ExportKind, ExportRow, Plan, write
from services.models import Annotation
from services.schema import annotation_to_json

MOMENT = datetime(2026, 6, 15, 2, 5, tzinfo=UTC)
KINDS: Sequence[ExportKind] = ("csv", "xlsx", "json")


def a_row(annotation: Annotation | None = None, card: int = 1) -> ExportRow:
    return ExportRow(
        annotation_to_json(annotation or an_annotation()), MOMENT, ("Ani", "Budi"), MOMENT, "https://t.me/c/1/2", card
    )


def plan(kind: ExportKind, folder: Path, limit: int = 1_000_000) -> Plan:
    return Plan(kind, folder, "arsip", limit, JAKARTA, {name: name for name in COLUMNS})


def tables(paths: Iterable[Path]) -> Iterator[list[dict[str, Any]]]:
    """The rows of each file, whatever its kind."""
    for path in paths:
        if path.suffix == ".csv":
            yield list(csv.DictReader(io.StringIO(path.read_bytes().decode("utf-8-sig"), newline="")))
        elif path.suffix == ".json":
            yield json.loads(path.read_text("utf-8"))
        else:
            sheet = load_workbook(path).active
            assert sheet is not None
            head, *rows = sheet.iter_rows(values_only=True)
            yield [dict(zip(map(str, head), row, strict=False)) for row in rows]


def written(row: ExportRow, kind: ExportKind, folder: Path) -> dict[str, Any]:
    ((only,),) = tables(write([row], plan(kind, folder)))
    return only


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_every_fact_of_an_article_is_in_its_row(kind: ExportKind, tmp_path: Path) -> None:
    row = written(a_row(replace(an_annotation(), corrected=("tone", "places"))), kind, tmp_path)
    assert tuple(row) == COLUMNS
    assert row["title"] == "Jembatan Layang Ciroyom Mulai Dibangun"
    assert row["figures"] == "Ratna Dewantari (Wali Kota Bandung)"
    assert row["places"] == "Kota Bandung, Jawa Barat"
    assert row["provinces"] == "Jawa Barat"
    assert row["numbers"] == "Rp 1,2 triliun (biaya jembatan)"
    assert row["shared_by"] == "Ani; Budi"
    assert row["corrected"] == "tone; places"
    assert row["message"] == "https://t.me/c/1/2"
    assert str(row["published"])[:16] == "2026-06-15 09:05"
    assert float(row["confidence"]) == 0.87
    assert int(row["card"]) == 1


def test_json_is_the_annotation_and_where_it_was_shared(tmp_path: Path) -> None:
    annotation = an_annotation()
    row = written(a_row(annotation), "json", tmp_path)
    assert {name: row[name] for name in annotation_to_json(annotation)} == annotation_to_json(annotation)
    assert (row["card"], row["shared_by"], row["shared_at"]) == (1, ["Ani", "Budi"], MOMENT.isoformat())


def test_csv_opens_in_excel(tmp_path: Path) -> None:
    (path,) = write([a_row()], plan("csv", tmp_path))
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    assert b"\r\n" in path.read_bytes()


FORMULAS = (
    *("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =cmd|' /C calc'!A0", "\u00a0=1", "|x"),
    *("＝1", "＋1", "－1", "＠x"),
)


@pytest.mark.parametrize("text", FORMULAS)
def test_nothing_becomes_a_formula(text: str, tmp_path: Path) -> None:
    annotation = an_annotation(article=an_article(title=text), figures=(a_figure(text, None),))
    cell = written(a_row(annotation), "csv", tmp_path)["title"]
    assert cell.startswith("'")
    (path,) = write([a_row(annotation)], plan("xlsx", tmp_path))
    sheet = load_workbook(path).active
    assert sheet is not None
    kinds = {cell.data_type for row in sheet.iter_rows() for cell in row}
    assert "f" not in kinds
    assert not [cell for row in sheet.iter_rows() for cell in row if cell.hyperlink]


@settings(max_examples=60)
@given(st.text(st.characters(), max_size=60))
def test_any_text_is_written_and_read(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    folder = tmp_path_factory.mktemp("any")
    row = a_row(an_annotation(article=an_article(title=f"a {text} z")))
    for kind in KINDS:
        title = written(row, kind, folder)["title"]
        assert title.startswith("a ")
        assert title.endswith(" z")


def test_what_xml_and_utf8_have_no_place_for_is_left_out(tmp_path: Path) -> None:
    row = ExportRow(
        {**a_row().annotation, "title": "a\x00b\x0bc\ud800d\ufffee", "authors": ["\udfff"]}, MOMENT, (), None, None, 1
    )
    assert written(row, "xlsx", tmp_path)["title"] == "abcde"
    assert written(row, "csv", tmp_path)["title"] == "abcde"
    assert written(row, "json", tmp_path)["title"].startswith("a")


def noise(rng: random.Random, size: int) -> str:
    """Text that hardly compresses."""
    return "".join(chr(rng.choice((rng.randrange(0x21, 0x7F), rng.randrange(0x4E00, 0x9FFF)))) for _ in range(size))


@pytest.mark.parametrize("kind", KINDS)
def test_no_file_is_larger_than_its_limit_and_no_row_is_lost(kind: ExportKind, tmp_path: Path) -> None:
    rng, limit = random.Random(4), 300_000
    texts = [noise(rng, rng.randrange(3_000)) for _ in range(300)]
    rows = [a_row(an_annotation(summary=(text,)), number) for number, text in enumerate(texts)]
    paths = list(write(rows, plan(kind, tmp_path, limit)))
    assert len(paths) > 2
    assert max(path.stat().st_size for path in paths) <= limit
    parts = list(tables(paths))
    assert [int(row["card"]) for part in parts for row in part] == list(range(300))
    assert all(tuple(part[0]) == tuple(parts[0][0]) for part in parts)


def test_a_row_that_is_too_large_goes_alone(tmp_path: Path) -> None:
    large = a_row(an_annotation(article=an_article(text="kata " * 5_000)), 2)
    parts = list(tables(write([a_row(card=1), large, a_row(card=3)], plan("json", tmp_path, 8_000))))
    assert [[row["card"] for row in part] for part in parts] == [[1], [2], [3]]


def test_rows_are_written_as_they_come(tmp_path: Path) -> None:
    taken = 0

    def rows() -> Iterator[ExportRow]:
        nonlocal taken
        for number in range(1_000):
            taken += 1
            yield a_row(card=number)

    next(iter(write(rows(), plan("csv", tmp_path, 20_000))))
    assert taken < 100


def test_nothing_gives_no_file(tmp_path: Path) -> None:
    assert list(write([], plan("csv", tmp_path))) == []
