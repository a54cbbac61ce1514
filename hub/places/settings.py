"""Which district this hub is in, from the environment: `HUB_GEOGRAPHY_...`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Final

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from hub.places import areas, postcodes
from hub.places.areas import NOWHERE, Geography


class PlacesSettings(BaseSettings):
    """HUB_GEOGRAPHY_FOLDER: the folder of boundaries, indices and postcodes; without it there are no places.

    HUB_GEOGRAPHY_DISTRICT: the district's code. HUB_GEOGRAPHY_VINTAGE: of its LSOAs, 2011 or 2021.
    """

    model_config = SettingsConfigDict(env_prefix="HUB_", frozen=True, extra="ignore")

    geography_folder: Path | None = None
    geography_district: str = Field(default="E07000148", pattern=r"^E0[6-9]\d{6}$")
    geography_vintage: int = 2021


@dataclass(frozen=True, slots=True)
class Places:
    """The district. folder: None where the operator named none. postcodes: without a space -> LSOA; may be empty."""

    folder: Path | None = None
    geography: Geography = NOWHERE
    postcodes: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def wards(self) -> dict[str, str]:
        """Code -> name."""
        return {code: ward.name for code, ward in self.geography.wards.items()}


NO_PLACES: Final = Places()


def places_for(settings: PlacesSettings) -> Places:
    """Read the folder. Raises `GeographyError` for one that is not what it should be: better no start than wrong places."""
    folder = settings.geography_folder
    if folder is None:
        return NO_PLACES
    geography = areas.load(folder, settings.geography_district, settings.geography_vintage)
    return Places(folder, geography, postcodes.load(folder, geography))


@cache
def places_of_environment() -> Places:
    """As the environment says, read once."""
    return places_for(PlacesSettings())
