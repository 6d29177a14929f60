"""What the API answers about the register, as its description tells it."""

from datetime import date
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from hub.register.kinds import PartyKind, RoleKind, Strength, Wish
from schemas.standard_question import StandardQuestion
from schemas.terms import FunctionSlug, Tlp


class Answer(BaseModel):
    """A part of an answer, in camelCase as the NL API Design Rules ask."""

    model_config = ConfigDict(alias_generator=to_camel, validate_by_name=True)


class Dated(Answer):
    """The day that the answer is about, and the version of the register that it comes from."""

    valid_on: date
    register_version: int


class Paged(Answer):
    """One page of a long list."""

    page: int
    pages: int
    total: int


class ShownParty(Answer):
    slug: str
    name: str
    kind: PartyKind
    areas: list[str]


class AreaEnded(Answer):
    """The area no longer exists."""

    on: date
    successors: list[str]


class ShownResponsibility(Answer):
    role: RoleKind
    through: str
    party: ShownParty


class Responsibilities(Dated):
    function: FunctionSlug
    area: str
    area_ended: AreaEnded | None = None
    responsibilities: list[ShownResponsibility]


class Parties(Dated, Paged):
    parties: list[ShownParty]


class ShownRole(Answer):
    function: FunctionSlug
    role: RoleKind


class PartyWithRoles(ShownParty, Dated):
    """A party; its mailbox and clearance are for itself only."""

    mailbox: str | None = None
    clearance: Tlp | None = None
    roles: list[ShownRole]


class ShownFunction(Answer):
    slug: FunctionSlug
    number: int | None
    name: str
    name_en: str
    core_team: str
    coordinator: str


class Functions(Dated):
    functions: list[ShownFunction]


class ShownDependency(Answer):
    from_: FunctionSlug = Field(alias="from")
    to: FunctionSlug
    strength: Strength
    origin: str


class Dependencies(Dated):
    dependencies: list[ShownDependency]


class ShownArea(Answer):
    code: str
    name: str
    within: list[str]


class Areas(Dated, Paged):
    areas: list[ShownArea]


class AreaInTime(ShownArea, Dated):
    consists_of: list[str]
    valid_from: date
    valid_until: date | None
    successors: list[str]


class ShownSubscription(Answer):
    name: str
    wish: Wish
    functions: list[FunctionSlug]
    areas: list[str]
    filters: list[dict[str, Any]]


class Subscriptions(Dated):
    subscriptions: list[ShownSubscription]


class StandardQuestions(Answer):
    function: FunctionSlug
    standard_questions: list[StandardQuestion]
