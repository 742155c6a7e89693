from __future__ import annotations

import dataclasses
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from services.models import Place, ToneScores
from services.nlp.gazetteer import gazetteer, place_words
from services.nlp.places import resolve_places
from services.nlp.reading import Mention, MentionKind, Reading
from services.nlp.sentences import split_sentences

ROOT = Path(__file__).resolve().parent.parent
Reader = Callable[[str, str], Reading]


def reading_of(text: str, loc: tuple[str, ...] = (), org: tuple[str, ...] = (), per: tuple[str, ...] = ()) -> Reading:
    """A reading in which the encoder saw places, organizations and persons."""
    kinds: dict[MentionKind, tuple[str, ...]] = {"LOC": loc, "ORG": org, "PER": per}
    sentences = split_sentences("Kabar hari ini", text)
    mentions = tuple(
        Mention(kind, name, number, sentence.text.index(name), sentence.text.index(name) + len(name), 0.9)
        for number, sentence in enumerate(sentences)
        for kind, names in kinds.items()
        for name in names
        if name in sentence.text
    )
    tone, count = ToneScores(0.2, 0.6, 0.2), len(sentences)
    return Reading(
        sentences, mentions, tone, (tone,) * count, np.zeros((count, 2), np.float32), np.zeros(2, np.float32)
    )


def places_of(
    text: str, *loc: str, dateline: str | None = None, org: tuple[str, ...] = (), per: tuple[str, ...] = ()
) -> dict[str, Place]:
    return {place.name: place for place in resolve_places(reading_of(text, loc, org, per), dateline)}


@pytest.mark.parametrize(
    ("text", "loc", "name", "kind", "within", "country", "code"),
    [
        ("Rapat itu digelar di Bandung.", "Bandung", "Kota Bandung", "city", "Jawa Barat", "ID", "32.73"),
        ("Panen raya di Garut gagal.", "Garut", "Kabupaten Garut", "regency", "Jawa Barat", "ID", "32.05"),
        ("Bupati Bandung meresmikan pasar.", "", "Kabupaten Bandung", "regency", "Jawa Barat", "ID", "32.04"),
        ("Warga Kab. Malang mengungsi.", "", "Kabupaten Malang", "regency", "Jawa Timur", "ID", "35.07"),
        ("Banjir merendam Jakarta.", "Jakarta", "DKI Jakarta", "province", None, "ID", "31"),
        ("Ia tinggal di Jaksel.", "Jaksel", "Kota Jakarta Selatan", "city", "DKI Jakarta", "ID", "31.74"),
        ("Acara di Solo ramai.", "Solo", "Kota Surakarta", "city", "Jawa Tengah", "ID", "33.72"),
        ("Ekspor NTB naik.", "", "Nusa Tenggara Barat", "province", None, "ID", "52"),
        ("Gubernur Jawa Barat datang.", "Jawa", "Jawa Barat", "province", None, "ID", "32"),
        ("Rudal Korea Utara jatuh.", "Korea", "Korea Utara", "country", None, "KP", None),
        ("Tarif AS naik.", "", "Amerika Serikat", "country", None, "US", None),
        ("Ekonomi China melambat.", "China", "China", "country", None, "CN", None),
        ("Delegasi tiba di Moskow.", "Moskow", "Moskow", "foreign_city", "Rusia", "RU", None),
        ("Sidang digelar di Pyongyang.", "Pyongyang", "Pyongyang", "foreign_city", "Korea Utara", "KP", None),
        ("Konser di Cairo batal.", "Cairo", "Kairo", "foreign_city", "Mesir", "EG", None),
        ("Api membakar Florida.", "Florida", "Florida", "other", "Amerika Serikat", "US", None),
        (
            "Rapat di Tanjungjabung Barat.",
            "Tanjungjabung",
            "Kabupaten Tanjung Jabung Barat",
            "regency",
            "Jambi",
            "ID",
            "15.06",
        ),
        ("Warga Kukar mengungsi.", "", "Kabupaten Kutai Kartanegara", "regency", "Kalimantan Timur", "ID", "64.02"),
        (
            "Bupati Sitaro datang.",
            "",
            "Kabupaten Kepulauan Siau Tagulandang Biaro",
            "regency",
            "Sulawesi Utara",
            "ID",
            "71.09",
        ),
        ("Warga kelahiran Parepare menang.", "", "Kota Parepare", "city", "Sulawesi Selatan", "ID", "73.72"),
        ("Hujan turun di Timor Tengah Utara NTT.", "", "Nusa Tenggara Timur", "province", None, "ID", "53"),
        ("Balapan di Jerez batal.", "Jerez", "Jerez", "foreign_city", "Spanyol", "ES", None),
        ("Kapal dari Monako tiba.", "Monako", "Monaco", "country", None, "MC", None),
        ("Konser di Málaga batal.", "Málaga", "Malaga", "foreign_city", "Spanyol", "ES", None),
        ("Ekspor ke Smerika Serikat turun.", "Smerika Serikat", "Amerika Serikat", "country", None, "US", None),
    ],
)
def test_a_name_becomes_its_place(
    text: str, loc: str, name: str, kind: str, within: str | None, country: str | None, code: str | None
) -> None:
    place = places_of(text, *filter(None, [loc]))[name]
    assert (place.kind, place.within, place.country, place.code) == (kind, within, country, code)


