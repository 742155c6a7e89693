"""Feeds of invented outlets, sane and hostile: a Feed comes out, or the precise reason why there is none."""

from __future__ import annotations

import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.errors import NotReadable
from services.feeds import MAX_FEED, find_feeds, read_feed
from services.models import Feed, FeedItem

ROOT = Path(__file__).resolve().parent.parent
URL = "https://kabar.example/rss/nasional"
WIB = timezone(timedelta(hours=7))
XML = '<?xml version="1.0" encoding="UTF-8"?>\n'

RSS = f"""{XML}<?xml-stylesheet href="/rss.xsl"?><!-- dibuat oleh mesin: <rss> -->
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/">
<channel>
  <title>Kabar Pesisir</title><link>https://kabar.example/</link><image><title>Lambang</title></image>
  <item>
    <title><![CDATA[Dermaga <b>Kayu</b> Dibangun Lagi]]></title>
    <link>https://kabar.example/dermaga?id=1&amp;hal=2#isi</link>
    <guid isPermaLink="false">1</guid>
    <pubDate>Tue, 18 Jun 2024 21:05:30 +0700</pubDate>
    <content:encoded><![CDATA[<p>Isi.</p>]]></content:encoded>
  </item>
  <item>
    <title>Harga &amp;quot;Beras&amp;quot; &amp;amp; Gula</title>
    <link>/harga</link>
    <dc:date>2024-06-19T07:00:00Z</dc:date>
  </item>
  <item><title>Tanpa alamat</title><pubDate>Tue, 18 Jun 2024 21:05:30 +0700</pubDate></item>
  <item><title>Surat</title><link>mailto:a@kabar.example</link></item>
  <item>
    <title>Kepala Desa Dilantik</title>
    <guid>https://kabar.example/kades</guid>
    <pubDate>Selasa, 18 Juni 2024 21:05 WITA</pubDate>
  </item>
</channel></rss>"""

ATOM = f"""{XML}<feed xmlns="http://www.w3.org/2005/Atom" xml:base="https://lain.example/a/">
  <title type="html">Suara &amp;lt;i&amp;gt;Lembah&amp;lt;/i&amp;gt;</title>
  <entry>
    <title type="html">Panen &lt;em&gt;Raya&lt;/em&gt;</title><id>tag:lain.example,2024:1</id>
    <link rel="enclosure" href="foto.jpg"/><link rel="alternate" href="panen"/>
    <published>2024-06-18T21:05:00+07:00</published><updated>2024-06-20T21:05:00+07:00</updated>
  </entry>
  <entry><title>Banjir Surut</title><link href="/banjir"/><updated>2024-06-19T00:00:00Z</updated></entry>
</feed>"""

RDF = """<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
  xmlns:dc="http://purl.org/dc/elements/1.1/">
  <channel rdf:about="https://kabar.example/"><title>Kabar RDF</title></channel>
  <item rdf:about="https://kabar.example/1"><title>Satu</title><link>https://kabar.example/1</link>
    <dc:date>2024-06-18</dc:date></item>
  <item rdf:about="https://kabar.example/2"><title>Dua</title><link>https://kabar.example/2</link></item>
</rdf:RDF>"""

SITEMAP = f"""{XML}<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"
  xmlns:news="http://www.google.com/schemas/sitemap-news/0.9" xmlns:image="http://www.google.com/schemas/sitemap-image/1.1">
  <!-- ya --><url><loc>https://kabar.example/lama</loc><lastmod>2024-06-19</lastmod>
    <image:image><image:loc>https://kabar.example/a.jpg</image:loc><image:title>Foto</image:title></image:image>
    <news:news><news:publication><news:name>Kabar Pesisir</news:name></news:publication>
      <news:publication_date>2024-06-17T08:00+07:00</news:publication_date><news:title>Lama &amp; Baru</news:title>
    </news:news></url>
  <url><loc><![CDATA[https://kabar.example/baru?a=1&b=2]]></loc><lastmod>2024-06-18T08:00:00+07:00</lastmod></url>
</urlset>"""

INDEX = f"""{XML}<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
  <sitemap><loc>https://kabar.example/sitemap-tag.xml</loc><lastmod>2024-06-20</lastmod></sitemap>
  <sitemap><loc>https://kabar.example/sitemap-news-1.xml</loc><lastmod>2024-06-18</lastmod></sitemap>
  <sitemap><loc>/sitemap-news-2.xml</loc><lastmod>2024-06-19</lastmod></sitemap>
</sitemapindex>"""


