"""What is wrong with the parameters that an operator gives?"""

from collections.abc import Iterator
from itertools import pairwise

from hub.rules.throttle.policy import LONGEST_QUIET, LONGEST_WINDOW, Policy, Quiet
from schemas.problems import Problem

_LEAST_AND_MOST = {
    "weekday": (0, 4, "moet een werkdag zijn, van 0 (maandag) tot en met 4 (vrijdag)"),
    "hour": (7, 17, "moet een heel uur zijn van 7 tot en met 17"),
    "window": (1, LONGEST_WINDOW, f"moet van 1 tot en met {LONGEST_WINDOW} weken zijn"),
    "bundles": (0, 52, "moet van 0 tot en met 52 zijn; 0 betekent: geen gewone bundels"),
    "places": (1, 100, "moet van 1 tot en met 100 vragen per bundel zijn"),
    "max_wait": (0, 26, "moet van 0 tot en met 26 weken zijn"),
    "urgent": (0, 20, "moet van 0 tot en met 20 zijn"),
    "confirmed": (0, 20, "moet van 0 tot en met 20 zijn"),
    "urgent_share": (0, 20, "moet van 0 tot en met 20 zijn"),
    "expiry_days": (1, 365, "moet van 1 tot en met 365 dagen zijn"),
    "expiry_slots": (1, 104, "moet van 1 tot en met 104 weken zijn"),
    "reserve": (0, 100, "moet van 0 tot en met 100 zijn"),
}
_MOST_QUIET = 50


def problems(policy: Policy) -> tuple[Problem, ...]:
    """Every broken rule; none: the policy may hold."""
    return (*_ranges(policy), *_together(policy), *_quiet(policy.quiet))


def _ranges(policy: Policy) -> Iterator[Problem]:
    for field, (least, most, detail) in _LEAST_AND_MOST.items():
        if not least <= getattr(policy, field) <= most:
            yield Problem(field, f"{field.replace('_', '-')}-out-of-range", detail)
    for kind, days in policy.validity._asdict().items():
        if not 1 <= days <= 3650:
            yield Problem(
                f"validity/{kind}", "validity-out-of-range", "moet van 1 tot en met 3650 dagen zijn"
            )


def _together(policy: Policy) -> Iterator[Problem]:
    if policy.bundles > policy.window >= 1:
        yield Problem(
            "bundles", "more-bundles-than-slots", "mag niet meer zijn dan er weken zijn: één bundel per week"
        )
    if policy.reserve >= policy.places >= 1:
        yield Problem("reserve", "reserve-over-places", "moet minstens één plaats in de bundel overlaten")


def _quiet(quiet: tuple[Quiet, ...]) -> Iterator[Problem]:
    if len(quiet) > _MOST_QUIET:
        yield Problem("quiet", "too-many-quiet-periods", f"mag hoogstens {_MOST_QUIET} rustperiodes hebben")
    for place, one in enumerate(quiet):
        if one.since >= one.until:
            yield Problem(f"quiet/{place}", "quiet-reversed", "eindigt voordat het begint")
        elif one.until - one.since > LONGEST_QUIET:
            yield Problem(f"quiet/{place}", "quiet-too-long", "mag hoogstens een jaar duren")
    if any(later.since < earlier.until for earlier, later in pairwise(sorted(quiet))):
        yield Problem("quiet", "quiet-overlaps", "heeft rustperiodes die elkaar overlappen")
