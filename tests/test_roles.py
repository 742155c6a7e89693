from __future__ import annotations

import pytest

from services.nlp.roles import (
    ends_in_title,
    rank_before,
    role_after,
    role_before,
    role_in_discipline,
    role_in_list,
    role_of_heading,
    role_of_pronoun,
    role_of_reference,
)


def before(sentence: str, name: str, *others: str) -> str | None:
    return role_before(sentence, sentence.index(name), spans(sentence, *others))


def spans(sentence: str, *names: str) -> list[tuple[int, int]]:
    return [(sentence.index(name), sentence.index(name) + len(name)) for name in names]


@pytest.mark.parametrize(
    ("sentence", "name", "role"),
    [
        ("Presiden Rusia Vladimir Putin tiba.", "Vladimir", "Presiden Rusia"),
        ("Delegasi itu termasuk menteri pertahanan barunya, Andrei Belousov.", "Andrei", "menteri pertahanan barunya"),
        ("Menurut Kapolres Metro Bekasi Kombes Sumarni, jalan aman.", "Sumarni", "Kapolres Metro Bekasi"),
        (
            "Disaksikan Menteri Komunikasi dan Digital (Menkomdigi) Lina Hapsari.",
            "Lina",
            "Menteri Komunikasi dan Digital (Menkomdigi)",
        ),
        (
            "Wakil Menteri Pendidikan Tinggi, Sains, dan Teknologi Sari Dewanti hadir.",
            "Sari",
            "Wakil Menteri Pendidikan Tinggi, Sains, dan Teknologi",
        ),
        ("Menteri Dalam Negeri Tono Prakoso rapat.", "Tono", "Menteri Dalam Negeri"),
        ("ujar Direktur Utama PSN Adi Rahman di Jakarta", "Adi", "Direktur Utama PSN"),
        ("kata Rektor UI Prof. Muhammad Anwar kemarin", "Muhammad", "Rektor UI"),
        ("Spesialis penyakit dalam dr Tunggul menyebut itu wajar.", "Tunggul", "Spesialis penyakit dalam"),
        ("Kuasa hukum Titi Sumawijaya, Jaka Lapian, membantah.", "Jaka", "Kuasa hukum Titi Sumawijaya"),
        ("President of France Emile Durand arrived.", "Emile", "President of France"),
        (
            "Pengamat pangan dari Perhimpunan Ekonomi Husein Sawit setuju.",
            "Husein",
            "Pengamat pangan dari Perhimpunan Ekonomi",
        ),
        ("Polisi menangkap pelaku berinisial DK kemarin.", "DK", "pelaku"),
    ],
)
def test_the_role_before_a_name(sentence: str, name: str, role: str) -> None:
    others = ["Titi Sumawijaya"] if "Titi" in sentence else []
    assert before(sentence, name, *others) == role


@pytest.mark.parametrize(
    ("sentence", "name"),
    [
        ("Kemarin sore Budi pulang.", "Budi"),
        ("Presiden bertemu Budi.", "Budi"),
        ("Ia menemui putra sulung Hartono di rumah.", "Hartono"),
        ("Gubernur itu mengatakan bahwa Budi pulang.", "Budi"),
        ("Menurut warga, Budi pulang.", "Budi"),
        ("Di sektor putra, Budi menang.", "Budi"),
        ("Hadir gubernur dan Budi.", "Budi"),
    ],
)
def test_no_role_is_made_up(sentence: str, name: str) -> None:
    assert before(sentence, name) is None