def read(text: str | bytes, content_type: str = "text/xml") -> Feed:
    return read_feed(text if isinstance(text, bytes) else text.encode(), content_type, URL)


def rss(*items: str) -> str:
    return f'<rss version="2.0"><channel><title>Kabar</title>{"".join(items)}</channel></rss>'


def item(title: str = "Judul", number: int = 1, date: str = "") -> str:
    return f"<item><title>{title}</title><link>https://kabar.example/{number}</link><pubDate>{date}</pubDate></item>"


def refused(text: str | bytes, content_type: str = "text/xml") -> NotReadable:
    with pytest.raises(NotReadable) as failure:
        read(text, content_type)
    return failure.value


def test_rss_is_read_newest_first() -> None:
    assert read(RSS) == Feed(
        "Kabar Pesisir",
        "rss",
        (
            FeedItem("https://kabar.example/harga", 'Harga "Beras" & Gula', datetime(2024, 6, 19, 7, tzinfo=UTC)),
            FeedItem(
                "https://kabar.example/dermaga?id=1&hal=2",
                "Dermaga Kayu Dibangun Lagi",
                datetime(2024, 6, 18, 21, 5, 30, tzinfo=WIB),
            ),
            FeedItem(
                "https://kabar.example/kades",
                "Kepala Desa Dilantik",
                datetime(2024, 6, 18, 21, 5, tzinfo=timezone(timedelta(hours=8))),
            ),
        ),
    )


def test_atom_is_read_by_its_own_base() -> None:
    assert read(ATOM, "application/atom+xml") == Feed(
        "Suara Lembah",
        "atom",
        (
            FeedItem("https://lain.example/banjir", "Banjir Surut", datetime(2024, 6, 19, tzinfo=UTC)),
            FeedItem("https://lain.example/a/panen", "Panen Raya", datetime(2024, 6, 18, 21, 5, tzinfo=WIB)),
        ),
    )


def test_rdf_is_read_in_its_order_where_a_date_is_missing() -> None:
    assert read(RDF, "application/rdf+xml") == Feed(
        "Kabar RDF",
        "rss",
        (
            FeedItem("https://kabar.example/1", "Satu", datetime(2024, 6, 18, tzinfo=WIB)),
            FeedItem("https://kabar.example/2", "Dua", None),
        ),
    )


def test_a_news_sitemap_and_a_plain_one_are_read() -> None:
    assert read(SITEMAP) == Feed(
        "Kabar Pesisir",
        "sitemap",
        (
            FeedItem("https://kabar.example/baru?a=1&b=2", "", datetime(2024, 6, 18, 8, tzinfo=WIB)),
            FeedItem("https://kabar.example/lama", "Lama & Baru", datetime(2024, 6, 17, 8, tzinfo=WIB)),
        ),
    )


def test_a_sitemap_of_sitemaps_tells_where_the_news_are() -> None:
    error = refused(INDEX)
    assert (error.kind, error.facts) == ("not_article", {"reason": "sitemap_index"})
    newest = ("https://kabar.example/sitemap-news-2.xml", "https://kabar.example/sitemap-news-1.xml")
    assert find_feeds(INDEX, "https://kabar.example/sitemap.xml") == newest
    others = INDEX.replace("news", "pos")
    assert find_feeds(others, URL)[0] == "https://kabar.example/sitemap-tag.xml"


