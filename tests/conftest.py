"""What tests share: the embedded model, loaded once, and a real PostgreSQL, of which each test clones a database."""

from __future__ import annotations

import asyncio
import itertools
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from builders import Clock
from psycopg.conninfo import make_conninfo
from talk import conversation, talk  # noqa: F401 - fixtures of every module that talks with the bot

from services.nlp.encoder import EMBEDDED_MODEL, Encoder
from services.nlp.reading import Reading
from services.store import Store, open_store
from services.store.embedded import embedded_postgres

DATA = Path(__file__).parent / "data"


@pytest.fixture(scope="session")
def encoder() -> Encoder:
    return Encoder.load(EMBEDDED_MODEL, threads=2)


@pytest.fixture(scope="session")
def read(encoder: Encoder) -> Callable[[str, str], Reading]:
    return encoder.read


@contextmanager
def open_folder() -> Iterator[Path]:
    """A temporary folder that other users can reach: root's PostgreSQL runs as one of them."""
    with tempfile.TemporaryDirectory(prefix="warta-tests-") as folder:
        Path(folder).chmod(0o711)
        yield Path(folder)


@pytest.fixture
def reachable() -> Iterator[Path]:
    with open_folder() as folder:
        yield folder


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """A server whose database `warta` has today's shape: the template of every test's own."""
    with open_folder() as home, embedded_postgres(home) as conninfo:

        async def migrate() -> None:
            async with open_store(conninfo):
                pass

        asyncio.run(migrate())
        yield conninfo


_numbers = itertools.count(1)


@pytest.fixture
def database(postgres: str) -> Iterator[str]:
    """An empty database of today's shape."""
    name = f"test_{next(_numbers)}"
    with psycopg.connect(make_conninfo(postgres, dbname="postgres"), autocommit=True) as connection:
        connection.execute(f"create database {name} template warta")
        yield make_conninfo(postgres, dbname=name)
        connection.execute(f"drop database {name} with (force)")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def store(database: str, clock: Clock) -> AsyncIterator[Store]:
    async with open_store(database, clock) as store:
        yield store


@pytest.fixture(scope="session")
def own_database(postgres: str) -> Callable[[], str]:
    """Makes a database for a whole module, which goes with the server."""

    def make() -> str:
        name = f"own_{next(_numbers)}"
        with psycopg.connect(make_conninfo(postgres, dbname="postgres"), autocommit=True) as connection:
            connection.execute(f"create database {name} template warta")
        return make_conninfo(postgres, dbname=name)

    return make
