"""The embedded PostgreSQL: started, shared, killed, taken over and stopped, each with the real thing."""

from __future__ import annotations

import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from services.errors import UsageError
from services.store import embedded
from services.store.embedded import embedded_postgres

ROOT = Path(__file__).resolve().parent.parent
IS_ROOT = os.geteuid() == 0
DATA = "postgres-18"
# Another user of a home: tells when the server runs, then stays until its input ends.
USER = """
import sys
from pathlib import Path
from services.store.embedded import embedded_postgres
with embedded_postgres(Path(sys.argv[1])) as conninfo:
    print(conninfo, flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that other users reach, as a home of root's must be; pytest's own are closed to them."""
    with emptied_folder() as path:
        yield path


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    """A home that was used before."""
    with emptied_folder() as path:
        with embedded_postgres(path / "home"):
            pass
        yield path / "home"


class emptied_folder:  # noqa: N801  # a context manager, named as its callers read it
    """A new folder; what runs in it is killed at the end, so that a failed test leaves nothing behind."""

    def __enter__(self) -> Path:
        self.path = Path(tempfile.mkdtemp()).resolve()
        self.path.chmod(0o711)
        return self.path

    def __exit__(self, *_error: object) -> None:
        for process in psutil.process_iter(["cmdline"]):
            if any(str(self.path) in word for word in process.info["cmdline"] or ()):
                kill(process)
        shutil.rmtree(self.path)


def server(data: Path) -> psutil.Process:
    return psutil.Process(int((data / "postmaster.pid").read_text().splitlines()[0]))


def is_gone(process: psutil.Process) -> bool:
    """Not running; a dead process without a parent that waits for it stays a zombie."""
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


def wait_until(happened: Callable[[], object]) -> None:
    deadline = time.monotonic() + 20
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def kill(process: psutil.Process) -> None:
    process.kill()
    wait_until(lambda: is_gone(process))


