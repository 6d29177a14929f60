"""Dutch words that make another question when they change: negations, comparisons, numbers, moments, more."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from schemas.terms import FunctionSlug


def _table(text: str) -> Mapping[str, str]:
    """Of lines 'value: its words', each word with its value."""
    lines = (line.partition(":") for line in text.strip().splitlines())
    return {word: value.strip() for value, _, words in lines for word in words.split()}


NEGATIONS: Final = frozenset(
    [
        "niet",
        "geen",
        "zonder",
        "nooit",
        "niets",
        "niemand",
        "nergens",
        "noch",
        "evenmin",
        "behalve",
        "uitgezonderd",
        "onbereikbaar",
        "onmogelijk",
        "onvoldoende",
        "onveilig",
        "ontbreekt",
        "ontbreken",
    ]
)

COMPARISONS: Final = _table("""
    more: meer groter grotere hoger hogere langer langere minstens minimaal minimale minste tenminste boven
    less: minder kleiner kleinere lager lagere korter kortere hoogstens maximaal maximale hoogste ten_hoogste
    most: meeste grootste
    high: hoog hoge verhogen verhoogd
    low: laag lage laagste verlagen verlaagd
    big: groot grote
    small: klein kleine
    deep: diep diepe dieper diepst diepste
    before: vóór vooraf preventief preventieve uiterlijk
    after: na nadat daarna achteraf sinds
    during: tijdens gedurende
    earlier: eerder vroeger
    later: later
    only: alleen uitsluitend enkel slechts
    inside: binnen binnendijks binnendijkse inkomend inkomende
    outside: buiten buitendijks buitendijkse uitgaand uitgaande
    open: open geopend
    closed: dicht gesloten afgesloten
    wet: nat natte vernatting regenweer
    dry: droog droge droogte
    hot: hitte heet hete warm warme
    cold: kou koud koude vorst
    rising: toe stijgt stijgen
    falling: af daalt dalen
    enough: genoeg voldoende
    left: links linker
    right: rechts rechter
    north: noord noorden noordelijk noordelijke
    south: zuid zuiden zuidelijk zuidelijke
    east: oost oosten oostelijk oostelijke
    west: westen westelijk westelijke
    upstream: bovenstrooms bovenstroomse stroomopwaarts
    downstream: benedenstrooms benedenstroomse stroomafwaarts
""")

MOMENTS: Final = _table("""
    januari: januari jan
    februari: februari feb
    maart: maart mrt
    april: april apr
    mei: mei
    juni: juni jun
    juli: juli jul
    augustus: augustus aug
    september: september sep sept
    oktober: oktober okt
    november: november nov
    december: december dec
    lente: lente voorjaar
    zomer: zomer zomers nazomer
    herfst: herfst najaar
    winter: winter winters
    maandag: maandag
    dinsdag: dinsdag
    woensdag: woensdag
    donderdag: donderdag
    vrijdag: vrijdag
    zaterdag: zaterdag
    zondag: zondag
    weekend: weekend weekeinde
    vandaag: vandaag
    morgen: morgen
    nacht: nacht nachts
""")

NUMBERS: Final = _table("""
    0: nul
    0.5: half halve
    1: één
    1.5: anderhalf anderhalve
    2: twee tweede
    3: drie derde
    4: vier vierde
    5: vijf vijfde
    6: zes zesde
    7: zeven zevende
    8: acht achtste
    9: negen negende
    10: tien tiende
    11: elf
    12: twaalf
    13: dertien
    14: veertien
    15: vijftien
    20: twintig
    25: vijfentwintig
    30: dertig
    40: veertig
    50: vijftig
    100: honderd
    1000: duizend
    10000: tienduizend