def test_an_empty_feed_is_one() -> None:
    assert read(rss()) == Feed("Kabar", "rss", ())
    assert read("<urlset/>") == Feed("", "sitemap", ())


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("Polisi &amp;amp; Jaksa", "Polisi & Jaksa"),
        ("R&amp;D &amp;copyright Rp5", "R&D &copyright Rp5"),
        ("&lt;script&gt;alert(1)&lt;/script&gt;Judul", "Judul"),
        ("&amp;lt;b&amp;gt;Tebal&amp;lt;/b&amp;gt;", "Tebal"),
        ("3 &lt; 5 &gt; 2", "3 < 5 > 2"),
        ("Judul\n\t  dua\u202ebaris\u200b", "Judul duabaris"),
        ("Judul&#8230; &#x27;ya&#X27; &#0;&#xD800;&#99999999999;", "Judul… 'ya'"),
        ("<![CDATA[Guru & Murid <br/>Bersatu]]>", "Guru & Murid Bersatu"),
        ("a" * 900, "a" * 500),
        ("", ""),
    ],
)
def test_titles_are_plain(written: str, shown: str) -> None:
    assert read(rss(item(written))).items[0].title == shown


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("Tue, 18 Jun 2024 21:05:00 GMT", "2024-06-18T21:05:00+00:00"),
        ("Tue, 18 Jun 2024 21:05:00 +0700", "2024-06-18T21:05:00+07:00"),
        ("Tue, 18 Jun 2024 21:05:00", "2024-06-18T21:05:00+07:00"),
        ("Tue, 18 Jun 2024 21:05:00 WIB", "2024-06-18T21:05:00+07:00"),
        ("18 Agu 2024 21.05 WITA", "2024-08-18T21:05:00+08:00"),
        ("Minggu, 18 Agustus 2024 21:05 WIT", "2024-08-18T21:05:00+09:00"),
        ("18-May-24 21:05:60 EST", "2024-05-18T21:05:59-05:00"),
        ("18 Jun 2024 21:05 GMT+7", "2024-06-18T21:05:00+07:00"),
        ("18 Jun 2024 21:05 ENTAH", "2024-06-18T21:05:00+07:00"),
        ("2024-06-18T21:05:00.123Z", "2024-06-18T21:05:00+00:00"),
        ("2024-06-18 21:05:00", "2024-06-18T21:05:00+07:00"),
        ("2024-06-18T21:05:00-03:30", "2024-06-18T21:05:00-03:30"),
        ("2024/06/18 21:05 WIB", "2024-06-18T21:05:00+07:00"),
        ("2024-06-18", "2024-06-18T00:00:00+07:00"),
        ("31 Feb 2024 10:00:00 +0700", None),
        ("18 Jun 2024 25:00:00 +0700", None),
        ("18 Jun 2024 20:00:00 +9900", None),
        ("18 Jun 0024 20:00:00 +0700", None),
        ("18 Xyz 2024 20:00:00 +0700", None),
        ("9999-12-31T23:59:59-14:00", None),
        ("kemarin sore", None),
        ("", None),
    ],
)
def test_dates_have_a_zone_or_are_none(written: str, moment: str | None) -> None:
    published = read(rss(item(date=written))).items[0].published
    assert (published and published.isoformat()) == moment


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("https://kabar.example/a?x=1&amp;y=2", "https://kabar.example/a?x=1&y=2"),
        ("https://kabar.example/a?x=1&y=2", "https://kabar.example/a?x=1&y=2"),
        ("<![CDATA[ https://kabar.example/a?x=1&y=2 ]]>", "https://kabar.example/a?x=1&y=2"),
        ("//lain.example/a", "https://lain.example/a"),
        ("../a b", "https://kabar.example/a%20b"),
        ("javascript:alert(1)", None),
        ("file:///etc/passwd", None),
        ("https://kabar.example@lain.example/", None),
        ("http://[::1", None),
        ("https://kabar.example:99999/", None),
        ("https://kabar.example/" + "a" * 3_000, None),
    ],
)
def test_addresses_are_absolute_and_of_the_web(written: str, address: str | None) -> None:
    found = read(rss(f"<item><title>a</title><link>{written}</link></item>")).items
    assert [one.url for one in found] == ([address] if address else [])


def test_at_most_500_items_and_each_once() -> None:
    dated = [item("Lama", 1, "18 Jun 2024 08:00"), item("Baru", 1, "19 Jun 2024 08:00")]
    assert [one.title for one in read(rss(*dated)).items] == ["Baru"]
    many = read(rss(*(item(str(number), number) for number in range(700)))).items
    assert [one.title for one in many] == [str(number) for number in range(500)]


