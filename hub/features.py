"""The hub's features, in one place. docs/hub.md says how to add one: a package beside these, and a line here."""

from __future__ import annotations

from typing import Final

from hub.front_door.feature import COUNCIL_FEATURE as DUTY_RECEIVED
from hub.front_door.feature import DUTY_FEATURE as DUTY_TO_REFER
from hub.front_door.feature import FEATURE as FRONT_DOOR
from hub.insight.feature import FEATURE as INSIGHT
from hub.interact.feature import FEATURE as INTERACT
from hub.parts import Feature
from hub.support.feature import FEATURE as SUPPORT
from hub.voice.feature import FEATURE as VOICE

FEATURES: Final[tuple[Feature, ...]] = (
    INTERACT,
    FRONT_DOOR,
    DUTY_TO_REFER,
    DUTY_RECEIVED,
    SUPPORT,
    INSIGHT,
    VOICE,
)