@pytest.mark.parametrize(
    ("sentence", "name", "role"),
    [
        ("Harga naik, kata Bima, pegawai toko di sana.", "Bima", "pegawai toko di sana"),
        (
            "Airlangga selaku Menteri Koordinator Bidang Perekonomian hadir.",
            "Airlangga",
            "Menteri Koordinator Bidang Perekonomian",
        ),
        ("Budi (Ketua RT 05) setuju.", "Budi", None),
        ("Budi (Ketua RT) setuju.", "Budi", "Ketua RT"),
        ("Sujono (54), warga Desa Sukamaju, selamat.", "Sujono", "warga Desa Sukamaju"),
        ("Dita, yang menjabat sebagai Ketua Umum Apjatel, hadir.", "Dita", "Ketua Umum Apjatel"),
        ("Jeffrey Rush, the head of Greenpeace, agreed.", "Jeffrey Rush", "head of Greenpeace"),
        ("1. Arman Laksa sebagai Sekretaris Jenderal 2. Bona", "Arman Laksa", "Sekretaris Jenderal"),
        ("Budi, kemarin, pulang.", "Budi", None),
    ],
)
def test_the_role_after_a_name(sentence: str, name: str, role: str | None) -> None:
    assert role_after(sentence, sentence.index(name) + len(name)) == role


def test_a_role_that_leads_to_the_next_name_is_not_ours() -> None:
    sentence = "Hadir Budi, Menteri Keuangan Sri Wahyuni, dan Tono."
    assert role_after(sentence, sentence.index("Budi") + 4, spans(sentence, "Sri Wahyuni", "Tono")) is None


@pytest.mark.parametrize(
    ("sentence", "name", "others", "role"),
    [
        ("Kiper: Nadi (Persija), Maarten, Emil.", "Emil", ["Nadi", "Maarten"], "Kiper"),
        ("Ditangkap dua tersangka, Budi dan Rudi.", "Rudi", ["Budi"], "tersangka"),
        ("Kelima korban yakni SN (10), IM (12), dan NA (9).", "NA", ["SN"], "korban"),
        ("Ganda putra Indonesia Markus/Kelvin menang.", "Kelvin", ["Markus"], "Ganda putra Indonesia"),
        ("Menteri Budi dan Rudi datang.", "Rudi", ["Budi"], None),
    ],
)
def test_the_role_of_a_list(sentence: str, name: str, others: list[str], role: str | None) -> None:
    assert role_in_list(sentence, sentence.index(name), spans(sentence, *others)) == role


def test_roles_that_point_back() -> None:
    assert role_of_pronoun("Dia adalah perenang muda Indonesia.") == "perenang muda Indonesia"
    assert role_of_pronoun("Dia adalah harapan kami.") is None
    assert role_of_reference("Pebalap Indonesia itu finis keenam.") == "Pebalap Indonesia"
    assert role_of_reference('"Kami siap," ujar mantan gubernur Jawa Tengah itu.') == "mantan gubernur Jawa Tengah"
    assert role_of_reference("Rumah itu roboh.") is None


def test_the_heading_of_a_list_gives_its_role() -> None:
    assert role_of_heading("Berikut sepuluh calon pimpinan KPK yang lolos:") == "calon pimpinan KPK"
    assert role_of_heading("Berikut hasilnya:") is None
    assert role_of_heading("Presiden hadir.") is None


def test_a_rank_is_the_last_resort() -> None:
    sentence = "Menurut Kombes Pol Hendra, jalan aman."
    assert rank_before(sentence, sentence.index("Hendra")) == "Kombes Pol"
    assert rank_before("Kata Hendra", 5) is None


@pytest.mark.parametrize(
    "hostile",
    [
        "(" * 50_000,
        "Aa" * 50_000,
        "Aa " * 30_000,
        "Ketua, " * 20_000,
        "a" * 100_000,
        "Menteri dan " * 20_000,
        ": " * 50_000,
    ],
)
def test_hostile_sentences_are_bounded(hostile: str) -> None:
    sentence = f"{hostile} Budi {hostile}"
    start = len(hostile) + 1
    for find in (role_before, role_in_list):
        find(sentence, start, [])
    role_after(sentence, start + 4)
    role_of_reference(hostile)
    role_of_heading(f"{hostile}:")


@pytest.mark.parametrize(
    ("sentence", "name", "role"),
    [
        (
            "Kata Rina Sulastri, Consumer Product Manager Kopi Nusantara, di Jakarta.",
            "Rina Sulastri",
            "Consumer Product Manager Kopi Nusantara",
        ),
        ("Bima Satria terpilih sebagai ketua umum partai.", "Bima Satria", "ketua umum partai"),
        ("Bima Satria ditunjuk menjadi kepala dinas.", "Bima Satria", "kepala dinas"),
        ("Rina Sulastri, Garut Selatan, datang.", "Rina Sulastri", None),
    ],
)
def test_titles_and_elections(sentence: str, name: str, role: str | None) -> None:
    assert role_after(sentence, sentence.index(name) + len(name)) == role


