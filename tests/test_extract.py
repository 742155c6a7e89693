"""Pages go through `read_page` and are compared with their golden partners in `tests/data/pages`."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from services.errors import WartaError
from services.extract import read_page
from services.models import Elsewhere, Extract, Page

PAGES = Path(__file__).parent / "data" / "pages"
NAMES = sorted(path.stem for path in PAGES.glob("*.html"))


def load(name: str) -> tuple[Page, dict[str, Any]]:
    gold = json.loads((PAGES / f"{name}.json").read_text(encoding="utf-8"))
    return Page(gold["url"], (PAGES / f"{name}.html").read_text(encoding="utf-8")), gold


@pytest.mark.parametrize("name", [name for name in NAMES if not name.startswith(("no-", "to-"))])
def test_article_is_read_as_its_golden_partner_says(name: str) -> None:
    page, gold = load(name)
    extract = read_page(page)
    assert isinstance(extract, Extract)
    assert extract.title == gold["title"]
    assert extract.text.split("\n\n") == gold["text"]
    assert extract.language == gold["language"]
    assert (extract.whole_at, extract.next_page) == (gold.get("whole_at"), gold.get("next_page"))
    assert extract.published is not None
    assert extract.published.replace(second=0) == datetime.fromisoformat(gold["published"])
    for field in ("dateline", "site", "canonical_url", "image"):
        if field in gold:
            assert getattr(extract, field) == gold[field]
    if "authors" in gold:
        assert list(extract.authors) == gold["authors"]


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith("no-")])
def test_page_without_article_is_told_as_what_it_is(name: str) -> None:
    page, gold = load(name)
    with pytest.raises(WartaError) as caught:
        read_page(page)
    assert caught.value.kind == gold["error"]
    assert caught.value.facts.get("reason") == gold.get("reason")


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith("to-")])
def test_share_page_says_where_the_article_is(name: str) -> None:
    page, gold = load(name)
    assert read_page(page) == Elsewhere(gold["elsewhere"])
