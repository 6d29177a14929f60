"""What an operator sets for being asked, over HTTP: for itself, or by the administrator in its name."""

from datetime import date, datetime
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import FastAPI, Query, Request
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel
from sqlalchemy.ext.asyncio import AsyncEngine

from connectors.api.answers import Answer
from connectors.api.caller import caller, only
from connectors.api.problems import answers, may_fail
from connectors.api.refused import ApiRefused
from connectors.api.written import json_body
from hub.register.kinds import HUB
from hub.rules.scopes import Scope
from hub.rules.throttle.effect import Effect
from hub.rules.throttle.policy import DEFAULT, Policy, Quiet, Validity
from hub.rules.throttle.policy_problems import problems as problems_of
from hub.store.clock import Clock
from hub.store.database import transaction
from hub.store.register.registers import Registers
from hub.store.throttle.pacing import pace_of, set_pace
from schemas.problems import Problem, in_dutch
from schemas.terms import Day, PartySlug

_MOST_BYTES = 64 * 1024
_DRY_RUN = "Vertel alleen wat het doet met wie wacht. Er verandert niets."
_REQUEST_BODY = {
    "required": True,
    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/WantedPolicy"}}},
}
_NEEDS = {"more-bundles-than-slots": "window", "reserve-over-places": "places"}
"""What a rule about two parameters is about besides its own field."""


class _Wanted(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, alias_generator=to_camel)


class WantedQuiet(_Wanted):
    """Days on which nothing routine is asked: from `since` until the day before `until`."""

    since: Annotated[Day, Field(strict=False)]
    until: Annotated[Day, Field(strict=False)]


class WantedValidity(_Wanted):
    """For how many days an answer of each kind holds."""

    static: int = DEFAULT.validity.static
    plans: int = DEFAULT.validity.plans
    crisis: int = DEFAULT.validity.crisis
    decline: int = DEFAULT.validity.decline


class WantedPolicy(_Wanted):
    """How often an operator wants to be asked; what is left out has its default."""

    weekday: int = DEFAULT.weekday
    hour: int = DEFAULT.hour
    window: int = DEFAULT.window
    bundles: int = DEFAULT.bundles
    places: int = DEFAULT.places
    max_wait: int = DEFAULT.max_wait
    urgent: int = DEFAULT.urgent
    confirmed: int = DEFAULT.confirmed
    urgent_share: int = DEFAULT.urgent_share
    expiry_days: int = DEFAULT.expiry_days
    expiry_slots: int = DEFAULT.expiry_slots
    reserve: int = DEFAULT.reserve
    validity: WantedValidity = WantedValidity()
    quiet: Annotated[list[WantedQuiet], Field(max_length=100)] = []

    def policy(self) -> Policy:
        """The same as the throttle knows it."""
        plain = {name: getattr(self, name) for name in type(self).model_fields}
        quiet = tuple(sorted(Quiet(one.since, one.until) for one in self.quiet))
        return Policy(**plain | {"validity": Validity(**self.validity.model_dump()), "quiet": quiet})


class ShownQuiet(Answer):
    since: date
    until: date


class ShownValidity(Answer):
    static: int
    plans: int
    crisis: int
    decline: int


class ShownPolicy(Answer):
    weekday: int
    hour: int
    window: int
    bundles: int
    places: int
    max_wait: int
    urgent: int
    confirmed: int
    urgent_share: int
    expiry_days: int
    expiry_slots: int
    reserve: int
    validity: ShownValidity
    quiet: list[ShownQuiet]


class ShownLimit(Answer):
    """A limit of a former policy that still binds."""

    window: int
    bundles: int


class LaterPolicy(Answer):
    since: datetime
    policy: ShownPolicy


class OperatorPolicy(Answer):
    """What holds for an operator from its first bundle still to come, at that moment, and what changes
    later."""

    operator: str
    since: datetime
    policy: ShownPolicy
    still: list[ShownLimit]
    later: list[LaterPolicy]


class ShownEffect(Answer):
    """What changes for who waits, in weeks: for half of them, and for the last one; and how many questions
    more, or less, end without having been asked."""

    typical_weeks: float
    longest_weeks: int
    ending: int


class PolicySet(Answer):
    """What an operator has set, or would, and from when it holds; no effect: nobody waits."""

    operator: str
    dry_run: bool
    changed: bool
    since: datetime
    policy: ShownPolicy
    effect: ShownEffect | None


