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
_META = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w:.-]{1,40})", re.IGNORECASE)
_HEADER = re.compile(r"charset\s*=\s*[\"']?\s*([\w:.-]{1,40})", re.IGNORECASE)
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
# As the HTML standard has it: pages that say Latin-1 or ASCII mean Windows-1252.
_MEANT = {"iso8859-1": "windows-1252", "ascii": "windows-1252"}
_HEAD = 4096
_SAMPLE = 60_000
# A declared charset that turns more than this share of a page into replacement characters is wrong.
_MOST_REPLACED = 0.01
# Zero bytes are in pictures and archives, not in pages.
_BINARY = b"\x00"


async def bounded_body(chunks: AsyncIterator[bytes], encoding: str, limit: int, host: str) -> bytes:
    """A body, decompressed, of at most `limit` bytes both on the wire and decoded.

    Raises `FetchFailed` `too_large`, `NotReadable` `bad_encoding` for an unknown or broken compression.
    """
    encoding = encoding.strip().lower()
    if encoding not in (*_PLAIN, *_ZIPPED):
        raise NotReadable("bad_encoding", host=host)
    inflate = _Inflate() if encoding in _ZIPPED else None
    body, wire = bytearray(), 0
    async for chunk in chunks:
        wire += len(chunk)
        try:
            body += inflate(chunk, limit - len(body) + 1) if inflate else chunk
        except zlib.error as error:
            raise NotReadable("bad_encoding", host=host) from error
        if wire > limit or len(body) > limit:
            raise FetchFailed("too_large", host=host, limit=limit)
    return bytes(body)


class _Inflate:
    """Bounded decompression of gzip, zlib and, as some servers mean by 'deflate', bare deflate."""

    def __init__(self) -> None:
        self._inflate = zlib.decompressobj(zlib.MAX_WBITS | 32)
        self._started = False

    def __call__(self, chunk: bytes, most: int) -> bytes:
        try:
            inflated = self._inflate.decompress(chunk, most)
        except zlib.error:
            if self._started:
                raise
            self._inflate = zlib.decompressobj(-zlib.MAX_WBITS)
            inflated = self._inflate.decompress(chunk, most)
        self._started = True
        return inflated


def decode_page(content: bytes, content_type: str | None = None) -> str:
    """The text of a page or file: charset by byte order mark, header, meta element, else by detection.

    Raises `NotReadable` `bad_encoding` for what is no text.
    """
    for mark, charset in _BOMS:
        if content.startswith(mark):
            return content.decode(charset, "replace")
    if _BINARY in content[:_HEAD]:
        raise NotReadable("bad_encoding")
    header, meta = _HEADER.search(content_type or ""), _META.search(content[:_HEAD])
    declared = (header.group(1) if header else None, meta.group(1).decode("ascii") if meta else None, "utf-8")
    for name in declared:
        text = _decoded(content, name)
        if text is not None:
            return text
    return _detected(content)


def _decoded(content: bytes, charset: str | None) -> str | None:
    try:
        name = codecs.lookup(charset or "").name
        text = content.decode(_MEANT.get(name, name), "replace")
    except (LookupError, ValueError, TypeError, AttributeError):
        return None  # No charset, an unknown one, or a codec that isn't one of text.
    return text if text.count("\ufffd") <= _MOST_REPLACED * len(text) else None


def _detected(content: bytes) -> str:
    best = charset_normalizer.from_bytes(content[:_SAMPLE]).best()
    if best is None:
        raise NotReadable("bad_encoding")
    return content.decode(best.encoding, "replace")
