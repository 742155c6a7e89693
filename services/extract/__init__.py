"""A page or a pasted text goes in; the article it holds comes out as an `Extract`, or the reason why it holds none.

`read_page` and `read_pasted` are pure. Pages are hostile: a process that matters reads them through `ParserPool`.
"""

from services.extract.page import read_page
from services.extract.pager import join_pages
from services.extract.pasted import read_pasted, read_plain
from services.extract.pool import ParserPool

__all__ = ["ParserPool", "join_pages", "read_page", "read_pasted", "read_plain"]