def add_policies(app: FastAPI, pool: AsyncEngine, registers: Registers, clock: Clock) -> None:
    """Adds what operators set to the app."""

    async def by_whom(request: Request, operator: str, *needed: Scope) -> str:
        party = await caller(request, *needed)
        if party not in (operator, HUB):
            raise ApiRefused(
                HTTPStatus.FORBIDDEN,
                "not-your-policy",
                "Dit is van een ander",
                "Alleen de beheerder zelf ziet en verandert dit, of de beheerder van de hub.",
            )
        if operator not in (await registers.newest()).operators:
            detail = f"'{operator}' is geen beheerder van een functie."
            raise ApiRefused(HTTPStatus.NOT_FOUND, "operator", "Deze beheerder is er niet", detail)
        return "administrator" if party == HUB else party

    async def get_policy(request: Request, slug: PartySlug) -> Any:
        await by_whom(request, slug, Scope.READ)
        only(request)
        now = await clock.now()
        async with transaction(pool) as connection:
            since, policy, later = await pace_of(connection, slug, now)
        return _as_json(
            OperatorPolicy(
                operator=slug,
                since=since,
                policy=_shown(policy),
                still=[ShownLimit(**limit._asdict()) for limit in policy.still],
                later=[LaterPolicy(since=at, policy=_shown(one)) for at, one in later],
            )
        )

    async def put_policy(
        request: Request,
        slug: PartySlug,
        dry_run: Annotated[bool, Query(alias="dryRun", description=_DRY_RUN)] = False,
    ) -> Any:
        by = await by_whom(request, slug, Scope.ANSWER, Scope.ADMINISTER)
        only(request, "dryRun")
        wanted = _read(await json_body(request, _MOST_BYTES))
        now = await clock.now()
        async with transaction(pool) as connection:
            made = await set_pace(connection, slug, lambda _: wanted, by, now, dry_run=dry_run)
        return _as_json(
            PolicySet(
                operator=slug,
                dry_run=dry_run,
                changed=made.new != made.old,
                since=made.since,
                policy=_shown(made.new),
                effect=_effect(made.effect),
            )
        )

    path = "/v1/operators/{slug}/policy"
    app.add_api_route(
        path,
        get_policy,
        methods=["GET"],
        summary="Hoe vaak en wanneer een beheerder vragen krijgt",
        response_model=None,
        responses=answers(OperatorPolicy) | may_fail(HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND),
    )
    app.add_api_route(
        path,
        put_policy,
        methods=["PUT"],
        summary="Stel in hoe vaak en wanneer een beheerder vragen krijgt, en zie wat dat doet met wie wacht",
        response_model=None,
        openapi_extra={"requestBody": _REQUEST_BODY},
        responses=answers(PolicySet)
        | may_fail(
            HTTPStatus.FORBIDDEN,
            HTTPStatus.NOT_FOUND,
            HTTPStatus.REQUEST_TIMEOUT,
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            HTTPStatus.UNPROCESSABLE_ENTITY,
        ),
    )


def _read(written: Any) -> Policy:
    """The policy as it was written. Raises ApiRefused with all that is wrong with it."""
    found, wrong = list[Problem](), set[str]()
    try:
        policy = WantedPolicy.model_validate(written).policy()
    except ValidationError as error:
        for detail in error.errors(include_url=False, include_input=False):
            found.append(Problem("/".join(map(str, detail["loc"])), detail["type"], in_dutch(detail)))
            wrong.add(str(detail["loc"][0]) if detail["loc"] else "")
        good = {k: v for k, v in written.items() if k not in wrong} if isinstance(written, dict) else {}
        policy = WantedPolicy.model_validate(good).policy()
    for problem in problems_of(policy):
        field = "/".join(to_camel(part) for part in problem.field.split("/"))
        about = {field.partition("/")[0], _NEEDS.get(problem.code, "")}
        if about.isdisjoint(wrong):
            found.append(problem._replace(field=field))
    if found:
        raise ApiRefused(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            "policy",
            "Zo kan het niet worden ingesteld",
            "Er is niets veranderd. Verbeter wat hieronder staat.",
            problems=found,
        )
    return policy


def _shown(policy: Policy) -> ShownPolicy:
    plain = {name: one for name, one in policy._asdict().items() if name != "still"}
    quiet = [ShownQuiet(since=one.since, until=one.until) for one in policy.quiet]
    validity = ShownValidity(**policy.validity._asdict())
    return ShownPolicy(**plain | {"validity": validity, "quiet": quiet})


def _effect(effect: Effect | None) -> ShownEffect | None:
    if effect is None:
        return None
    return ShownEffect(typical_weeks=effect.typical, longest_weeks=effect.longest, ending=effect.ending)


def _as_json(answer: Answer) -> Any:
    return answer.model_dump(mode="json", by_alias=True)
