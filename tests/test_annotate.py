from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from services.annotate import Analyst, Desk, article_of
from services.errors import FetchFailed, NotReadable
from services.models import Elsewhere, Extract, Page, ToneScores
from services.nlp.encoder import Encoder
from services.nlp.reading import Mention

SITE = "https://jatim.antaranews.com"
EXTRACT = Extract(
    title="Pasar Baru Dibuka",
    text="Bupati Ngawi Ony Anwar membuka pasar baru pada Senin pagi. Warga senang karena pasar itu bersih.",
    url=f"{SITE}/a",
    canonical_url=None,
    site=None,
    language="id",
)


class Parsed:
    """Gives what a test says each address holds."""

    def __init__(self, pages: dict[str, Extract | Elsewhere | Exception]) -> None:
        self.pages = pages
        self.fetched: list[str] = []

    async def fetch(self, url: str) -> Page:
        self.fetched.append(url)
        return Page(url, "")

    async def read_page(self, page: Page) -> Extract | Elsewhere:
        found = self.pages[page.url or ""]
        if isinstance(found, Exception):
            raise found
        return found

    async def read_pasted(self, text: str, url: str | None = None) -> Extract:
        return replace(EXTRACT, text=text, url=url)

    async def read_plain(self, title: str, text: str, url: str | None = None) -> Extract:
        return replace(EXTRACT, title=title, text=text, url=url)


@pytest.fixture(scope="session")
def analyst(encoder: Encoder) -> Analyst:
    return Analyst(encoder.read, encoder.model)


def desk(analyst: Analyst, **pages: Extract | Elsewhere | Exception) -> tuple[Desk, Parsed]:
    parsed = Parsed({f"{SITE}/{name}": page for name, page in pages.items()})
    fetch: Callable[[str], Awaitable[Page]] = parsed.fetch
    return Desk(fetch, parsed, analyst), parsed


async def test_a_link_becomes_an_annotation_with_its_outlet(analyst: Analyst) -> None:
    annotation = await desk(analyst, a=EXTRACT)[0].annotate_link(f"{SITE}/a")
    assert annotation.article.title == "Pasar Baru Dibuka"
    assert (annotation.article.outlet.name, annotation.article.outlet.province) == ("ANTARA Jatim", "Jawa Timur")
    assert annotation.figures[0].role == "Bupati Ngawi"
    assert annotation.model == analyst.model
    assert annotation.corrected == ()


async def test_share_links_are_followed_but_not_for_ever(analyst: Analyst) -> None:
    working, parsed = desk(analyst, x=Elsewhere(f"{SITE}/y"), y=Elsewhere(f"{SITE}/a"), a=EXTRACT)
    assert (await working.annotate_link(f"{SITE}/x")).article.url == EXTRACT.url
    assert parsed.fetched == [f"{SITE}/x", f"{SITE}/y", f"{SITE}/a"]
    with pytest.raises(NotReadable):
        await desk(analyst, x=Elsewhere(f"{SITE}/x"))[0].annotate_link(f"{SITE}/x")


async def test_an_article_in_pages_is_read_whole(analyst: Analyst) -> None:
    first = replace(EXTRACT, next_page=f"{SITE}/b")
    second = replace(
        EXTRACT, url=f"{SITE}/b", text="Halaman kedua bercerita tentang harga sayur.", next_page=f"{SITE}/c"
    )
    third = replace(EXTRACT, url=f"{SITE}/c", text="Halaman ketiga menutup cerita.", next_page=f"{SITE}/b")
    annotation = await desk(analyst, a=first, b=second, c=third)[0].annotate_link(f"{SITE}/a")
    assert annotation.article.text.split("\n\n")[1:] == [second.text, third.text]


async def test_a_page_that_shows_it_whole_is_preferred(analyst: Analyst) -> None:
    first = replace(EXTRACT, whole_at=f"{SITE}/all", next_page=f"{SITE}/b")
    whole = replace(EXTRACT, text=f"{EXTRACT.text}\n\nSisanya ada di sini.")
    working, parsed = desk(analyst, a=first, all=whole)
    assert (await working.annotate_link(f"{SITE}/a")).article.text == whole.text
    assert len(parsed.fetched) == 2


@pytest.mark.parametrize("missing", [FetchFailed("timeout"), NotReadable("paywall"), Elsewhere(f"{SITE}/x")])
async def test_a_further_page_that_cannot_be_had_ends_it_there(
    analyst: Analyst, missing: Exception | Elsewhere
) -> None:
    first = replace(EXTRACT, whole_at=f"{SITE}/b", next_page=f"{SITE}/b")
    assert (await desk(analyst, a=first, b=missing)[0].annotate_link(f"{SITE}/a")).article.text == EXTRACT.text


async def test_the_first_pages_failure_is_told(analyst: Analyst) -> None:
    with pytest.raises(NotReadable, match="paywall"):
        await desk(analyst, a=NotReadable("paywall"))[0].annotate_link(f"{SITE}/a")


async def test_a_saved_page_fetches_nothing(analyst: Analyst) -> None:
    working, parsed = desk(analyst, a=replace(EXTRACT, next_page=f"{SITE}/b"), x=Elsewhere(f"{SITE}/a"))
    await working.annotate_page(Page(f"{SITE}/a", ""))
    with pytest.raises(NotReadable):
        await working.annotate_page(Page(f"{SITE}/x", ""))
    assert parsed.fetched == []


async def test_texts_are_annotated_with_or_without_title(analyst: Analyst) -> None:
    working, _ = desk(analyst)
    assert (await working.annotate_text(EXTRACT.text)).article.text == EXTRACT.text
    assert (await working.annotate_plain("Judul Sendiri", EXTRACT.text)).article.title == "Judul Sendiri"


def test_parts_can_be_replaced(analyst: Analyst) -> None:
    other = replace(
        analyst,
        tone=lambda _title, _text: ToneScores(0.1, 0.1, 0.8),
        names=lambda sentences: (Mention("PER", "Ony Anwar", 1, sentences[1].text.index("Ony"), 24, 0.9),),
        summarize=lambda title, _text: f"Ringkasan: {title}",
    )
    annotation = other.annotate(article_of(EXTRACT))
    assert (annotation.tone.label, annotation.tone.confidence) == ("negative", 0.8)
    assert (annotation.summary, annotation.summary_kind) == (("Ringkasan: Pasar Baru Dibuka",), "abstractive")
    assert [figure.name for figure in annotation.figures] == ["Ony Anwar"]
    assert annotation.organizations == ()
