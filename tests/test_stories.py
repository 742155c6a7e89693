"""Which articles tell the same story, and which are days of one affair; invented news of invented people."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from builders import an_annotation, an_article
from hypothesis import given
from hypothesis import strategies as st

from services import stories
from services.annotate import Analyst, article_of
from services.extract import read_plain
from services.nlp.encoder import Encoder
from services.stories import Telling, group_affairs, group_stories, same_affair, same_story

DAY = datetime(2026, 6, 15, 2, 0, tzinfo=UTC)
Tell = Callable[[str], Telling]

# Hours after DAY, title, text.
NEWS: dict[str, tuple[float, str, str]] = {
    "sober": (
        0,
        "Feri Lintang Jaya Tenggelam di Perairan Selayar, 12 Penumpang Tewas",
        (
            "Kapal feri KM Lintang Jaya tenggelam di perairan Kabupaten Kepulauan Selayar, Sulawesi Selatan, "
            "Senin (15/6/2026) dini hari. Sebanyak 12 penumpang dilaporkan tewas dan 7 orang masih hilang. Kepala "
            "Basarnas Makassar Harun Patandean mengatakan kapal yang bertolak dari Pelabuhan Bira itu dihantam "
            "ombak setinggi 4 meter. “Kami kerahkan tiga kapal untuk mencari korban yang hilang,” kata Harun. "
            "Kapal itu mengangkut 96 penumpang menurut manifes."
        ),
    ),
    "grim": (
        3,
        "Tragedi KM Lintang Jaya: Ombak Besar Telan Belasan Nyawa di Selayar",
        (
            "Duka menyelimuti Kepulauan Selayar. KM Lintang Jaya karam setelah dihantam ombak 4 meter pada Senin "
            "(15/6/2026) dini hari. Sedikitnya 12 orang meninggal dunia, sementara tim Basarnas Makassar masih "
            "mencari 7 penumpang yang hilang. “Ombak tiba-tiba menghantam lambung,” tutur Rahma, penumpang yang "
            "selamat. Feri yang mengangkut 96 penumpang tersebut berangkat dari Pelabuhan Bira pada Minggu malam. "
            "Kepala Basarnas Makassar Harun Patandean menyebut pencarian terkendala cuaca buruk."
        ),
    ),
    "hopeful": (
        5,
        "77 Penumpang KM Lintang Jaya Selamat, Basarnas Terus Cari Korban Hilang",
        (
            "Tim Basarnas Makassar berhasil menyelamatkan 77 penumpang feri KM Lintang Jaya yang tenggelam di "
            "perairan Selayar, Sulawesi Selatan, Senin (15/6/2026). Kapal dengan 96 penumpang itu karam dihantam "
            "ombak setelah berangkat dari Pelabuhan Bira. Nelayan setempat ikut menolong. Kepala Basarnas "
            "Makassar Harun Patandean berterima kasih kepada warga. Sebanyak 12 penumpang tewas dan 7 lainnya "
            "masih dicari."
        ),
    ),
    "other count": (
        2,
        "KM Lintang Jaya Tenggelam di Selayar, 9 Orang Tewas",
        (
            "Feri KM Lintang Jaya tenggelam di perairan Kepulauan Selayar, Sulawesi Selatan, Senin (15/6/2026) "
            "dini hari. Data sementara menyebut 9 orang tewas dan 11 hilang. Kapal dari Pelabuhan Bira itu "
            "dihantam ombak tinggi, kata Kepala Basarnas Makassar Harun Patandean. Tiga kapal dikerahkan untuk "
            "mencari korban."
        ),
    ),
    "next day": (
        54,
        "Polisi Tetapkan Nakhoda KM Lintang Jaya sebagai Tersangka",
        (
            "Polda Sulawesi Selatan menetapkan nakhoda KM Lintang Jaya berinisial SB sebagai tersangka, Rabu "
            "(17/6/2026). Penyidik menemukan kapal berlayar tanpa surat persetujuan. “Tersangka dijerat undang- "
            "undang pelayaran dengan ancaman sepuluh tahun penjara,” kata Kabid Humas Komisaris Besar Ilham Daeng "
            "di Makassar. Feri itu tenggelam di perairan Selayar pada Senin dan menewaskan belasan penumpang."
        ),
    ),
    "elsewhere": (
        4,
        "Perahu Wisata Terbalik di Danau Toba, Tiga Wisatawan Tewas",
        (
            "Sebuah perahu wisata terbalik di Danau Toba, Kabupaten Samosir, Sumatera Utara, Senin (15/6/2026) "
            "siang. Tiga wisatawan asal Medan tewas. Kapolres Samosir Ajun Komisaris Besar Tigor Simarmata "
            "mengatakan perahu kelebihan muatan ketika angin kencang datang. Perahu itu membawa 18 orang. Semua "
            "korban sudah dievakuasi ke rumah sakit."
        ),
    ),
    "football": (
        4,
        "Persela Menang 3-1 atas Persiraja di Lamongan",
        (
            "Persela Lamongan mengalahkan Persiraja Banda Aceh 3-1 di Stadion Surajaya, Senin (15/6/2026) sore. "
            "Dua gol dicetak penyerang Dimas Prakoso pada babak kedua. Pelatih Aji Kusnadi memuji daya juang para "
            "pemainnya."
        ),
    ),
}


@pytest.fixture(scope="session")
def tell(encoder: Encoder) -> Tell:
    """The telling of one of NEWS, read by the real model."""
    analyst = Analyst(encoder.read, encoder.model)
    found: dict[str, Telling] = {}
    for number, (name, (hours, title, text)) in enumerate(NEWS.items(), start=1):
        annotation = analyst.annotate(article_of(read_plain(title, text)))
        found[name] = stories.telling(number, annotation, DAY + timedelta(hours=hours))
    return found.__getitem__


def made(number: int, title: str = "", opening: str = "", hours: float = 0, vector: tuple[float, ...] = ()) -> Telling:
    """A telling without names, that nothing needs to be read for."""
    at = DAY + timedelta(hours=hours)
    article = an_article(title=title, text=opening)
    bare = an_annotation(article=article, figures=(), places=(), organizations=(), vector=vector)
    return stories.telling(number, bare, at)


def names(story: tuple[Telling, ...]) -> set[int]:
    return {one.id for one in story}


def test_one_event_in_three_tones_is_one_story(tell: Tell) -> None:
    told = [tell(name) for name in ("sober", "grim", "hopeful")]
    assert [names(story) for story in group_stories([*told, tell("football")])] == [names(tuple(told)), {7}]


def test_the_next_development_is_another_story_of_the_same_affair(tell: Tell) -> None:
    first, later, football = tell("sober"), tell("next day"), tell("football")
    assert same_story(first, later) < stories.threshold("same")
    assert same_affair(first, later) >= stories.threshold("affair") > same_affair(first, football)
    days = group_stories([first, tell("grim"), tell("hopeful"), later, football])
    assert [[names(story) for story in affair] for affair in group_affairs(days)] == [[{1, 2, 3}, {5}], [{7}]]


def test_the_same_kind_of_event_elsewhere_is_apart(tell: Tell) -> None:
    assert same_story(tell("sober"), tell("elsewhere")) < stories.threshold("same") / 2
    assert len(group_stories([tell("sober"), tell("elsewhere")])) == 2


def test_another_count_of_victims_is_no_other_event(tell: Tell) -> None:
    assert same_story(tell("sober"), tell("other count")) >= stories.threshold("same")


def test_an_outlet_may_tell_a_story_twice(tell: Tell) -> None:
    twice = [replace(tell("sober"), outlet="kabar.example"), replace(tell("grim"), outlet="kabar.example")]
    assert len(group_stories(twice)) == 1


def test_chances_are_the_same_both_ways(tell: Tell) -> None:
    for ask in (same_story, same_affair):
        assert ask(tell("sober"), tell("next day")) == ask(tell("next day"), tell("sober"))


def test_the_order_of_the_input_means_nothing(tell: Tell) -> None:
    told = [tell(name) for name in NEWS]
    expected = group_stories(told)
    affairs = group_affairs(expected)
    for seed in range(10):
        random.Random(seed).shuffle(told)
        assert group_stories(told) == expected
        assert group_affairs(tuple(reversed(group_stories(told)))) == affairs


def test_largest_first_then_newest(tell: Tell) -> None:
    told = [tell(name) for name in ("elsewhere", "sober", "grim")]
    late = made(9, "Harga cabai rawit turun", "Pedagang pasar di Kediri menjual cabai rawit lebih murah.", hours=30)
    assert [names(story) for story in group_stories([late, *told])] == [{1, 2}, {9}, {6}]


def test_every_pair_is_one_story_when_nothing_is_asked_and_none_when_all_is(tell: Tell) -> None:
    told = [tell("sober"), tell("grim")]
    assert len(group_stories(told, least=0.0)) == 1
    assert len(group_stories(told, least=1.01)) == 2


def test_one_weak_link_does_not_chain() -> None:
    # 0-1 and 2-3 belong together; 1 and 2 are alike, the others aren't.
    sums = [{1: 0.9}, {0: 0.9, 2: 0.7}, {1: 0.7, 3: 0.9}, {2: 0.9}]
    assert stories._merged(sums, [[0], [1], [2], [3]], 0.5) == [[0, 1], [2, 3]]


def test_nothing_gives_nothing_and_empty_texts_stay_alone() -> None:
    assert group_stories([]) == ()
    assert group_affairs([]) == ()
    assert [names(story) for story in group_stories([made(1), made(2)])] == [{2}, {1}]
    assert 0 <= same_story(made(1), made(2)) < 0.5


def test_without_vectors_words_decide(tell: Tell) -> None:
    bare = {name: replace(tell(name), vector=()) for name in NEWS}
    assert same_story(bare["sober"], bare["hopeful"]) >= stories.threshold("same")
    assert same_story(bare["sober"], tell("hopeful")) == same_story(bare["sober"], bare["hopeful"])
    assert same_story(bare["sober"], bare["grim"]) > 3 * same_story(bare["sober"], bare["elsewhere"])
    assert {1, 3, 4} <= names(group_stories(bare.values())[0]) <= {1, 2, 3, 4}


def test_a_vector_of_another_model_or_of_no_length_is_no_reason_to_fail(tell: Tell) -> None:
    other = replace(tell("sober"), vector=(0.5, 0.5))
    assert same_story(other, tell("grim")) == same_story(replace(other, vector=()), tell("grim"))
    assert 0 <= same_story(replace(other, vector=(0.0,) * len(tell("sober").vector)), tell("grim")) <= 1


def test_days_are_no_numbers() -> None:
    one = made(
        1, "Gempa M 5,4 pada 3 Juni 2026", "Gempa itu terjadi Rabu (3/6/2026) pukul 04.12, 150 rumah rusak, pasal 36/1."
    )
    assert one.dates == {"3/6"}
    assert one.numbers == {"5,4", "04.12", "150"}


def test_texts_that_name_different_days_are_less_alike() -> None:
    lead = "BMKG memperkirakan cuaca Kota Kupang cerah berawan sepanjang hari"
    monday, tuesday = made(1, lead, f"{lead}, Senin (15/6/2026)."), made(2, lead, f"{lead}, Selasa (16/6/2026).")
    again = made(3, lead, f"{lead}, Senin (15/6/2026).")
    assert same_story(monday, tuesday) < same_story(monday, again)


def test_the_pairs_that_are_looked_at_grow_with_the_tellings_not_with_their_square() -> None:
    draw = random.Random(5)
    words = [f"kata{number}" for number in range(4000)]
    many = [
        made(n, " ".join(draw.choices(words, k=8)), " ".join(draw.choices(words, k=60)), n / 50) for n in range(1200)
    ]
    left, right = stories._near_pairs(stories._in_order(many), 96.0)
    assert len(left) <= len(many) * stories._MOST_NEAR
    assert (left < right).all()
    assert sum(map(len, group_stories(many))) == len(many)


def test_what_is_far_in_time_is_never_one_story(tell: Tell) -> None:
    late = replace(tell("sober"), id=99, at=DAY + timedelta(days=30))
    assert len(group_stories([tell("sober"), late])) == 2


@given(st.lists(st.tuples(st.text(max_size=60), st.text(max_size=200), st.floats(0, 900)), max_size=6), st.randoms())
def test_any_texts_are_grouped_once_each_in_any_order(items: list[tuple[str, str, float]], draw: random.Random) -> None:
    told = [made(number, *item) for number, item in enumerate(items)]
    expected = group_stories(told)
    draw.shuffle(told)
    assert group_stories(told) == expected
    assert sorted(one.id for story in expected for one in story) == list(range(len(told)))
    assert sorted(one.id for affair in group_affairs(expected) for story in affair for one in story) == list(
        range(len(told))
    )