JUDUL = "Café “Rakyat” di Ngawi"
ONE = f"{XML}{rss(item(JUDUL))}"


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (ONE.encode(), "text/xml"),
        (f"\ufeff{ONE}".encode(), "application/rss+xml; charset=iso-8859-1"),
        (f"\n\n  {ONE}".encode(), "text/html"),
        (f"\ufeff\n{ONE}".encode("utf-16-le"), "text/xml"),
        (ONE.encode("utf-16-be"), "text/xml"),
        (ONE.encode("cp1252"), "text/xml; charset=utf-8"),
        (ONE.replace("UTF-8", "windows-1252").encode("cp1252"), "text/xml"),
        (ONE.replace("UTF-8", "ISO-8859-1").encode("cp1252"), ""),
        (ONE.replace("UTF-8", "ISO-8859-1").encode(), "text/plain"),
        (ONE.replace("UTF-8", "punycode").encode(), "text/xml; charset=rot13"),
        (f"<br/><b>Warning</b>: mysql\n{ONE}".encode(), "text/html"),
        (f"{ONE}<!-- cache -->\n<p>lain</p>".encode(), "text/xml"),
        (ONE.replace("<item>", "<description>a & b &nbsp; <br></description><item>").encode(), "text/xml"),
        (ONE.replace("<item>", "<media:x>a</media:x><item>").encode(), "text/xml"),
        (ONE.replace("Café", "\0Ca\x0bfé").encode(), "text/xml"),
        (ONE.replace("</channel>", "<item><title>Terpo").encode(), "text/xml"),
        (ONE[: ONE.index("</item>")].encode(), "text/xml"),
    ],
)
def test_broken_feeds_are_read_as_far_as_they_go(body: bytes, content_type: str) -> None:
    assert [(one.url, one.title) for one in read(body, content_type).items] == [("https://kabar.example/1", JUDUL)]


def test_charsets_of_other_scripts_are_believed() -> None:
    feed = f'<?xml version="1.0" encoding="windows-1251"?>{rss(item("Новости дня"))}'.encode("cp1251")
    assert read(feed).items[0].title == "Новости дня"


@pytest.mark.parametrize(
    "sitemap",
    [
        "<urlset><url><loc>https://kabar.example/a?x=1&y=2</loc><news:news><news:title>A&nbsp;</url>",
        "\n<ns:urlset xmlns:ns='x'><ns:url><ns:loc> https://kabar.example/a?x=1&amp;y=2 </ns:loc></ns:url></ns:urlset>",
        "<urlset><url><loc>https://kabar.example/a?x=1&amp;y=2</loc></url><url><loc>https://kab",
        "<urlset><url><loc/></url><url/><url><loc>ftp://a/</loc></url><url><loc>/a?x=1&y=2</loc></url></urlset>",
    ],
)
def test_broken_sitemaps_are_read_as_far_as_they_go(sitemap: str) -> None:
    assert [one.url for one in read(sitemap).items][:1] == ["https://kabar.example/a?x=1&y=2"]


@pytest.mark.parametrize(
    ("body", "kind", "facts"),
    [
        (b"", "empty", {}),
        (b" \n\t", "empty", {}),
        (b"<!DOCTYPE html><html><body><rss version='2.0'></body></html>", "not_article", {"reason": "no_feed"}),
        (b"<html><body><p>Halo</p></body></html>", "not_article", {"reason": "no_feed"}),
        (b"<rdf:RDF xmlns:rdf='x'><a/></rdf:RDF>", "not_article", {"reason": "no_feed"}),
        (b"<opml><body/></opml>", "not_article", {"reason": "no_feed"}),
        (b'{"version": "https://jsonfeed.org/version/1"}', "not_article", {"reason": "no_feed"}),
        (b"\x89PNG\r\n\x1a\n\x00\x00" * 99, "not_article", {"reason": "no_feed"}),
        (b"<rss>" + b" " * MAX_FEED, "too_complex", {"limit": MAX_FEED}),
    ],
)
def test_what_is_no_feed_is_told_as_that(body: bytes, kind: str, facts: dict[str, object]) -> None:
    error = refused(body)
    assert (error.kind, error.facts) == (kind, facts)


LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
BOMBS = {
    "laughs": f'<!ENTITY l0 "ha">{LAUGHS}',
    "quadratic": f'<!ENTITY l9 "{"a" * 200_000}">',
    "file": '<!ENTITY l9 SYSTEM "file:///etc/passwd">',
    "network": '<!ENTITY l9 SYSTEM "http://127.0.0.1:1/">',
    "markup": '<!ENTITY l9 "<rss>"><!ENTITY % p SYSTEM "http://127.0.0.1:1/"> %p;',
}


