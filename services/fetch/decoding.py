"""Bytes from the web go in, bounded bytes and then text come out."""

from __future__ import annotations

import codecs
import re
import zlib
from collections.abc import AsyncIterator

import charset_normalizer

from services.errors import FetchFailed, NotReadable

_PLAIN = ("", "identity")
_ZIPPED = ("gzip", "x-gzip", "deflate")
# Bytes by which compressions are told apart.
_SIGNATURE = 2
# Bounded everywhere: a header of a hundred thousand spaces must not cost their square.
_CHARSET = r"charset\s{0,9}=\s{0,9}[\"']?\s{0,9}([\w:.-]{1,40})"
_HEADER = re.compile(_CHARSET, re.IGNORECASE)
_META = re.compile(rf"<meta[^>]{{0,200}}?{_CHARSET}".encode(), re.IGNORECASE)
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
# The charsets of the web, by Python's names (https://encoding.spec.whatwg.org/#names-and-labels). Others aren't used:
# among Python's codecs are some that take hours for hostile bytes ('punycode') or mean no text.
_CHARSETS = frozenset(
    [
        "utf-8",
        "iso8859-2",
        "iso8859-3",
        "iso8859-4",
        "iso8859-5",
        "iso8859-6",
        "iso8859-7",
        "iso8859-8",
        "iso8859-10",
        "iso8859-13",
        "iso8859-14",
        "iso8859-15",
        "iso8859-16",
        "cp866",
        "cp874",
        "cp1250",
        "cp1251",
        "cp1252",
        "cp1253",
        "cp1254",
        "cp1255",
        "cp1256",
        "cp1257",
        "cp1258",
        "koi8-r",
        "koi8-u",
        "mac-roman",
        "gb18030",
        "big5",
        "big5hkscs",
        "euc_jp",
        "iso2022_jp",
        "cp932",
        "cp949",
    ]
)
# What an undeclared page may be in: one for the Latin script, which can't be told from its kin by their letters, and
# those of other scripts, which can.
_DETECTABLE = [
    *("cp1252", "cp1251", "koi8-r", "cp1253", "cp1255", "cp1256", "cp874"),
    *("cp932", "euc_jp", "gb18030", "big5", "cp949"),
]
# Where a page says one charset and browsers read another, wider one (same source).
_MEANT = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "utf-16": "utf-8",  # Without a mark; what could be read as far as this declaration isn't UTF-16.
    "utf-16-le": "utf-8",
    "utf-16-be": "utf-8",
}
_HEAD = 4096
_SAMPLE = 60_000
# Of the letters outside ASCII, the share that a right charset may leave unreadable: some pages mix two.
_MOST_UNREADABLE = 0.1
# Enough to tell the formats of compression apart.
_FORMAT_BYTES = 2
# Zero bytes are in pictures and archives, not in pages.
_BINARY = b"\x00"


async def bounded_body(chunks: AsyncIterator[bytes], encoding: str, limit: int, host: str) -> bytes:
    """A body, decompressed, of at most `limit` bytes both as sent and decoded.

    Raises `FetchFailed` `too_large`, and `connect` for what breaks off; `NotReadable` `bad_encoding` for an unknown or
    broken compression.
    """
    encoding = encoding.strip().lower()
    if encoding not in (*_PLAIN, *_ZIPPED):
        raise NotReadable("bad_encoding", host=host)
    inflate = _Inflate() if encoding in _ZIPPED else None
    body, sent = bytearray(), 0
    async for chunk in chunks:
        sent += len(chunk)
        try:
            body += inflate(chunk, limit - len(body) + 1) if inflate else chunk
        except zlib.error as error:
            raise NotReadable("bad_encoding", host=host) from error
        if sent > limit or len(body) > limit:
            raise FetchFailed("too_large", host=host)
    if inflate and not inflate.is_whole:
        raise FetchFailed("connect", host=host)
    return bytes(body)


class _Inflate:
    """Bounded decompression of gzip, zlib and, as some servers mean by 'deflate', bare deflate."""

    def __init__(self) -> None:
        self._head = b""
        self._inflate: zlib._Decompress | None = None

    def __call__(self, chunk: bytes, most: int) -> bytes:
        if self._inflate is None:
            chunk = self._head = self._head + chunk
            if len(chunk) < _SIGNATURE:
                return b""
            self._inflate = zlib.decompressobj(_window_bits(chunk))
        # What follows the end is no content; zlib would gather it.
        return b"" if self._inflate.eof else self._inflate.decompress(chunk, most)

    @property
    def is_whole(self) -> bool:
        """Whether the data came to its end; none at all is whole."""
        return self._inflate.eof if self._inflate else not self._head


def _window_bits(head: bytes) -> int:
    """What zlib is told of data that begins so: to look for a header (RFC 1950, 1952), or that there is none."""
    is_zlib = head[0] & 0x0F == zlib.DEFLATED and int.from_bytes(head[:_SIGNATURE], "big") % 31 == 0
    return zlib.MAX_WBITS | 32 if is_zlib or head.startswith(b"\x1f\x8b") else -zlib.MAX_WBITS


def decode_page(content: bytes, content_type: str | None = None) -> str:
    """The text of a page or file: charset by byte order mark, header, meta element, UTF-8, else by detection.

    A declaration that most letters outside ASCII contradict isn't believed. Raises `NotReadable` `bad_encoding` for
    what is no text.
    """
    for mark, charset in _BOMS:
        if content.startswith(mark):
            return content.decode(charset, "replace")
    if _BINARY in content[:_HEAD]:
        raise NotReadable("bad_encoding")
    header, meta = _HEADER.search(content_type or ""), _META.search(content[:_HEAD])
    declared = (header and header.group(1), meta and meta.group(1).decode("latin-1"), "utf-8")
    for name in declared:
        text = _decoded(content, name)
        if text is not None:
            return text
    return _detected(content)


def _decoded(content: bytes, charset: str | None) -> str | None:
    """The text in a charset; None where the charset isn't one of the web, or isn't that of this content."""
    try:
        name = codecs.lookup(charset or "").name
    except (LookupError, ValueError):
        return None
    name = _MEANT.get(name, name)
    if name not in _CHARSETS:
        return None
    text = content.decode(name, "replace")
    foreign = len(text) - len(text.encode("ascii", "ignore"))
    return text if text.count("\ufffd") <= _MOST_UNREADABLE * foreign else None


def _detected(content: bytes) -> str:
    best = charset_normalizer.from_bytes(content[:_SAMPLE], cp_isolation=_DETECTABLE).best()
    if best is None:
        raise NotReadable("bad_encoding")
    return content.decode(best.encoding, "replace")
