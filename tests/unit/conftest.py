"""How long the property tests may take: as usual, or all night with `HYPOTHESIS_PROFILE=nightly`."""

import os

from hypothesis import HealthCheck, settings

_NO_CLOCK = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""A slow machine finds no fault that a quick one does not."""
settings.register_profile("unit", _NO_CLOCK, max_examples=100, stateful_step_count=30)
settings.register_profile("nightly", _NO_CLOCK, max_examples=2_000, stateful_step_count=40)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "unit"))
