"""Logging: one line an event on stderr, without article text."""

from __future__ import annotations

import logging
import sys

# Third-party libraries log addresses and page content at INFO; only their warnings matter to an operator.
_TALKATIVE = ("httpx", "httpcore", "trafilatura", "readability", "htmldate", "asyncio", "charset_normalizer")


def set_up_logging(level: str) -> None:
    """Log to stderr from `level` on."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.CRITICAL if name in _NOISY else logging.WARNING)


# These report every odd page as an error, although the extraction copes.
_NOISY = ("trafilatura", "readability", "htmldate")
