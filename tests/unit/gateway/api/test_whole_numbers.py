"""JSON has numbers, not integers: what JSON Schema calls an integer is taken, and nothing else."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from gateway.api.referrals_models import SharingBody


@pytest.mark.parametrize("written", [28, 28.0])
def test_a_whole_number_is_taken_however_it_is_written(written: float) -> None:
    assert SharingBody.model_validate({"days": written}).days == 28


@pytest.mark.parametrize("written", [28.5, "28", True, float("inf"), 0, 1e300])
def test_what_is_no_whole_number_of_days_is_refused(written: object) -> None:
    with pytest.raises(ValidationError):
        SharingBody.model_validate({"days": written})
