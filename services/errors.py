"""The ways an article can fail to become a card.

    WartaError
    ├── UsageError        asked for something that can't be done           usage
    ├── RefusedAddress    the address isn't one that may be fetched        refused_address
    ├── FetchFailed       the page could not be had                        dns, connect, timeout, tls, http_status,
    │                                                                      too_many_redirects, too_large, blocked
    ├── NotReadable       it was had, but holds no article for us          not_html, bad_encoding, paywall, consent,
    │                                                                      login, script_only, not_article, empty,
    │                                                                      too_complex
    └── InternalError     our own fault                                    internal

An error carries its `kind` (the stable name of CONTRACTS: JSON, logs, metrics) and `facts` for whoever words it.
"""

from __future__ import annotations

from typing import ClassVar, Literal, get_args

ErrorKind = Literal[
    "usage",
    "refused_address",
    "dns",
    "connect",
    "timeout",
    "tls",
    "http_status",
    "too_many_redirects",
    "too_large",
    "blocked",
    "not_html",
    "bad_encoding",
    "paywall",
    "consent",
    "login",
    "script_only",
    "not_article",
    "empty",
    "too_complex",
    "internal",
]
ERROR_KINDS: tuple[ErrorKind, ...] = get_args(ErrorKind)


class WartaError(Exception):
    """Something a person must be told; never shown raw.

    `kind` names what went wrong. `facts` are short values for the wording (`host`, `status`, `limit`); they hold no
    article text and no private data. `exit_status` is what a command ends with.
    """

    kind: ErrorKind
    exit_status: ClassVar[int] = 1

    def __init__(self, kind: ErrorKind, /, **facts: str | int) -> None:
        self.kind = kind
        self.facts = facts
        super().__init__(kind, facts)

    def __str__(self) -> str:
        facts = ", ".join(f"{name}={value}" for name, value in self.facts.items())
        return f"{self.kind} ({facts})" if facts else self.kind

    def __reduce__(self) -> tuple[object, ...]:
        # Errors cross process borders; the default would lose the facts.
        return _rebuild, (type(self), self.kind, self.facts)


def _rebuild(error: type[WartaError], kind: ErrorKind, facts: dict[str, str | int]) -> WartaError:
    return error(kind, **facts)


class UsageError(WartaError):
    """The request makes no sense (kind `usage`)."""

    exit_status = 2


class NotReadable(WartaError):
    """The page or text holds no article that can be read."""

    exit_status = 3


class RefusedAddress(WartaError):
    """The address may not be fetched (kind `refused_address`)."""

    exit_status = 4


class FetchFailed(WartaError):
    """The page could not be had from the web."""

    exit_status = 5


class InternalError(WartaError):
    """Our own fault (kind `internal`); the cause is chained."""
