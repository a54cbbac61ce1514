"""What an installation decides about its front door: environment variables `HUB_FRONT_DOOR_...`. docs/hub.md lists them."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class FrontDoorSettings(BaseSettings):
    """How much is taken, where people can turn instead, and which councils can be told of homelessness.

    per_hour: how many concerns may come by the public page in one hour, from everybody together. telephone, hours: shown
    where they are set. leave_to: a harmless page behind "Leave this page". authorities: the local housing authorities that
    can be notified, id -> name (JSON in the environment); the gateway's register does not say which councils are one.
    """

    model_config = SettingsConfigDict(env_prefix="HUB_FRONT_DOOR_", frozen=True, extra="ignore")

    per_hour: int = Field(default=120, ge=1, le=10_000)
    telephone: str = Field(default="", max_length=80)
    hours: str = Field(default="Monday to Friday, 9am to 5pm", max_length=120)
    leave_to: str = "https://www.bbc.co.uk/weather"
    authorities: Mapping[str, str] = {
        "norwich-city-council": "Norwich City Council",
        "broadland-district-council": "Broadland District Council",
        "breckland-district-council": "Breckland District Council",
    }