@pytest.mark.parametrize("bomb", BOMBS)
@pytest.mark.parametrize("form", ["rss", "sitemap"])
def test_entities_are_not_expanded(bomb: str, form: str) -> None:
    url = "<url><loc>/1</loc><news><title>{}</title></news></url>"
    body = rss(item("&l9;" * 2_000)) if form == "rss" else f"<urlset>{url.format('&l9;' * 2_000)}</urlset>"
    declared = f'<!DOCTYPE {form} SYSTEM "http://127.0.0.1:1/x.dtd" [{BOMBS[bomb]}]>'
    inside = body.replace(">", f">{declared}", 1)
    for text in (f"{XML}{declared}{body}", f"{XML}<!-- a -->{declared}{declared}{body}", inside):
        started = time.perf_counter()
        titles = read_titles(text)
        assert not any(word in title for title in titles for word in ("ha", "aaa", "root"))
        assert time.perf_counter() - started < 5


def read_titles(text: str) -> list[str]:
    """The titles of a feed; none of what is precisely refused."""
    try:
        return [one.title for one in read(text).items]
    except NotReadable:
        return []


def filled(start: str, unit: str, end: str = "") -> str:
    return start + unit * ((MAX_FEED - len(start) - len(end)) // len(unit)) + end


OPEN = '<rss version="2.0"><channel>'


@pytest.mark.parametrize(
    "text",
    [
        filled(f"{OPEN}{item()}<item><description><![CDATA[", "<p>Isi</p>", f"]]></description></item>{item()}"),
        filled(f"{OPEN}{item()}", "<a>"),
        filled(f"{OPEN}{item()}", "<"),
        filled(f"{OPEN}{item()}", "<![CDATA["),
        filled(f"{OPEN}{item()}<item><title>", "x "),
        filled(f"{OPEN}{item()}<a b='", "x"),
        filled("<urlset><url><loc>https://kabar.example/1</loc></url>", "<url>"),
        filled("<urlset><url><loc>https://kabar.example/1</loc></url><url><loc>", "x"),
    ],
    ids=lambda text: text[80:160],
)  # fmt: skip
def test_five_megabytes_of_anything_are_read_in_bounded_time(text: str) -> None:
    started = time.perf_counter()
    assert read(text).items[0].url == "https://kabar.example/1"
    assert time.perf_counter() - started < 9


def test_a_page_of_five_megabytes_is_searched_in_bounded_time() -> None:
    started = time.perf_counter()
    assert find_feeds(filled("<html>", "<div>"), URL) == ()
    assert find_feeds(filled("<html>", "<a href='/rss'>x</a>"), URL) == ("https://kabar.example/rss",)
    assert time.perf_counter() - started < 20


def test_nothing_is_asked_of_network_and_files() -> None:
    # In a process of its own: what watches can't be taken off again.
    bombs = (f"<!DOCTYPE rss [{bomb}]>{RSS}" for name, bomb in BOMBS.items() if name != "quadratic")
    feeds = [RSS, ATOM, RDF, SITEMAP, *bombs]
    code = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
import feedparser, lxml.html
from services.feeds import find_feeds, read_feed
from services.errors import NotReadable
read_feed(b"<rss version='2.0'/>", "", "https://a.example/")
def watch(event, details):
    if event.startswith(("open", "socket", "urllib", "subprocess", "os.")):
        raise SystemExit(f"{{event}} {{details}}")
sys.addaudithook(watch)
for body in {feeds!r}:
    read_feed(body.encode(), "text/xml", {URL!r})
    find_feeds(body, {URL!r})
for body in (b"/etc/passwd", b"http://127.0.0.1:1/", b"<rss", {INDEX!r}.encode()):
    try:
        read_feed(body, "text/xml", {URL!r})
    except NotReadable:
        pass
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr[-800:]


# '_' stands for a space.
PIECES = st.sampled_from(
    """
    <rss_version='2.0'> <rss <feed_xmlns='http://www.w3.org/2005/Atom'> <rdf:RDF> <urlset> <sitemapindex> <channel>
    <item> <entry> <url> <loc> <title> <title_type='xhtml'> <link> <link_href='//['_rel='alternate'/> <guid>
    <pubDate> <updated> <source_url='a'> <image> <textinput> <content_mode='base64'> <content_type='html'_src='a'>
    <category> <author> <svg> <description> <media:content_url='a'/> <georss:point> <itunes:image_href='a'/>
    xml:base='http://[' a@b.c(d) </rss> </item> </entry> </title> </link> </guid> </pubDate> </loc> </url> </source>
    </channel> </image> </content> </description> </svg> </category> </author> </feed> & &#x110000; &#xd800; &#;
    &#x; &amp;lt; &nbsp; <![CDATA[ ]]> <!-- --> <!DOCTYPE_x_[ <!ENTITY_a_'b'> <?xml_version='1.0'?> <? ?> <! ' " = >
    < \0 \ufeff \ud800 http://a.example/1 http://[::1 2024-06-18 18_Jun_2024_21:05_WIB 24:60 99999999999999999999 é
    _
    """.split()  # noqa: SIM905 - a list would take a line a piece
).map(lambda piece: piece.replace("_", " "))


@settings(max_examples=400, deadline=None)
@given(
    st.one_of(
        st.binary(max_size=300),
        st.binary(max_size=200).map(lambda noise: b"<rss version='2.0'><channel><item><title>" + noise),
        st.lists(PIECES, max_size=40).map(lambda parts: "".join(parts).encode("utf-8", "surrogatepass")),
        st.lists(PIECES, max_size=40).map(lambda parts: (OPEN + "<item>" + "".join(parts)).encode("utf-8", "replace")),
        st.lists(PIECES, max_size=20).map(lambda parts: "".join(parts).encode("utf-16", "replace")),
    ),
    st.one_of(st.just("text/xml"), st.text(max_size=40)),
)
def test_arbitrary_bytes_are_a_feed_or_the_precise_error(body: bytes, content_type: str) -> None:
    for address in find_feeds(body.decode("utf-8", "surrogateescape"), URL):
        assert address.startswith(("http://", "https://"))
    try:
        feed = read_feed(body, content_type, URL)
    except NotReadable:
        return
    assert len({one.url for one in feed.items}) == len(feed.items)
    for one in feed.items:
        assert one.url.startswith(("http://", "https://"))
        assert one.published is None or one.published.tzinfo is not None


@settings(deadline=None)
@given(st.text(max_size=60))
def test_arbitrary_titles_and_dates_break_nothing(text: str) -> None:
    quoted = text.replace("]]>", "").encode("utf-8", "replace").decode()
    (one,) = read(rss(item(f"<![CDATA[{quoted}]]>", date=f"<![CDATA[{quoted}]]>"))).items
    assert len(one.title) <= 500
    assert one.title.isprintable() or any(ord(character) > 0x7F for character in one.title)


HOME = """<!doctype html><html><head><base href="https://www.kabar.example/beranda/">
<link rel="alternate" type="application/rss+xml" title="Kabar" href="/feed/">
<link rel="alternate" type="application/rss+xml" title="Komentar" href="/comments/feed/">
<LINK REL="Alternate Home" TYPE="application/atom+xml; charset=utf-8" HREF="atom.xml">
<link rel="alternate" type="application/json+oembed" href="/oembed">
<link rel="stylesheet" type="text/xml" href="/gaya.xml">
<link rel="alternate" type="application/rss+xml" href="javascript:alert(1)">
</head><body><a href="/feed/">Umpan</a><a href="/rss/olahraga">Olahraga</a><a href="https://rss.kabar.example/x">x</a>
<a href="https://rss.kabar.example/nasional.xml">Nasional</a><a href="https://lain.example/feed">lain</a>
<a href="/berita/feedback">bukan</a><a>kosong</a><a href="http://[">rusak</a></body></html>"""


def test_feeds_of_a_page_are_found_declared_ones_first() -> None:
    assert find_feeds(HOME, "https://kabar.example/") == (
        "https://www.kabar.example/feed/",
        "https://www.kabar.example/beranda/atom.xml",
        "https://www.kabar.example/rss/olahraga",
        "https://rss.kabar.example/nasional.xml",
    )
    many = "".join(f'<a href="/rss/{number}">x</a>' for number in range(99))
    assert len(find_feeds(f"<html>{many}</html>", URL)) == 20


@pytest.mark.parametrize("page", ["", " ", "\0", "teks saja", '<?xml version="1.0" encoding="utf-8"?>', RSS, "<!--"])
def test_other_texts_declare_no_feed(page: str) -> None:
    assert find_feeds(page, "https://kabar.example/") == ()