@pytest.mark.parametrize(
    ("text", "loc"),
    [
        ("Persib Bandung menang besar.", "Bandung"),
        ("Penyidik Polda Metro Jaya datang.", "Metro"),
        ("Ia juara Malaysia Open tahun lalu.", "Malaysia"),
        ("Pembalap itu menang di GP Prancis pekan lalu.", "Prancis"),
        ("Bank Indonesia menahan bunga.", "Indonesia"),
        ("Laga Timnas Indonesia ditunda.", "Indonesia"),
        ("Nilai tukar dolar AS naik.", "AS"),
        ("Harganya US$ 5 juta.", "US"),
        ("Menurut BPBD Garut hujan masih turun.", "Garut"),
        ("Ia belajar bahasa Inggris.", "Inggris"),
        ("Mereka bermain melawan Dortmund.", "Dortmund"),
        ("Polisi menangkap tersangka AS pagi tadi.", ""),
        ("Timnas U-16 Indonesia menang.", "Indonesia"),
        ("Ia dirawat di rumah sakit (RSPAD) Gatot Subroto.", "Gatot Subroto"),
        ("Presiden ke-3 RI wafat.", ""),
        ("Jenazah Presiden ketiga RI tiba.", ""),
        ("Ia menonton Indonesian Idol lagi.", "Indonesian"),
        ("Ia menang di grand prix Jepang lagi.", "Jepang"),
        ("Mereka menatap GP Rep. Ceko.", ""),
        ("Laga digelar di Singapore Indoor Stadium.", ""),
        ("Kan ada aturan, ujarnya.", ""),
        ("Ia makan nasi Padang.", "Padang"),
        ("Penyidik menahan Sdr. AS kemarin.", ""),
        ("Ponsel itu memakai kartu grafis Mali-T900.", ""),
        ("Direktur Indonesia Sawah Authority mundur.", ""),
        ("Ia juara All England tahun lalu.", "England"),
        ("Ia menjabat Kakanwil Jawa Timur sejak lama.", "Jawa Timur"),
        ("Album berbahasa Inggris itu laku.", "Inggris"),
        ("Koperasi Desa Merah Jaya dibuka.", "Merah Jaya"),
        ("Penjual Soto Lamongan senang.", "Lamongan"),
        ("Badan Penanggulangan Bencana (BPBD) Garut datang.", "Garut"),
        ("Ia kuliah di Cendana University Bandung.", "Bandung"),
        ("Undang-Undang Republik Indonesia berlaku.", "Indonesia"),
        ("Jumpa pers digelar di Kemlu.", "Kemlu"),
    ],
)
def test_a_part_of_another_name_is_no_place(text: str, loc: str) -> None:
    assert not places_of(text, *filter(None, [loc]))


