"""How long the property tests may take: as usual, or all night with `HYPOTHESIS_PROFILE=nightly`."""

import os

from hypothesis import settings

settings.register_profile("unit", deadline=None, max_examples=100, stateful_step_count=30)
settings.register_profile("nightly", deadline=None, max_examples=2_000, stateful_step_count=40)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "unit"))
