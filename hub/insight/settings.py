"""What the installation decides about area insight, from the environment: `HUB_GEOGRAPHY_...` and `HUB_INSIGHT_...`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from hub.insight import areas, deprivation
from hub.insight.counting import Reading
from hub.insight.protecting import DEFAULT_THRESHOLD, valid_threshold


class InsightSettings(BaseSettings):
    """HUB_GEOGRAPHY_FOLDER: the folder of boundaries and indices; without it there are no places, only themes and ages.

    HUB_GEOGRAPHY_DISTRICT: the district's code. HUB_GEOGRAPHY_VINTAGE: of its LSOAs, 2011 or 2021.
    HUB_INSIGHT_THRESHOLD: a figure is shown when it is over this; a multiple of 5.
    """

    model_config = SettingsConfigDict(env_prefix="HUB_", frozen=True, extra="ignore")

    geography_folder: Path | None = None
    geography_district: str = Field(default="E07000148", pattern=r"^E0[6-9]\d{6}$")
    geography_vintage: int = 2021
    insight_threshold: Annotated[int, AfterValidator(valid_threshold)] = DEFAULT_THRESHOLD


@dataclass(frozen=True, slots=True)
class Insight:
    """What the pages need: how events fall into rows, and over which figure they are shown."""

    reading: Reading
    threshold: int


def insight_for(settings: InsightSettings) -> Insight:
    """Read the folder. Raises `GeographyError` for one that is not what it should be: better no start than wrong places."""
    if settings.geography_folder is None:
        return Insight(Reading(), settings.insight_threshold)
    geography = areas.load(settings.geography_folder, settings.geography_district, settings.geography_vintage)
    index = deprivation.available(settings.geography_folder, geography.vintage)
    joined = None if index is None else deprivation.join(geography, index)
    return Insight(Reading(geography, joined), settings.insight_threshold)


@cache
def insight_of_environment() -> Insight:
    """As the environment says, read once."""
    return insight_for(InsightSettings())