def test_a_country_at_the_end_of_the_name_of_a_company_is_no_place() -> None:
    assert not places_of("Menurut manajer Sinar Indonesia, penjualan naik.", "Indonesia", org=("Sinar",))
    assert not places_of("Juri acara Suara Emas Jerman memujinya.", "Jerman", org=("Suara Emas",))
    assert "Jambi" in places_of("Anggaran (RAPBD) Provinsi Jambi naik.", "Jambi")
    assert set(places_of("Pasukan Garda Besi Iran mundur.", "Iran", org=("Pasukan Garda Besi",))) == {"Iran"}


def test_what_is_part_of_a_name_once_is_so_everywhere() -> None:
    text = "Penonton Suara Emas Jerman bersorak. Para juri Suara Emas Jerman tertawa."
    reading = reading_of(text, ("Jerman",), ("Suara Emas",))
    only_first = tuple(one for one in reading.mentions if one.kind != "ORG" or one.sentence == 1)
    assert not resolve_places(dataclasses.replace(reading, mentions=only_first), None)


def test_words_and_persons_that_are_also_places() -> None:
    assert not places_of("Ia melempar batu dan naik metro. Batu itu besar.")
    assert not places_of("Menurut Usman, harga beras stabil.", per=("Usman",))
    assert not places_of("Kapten Jordan Setiawan datang.", per=("Jordan",))
    assert not places_of("Aktor Holland datang.", per=("Holland",))


def test_a_region_that_the_encoder_takes_for_a_person() -> None:
    assert set(places_of("Untuk Riau, polisi menambah petugas.", per=("Riau",))) == {"Riau"}
    assert set(places_of("Pelari asal Kabupaten Tambrauw menang.", per=("Tambrauw",))) == {"Kabupaten Tambrauw"}
    assert set(places_of("Pengusaha kelahiran China Li Rong datang.", per=("China Li Rong",))) == {"China"}
    assert not places_of("Bintang itu bernama Paris Riau.", per=("Paris Riau",))


def test_what_the_encoder_mostly_calls_something_else_is_no_lesser_place() -> None:
    text = "Bos Aprilia puas. Motor Aprilia kencang. Kabar baik datang untuk Aprilia."
    assert not places_of(text, org=("Aprilia",))
    assert set(places_of("Gempa mengguncang Aprilia, Italia.", "Aprilia", "Italia")) == {"Aprilia", "Italia"}


def test_a_small_city_abroad_needs_support() -> None:
    assert places_of("Petugas menutup halaman Mako.", "Mako")["Mako"].country is None
    assert places_of("Petugas tiba di Mako, Hungaria.", "Mako")["Mako"].within == "Hungaria"
    assert places_of("Konferensi digelar di Cupertino.", "Cupertino")["Cupertino"].within == "Amerika Serikat"


def test_a_large_city_abroad_needs_no_other_witness() -> None:
    text = "Perundingan antara Washington dan Teheran buntu."
    assert {place.kind for place in places_of(text).values()} == {"foreign_city"}
    assert len(places_of(text)) == 2
    assert not places_of("Pembaruan lewat OTA dimulai.")
    assert not places_of("Laga ditunda, Teheran Raya menang.", org=("Teheran Raya",))
    assert not places_of("Petugas memuji Cupertino.")


def test_an_origin_is_no_person() -> None:
    assert set(places_of("Pemain kelahiran Jember itu menang.", per=("Jember",))) == {"Kabupaten Jember"}


def test_a_state_acts_through_its_ministers() -> None:
    assert set(places_of("Menurut Menteri Energi AS Budi Smith, harga naik.", per=("Budi Smith",))) == {
        "Amerika Serikat"
    }


def test_a_foreign_ministry_acts_for_its_country() -> None:
    found = places_of("Kementerian Luar Negeri Rusia membantah.", org=("Kementerian Luar Negeri Rusia",))
    assert list(found) == ["Rusia"]


