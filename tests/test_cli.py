"""The commands, run as a person or a script runs them."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType

import pytest
from webserver import Answer, Request, WebServer, redirect, reply

from bot import commands

ROOT = Path(__file__).resolve().parent.parent
SAMPLE = ROOT / "samples" / "jembatan.html"
FIELDS = """schema url canonical_url title language outlet authors published dateline image words text tone summary
    summary_kind figures places organizations numbers quotes corrected model"""
ARTICLE = (
    "Wali Kota Magelang Damar Prasetya meresmikan taman baca di Kecamatan Magelang Utara, Senin. Taman itu menelan "
    "biaya Rp 1,5 miliar dan dapat menampung 300 pengunjung. Warga menyambut gembira karena anak-anak kini punya "
    "tempat belajar yang nyaman dan aman sepulang sekolah setiap hari."
)


def warta(
    *arguments: str, stdin: bytes = b"", environment: Mapping[str, str] = MappingProxyType({})
) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "bot", *arguments],
        input=stdin,
        capture_output=True,
        cwd=ROOT,
        env=clean() | dict(environment),
        timeout=60,
        check=False,
    )


def clean() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("WARTA_")}


@contextmanager
def serving(**routes: Answer) -> Iterator[WebServer]:
    """A web server in a thread of its own, for commands that run as processes."""
    server, started, stop = WebServer(routes=dict(routes)), threading.Event(), asyncio.Event()
    loop = asyncio.new_event_loop()

    async def serve() -> None:
        async with server:
            started.set()
            await stop.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    started.wait(10)
    try:
        yield server
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(10)
        loop.close()


def test_the_card_of_a_saved_page_in_both_languages() -> None:
    done = warta("card", str(SAMPLE))
    assert done.returncode == 0
    card = done.stdout.decode()
    assert card.startswith("Jembatan Gantung Cilutung Selesai")
    for part in (
        "Kabar Contoh",
        "18 November 2026, 09.15 WIB",
        "Positif",
        "Hendra Wiguna (Bupati Majalengka)",
        "Rp 4,7 miliar",
    ):
        assert part in card
    assert "Kabupaten Majalengka, Jawa Barat" in card
    assert "Baca juga" not in card
    assert "Positive" in warta("card", "--lang", "en", str(SAMPLE)).stdout.decode()


def test_the_annotation_as_json_keeps_the_contract() -> None:
    done = warta("card", "--json", "--url", "https://jateng.tribunnews.com/a", str(SAMPLE))
    annotation = json.loads(done.stdout)
    assert annotation["schema"] == "warta.annotation/1"
    assert set(annotation) == set(FIELDS.split())
    assert annotation["published"] == "2026-11-18T09:15:00+07:00"
    assert annotation["dateline"] == "MAJALENGKA"
    assert all(sentence in annotation["text"] for sentence in annotation["summary"])
    assert sum(annotation["tone"]["scores"].values()) == pytest.approx(1)
    assert annotation["language"] == "id"


def test_pasted_text_comes_from_stdin() -> None:
    done = warta("card", "-", stdin=f"Taman Baca Baru di Magelang\n\n{ARTICLE}".encode())
    assert done.returncode == 0
    assert "Damar Prasetya (Wali Kota Magelang)" in done.stdout.decode()


@pytest.mark.parametrize(
    ("arguments", "stdin", "status"),
    [
        (["card", "tidak-ada.txt"], b"", 2),
        (["card"], b"", 2),
        (["card", "--lang", "xx", "-"], b"", 2),
        (["annotate", "--jobs", "0"], b"", 2),
        (["card", "-"], b"", 3),
        (["card", "-"], b"terlalu pendek", 3),
        (["card", "-"], b"\x89PNG\r\n\x1a\n\x00\x00\x00", 3),
        (["card", "http://127.0.0.1/"], b"", 4),
        (["card", "http://169.254.169.254/latest"], b"", 4),
        (["card", "https://contoh.invalid/berita"], b"", 5),
    ],
)
def test_mistakes_end_with_their_status_and_one_sentence(arguments: list[str], stdin: bytes, status: int) -> None:
    done = warta(*arguments, stdin=stdin)
    assert done.returncode == status
    assert done.stdout == b""
    complaint = done.stderr.decode()
    assert complaint.strip()
    assert "Traceback" not in complaint
    if arguments[:1] == ["card"] and arguments[1:] not in ([], ["--lang", "xx", "-"]):
        assert len(complaint.strip().splitlines()) == 1


def test_complaints_speak_the_language_that_was_set() -> None:
    assert "Teksnya" in warta("card", "-").stderr.decode()
    assert "text" in warta("card", "-", environment={"WARTA_LANG": "en"}).stderr.decode()


@pytest.mark.parametrize(
    ("name", "value"), [("WARTA_LANG", "xx"), ("WARTA_TZ", "Mars/Phobos"), ("WARTA_FETCH_ALLOW", "abc")]
)
def test_a_setting_that_makes_no_sense_is_named(name: str, value: str) -> None:
    done = warta("card", str(SAMPLE), environment={name: value})
    assert done.returncode == 2
    assert name in done.stderr.decode()


def test_a_model_that_is_none_is_told(tmp_path: Path) -> None:
    done = warta("card", str(SAMPLE), environment={"WARTA_MODEL": str(tmp_path)})
    assert done.returncode == 2
    assert "Traceback" not in done.stderr.decode()


def test_a_link_is_fetched_and_its_detours_and_pages_followed() -> None:
    page = SAMPLE.read_text("utf-8").replace(
        "</article>", '<div class="pagination"><a rel="next" href="/artikel?page=2">2</a></div></article>'
    )
    second = page.replace(
        "Jembatan lama hanyut", "Pekan depan jembatan kedua mulai dibangun di hulu. Jembatan lama hanyut"
    )
    with serving(**{"/pendek": redirect("/artikel")}) as web:

        async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
            await reply((second if "page=2" in request.target else page).encode())(request, writer)

        web.routes["/artikel"] = answer
        done = warta(
            "card", "--json", f"{web.origin}/pendek", environment={"WARTA_FETCH_ALLOW": f"127.0.0.1:{web.port}"}
        )
    assert done.returncode == 0, done.stderr.decode()
    annotation = json.loads(done.stdout)
    assert annotation["title"].startswith("Jembatan Gantung Cilutung")
    assert "jembatan kedua mulai dibangun di hulu" in annotation["text"]


def test_a_fault_of_ours_is_told_in_a_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError("isi artikel")

    monkeypatch.setattr(commands, "_source", fail)
    assert commands.run(argparse.Namespace(command="card", source="x", url=None, lang="id")) == 1
    complaint = capsys.readouterr().err
    assert "Maaf" in complaint
    assert "ZeroDivisionError" in complaint
    assert "Traceback" not in complaint
    assert "isi artikel" not in complaint


def test_many_articles_are_answered_in_order_and_bad_lines_in_place() -> None:
    lines = [
        {"id": 1, "title": "Taman Baca Baru di Magelang", "text": ARTICLE},
        "bukan json",
        {"id": "dua", "html": SAMPLE.read_text("utf-8"), "url": "https://www.kompas.com/a"},
        [1, 2],
        {"id": 3, "url": "http://10.0.0.1/"},
        {"id": None, "text": ""},
        {"id": 4},
        {"id": 5, "text": 7},
        {"id": {"x": 1}, "title": "Judul", "text": ARTICLE},
    ]
    stdin = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines) + "\n\n"
    done = warta("annotate", "--jobs", "2", stdin=stdin.encode() + b"\xff\xfe\n")
    assert done.returncode == 0, done.stderr.decode()
    answers = [json.loads(line) for line in done.stdout.decode().splitlines()]
    assert [answer["id"] for answer in answers] == [1, None, "dua", None, 3, None, 4, 5, {"x": 1}, None]
    kinds = [answer["error"]["kind"] if "error" in answer else None for answer in answers]
    assert kinds == [None, "usage", None, "usage", "refused_address", "empty", "usage", "usage", None, "usage"]
    assert all(answer["error"]["message"] for answer in answers if "error" in answer)
    assert answers[0]["annotation"]["title"] == "Taman Baca Baru di Magelang"
    assert answers[2]["annotation"]["outlet"]["name"] == "Kompas.com"


# A shell without job control starts its background jobs deaf to Ctrl-C, and that is inherited.
LISTENING = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); from bot.cli import main; main()"


def test_ctrl_c_leaves_whole_lines() -> None:
    line = json.dumps({"id": 1, "title": "Taman Baca", "text": ARTICLE * 5}).encode() + b"\n"
    process = subprocess.Popen(
        [sys.executable, "-c", LISTENING, "annotate", "--jobs", "2"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=ROOT,
        env=clean(),
        start_new_session=True,
    )
    too_late = threading.Timer(60, process.kill)
    too_late.start()
    with process:
        assert process.stdin
        assert process.stdout
        assert process.stderr
        process.stdin.write(line * 20)
        process.stdin.flush()  # And stays open: more could come.
        first = process.stdout.readline()
        os.killpg(process.pid, signal.SIGINT)
        rest = process.stdout.read()
        complaint = process.stderr.read().decode()
    too_late.cancel()
    assert process.returncode == 1
    assert "Traceback" not in complaint
    output = first + rest
    assert output.endswith(b"\n")
    assert all(json.loads(line)["id"] == 1 for line in output.splitlines())


def test_a_reader_that_goes_away_ends_it_quietly() -> None:
    line = json.dumps({"id": 1, "text": ARTICLE}).encode() + b"\n"
    process = subprocess.Popen(
        [sys.executable, "-m", "bot", "annotate"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=ROOT,
        env=clean(),
    )
    with process:
        assert process.stdout
        process.stdout.close()
        process.stdout = None
        _, complaint = process.communicate(line * 3, timeout=60)
    assert b"Traceback" not in complaint
