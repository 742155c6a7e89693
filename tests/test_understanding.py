"""What a message shares, as far as the message alone tells."""

from __future__ import annotations

import pytest

from handlers.incoming import Content, Document
from handlers.understanding import Found, find_shared, is_long, is_readable, is_rest, joint, may_go_on, text_key
from services.links import LinkEntity

LONG = "Bupati meresmikan pasar baru di alun-alun kota pada Senin pagi. " * 12


def content(text: str, *links: str, document: Document | None = None) -> Content:
    """A message in which Telegram marked `links`."""
    units = [len(text[: text.index(link)].encode("utf-16-le")) // 2 for link in links]
    entities = tuple(LinkEntity("url", at, len(link)) for at, link in zip(units, links, strict=True))
    return Content(1, text, entities, document, None, ours=False)


def shared(text: str, *links: str, ignored: tuple[str, ...] = (), asked: bool = False) -> list[str | None]:
    return [one.url or one.kind for one in find_shared(content(text, *links), ignored, asked=asked)]


def test_each_link_of_a_message_is_an_article() -> None:
    text = "Pagi 🌤 https://a.example/berita/1 dan https://b.example/berita/2"
    links = ("https://a.example/berita/1", "https://b.example/berita/2")
    assert shared(text, *links) == [*links]


@pytest.mark.parametrize(
    "link", ["https://youtu.be/abc", "https://a.example/", "https://a.example/data.pdf", "https://t.me/kanal/5"]
)
def test_what_leads_to_no_article_is_passed_over(link: str) -> None:
    assert shared(f"lihat {link}", link) == []
    assert shared(f"lihat {link}", link, asked=True) == []


def test_ignored_hosts_are_passed_over_with_their_subdomains() -> None:
    link = "https://m.contoh.example/berita/1"
    assert shared(link, link, ignored=("contoh.example",)) == []
    assert shared(link, link, ignored=("toh.example",)) == [link]


def test_a_long_text_is_an_article_a_short_one_only_when_asked() -> None:
    assert shared(LONG) == ["text"]
    assert shared("Rapat jam tiga ya.") == []
    assert shared("Rapat jam tiga ya.", asked=True) == ["text"]


def test_a_link_wins_over_the_text_around_it_which_is_kept_as_its_spare() -> None:
    link = "https://a.example/berita/1"
    (found,) = find_shared(content(f"{LONG}\n{link}", link), (), asked=False)
    assert (found.kind, found.url) == ("link", link)
    assert found.text == f"{LONG}\n{link}"
    assert find_shared(content(f"baca {link}", link), (), asked=False)[0].text is None


def test_several_links_share_no_spare_text() -> None:
    links = ("https://a.example/berita/1", "https://a.example/berita/2")
    assert [one.text for one in find_shared(content(f"{LONG} {links[0]} {links[1]}", *links), (), asked=False)] == [
        None
    ] * 2


def test_a_file_is_an_article_if_it_can_hold_one() -> None:
    file = Document("id-1", "Berita.HTML", "application/octet-stream", 10)
    assert find_shared(content("", document=file), (), asked=False) == (
        Found("document", "file:id-1", file_id="id-1", file_name="Berita.HTML"),
    )
    assert [
        is_readable(Document("x", name, mime, 1))
        for name, mime in [("a.txt", ""), ("", "text/plain"), ("a.pdf", "text/plain")]
    ] == [True, True, False]


def test_the_same_text_has_the_same_key_however_it_is_spaced() -> None:
    assert text_key("Satu  dua\n tiga ") == text_key("Satu dua tiga")
    assert text_key("Satu dua") != text_key("Satu tiga")


def test_only_a_text_near_telegrams_limit_may_go_on() -> None:
    assert may_go_on("a" * 4000)
    assert not may_go_on("a" * 2000)
    assert may_go_on("😀" * 1600)


def test_parts_are_joined_as_they_were_cut() -> None:
    assert joint("Kalimat selesai.") == "\n\n"
    assert joint("Kalimat yang ter") == " "


def test_a_long_text_needs_words_not_only_letters() -> None:
    assert is_long(LONG)
    assert not is_long("a" * 5000)


def test_a_link_after_a_pasted_text_is_a_share_of_its_own() -> None:
    link = "https://a.example/berita/1"
    assert not is_rest(content(f"Sumber: {link}", link))
    assert is_rest(content(f"Demikian keterangan dinas itu pada Senin sore di kantornya. Sumber: {link}", link))
    assert is_rest(content("sampai selesai."))
