"""Settings go in; the address of a running database comes out: the operator's own, or the embedded one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from bot.settings import Settings
from services.store.embedded import embedded_postgres


@contextmanager
def database(settings: Settings) -> Iterator[str]:
    """The conninfo of the database, for as long as the context lasts."""
    if settings.database_url:
        yield settings.database_url
    else:
        with embedded_postgres(settings.home) as conninfo:
            yield conninfo
