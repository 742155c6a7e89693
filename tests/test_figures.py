from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from services.models import Figure, ToneScores
from services.nlp.figures import find_figures
from services.nlp.reading import Mention, MentionKind, Reading, Sentence
from services.nlp.sentences import split_sentences

Read = Callable[[str, str], Reading]


def reading_of(title: str, text: str, *names: str, kinds: dict[str, MentionKind] | None = None) -> Reading:
    """A reading in which exactly `names` were found, wherever they stand; longest names first win."""
    sentences = split_sentences(title, text)
    mentions = []
    for number, sentence in enumerate(sentences):
        taken: list[tuple[int, int]] = []
        for name in sorted(names, key=len, reverse=True):
            start = sentence.text.find(name)
            while start >= 0:
                end = start + len(name)
                if not any(left < end and start < right for left, right in taken):
                    taken.append((start, end))
                    kind = (kinds or {}).get(name, "PER")
                    mentions.append(Mention(kind, name, number, start, end, 0.95))
                start = sentence.text.find(name, end)
    tone = ToneScores(0.2, 0.6, 0.2)
    vectors = np.zeros((len(sentences), 4), np.float32)
    ordered = sorted(mentions, key=lambda mention: (mention.sentence, mention.start))
    return Reading(sentences, tuple(ordered), tone, (tone,) * len(sentences), vectors, vectors[0])


def figure(figures: tuple[Figure, ...], name: str) -> Figure:
    return next(one for one in figures if one.name == name)


def test_a_person_is_listed_once_under_the_fullest_name() -> None:
    reading = reading_of(
        "Rahmawati Buka Pameran",
        "Wali Kota Dewi Rahmawati membuka pameran. Rahmawati menyapa warga. Kata Dewi, pameran ini yang ketiga.",
        "Dewi Rahmawati",
        "Rahmawati",
        "Dewi",
    )
    (dewi,) = find_figures(reading)
    assert (dewi.name, dewi.aliases, dewi.mentions) == ("Dewi Rahmawati", ("Rahmawati", "Dewi"), 4)
    assert dewi.main


def test_a_shared_family_name_does_not_merge_two_people() -> None:
    reading = reading_of(
        "Dua Saudara",
        "Petani Rudi Hartono panen raya. Hartono senang. Adiknya, Yuli Hartono, berdagang. Kini Hartono pindah.",
        "Rudi Hartono",
        "Yuli Hartono",
        "Hartono",
    )
    figures = find_figures(reading)
    assert {one.name: one.mentions for one in figures} == {"Rudi Hartono": 2, "Yuli Hartono": 2}


@pytest.mark.parametrize(
    ("text", "names", "alias"),
    [
        ("Bupati Sutrisno Wibowo (Bowo) hadir. Bowo berpidato.", ["Sutrisno Wibowo", "Bowo"], "Bowo"),
        ("Penyanyi Lastri Ayuningtyas alias Titik tampil. Titik senang.", ["Lastri Ayuningtyas", "Titik"], "Titik"),
        ("Pelukis Made Suryana yang akrab disapa Dekok hadir. Dekok diam.", ["Made Suryana", "Dekok"], "Dekok"),
    ],
)
def test_a_nickname_that_the_text_explains_is_an_alias(text: str, names: list[str], alias: str) -> None:
    (person,) = find_figures(reading_of("Acara Besar", text, *names))
    assert alias in person.aliases


def test_a_slip_of_the_pen_is_the_same_person() -> None:
    text = "Rektor Nurul Ghafarin dipuji. Dosen memuji Nurul Ghafrin karena jujur."
    assert len(find_figures(reading_of("Rektor", text, "Nurul Ghafarin", "Nurul Ghafrin"))) == 1


def test_another_letter_is_another_person() -> None:
    text = "Rektor Budi Hartono dipuji. Dosen Rudi Hartono memuji."
    assert len(find_figures(reading_of("Rektor", text, "Budi Hartono", "Rudi Hartono"))) == 2


def test_an_initial_stands_for_a_name() -> None:
    text = "Ketua panitia Muhammad Zainuddin hadir. Menurut M. Zainuddin acara lancar."
    assert len(find_figures(reading_of("Acara", text, "Muhammad Zainuddin", "M. Zainuddin"))) == 1


def test_titles_are_no_part_of_a_name() -> None:
    text = "Paus Viktorius XII tiba. Acara itu dihadiri Prof. Dr. Haryati Subekti."
    names = {
        one.name for one in find_figures(reading_of("Acara", text, "Paus Viktorius XII", "Prof. Dr. Haryati Subekti"))
    }
    assert names == {"Viktorius XII", "Haryati Subekti"}