def test_the_container_beside_it_decides() -> None:
    found = places_of("Longsor terjadi di Karanganyar, Demak, Jawa Tengah.", "Karanganyar", "Demak", "Jawa Tengah")
    assert found["Karanganyar"].code == "33.21.09"
    assert found["Karanganyar"].candidates == ()
    found = places_of("Gempa terasa di Valencia, Spanyol.", "Valencia", "Spanyol")
    assert found["Valencia"].within == "Spanyol"
    found = places_of("Kirab digelar di Cileunyi, Bandung.", "Cileunyi", "Bandung")
    assert set(found) == {"Cileunyi", "Kabupaten Bandung"}


def test_what_the_article_names_elsewhere_decides() -> None:
    text = "Warga Cibinong mengeluh. Pemerintah Kabupaten Bogor berjanji."
    assert places_of(text, "Cibinong")["Cibinong"].within == "Jawa Barat"


def test_a_container_beside_it_is_witness_enough() -> None:
    assert places_of("Gempa mengguncang Bima, NTB.")["Kota Bima"].code == "52.72"


def test_of_namesakes_abroad_the_largest_is_meant() -> None:
    found = places_of("Utusan AS tiba di Geneva dan Moscow.", "AS", "Geneva", "Moscow")
    assert {place.within for place in found.values()} == {None, "Swiss", "Rusia"}


def test_a_quarter_that_is_called_like_a_regency_elsewhere() -> None:
    quarter = places_of("Jumpa pers digelar di Kuningan, Jakarta Selatan.", "Kuningan", "Jakarta Selatan")["Kuningan"]
    assert (quarter.kind, quarter.within, quarter.code) == ("district", "DKI Jakarta", None)
    assert "Kabupaten Kuningan" in places_of("Panen di Kuningan, Jawa Barat.", "Kuningan", "Jawa Barat")
    listed = places_of("Konser di Garut, Jakarta Selatan, dan Solo.", "Garut", "Jakarta Selatan", "Solo")
    assert "Kabupaten Garut" in listed


def test_the_nearest_container_named_in_the_article_decides() -> None:
    text = "Sekolah di Kecamatan Tanjungsari rusak. Pemerintah Kabupaten Sumedang, Jawa Barat, memperbaikinya."
    assert places_of(text)["Tanjungsari"].code == "32.11.11"


def test_an_undecided_name_tells_its_candidates() -> None:
    candidates = places_of("Penyelam tiba di Valencia.", "Valencia")["Valencia"].candidates
    assert {"Spanyol", "Venezuela"} <= {one.within for one in candidates}
    bare = places_of("Pesta digelar di Jambi.", "Jambi")["Jambi"]
    assert {(one.name, one.code) for one in bare.candidates} == {("Jambi", "15"), ("Kota Jambi", "15.71")}


def test_a_province_in_a_list_of_provinces_is_the_province() -> None:
    found = places_of("Hujan di Riau, Bengkulu, Lampung.", "Riau", "Bengkulu", "Lampung")
    assert {place.kind for place in found.values()} == {"province"}


def test_villages_and_sites_are_put_where_they_are() -> None:
    text = "Api muncul di Desa Sukaraja Hilir, Kecamatan Kledung, Kabupaten Temanggung. Asap menutup Jembatan Ampera."
    found = places_of(text, "Jembatan Ampera")
    assert (found["Sukaraja Hilir"].kind, found["Sukaraja Hilir"].within) == ("district", "Jawa Tengah")
    assert found["Kledung"].code == "33.23.17"
    assert found["Jembatan Ampera"].kind == "other"


def test_villages_are_called_otherwise_in_some_provinces() -> None:
    found = places_of("Apel digelar di Kepenghuluan Sungai Mawar, Kecamatan Bangko, Kabupaten Rokan Hilir.")
    assert (found["Sungai Mawar"].kind, found["Sungai Mawar"].within) == ("district", "Riau")


