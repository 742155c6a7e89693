"""An address goes in, a decoded page or the bytes of a feed come out; the only place that talks to the web."""

from services.fetch.addresses import is_public, parse_allow
from services.fetch.decoding import decode_page
from services.fetch.fetcher import FeedAnswer, Fetcher, Limits
from services.fetch.network import Resolve

__all__ = ["FeedAnswer", "Fetcher", "Limits", "Resolve", "decode_page", "is_public", "parse_allow"]