def test_the_place_of_an_office_is_no_part_of_a_name() -> None:
    text = "Bupati Ngawi Ony Satria hadir bersama Menteri Luar Negeri Yordania Ayman Safadi."
    figures = find_figures(reading_of("Acara", text, "Ngawi", "Ony Satria", "Yordania Ayman Safadi"))
    assert {one.name: one.role for one in figures} == {
        "Ony Satria": "Bupati Ngawi",
        "Ayman Safadi": "Menteri Luar Negeri Yordania",
    }


@pytest.mark.parametrize(
    ("text", "names", "kinds"),
    [
        ("PT Sejahtera Abadi rugi.", ["Sejahtera Abadi"], {}),
        (
            "Kartika International tutup. Kartika merugi. Kata manajemen Kartika, pasar lesu.",
            ["Kartika International", "Kartika"],
            {"Kartika International": "ORG"},
        ),
        ("Umat merayakan Idul Adha dengan khidmat.", ["Idul Adha"], {}),
        ("Tim berjuluk Elang Selatan menang.", ["Elang Selatan"], {}),
        ("Laga itu disiarkan oleh QZTV semalam.", ["QZTV"], {}),
        ("Kemarin pembalap Gandring, Ale Morante, jatuh.", ["Gandring"], {}),
    ],
)
def test_what_only_looks_like_a_person_is_left_out(text: str, names: list[str], kinds: dict[str, MentionKind]) -> None:
    found = find_figures(reading_of("Berita Hari Ini", text, *names, "Ale Morante", kinds=kinds))
    assert not {one.name for one in found} & set(names)


def test_a_headline_alone_makes_no_one_word_person() -> None:
    assert find_figures(reading_of("Mewahnya Pesta Gudrun", "Pesta itu berlangsung semalam.", "Gudrun")) == ()


def test_a_verb_of_the_headline_is_no_surname() -> None:
    reading = reading_of("Kartini Maju Pilkada", "Kartini Wulandari mendaftar.", "Kartini Maju", "Kartini Wulandari")
    assert [one.name for one in find_figures(reading)] == ["Kartini Wulandari"]


def test_suspects_by_initials_are_persons() -> None:
    (suspect,) = find_figures(reading_of("Penangkapan", "Polisi menangkap tersangka RM (34) di rumahnya."))
    assert (suspect.name, suspect.role) == ("RM", "tersangka")


def test_the_most_prominent_come_first() -> None:
    text = "Sastro Wijoyo hadir. Lalu Bintoro Adi bicara. Bintoro Adi menutup acara. Kata Bintoro Adi, selesai."
    figures = find_figures(reading_of("Bintoro Adi Bicara", text, "Sastro Wijoyo", "Bintoro Adi"))
    assert [one.name for one in figures] == ["Bintoro Adi", "Sastro Wijoyo"]
    assert (figures[0].main, figures[1].main) == (True, False)


def test_people_and_roles_of_an_article_read_by_the_model(read: Read) -> None:
    figures = find_figures(
        read(
            "Bupati Resmikan Pasar",
            "Bupati Kebumen Arif Sugiyanto meresmikan pasar baru, Senin. Ia didampingi Kepala Dinas Perdagangan, "
            'Haryono Wahyudi. "Pasar ini milik warga," kata Arif. Menteri Perdagangan Budi Santoso mengirim ucapan.',
        )
    )
    roles = {one.name: one.role for one in figures}
    assert roles == {
        "Arif Sugiyanto": "Bupati Kebumen",
        "Haryono Wahyudi": "Kepala Dinas Perdagangan",
        "Budi Santoso": "Menteri Perdagangan",
    }
    assert figures[0].aliases == ("Arif",)


def test_the_tone_of_a_figure_is_that_of_the_sentences_that_name_them(read: Read) -> None:
    figures = find_figures(
        read(
            "Dua Nasib",
            "Atlet angkat besi Windy Cantika meraih medali emas dan memecahkan rekor dunia. "
            "Terdakwa korupsi Gunawan Setiadi divonis 12 tahun penjara karena merugikan negara.",
        )
    )
    tones = {one.name: one.tone.label for one in figures if one.tone}
    assert tones.get("Windy Cantika") == "positive"
    assert tones.get("Gunawan Setiadi") == "negative"
    assert figure(figures, "Gunawan Setiadi").role == "Terdakwa korupsi"