class User:
    """Another process that uses a home."""

    def __init__(self, home: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", USER, str(home)], cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def conninfo(self) -> str:
        assert self.process.stdout
        return self.process.stdout.readline().strip()

    def leave(self) -> None:
        self.process.communicate(timeout=30)
        assert self.process.returncode == 0

    def die(self) -> None:
        self.process.kill()
        self.process.communicate()


def number(conninfo: str) -> int:
    """A row that is counted up, and committed, at each call."""
    with psycopg.connect(conninfo) as connection:
        connection.execute("create table if not exists visit (number serial)")
        row = connection.execute("insert into visit default values returning number").fetchone()
    assert row
    return int(row[0])


def asked(conninfo: str, query: str) -> object:
    with psycopg.connect(conninfo) as connection:
        row = connection.execute(query).fetchone()
    assert row
    return row[0]


def reason(error: pytest.ExceptionInfo[UsageError]) -> object:
    return error.value.facts["reason"]


def test_an_empty_home_gets_a_database_that_keeps_its_rows(folder: Path) -> None:
    home = folder / "new" / "home"
    with embedded_postgres(home) as conninfo:
        assert asked(conninfo, "select current_database()") == "warta"
        assert asked(conninfo, "select lower('É')") == "é"
        assert number(conninfo) == 1
        first = server(home / DATA)
    assert is_gone(first)
    assert not (home / DATA / "postmaster.pid").exists()
    with embedded_postgres(home) as conninfo:
        assert number(conninfo) == 2
    assert sorted(path.name for path in home.iterdir()) == [
        DATA,
        "postgres.log",
        "postgres.password",
        "postgres.turn.lock",
        "postgres.users.lock",
    ]


def test_two_who_start_at_once_share_one_server_and_the_last_one_stops_it(folder: Path) -> None:
    one, other = User(folder / "home"), User(folder / "home")
    assert one.conninfo() == other.conninfo() != ""
    shared = server(folder / "home" / DATA)
    with embedded_postgres(folder / "home") as conninfo:
        one.leave()
        assert number(conninfo) == 1
    assert not is_gone(shared)
    other.leave()
    assert is_gone(shared)


def test_the_last_one_stops_it_though_it_fails(home: Path) -> None:
    def fail() -> None:
        with embedded_postgres(home):
            running.append(server(home / DATA))
            raise ZeroDivisionError

    running: list[psutil.Process] = []
    with pytest.raises(ZeroDivisionError):
        fail()
    assert is_gone(running[0])


def test_a_server_whose_users_were_killed_is_taken_over_with_its_rows(home: Path) -> None:
    user = User(home)
    before = number(user.conninfo())
    left = server(home / DATA)
    user.die()
    assert not is_gone(left)
    with embedded_postgres(home) as conninfo:
        assert server(home / DATA) == left
        assert number(conninfo) == before + 1
    assert is_gone(left)


def test_a_killed_server_is_replaced_and_committed_rows_survive(home: Path) -> None:
    with embedded_postgres(home) as conninfo:
        before = number(conninfo)
        killed = server(home / DATA)
        kill(killed)
        with embedded_postgres(home) as again:
            assert again == conninfo
            assert server(home / DATA) != killed
            assert number(again) > before
    assert not (home / DATA / "postmaster.pid").exists()


def test_a_killed_server_is_replaced_only_when_its_last_query_ended(home: Path) -> None:
    with embedded_postgres(home) as conninfo:
        busy = psycopg.connect(conninfo)
        backend = psutil.Process(busy.info.backend_pid)
        busy.pgconn.send_query(b"select count(*) from generate_series(1, 4000000)")
        wait_until(lambda: backend.cpu_times().user > 0.05)
        kill(server(home / DATA))
        assert not is_gone(backend)
        with embedded_postgres(home):
            assert is_gone(backend)
        busy.close()


def test_a_server_that_never_stops_is_replaced(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Stopping a server that recovers from the loss of a child: PostgreSQL 18.4 hangs, mostly.
    monkeypatch.setattr(embedded, "_STOP_SECONDS", 1)
    log = home / "postgres.log"
    with embedded_postgres(home) as conninfo:
        before = number(conninfo)
        stopping = server(home / DATA)
        connection = psycopg.connect(conninfo)
        log.write_text("")
        psutil.Process(connection.info.backend_pid).kill()
        wait_until(lambda: "reinitializing" in log.read_text())
        stopping.send_signal(signal.SIGINT)
        wait_until(lambda: is_gone(stopping) or "stopping" in (home / DATA / "postmaster.pid").read_text())
        with embedded_postgres(home) as again:
            assert is_gone(stopping)
            assert number(again) > before
        connection.close()


def test_another_process_with_the_old_number_is_not_taken_for_the_server(home: Path) -> None:
    user = User(home)
    before = number(user.conninfo())
    killed = server(home / DATA)
    user.die()
    kill(killed)
    # It belongs to the user that runs the server: PostgreSQL overlooks what it may not signal.
    owner = (home / DATA).stat().st_uid
    other = subprocess.Popen(["sleep", "60"], user=owner if IS_ROOT else None)
    for path in (home / DATA / "postmaster.pid", home / DATA / ".s.PGSQL.5432.lock"):
        path.write_text(path.read_text().replace(str(killed.pid), str(other.pid)))
    try:
        with embedded_postgres(home) as conninfo:
            assert number(conninfo) > before
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()


@pytest.mark.parametrize(
    "content", [b"", b"\xff\x00garbage\n" * 9, b"99999999999999\n"], ids=["empty", "garbage", "number"]
)
def test_a_damaged_note_of_the_last_server_is_no_hindrance(home: Path, content: bytes) -> None:
    (home / DATA / "postmaster.pid").write_bytes(content)
    with embedded_postgres(home) as conninfo:
        assert number(conninfo)


def test_an_interrupted_initdb_is_done_again_beside_the_old_one(folder: Path) -> None:
    user = User(folder)
    wait_until(lambda: [*folder.glob(f"{DATA}.new-*/base/1/*")])
    running = [
        one for one in psutil.process_iter(["cmdline"]) if f"--pgdata={folder}" in " ".join(one.info["cmdline"] or ())
    ]
    assert running
    assert os.getsid(0) not in {os.getsid(one.pid) for one in running}
    user.die()
    assert not (folder / DATA).exists()
    with embedded_postgres(folder) as conninfo:
        assert number(conninfo) == 1


@pytest.mark.parametrize("name", ['ada spasi, $HOME, `id` dan "kutip"', "$HOME `id` 'kutip' \\", "panjang" * 30])
def test_a_home_may_have_any_path_and_move(home: Path, folder: Path, name: str) -> None:
    moved = home.rename(folder / name)
    try:
        with embedded_postgres(moved) as conninfo:
            assert number(conninfo)
            sockets = Path(str(conninfo_to_dict(conninfo)["host"]))
            assert stat.S_IMODE(sockets.stat().st_mode) == 0o700
            assert sockets.stat().st_uid == (moved / DATA).stat().st_uid
        assert sockets == moved / DATA or not sockets.exists()
    finally:
        moved.rename(home)


def test_nobody_else_gets_in(home: Path) -> None:
    with embedded_postgres(home) as conninfo:
        running = server(home / DATA)
        assert running.net_connections("inet") == []
        assert running.uids().effective != 0
        assert os.getsid(running.pid) != os.getsid(0)
        for password in ("", "x"):
            with pytest.raises(psycopg.OperationalError, match="password"):
                psycopg.connect(make_conninfo(conninfo, password=password))
    secret = (home / "postgres.password").read_text()
    assert stat.S_IMODE((home / "postgres.password").stat().st_mode) == 0o600
    assert stat.S_IMODE((home / DATA).stat().st_mode) == 0o700
    assert len(secret) > 40
    assert secret not in (home / "postgres.log").read_text()


def test_statements_and_refused_rows_are_not_logged(home: Path) -> None:
    with embedded_postgres(home) as conninfo, psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute("create temporary table secret (word text unique)")
        for failing in ("insert into secret values ('rahasia'), ('rahasia')", "select 'rahasia'::int", "rahasia"):
            with pytest.raises(psycopg.Error):
                connection.execute(failing.encode())
    assert "rahasia" not in (home / "postgres.log").read_text()


def test_a_long_log_is_begun_anew(home: Path) -> None:
    (home / "postgres.log").write_text("x" * 2_000_000)
    with embedded_postgres(home):
        pass
    assert 0 < (home / "postgres.log").stat().st_size < 100_000


def test_the_environment_has_no_say(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere = {"PGHOSTADDR": "127.0.0.1", "PGPORT": "1", "PGDATA": "/", "PGUSER": "x", "PGOPTIONS": "-c fsync=off"}
    for name, value in (elsewhere | {"LC_ALL": "xx_XX", "TZ": "Mars", "PGCLIENTENCODING": "LATIN1"}).items():
        monkeypatch.setenv(name, value)
    with embedded_postgres(home) as conninfo:
        shown = [asked(conninfo, f"show {name}") for name in ("fsync", "jit", "shared_buffers", "client_encoding")]
    assert shown == ["on", "off", "16MB", "UTF8"]


def test_a_home_that_is_a_file(folder: Path) -> None:
    (folder / "file").touch()
    for home in (folder / "file", folder / "file" / "below"):
        with pytest.raises(UsageError) as error, embedded_postgres(home):
            pass
        assert reason(error) == "database_home"
        assert error.value.facts["path"] == str(home)


@pytest.mark.skipif(IS_ROOT, reason="root may write everywhere")
def test_a_home_that_may_not_be_written(folder: Path) -> None:
    folder.chmod(0o500)
    with pytest.raises(UsageError) as error, embedded_postgres(folder):
        pass
    assert reason(error) == "database_home"
    folder.chmod(0o700)


@pytest.mark.parametrize(("room", "expected"), [(0, "database_start"), (1 << 62, "database_full")])
def test_damaged_data_is_told_and_left_alone(
    home: Path, monkeypatch: pytest.MonkeyPatch, room: int, expected: str
) -> None:
    monkeypatch.setattr(embedded, "_ROOM_NEEDED", room)
    control = home / DATA / "global" / "pg_control"
    content = control.read_bytes()
    control.write_bytes(b"\0" * len(content))
    with pytest.raises(UsageError) as error, embedded_postgres(home):
        pass
    assert reason(error) == expected
    assert (home / "postgres.password").read_text() not in f"{error.value} {error.value.__cause__!r}"
    control.write_bytes(content)
    with embedded_postgres(home) as conninfo:
        assert number(conninfo)


def test_data_that_others_may_read_is_refused(home: Path) -> None:
    (home / DATA).chmod(0o755)
    with pytest.raises(UsageError) as error, embedded_postgres(home):
        pass
    assert reason(error) == "database_start"
    (home / DATA).chmod(0o700)


def test_a_platform_without_binaries(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("_INSTALLATION", "_PACKAGE"):
        with monkeypatch.context() as patch:
            patch.setattr(embedded, name, "not_there")
            with pytest.raises(UsageError) as error, embedded_postgres(home):
                pass
            assert reason(error) == "database_binaries"


def test_data_that_is_gone_is_told_rather_than_replaced(folder: Path) -> None:
    (folder / "postgres.place").write_text(str(folder / "gone"))
    with pytest.raises(UsageError) as error, embedded_postgres(folder):
        pass
    assert error.value.facts == {"reason": "database_missing", "path": str(folder / "gone")}


@pytest.mark.skipif(not IS_ROOT, reason="about root")
def test_roots_closed_home_finds_its_data_elsewhere(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = folder / "closed" / "home"
    home.parent.mkdir(mode=0o700)
    monkeypatch.setattr(embedded, "_PLACES_FOR_ROOT", folder / "places")
    for visit in (1, 2):
        with embedded_postgres(home) as conninfo:
            assert number(conninfo) == visit
    (place,) = (folder / "places").iterdir()
    assert [stat.S_IMODE(path.stat().st_mode) for path in (home.parent, place, place / DATA)] == [0o700, 0o711, 0o700]
    assert (place / DATA).stat().st_uid != 0


@pytest.mark.skipif(not IS_ROOT, reason="about root")
def test_roots_closed_installation_is_copied(home: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.chmod(0o700)
    installed = embedded._find_binaries(home, None).parent.parent
    for package in installed.parent.glob(f"{installed.name}*"):
        (folder / package.name).symlink_to(package)
    monkeypatch.syspath_prepend(str(folder))
    for _visit in range(2):
        with embedded_postgres(home) as conninfo:
            assert number(conninfo)
            assert Path(server(home / DATA).exe()).is_relative_to(home)


@pytest.mark.skipif(not IS_ROOT, reason="about root")
def test_root_runs_anothers_data_as_that_user(home: Path) -> None:
    def give_data(user: int, group: int) -> None:
        for path in (home / DATA, *(home / DATA).rglob("*")):
            os.chown(path, user, group)

    before = (home / DATA).stat()
    give_data(4321, 4321)
    with embedded_postgres(home) as conninfo:
        assert number(conninfo)
        assert server(home / DATA).uids().effective == 4321
    give_data(before.st_uid, before.st_gid)


def test_ctrl_c_in_the_terminal_reaches_the_user_alone(home: Path) -> None:
    user = subprocess.Popen(
        [sys.executable, "-c", USER, str(home)],
        cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, process_group=0
    )  # fmt: skip
    assert user.stdout
    assert user.stdout.readline()
    with embedded_postgres(home) as conninfo:
        running = server(home / DATA)
        os.killpg(user.pid, signal.SIGINT)
        user.communicate(timeout=30)
        assert server(home / DATA) == running
        assert number(conninfo)
