"""The words of the counts, as data: themes, outcomes' ages, and the groups of Core20PLUS5.

Sources
- Themes: the codes that a referral carries (`themes` of POST /v1/referrals), each under one of the aims by which the
  Norwich Health and Wellbeing Partnership judges bids: reduce health inequalities, improve health behaviour choices,
  improve mental health and wellbeing (Norwich City Council, news of 17 October 2022).
- Core20PLUS5: NHS England's approach for adults. Core20 is the most deprived fifth of areas by the Index of Multiple
  Deprivation. The PLUS groups are those of the Norfolk and Waveney needs assessment (Norfolk Insight, JSNA, "Core20 plus
  groups", December 2023). The five clinical areas say which themes touch them; they are nobody's diagnosis here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

PARTNERSHIP_SOURCE: Final = (
    "Norwich City Council, news of 17 October 2022: the aims by which the partnership judges bids"
)
PLUS_SOURCE: Final = "Norfolk Insight, joint strategic needs assessment: Core20 plus groups, December 2023"
CORE20_SOURCE: Final = "NHS England, Core20PLUS5 for adults"


@dataclass(frozen=True, slots=True)
class Theme:
    """One theme. aim: the partnership's aim that it serves."""

    code: str
    title: str
    aim: str


INEQUALITIES: Final = "Reduce health inequalities"
BEHAVIOUR: Final = "Improve health behaviour choices"
WELLBEING: Final = "Improve mental health and wellbeing"

THEMES: Final = (
    Theme("housing", "Housing", INEQUALITIES),
    Theme("damp", "Damp and mould", INEQUALITIES),
    Theme("repairs", "Repairs", INEQUALITIES),
    Theme("money", "Money and debt", INEQUALITIES),
    Theme("food", "Food and fuel", INEQUALITIES),
    Theme("mental-health", "Mental health", WELLBEING),
    Theme("loneliness", "Loneliness", WELLBEING),
    Theme("caring", "Caring for someone", WELLBEING),
    Theme("family", "Family", WELLBEING),
    Theme("work", "Work and learning", INEQUALITIES),
    Theme("safety", "Safety", WELLBEING),
    Theme("health", "Health", BEHAVIOUR),
    Theme("other", "Something else", INEQUALITIES),
)
THEME_TITLES: Final = {theme.code: theme.title for theme in THEMES}

# The PLUS groups as a worker may record them for the count, with the person's knowledge.
GROUPS: Final = {
    "ethnic-minority": "Ethnic minority communities",
    "homelessness": "People without a settled home",
    "drug-alcohol": "People dependent on drugs or alcohol",
    "migrants": "Migrants in vulnerable circumstances",
    "gypsy-roma-traveller": "Gypsy, Roma and Traveller communities",
    "sex-workers": "Sex workers",
    "justice": "People in contact with the justice system",
    "modern-slavery": "Victims of modern slavery",
    "learning-disability-autism": "People with a learning disability and autistic people",
    "coastal": "Coastal communities",
    "multi-morbidity": "People with several long-term conditions",
    "armed-forces": "The armed forces community",
}

CLINICAL_AREAS: Final = (
    "Maternity",
    "Severe mental illness",
    "Chronic respiratory disease",
    "Early cancer diagnosis",
    "Hypertension and lipids",
)

# Upper ages of the bands, in whole years; the last has none.
AGE_BANDS: Final = ((17, "0-17"), (34, "18-34"), (49, "35-49"), (64, "50-64"), (79, "65-79"))
OLDEST: Final = "80-plus"
AGES: Final = (*(code for _, code in AGE_BANDS), OLDEST)
