"""What the installation decides about area insight, from the environment; its geography is `hub.places.settings`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Annotated

from pydantic import AfterValidator
from pydantic_settings import BaseSettings, SettingsConfigDict

from hub.insight import deprivation
from hub.insight.counting import Reading
from hub.insight.protecting import DEFAULT_THRESHOLD, valid_threshold
from hub.places.settings import Places, places_of_environment


class InsightSettings(BaseSettings):
    """HUB_INSIGHT_THRESHOLD: a figure is shown when it is over this; a multiple of 5."""

    model_config = SettingsConfigDict(env_prefix="HUB_INSIGHT_", frozen=True, extra="ignore")

    threshold: Annotated[int, AfterValidator(valid_threshold)] = DEFAULT_THRESHOLD


@dataclass(frozen=True, slots=True)
class Insight:
    """What counting and its pages need: how events fall into rows, and over which figure they are shown.

    postcodes: without a space -> LSOA; empty where the operator gave no lookup.
    """

    reading: Reading
    threshold: int
    postcodes: Mapping[str, str] = field(default_factory=dict, repr=False)


def insight_for(settings: InsightSettings, places: Places) -> Insight:
    """Join the index of deprivation that fits. Raises `GeographyError`: better no start than wrong places."""
    if places.folder is None:
        return Insight(Reading(), settings.threshold)
    index = deprivation.available(places.folder, places.geography.vintage)
    joined = None if index is None else deprivation.join(places.geography, index)
    return Insight(Reading(places.geography, joined), settings.threshold, places.postcodes)


@cache
def insight_of_environment() -> Insight:
    """As the environment says, read once."""
    return insight_for(InsightSettings(), places_of_environment())