""")

UNITS: Final[Mapping[str, tuple[float, str]]] = {
    **dict.fromkeys(("mm", "millimeter", "millimeters"), (0.001, "m")),
    **dict.fromkeys(("cm", "centimeter", "centimeters"), (0.01, "m")),
    **dict.fromkeys(("m", "meter", "meters"), (1, "m")),
    **dict.fromkeys(("km", "kilometer", "kilometers"), (1000, "m")),
    **dict.fromkeys(("minuut", "minuten"), (1 / 60, "h")),
    **dict.fromkeys(("u", "uur", "uren"), (1, "h")),
    **dict.fromkeys(("dag", "dagen", "etmaal", "etmalen"), (24, "h")),
    **dict.fromkeys(("week", "weken"), (168, "h")),
    **dict.fromkeys(("maand", "maanden"), (1, "month")),
    **dict.fromkeys(("kwartaal", "kwartalen"), (1, "quarter")),
    **dict.fromkeys(("jaar", "jaren"), (1, "year")),
    **dict.fromkeys(("graden", "graad", "°", "°c"), (1, "degree")),
    **dict.fromkeys(("procent", "%"), (1, "percent")),
    **dict.fromkeys(("m3", "kuub", "kubieke"), (1, "m3")),
    **dict.fromkeys(("l", "liter"), (1, "l")),
    **dict.fromkeys(("kg", "kilo"), (1, "kg")),
    **dict.fromkeys(("ton",), (1000, "kg")),
    **dict.fromkeys(("v", "volt"), (0.001, "kv")),
    **dict.fromkeys(("kv", "kilovolt"), (1, "kv")),
    **dict.fromkeys(("kw", "kilowatt"), (0.001, "mw")),
    **dict.fromkeys(("mw", "megawatt"), (1, "mw")),
    **dict.fromkeys(("bar", "mbar", "km/h", "db", "hz"), (1, "")),
}
"""A unit as people write it: how much it is of which unit that numbers are compared in."""

_LOOKS: Mapping[FunctionSlug, str] = {
    FunctionSlug.ELECTRICITY: r"elektri|^stroom(?!t|op|af|gebied)|spanning|trafo|onderstation"
    r"|verdeelstation|black-?out",
    FunctionSlug.NATURAL_GAS: r"^(aard)?gas(?!t)|[^n]gas$",
    FunctionSlug.OIL: r"olie|brandstof|diesel|benzine|kerosine|raffina|tankstation",
    FunctionSlug.TELECOM_BASIC: r"^c2000|meldkamer|^nl-alert|noodcommunic|^ncv|sirene|rampenzender"
    r"|satelliet|satcom",
    FunctionSlug.TELECOM_PUBLIC: r"telefo|internet|^mobiel$|^gsm|^[45]g$|glasvezel|zendmast"
    r"|antenne|datacent|wijkcentrale|telecom|koper",
    FunctionSlug.WASTE_WATER: r"riool|riol|afvalwater|rwzi|zuivering|persleiding|slib",
    FunctionSlug.DRINKING_WATER: r"drinkwater|kraanwater|waterleiding|winput|waterbedrijf|waterdruk",
    FunctionSlug.HEALTH: r"ziekenhui|zorg(?!t|en|vuldig)|patiënt|huisarts|apothe|ambulance"
    r"|verpleeg|^ghor|^ggd|medicijn",
    FunctionSlug.PUMPING_STATIONS: r"^(polder|boezem)?gema(al|len)|stuwen?$|boezem|maalstop|uitmalen",
    FunctionSlug.TRANSPORT_MAIN: r"snelweg|rijksweg|spoor(?!lab)|trein|rails|tunnel|luchthaven"
    r"|scheepvaart|vaarweg|^a\d+$",
    FunctionSlug.CHEMISTRY: r"chemi|chloor|ammoniak|^brzo|^seveso",
    FunctionSlug.NUCLEAR: r"kern(centrale|afval|energie|transport)|nucleair|radioact|straling"
    r"|splijtstof|reactor|jodium",
    FunctionSlug.INFECTIOUS_GMO: r"virus|ziekteverwekker|laborator|^lab$|^ggo|^bsl|genetisch|pathoge",
    FunctionSlug.PROVINCIAL_ROADS: r"^provinciale$|^n-weg|^n\d{2,3}$",
}
_FUNCTIONS = {slug: re.compile(looks) for slug, looks in _LOOKS.items()}


@lru_cache(maxsize=10_000)
def function_of(word: str) -> FunctionSlug | None:
    """The function that this word in lower case is about."""
    return next((slug for slug, looks in _FUNCTIONS.items() if looks.search(word)), None)
