"""What an installation decides about voices, from the environment: `HUB_VOICE_...` variables. docs/hub.md lists them."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class VoiceSettings(BaseSettings):
    """How long things rest, how many are taken, and where people can speak instead.

    keep_words_days: after so many days what was said is deleted, sorted or not. keep_codes_days: so long a code shows its
    answer. per_hour, looks_per_hour: how many things may be said, and codes tried, in one hour, by everybody together.
    telephone, out_of_hours, post_to: shown where they are set. leave_to: a harmless page behind "Leave this page".
    wordings: a register of wordings instead of the hub's own.
    """

    model_config = SettingsConfigDict(env_prefix="HUB_VOICE_", frozen=True, extra="ignore")

    keep_words_days: int = Field(default=90, ge=1, le=365)
    keep_codes_days: int = Field(default=730, ge=30, le=1095)
    per_hour: int = Field(default=120, ge=1, le=10_000)
    looks_per_hour: int = Field(default=600, ge=1, le=100_000)
    telephone: str = Field(default="", max_length=80)
    out_of_hours: str = Field(default="", max_length=200)
    post_to: str = Field(default="", max_length=300)
    leave_to: str = "https://www.bbc.co.uk/weather"
    wordings: Path | None = None

    @property
    def codes_last(self) -> str:
        """How long a code works, in words: "2 years", "18 months", "45 days"."""
        years, odd = divmod(self.keep_codes_days, 365)
        if not odd:
            return f"{years} year{'s' if years > 1 else ''}"
        months = self.keep_codes_days // 30
        return f"{months} months" if months > 2 else f"{self.keep_codes_days} days"
