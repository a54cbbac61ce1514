"""The words that the made-up records are made of: names, streets, languages, clinical and support vocabulary.

Family names mean "example", "sample", "test" or "specimen" in the language that they look like, so that nobody can take
them for a real person's; they keep that language's length, accents and script. SNOMED CT codes are concept ids as
published in UK Core examples or in wide use; medicines and other words have codes of the sandbox's own system.
"""

# ruff: noqa: RUF001 - names in Cyrillic are meant to be Cyrillic

from __future__ import annotations

from typing import Final

from adapters.sandbox.person import Coding, Language

SNOMED: Final = "http://snomed.info/sct"
LOCAL: Final = "https://sandbox.example.org/CodeSystem/words"
WRITTEN_FORMAT: Final = "https://fhir.hl7.org.uk/CodeSystem/UKCore-PreferredWrittenCommunicationFormat"

ENGLISH: Final = Language("en", "English")
BRITISH_SIGN_LANGUAGE: Final = Language("bfi", "British Sign Language")
POLISH: Final = Language("pl", "Polish")
LITHUANIAN: Final = Language("lt", "Lithuanian")
PORTUGUESE: Final = Language("pt", "Portuguese")
ROMANIAN: Final = Language("ro", "Romanian")
UKRAINIAN: Final = Language("uk", "Ukrainian")
ARABIC: Final = Language("ar", "Arabic")
CHINESE: Final = Language("zh", "Chinese")

NAMES: Final[tuple[tuple[Language, tuple[str, ...], tuple[str, ...], tuple[str, ...]], ...]] = (
    (
        ENGLISH,
        (
            "Mockford",
            "Placeholm",
            "Specimen-Hardy",
            "Testerly",
            "Fakenshaw",
            "O'Sample",
            "Po",
            "Trialby",
            "Exampleton",
        ),
        ("Edie", "Marigold", "Philippa Jane", "Wren", "Beatrix", "Hettie", "Nell"),
        ("Albie", "Ned", "Christopher John", "Kit", "Bartholomew", "Seth", "Jarvis"),
    ),
    (
        POLISH,
        ("Przykładowska-Wzorcowicz", "Wzorowska", "Próbkiewicz", "Testowska-Szczególna"),
        ("Małgorzata", "Agnieszka Grażyna", "Świętosława", "Żaneta"),
        ("Władysław", "Bolesław Krzysztof", "Łukasz", "Zbigniew"),
    ),
    (
        LITHUANIAN,
        ("Pavyzdžiūnaitė-Bandomoji", "Pavyzdinskas", "Bandymauskienė", "Mėginytė"),
        ("Kotryna", "Živilė", "Aušrinė Eglė", "Gintarė"),
        ("Žygimantas", "Mindaugas Ąžuolas", "Vytenis", "Šarūnas"),
    ),
    (
        PORTUGUESE,
        ("Exemplo dos Santos Figueiredo", "Amostra de Conceição", "Ensaio", "Modelo e Sá"),
        ("Maria da Conceição", "Inês", "Luísa Fernanda", "Graça"),
        ("João", "António José", "Simão", "Gonçalo"),
    ),
    (
        ROMANIAN,
        ("Exemplescu", "Mostrăreanu-Pildă", "Încercăreanu", "Probeanu"),
        ("Ștefania", "Ioana-Alexandrina", "Brândușa", "Țuca"),
        ("Răzvan", "Ștefan-Constantin", "Mircea", "Gheorghiță"),
    ),
    (UKRAINIAN, ("Прикладенко", "Зразківська"), ("Оксана", "Зоряна"), ("Тарас", "Любомир")),
    (ARABIC, ("المثال", "النموذجي"), ("ليلى", "سلمى"), ("يوسف", "كريم")),
    (CHINESE, ("示例", "样本"), ("小测", "文样"), ("大明", "试安")),
)
"""(language, family names, women's given names, men's given names); several given names are parted by spaces."""
NAME_WEIGHTS: Final = (8, 3, 3, 3, 3, 1, 1, 1)
"""How often each language of NAMES comes up."""

STREETS: Final = (
    "Marram Loke", "Samphire Row", "Wherryman's Pretence", "Bittern Example Way", "Reedcutter Loke",
    "Old Specimen Road", "Crayfish Steps", "Upper Placeholder Street", "Swallowtail Close", "Pantile Yard",
)  # fmt: skip
TOWNS: Final = ("Norwich", "Norwich", "Norwich", "Great Yarmouth", "Thetford", "North Walsham", "King's Lynn")

