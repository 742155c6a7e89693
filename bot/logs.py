"""Logging: one line an event on stderr, without article text, and without tokens whoever logs them."""

from __future__ import annotations

import logging
import re
import sys

# Third-party libraries log addresses and page content at INFO; only their warnings matter to an operator.
_TALKATIVE = (
    *("httpx", "httpcore", "trafilatura", "readability", "htmldate", "asyncio", "charset_normalizer", "telegram"),
    *("procrastinate", "psycopg", "apscheduler", "aiohttp"),
)
# These report what we cope with or tell ourselves, with tracebacks and contents: odd pages, a database that is away,
# failed jobs, answers that are no JSON, requests that are no HTTP.
_NOISY = ("trafilatura", "readability", "htmldate", "psycopg", "procrastinate", "telegram", "aiohttp")
_TOKEN = re.compile(r"[0-9]{3,20}:[A-Za-z0-9_-]{20,}")


class _Redacting(logging.Formatter):
    """Formats a record, its traceback included, and takes out what looks like the token of a bot."""

    def format(self, record: logging.LogRecord) -> str:
        return redacted(super().format(record))


def redacted(text: str) -> str:
    """`text` without tokens of bots."""
    return _TOKEN.sub("[token]", text)


def set_up_logging(level: str) -> None:
    """Log to stderr from `level` on."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Redacting("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.CRITICAL if name in _NOISY else logging.WARNING)