def test_ordinary_words_behind_a_village_are_its_name_only_where_the_encoder_reads_a_place() -> None:
    assert not places_of("Program Desa Bisa Maju dimulai.")
    assert "Batu Besar" in places_of("Api muncul di Desa Batu Besar.", "Batu Besar")


def test_a_city_behind_a_village_is_a_name_of_its_own() -> None:
    assert set(places_of("Ia tinggal di Kelurahan Melatijaya Kota Kediri.", "Kediri")) == {"Melatijaya", "Kota Kediri"}


def test_a_city_behind_the_name_of_a_building_is_where_it_is() -> None:
    found = places_of("Pesta digelar di Hotel Melati Surabaya.", "Hotel Melati Surabaya")
    assert {name: place.kind for name, place in found.items()} == {"Hotel Melati": "other", "Kota Surabaya": "city"}
    assert set(places_of("Mobil melintas di Jalan Raya Bogor.", "Jalan Raya Bogor")) == {"Jalan Raya Bogor"}
    assert set(places_of("Ia berdiri di Stadion Surabaya.", "Stadion Surabaya")) == {"Stadion Surabaya"}


def test_names_of_venues_go_on_behind_particles() -> None:
    text = "Balapan digelar di Circuit de Barcelona-Mawar."
    assert set(places_of(text, "Circuit de Barcelona-Mawar", "Barcelona")) == {"Circuit de Barcelona-Mawar"}


def test_a_town_that_no_table_knows_is_where_the_text_puts_it() -> None:
    town = places_of("Ia menetap di Mawarville, Florida.", "Mawarville", "Florida")["Mawarville"]
    assert (town.kind, town.within, town.country) == ("foreign_city", "Amerika Serikat", "US")
    county = places_of("Ia mendarat di Melati County, Florida.", "Melati County", "Florida")["Melati County"]
    assert county.kind == "other"


def test_a_village_is_not_guessed_where_a_foreign_country_is_named() -> None:
    text = "Gubernur Bali meresmikan pasar. Warga di kawasan Cempakaloka senang."
    assert places_of(text, "Cempakaloka")["Cempakaloka"].within == "Bali"
    assert places_of(f"{text} Wisatawan Spanyol juga.", "Cempakaloka")["Cempakaloka"].kind == "other"


def test_villages_go_as_far_as_the_encoder_reads() -> None:
    text = "Api muncul di Desa Panjang, Kecamatan Ambarawa. Warga Desa Sukamaju Menurut Sari mengungsi."
    found = places_of(text, "Desa Panjang", "Desa Sukamaju")
    assert {"Panjang", "Ambarawa", "Sukamaju"} == set(found)


def test_short_forms_in_headlines() -> None:
    reading = reading_of("Hujan turun.")
    title = dataclasses.replace(reading.sentences[0], text="Kabar Baik untuk Warga Kasus Tangsel dari Jakbar Hari Ini")
    reading = dataclasses.replace(reading, sentences=(title, *reading.sentences[1:]))
    found = {place.name for place in resolve_places(reading, None)}
    assert found == {"Kota Tangerang Selatan", "Kota Jakarta Barat"}


def test_mentions_are_merged_and_counted() -> None:
    text = "Kota Bandung berpesta. Wali Kota Bandung hadir. Warga Bandung senang."
    [bandung] = places_of(text, "Bandung").values()
    assert (bandung.mentions, bandung.surfaces) == (3, ("Bandung",))


def test_the_place_of_the_event_comes_first() -> None:
    text = "Presiden Rusia tiba di Pyongyang, Selasa (18/6/2024). Ia berangkat dari Vladivostok. Moskow diam."
    places = list(places_of(text, "Rusia", "Pyongyang", "Vladivostok", "Moskow").values())
    assert places[0].name == "Pyongyang"
    assert [place.name for place in places if place.event] == ["Pyongyang"]


