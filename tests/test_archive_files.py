"""Files that a team brings from before: what was shared in them is found, whatever is damaged or hostile about them."""

from __future__ import annotations

import json
import random
import tracemalloc
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from builders import JAKARTA
from hypothesis import given, settings
from hypothesis import strategies as st

from services.archive_files import ArchiveFileError, BadRecord, Past, read
from services.models import Sharer


def message(number: int = 50, **fields: object) -> dict[str, object]:
    return {
        "id": number, "type": "message", "date": "2026-01-05T10:11:12", "date_unixtime": "1767582672",
        "from": "Ani Lestari", "from_id": "user4711", "text": f"Baca https://kabar.example/{number}", **fields,
    }  # fmt: skip


def export(*messages: object, kind: str = "private_supergroup") -> bytes:
    return json.dumps({"name": "Redaksi", "type": kind, "id": 1234, "messages": messages}).encode()


def records(content: bytes, folder: Path) -> list[Past | BadRecord]:
    path = folder / "file"
    path.write_bytes(content)
    return list(read(path, JAKARTA))


def test_a_message_of_telegram_desktop(tmp_path: Path) -> None:
    (one,) = records(export(message()), tmp_path)
    assert one == Past(
        0,
        50,
        datetime(2026, 1, 5, 3, 11, 12, tzinfo=UTC),
        Sharer(4711, "Ani Lestari"),
        "Baca https://kabar.example/50",
        (),
    )


def test_addresses_behind_words_and_in_pieces(tmp_path: Path) -> None:
    text = ["Lihat ", {"type": "text_link", "text": "ini", "href": "https://kabar.example/1"}, " dan ",
            {"type": "link", "text": "https://kabar.example/2"}, 7, None]  # fmt: skip
    (one,) = records(export(message(text=text)), tmp_path)
    assert isinstance(one, Past)
    assert (one.text, one.urls) == ("Lihat ini dan https://kabar.example/2", ("https://kabar.example/1",))


def test_service_messages_count_as_positions(tmp_path: Path) -> None:
    found = records(export({"id": 1, "type": "service"}, message()), tmp_path)
    assert found[0] == BadRecord(0, "not_a_message")
    assert found[1].position == 1


@pytest.mark.parametrize(
    ("kind", "number"), [("private_supergroup", 50), ("public_channel", 50), ("private_group", None)]
)
def test_numbers_of_basic_groups_lead_nowhere(kind: str, number: int | None, tmp_path: Path) -> None:
    (one,) = records(export(message(), kind=kind), tmp_path)
    assert isinstance(one, Past)
    assert one.message_id == number


@pytest.mark.parametrize(
    ("given", "sharer"),
    [("user1", 1), ("channel5", -1_000_000_000_005), (None, None), ("user" + "9" * 30, None), (12, None)],
)
def test_who_shared(given: object, sharer: int | None, tmp_path: Path) -> None:
    (one,) = records(export(message(from_id=given)), tmp_path)
    assert isinstance(one, Past)
    assert (one.sharer.id if one.sharer else None) == sharer


def test_without_unix_time_the_zone_counts(tmp_path: Path) -> None:
    (one,) = records(export(message(date_unixtime=None)), tmp_path)
    assert isinstance(one, Past)
    assert one.at == datetime(2026, 1, 5, 3, 11, 12, tzinfo=UTC)