@pytest.mark.parametrize(
    ("before_name", "role"),
    [
        ("Kata juru bicara kementerian, ", "juru bicara kementerian"),
        ("Pebalap Garuda Racing yang disponsori oleh Bank Contoh, ", "Pebalap Garuda Racing"),
        ("Hal itu disampaikan kepada Direktur Museum saat itu, ", "Direktur Museum"),
        ("Direktur Utama Bank Nusantara Raya atau BNR ", "Direktur Utama Bank Nusantara Raya atau BNR"),
        ("Ia datang bersama manajernya ", "manajernya"),
        ("Ia datang bersama rekan setimnya ", "rekan setimnya"),
        ("Juara bertahan Liga Contoh ", "Juara bertahan Liga Contoh"),
        ("VP of People and Operations Kopi Nusantara, ", "VP of People and Operations Kopi Nusantara"),
        ("Presiden Direktur dan CEO ", "Presiden Direktur dan CEO"),
        ("Kata Corporate Secretary Kopi Nusantara, ", "Corporate Secretary Kopi Nusantara"),
        (
            "Kata ahli hukum Universitas Contoh dan penulis buku tersebut, ",
            "ahli hukum Universitas Contoh dan penulis buku",
        ),
        ("Kabar itu tertulis di surat menteri dari Presiden ", "Presiden"),
        ("Ia menjadi sekretaris di masa Gubernur ", "Gubernur"),
        ("Gol dicetak striker andalan mereka ", "striker andalan"),
        ("Ia didampingi putrinya, ", "putrinya"),
        ("Ia mengajak sang ibu, ", "ibu"),
        ("Ia menjemput putri dari Bupati Contoh, ", "putri dari Bupati Contoh"),
        ("Menurut peneliti Center for Coastal Studies, ", "peneliti Center for Coastal Studies"),
        ("Menurut juru masak terbaik sekota Contoh, ", "juru masak terbaik sekota Contoh"),
        ("Kata Kasubbag Humas Polres Contoh Ipda ", "Kasubbag Humas Polres Contoh"),
    ],
)
def test_what_stands_between_a_role_and_a_name(before_name: str, role: str) -> None:
    assert role_before(f"{before_name}Bima Satria.", len(before_name)) == role


@pytest.mark.parametrize(
    ("sentence", "role"),
    [
        ("Rina Sulastri, istri korban, menangis.", "istri korban"),
        ("Rina Sulastri, asisten pelatih tim itu, yakin.", "asisten pelatih tim"),
        ("Rina Sulastri, 22 tahun, adalah mahasiswa Ilmu Komputer.", "mahasiswa Ilmu Komputer"),
        ("Rina Sulastri sebelumnya menjabat sebagai Ketua Yayasan Contoh.", "Ketua Yayasan Contoh"),
        ("Rina Sulastri (@rinasulastri2), pelatih yoga asal Garut, setuju.", "pelatih yoga asal Garut"),
        ("Rina Sulastri, S.H., M.H. advokat di Garut.", "advokat di Garut"),
        ("Rina Sulastri merupakan otak di balik film itu.", "otak di balik film"),
        ("Rina Sulastri adalah satu-satunya pilot di sana.", "pilot di sana"),
        ("Rina Sulastri resmi terpilih sebagai ketua umum.", "ketua umum"),
        ("Rina Sulastri yang selama ini menjadi asisten pelatih, pulang.", "asisten pelatih"),
        ("Rina Sulastri, Food and Beverage Product Manager Contoh, hadir.", "Food and Beverage Product Manager Contoh"),
        ("Rina Sulastri adalah ketua dan, seperti biasa, ramah.", "ketua"),
    ],
)
def test_roles_after_a_name_whatever_they_begin_with(sentence: str, role: str) -> None:
    assert role_after(sentence, len("Rina Sulastri")) == role