def test_a_list_without_end_is_bounded() -> None:
    names = [f"Nama{chr(97 + i // 676)}{chr(97 + i // 26 % 26)}{chr(97 + i % 26)} Keluarga" for i in range(3_000)]
    text = ". ".join(names)
    starts = [text.index(name) for name in names]
    reading = replace(
        reading_of("Daftar", ""),
        sentences=(Sentence("Daftar", -1), Sentence(text, 0)),
        tones=(ToneScores(0.2, 0.6, 0.2),) * 2,
        mentions=tuple(
            Mention("PER", name, 1, start, start + len(name), 0.9) for name, start in zip(names, starts, strict=True)
        ),
    )
    assert 100 < len(find_figures(reading)) <= 500


def test_a_forename_that_the_encoder_left_out_is_no_part_of_the_role() -> None:
    for before, role in (
        ("Kapolres Contoh Kombes", "Kapolres Contoh"),
        ("Ketua Yayasan Contoh,", "Ketua Yayasan Contoh"),
    ):
        text = f"Jalan itu sudah aman, kata {before} Sarwono Adi Putra di kantornya pada hari pertama."
        (sarwono,) = find_figures(reading_of("Jalan Aman", text, "Adi Putra"))
        assert (sarwono.name, sarwono.role) == ("Sarwono Adi Putra", role)


def test_what_the_encoder_cut_off_once_is_known_from_elsewhere() -> None:
    name = "Sarwono Adi Putra"
    reading = reading_of("Jalan Aman", f"Hadir di sana Menteri Agama {name}. Lalu {name} pulang.", name)
    first, *others = reading.mentions
    cut = replace(first, text="Adi Putra", start=first.start + len("Sarwono "))
    (sarwono,) = find_figures(replace(reading, mentions=(cut, *others)))
    assert (sarwono.name, sarwono.role) == (name, "Menteri Agama")


def test_an_office_is_told_before_a_part_in_one_event() -> None:
    text = "Menurut jaksa, Menteri Agama Sarwono Putra hadir. Sarwono Putra menjadi saksi kasus suap jabatan di Contoh."
    (sarwono,) = find_figures(reading_of("Sidang Suap", text, "Sarwono Putra"))
    assert sarwono.role == "Menteri Agama"


def test_another_name_behind_or_is_an_alias_unless_somebody_has_it() -> None:
    text = "Hadir Presiden Sarwono Putra atau Sarpu. Sarpu menyapa warga."
    (sarwono,) = find_figures(reading_of("Presiden Hadir", text, "Sarwono Putra", "Sarpu"))
    assert (sarwono.name, sarwono.aliases) == ("Sarwono Putra", ("Sarpu",))
    text = "Yang menang Sarwono Putra atau Dewi. Menurut Dewi Rahma, keduanya siap. Dewi menyapa warga."
    figures = find_figures(reading_of("Pemilihan", text, "Sarwono Putra", "Dewi Rahma", "Dewi"))
    assert figure(figures, "Dewi Rahma").mentions == 3


def test_a_relation_stays_when_the_article_begins_with_it() -> None:
    name = "Gunarti Putra"
    text = f"Putri dari Bupati Contoh, {name}, hadir. Lalu {name} menjadi ketua panitia seleksi calon penerima hadiah."
    (first,) = find_figures(reading_of("Hadiah Diberikan", text, name))
    assert first.role == "Putri dari Bupati Contoh"
    text = f"Hadir penyanyi {name} kemarin. Menurut dia, kekasih Bima Sarpu Tanu, {name}, senang."
    (second,) = find_figures(reading_of("Hadiah Diberikan", text, name))
    assert second.role == "penyanyi"


def test_a_headlines_verb_is_no_part_of_a_role() -> None:
    text = "Acara itu selesai. Hadir pula Gunarti Putra di sana kemarin sore."
    (gunarti,) = find_figures(reading_of("Wakil Bupati Contoh Minta Gunarti Putra Hadir", text, "Gunarti Putra"))
    assert gunarti.role is None
    (gunarti,) = find_figures(reading_of("Wakil Bupati Contoh Gunarti Putra Hadir", text, "Gunarti Putra"))
    assert gunarti.role == "Wakil Bupati Contoh"


def test_a_further_role_is_told_when_there_is_no_other() -> None:
    aside = "Sarwono Adi yang juga menjabat ketua yayasan pemuda kota itu setuju."
    (sarwono,) = find_figures(reading_of("Rapat", f"Hadir Bupati Contoh Sarwono Adi. {aside}", "Sarwono Adi"))
    assert sarwono.role == "Bupati Contoh"
    (sarwono,) = find_figures(reading_of("Rapat", f"Rapat selesai. {aside}", "Sarwono Adi"))
    assert sarwono.role == "ketua yayasan pemuda kota"