def test_a_file_cut_off_gives_what_it_has(tmp_path: Path) -> None:
    content = export(*(message(number) for number in range(1, 40)))
    kept: list[Past | BadRecord] = []
    with pytest.raises(ArchiveFileError) as told:
        collect(content[: len(content) // 2], tmp_path, kept)
    assert told.value.reason == "broken"
    assert told.value.position == len(kept) > 10


def collect(content: bytes, folder: Path, into: list[Past | BadRecord]) -> None:
    path = folder / "file"
    path.write_bytes(content)
    into.extend(read(path, JAKARTA))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b" \n\t", "empty"),
        (b"\x89PNG\x00\x01\x02", "not_text"),
        (b"nama;umur\nAni;7", "no_links"),
        (b'{"chats": {"list": [{"messages": []}]}}', "whole_account"),
        (b'{"messages": [', "broken"),
        (b"{" * 50_000, "broken"),
        (b'{"messages": ' + b"[" * 50_000, "broken"),
    ],
)
def test_files_that_are_no_archive(content: bytes, reason: str, tmp_path: Path) -> None:
    with pytest.raises(ArchiveFileError) as told:
        records(content, tmp_path)
    assert told.value.reason == reason


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_table_with_headings(encoding: str, delimiter: str, tmp_path: Path) -> None:
    lines = (("Judul", "Tautan", "Tanggal", "Oleh"), ("Café", "https://kabar.example/1", "05/01/2026 10:00", "Ani"),
             ("Dua", "https://kabar.example/2", "2026-01-06", ""))  # fmt: skip
    one, other = records("\r\n".join(delimiter.join(line) for line in lines).encode(encoding), tmp_path)
    assert isinstance(one, Past)
    assert isinstance(other, Past)
    assert (one.urls, one.at) == (("https://kabar.example/1",), datetime(2026, 1, 5, 3, 0, tzinfo=UTC))
    assert one.sharer is not None
    assert one.sharer.name == "Ani"
    assert other.at == datetime(2026, 1, 5, 17, 0, tzinfo=UTC)
    assert other.sharer is None


def test_one_address_a_line(tmp_path: Path) -> None:
    found = records(b"https://a.example/1\n\nhttps://a.example/2?x=1\nbukan tautan\n", tmp_path)
    told = [one.urls[0] if isinstance(one, Past) else one.reason for one in found]
    assert told == ["https://a.example/1", "https://a.example/2?x=1", "no_link"]


def test_an_open_quotation_mark_costs_a_line_not_the_rest(tmp_path: Path) -> None:
    content = b'judul,link\n"tidak ditutup,https://a.example/1\nhttps://a.example/2,x\nDua,https://a.example/3\n'
    found = records(content, tmp_path)
    addresses = [url for one in found if isinstance(one, Past) for url in one.urls]
    assert "https://a.example/3" in addresses


def test_the_same_name_is_the_same_member(tmp_path: Path) -> None:
    content = b"link,oleh\nhttps://a.example/1,Ani\nhttps://a.example/2,ani\nhttps://a.example/3,Budi\n"
    one, other, third = (row.sharer for row in records(content, tmp_path) if isinstance(row, Past))
    assert one is not None
    assert other is not None
    assert third is not None
    assert one.id == other.id != third.id
    assert one.id < -(2**50) + 1


def test_reading_goes_on_where_it_ended(tmp_path: Path) -> None:
    content = export(*(message(number) for number in range(1, 30)))
    whole, again = records(content, tmp_path), records(content, tmp_path)
    assert [one for one in again if one.position >= 12] == whole[12:]


VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(2**62), 2**62), st.floats(-1e300, 1e300), st.text(max_size=20)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)),
    max_leaves=6,
)
NAMES = st.sampled_from(["id", "type", "date", "date_unixtime", "from", "from_id", "text", "text_entities", "x"])


@settings(max_examples=150)
@given(st.lists(st.one_of(VALUES, st.dictionaries(NAMES, VALUES).map(lambda one: {**message(), **one})), max_size=4))
def test_any_values_in_messages(tmp_path_factory: pytest.TempPathFactory, messages: list[Any]) -> None:
    found = records(export(*messages), tmp_path_factory.mktemp("any"))
    assert len(found) == len(messages)


def test_damaged_bytes_raise_nothing_else(tmp_path: Path) -> None:
    rng = random.Random(9)
    sources = (
        export(*(message(number) for number in range(8))),
        b'judul;link;tanggal\nSatu;https://a.example/1;05/01/2026\n"Dua";https://a.example/2;x\n',
    )
    for number in range(600):
        content = bytearray(sources[number % 2])
        for _ in range(rng.randrange(1, 12)):
            at = rng.randrange(len(content))
            content[at : at + rng.randrange(3)] = bytes(rng.randrange(256) for _ in range(rng.randrange(4)))
        try:
            records(bytes(content), tmp_path)
        except ArchiveFileError:
            continue


def test_memory_stays_flat(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(export(*(message(number, text="kata " * 400) for number in range(2_500))))
    tracemalloc.start()
    try:
        assert sum(1 for _ in read(path, JAKARTA)) == 2_500
        assert tracemalloc.get_traced_memory()[1] < 2_000_000
    finally:
        tracemalloc.stop()