def test_two_behind_a_comma_share_a_role() -> None:
    sentence = "Ditulis oleh jurnalis Harian Contoh, Bima Satria dan Rina Sulastri, kemarin."
    first = (sentence.index("Bima"), sentence.index("Bima") + len("Bima Satria"))
    assert role_in_list(sentence, sentence.index("Rina"), [first]) == "jurnalis Harian Contoh"
    apart = "Kata Presiden Bima Satria dan Rina Sulastri."
    first = (apart.index("Bima"), apart.index("Bima") + len("Bima Satria"))
    assert role_in_list(apart, apart.index("Rina"), [first]) is None


def test_events_of_racket_sports() -> None:
    text = "Di sektor ganda putra Indonesia menang, sedangkan tunggal putri kalah."
    assert role_in_discipline(text, paired=True) == "ganda putra"
    assert role_in_discipline(text, paired=False) == "tunggal putri"
    assert role_in_discipline("Keduanya menang mudah.", paired=True) is None


def test_a_title_at_the_cut_of_a_sentence() -> None:
    assert ends_in_title("kata Rektor Universitas Contoh Prof.")
    assert not ends_in_title("Keduanya menang mudah.")


def test_a_sentence_that_begins_with_a_role_points_back() -> None:
    assert role_of_reference("Pebalap asal Garut finis keenam.") == "Pebalap asal Garut"
    assert role_of_reference("Pebalap yang membela Garuda Racing finis keenam.") == "Pebalap yang membela Garuda Racing"
    assert role_of_reference("Rumah asal Garut itu roboh.") is None


def test_who_serves_somebody_is_told_by_whom() -> None:
    sentence = "Hal itu dikatakan Rina Sulastri selaku kuasa hukum Bima Satria kemarin."
    rina, bima = spans(sentence, "Rina Sulastri", "Bima Satria")
    assert role_after(sentence, rina[1], [bima]) == "kuasa hukum Bima Satria"
    assert role_before(sentence, bima[0], [rina]) is None


def test_a_role_given_to_the_one_before_is_not_the_next_ones() -> None:
    sentence = "Rina Sulastri sebagai direktur operasi, dan Bima Satria sebagai direktur layanan."
    rina, bima = spans(sentence, "Rina Sulastri", "Bima Satria")
    assert role_before(sentence, bima[0], [rina]) is None
    assert role_after(sentence, bima[1], [rina]) == "direktur layanan"


@pytest.mark.parametrize(
    ("opening", "role"),
    [
        ("Identitas korban tersebut adalah ", "korban"),
        ("Kedua pendaki itu diketahui bernama ", "pendaki"),
        ("Lima pelaku yang baru ditangkap berinisial ", "pelaku"),
        ("Penyanyi itu memiliki dua anak, yakni ", "anak"),
        ("Kajari Contoh dijabat oleh ", "Kajari Contoh"),
    ],
)
def test_what_opens_a_list_or_a_name(opening: str, role: str) -> None:
    assert role_in_list(f"{opening}Bima Satria.", len(opening), []) == role


def test_an_aide_before_a_name_is_who_is_named_next() -> None:
    sentence = "Hal itu dibantah juru bicara Presiden Bima Satria, Rina Sulastri."
    bima, rina = spans(sentence, "Bima Satria", "Rina Sulastri")
    assert role_before(sentence, bima[0], [rina]) == "Presiden"
    assert role_before(sentence, rina[0], [bima]) == "juru bicara Presiden Bima Satria"
    alone = "Hal itu dibantah pengacara Bima Satria kemarin."
    assert role_before(alone, alone.index("Bima")) == "pengacara"


def test_what_is_told_of_another_is_no_role() -> None:
    rest = "Pengunduran diri Bima Satria merupakan momen penting."
    assert role_after(rest, rest.index(" merupakan")) is None
    rest = "Selain Bima Satria, anggota tim lainnya, Rina Sulastri, juga hadir."
    assert role_after(rest, rest.index(", anggota"), spans(rest, "Rina Sulastri")) is None