_S = SNOMED
ALLERGENS: Final = (
    Coding(_S, "372687004", "Amoxicillin"),
    Coding(_S, "91936005", "Allergy to penicillin"),
    Coding(_S, "111088007", "Latex"),
    Coding(_S, "387458008", "Aspirin"),
    Coding(LOCAL, "peanut", "Peanut"),
    Coding(LOCAL, "bee-venom", "Bee venom"),
)
CONDITIONS: Final = (
    Coding(_S, "195967001", "Asthma"),
    Coding(_S, "44054006", "Type 2 diabetes mellitus"),
    Coding(_S, "38341003", "Hypertension"),
    Coding(_S, "13645005", "Chronic obstructive lung disease"),
    Coding(_S, "396275006", "Osteoarthritis"),
    Coding(_S, "84757009", "Epilepsy"),
    Coding(_S, "15188001", "Hearing loss"),
    Coding(_S, "49436004", "Atrial fibrillation"),
)
SENSITIVE_CONDITIONS: Final = (
    Coding(_S, "35489007", "Depressive disorder"),
    Coding(_S, "197480006", "Anxiety disorder"),
    Coding(_S, "66590003", "Alcohol dependence"),
)
"""Conditions that the practice labels PSY (v3-ActCode)."""

MEDICATIONS: Final = (
    (Coding(LOCAL, "salbutamol-100", "Salbutamol 100micrograms/dose inhaler"), "2 puffs when needed"),
    (Coding(LOCAL, "metformin-500", "Metformin 500mg tablets"), "1 tablet 2 times a day with meals"),
    (Coding(LOCAL, "amlodipine-5", "Amlodipine 5mg tablets"), "1 tablet each morning"),
    (Coding(LOCAL, "paracetamol-500", "Paracetamol 500mg tablets"), "2 tablets up to 4 times a day"),
    (Coding(LOCAL, "lamotrigine-100", "Lamotrigine 100mg tablets"), "1 tablet 2 times a day"),
    (Coding(LOCAL, "apixaban-5", "Apixaban 5mg tablets"), "1 tablet 2 times a day"),
)
SENSITIVE_MEDICATION: Final = (
    Coding(LOCAL, "sertraline-50", "Sertraline 50mg tablets"),
    "1 tablet each morning",
)
"""The practice labels it R (v3-Confidentiality)."""

ALERTS: Final = (
    "Self-neglect concern raised with the adult safeguarding team",
    "Falls at home: two in the last six months",
    "Carer under strain: ask how they are at each contact",
    "Financial abuse concern: speak to the person alone",
)
SENSITIVE_ALERT: Final = "Domestic abuse disclosed: do not leave messages"
"""The practice labels it SDV (v3-ActCode)."""

WRITTEN_FORMATS: Final = (
    Coding(WRITTEN_FORMAT, "11", "Large print"),
    Coding(WRITTEN_FORMAT, "12", "Braille"),
)
ADJUSTMENTS: Final = (
    "Hearing loop", "Quiet waiting room", "Longer appointment", "Easy-read letters",
    "Step-free access", "Text before ringing", "Carer present",
)  # fmt: skip
SAFE_CONTACTS: Final = (
    "Not after 7pm", "Ring before visiting", "Weekday mornings only", "Do not leave a voicemail",
    "Ask for the person by first name only",
)  # fmt: skip
PLAN_CATEGORIES: Final = (
    "Living well at home", "Managing money", "Getting out and about", "Coming home from hospital",
    "Weight management plan",
)  # fmt: skip
GOALS: Final = (
    "Keep the home warm this winter", "Cook a hot meal three times a week", "Walk to the market and back",
    "Agree what to pay each month", "Join the Tuesday lunch group", "Take tablets at the same time each day",
    "Sleep through the night",
)  # fmt: skip
LEADS: Final = ("Care co-ordinator", "Community matron", "Social prescriber", "Housing support worker")
SERVICES: Final = (
    ("Harbour Help money advice", "debt advice"),
    ("Wensum Pantry (sandbox)", "food"),
    ("Tuesday Befrienders (sandbox)", "befriending"),
    ("Fine City Warm Homes (sandbox)", "fuel advice"),
    ("Marsh Street Hub (sandbox)", "advice"),
)
LANDLORDS: Final = ("Norwich City Council", "Broads Sample Homes", "Norwich City Council")