def test_the_dateline_is_a_place_but_not_the_event() -> None:
    place = places_of("Harga beras naik.", dateline="JAKARTA, kabar.example")["DKI Jakarta"]
    assert (place.event, place.surfaces) == (False, ("JAKARTA",))
    assert not places_of("Harga beras naik.", dateline="kabar.example")
    assert places_of("Gempa terasa.", dateline="Wellington")["Wellington"].within == "Selandia Baru"


def test_the_encoder_and_the_gazetteer_together(read: Reader) -> None:
    text = (
        "Bupati Garut Ratna Dewantari meninjau jembatan yang ambruk di Kecamatan Cibatu, Kabupaten Garut, Jawa Barat, "
        "Senin (15/6/2026). Ia baru kembali dari kunjungan ke Beijing, China. Laga Persib Bandung tetap digelar."
    )
    places = resolve_places(read("Jembatan di Garut Ambruk, Bupati Ratna Turun Tangan", text), "Garut")
    assert [place.name for place in places if place.event] == ["Kabupaten Garut", "Cibatu", "Jawa Barat"]
    assert {place.name for place in places if not place.event} == {"Beijing", "China"}


@pytest.mark.parametrize("word", ["Jakarta, " * 4_000, "A" * 200_000, "Kota " * 5_000, "Batu-" * 5_000, "(" * 50_000])
def test_hostile_text_is_bounded(word: str) -> None:
    reading = reading_of(f"Di {word}.", (word.partition(",")[0],))
    began = time.process_time()
    resolve_places(reading, word)
    assert time.process_time() - began < 5


def test_tables_are_complete_and_small() -> None:
    data = ROOT / "services" / "nlp" / "data"
    assert sum(path.stat().st_size for path in data.glob("*.tsv")) < 2_000_000
    codes = [line.split("\t")[0] for line in (data / "regions.tsv").read_text("utf-8").splitlines()]
    assert sum(len(code) == 2 for code in codes) == 38
    assert sum(len(code) == 5 for code in codes) == 514
    known = {code for entries in gazetteer().regions.values() for entry in entries if (code := entry.code)}
    assert known == set(codes)


def test_names_of_places_are_no_words_around_places() -> None:
    for table in ("organization", "tails", "sites", "villages"):
        provinces = {key for key, entries in gazetteer().regions.items() if entries[0].kind in ("province", "country")}
        assert not place_words(table) & provinces


def test_the_gazetteer_loads_in_a_fresh_process() -> None:
    code = "from services.nlp.gazetteer import gazetteer; print(gazetteer().find('Moskow')[0].within)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.strip() == "Rusia"


def test_cities_that_only_stand_for_their_clubs_are_no_places() -> None:
    text = (
        "Liverpool menang atas Barcelona di laga itu lewat gol sang striker. Pelatih klub asal Paris memuji skuad itu."
    )
    assert set(places_of(text, "Liverpool", "Barcelona", "Paris")) == {"Paris"}
    assert "Liverpool" in places_of("Kebakaran melanda Liverpool semalam.", "Liverpool")
    dated = text + " Laga digelar di Stadion Biru, Naples, Selasa (18/9/2019)."
    assert set(places_of(dated, "Liverpool", "Barcelona", "Paris", "Naples")) == {"Paris", "Napoli"}


def test_a_transfer_to_a_club_is_no_way_to_its_city() -> None:
    text = "Kabar dari Real Madrid menghebohkan. Ia sebaiknya pindah ke Madrid."
    assert not places_of(text, "Madrid")
    assert not places_of("Laga itu berat. Liverpool menang lewat dua gol.", "Liverpool")
    assert "Madrid" in places_of(f"{text} Ia lahir di Madrid.", "Madrid")


def test_a_city_with_an_embassy_is_still_a_city() -> None:
    text = "Acara digelar KBRI Canberra. Duta besar tiba di Galeri Seni, Canberra, Rabu (18/9/2019)."
    assert "Canberra" in places_of(text, "Canberra", org=("KBRI Canberra",))
