"""A request of the API that can't be done."""

from collections.abc import Sequence
from http import HTTPStatus

from hub.filing.tables import CellProblem
from hub.register.sheets import SheetProblem
from schemas.problems import Problem


class ApiRefused(Exception):
    """The request can't be done; the parts of its problem details say why."""

    def __init__(
        self,
        status: HTTPStatus,
        slug: str,
        title: str,
        detail: str,
        headers: dict[str, str] | None = None,
        problems: Sequence[Problem | SheetProblem | CellProblem] = (),
    ):
        self.status = status
        self.slug = slug
        self.title = title
        self.detail = detail
        self.headers = headers
        self.problems = problems
        super().__init__(detail)


def wrong_request(problems: Sequence[Problem]) -> ApiRefused:
    """What is asked is not as it should be, and all of that is told."""
    return ApiRefused(
        HTTPStatus.BAD_REQUEST,
        "request",
        "Deze vraag klopt niet",
        "Er is niets gedaan. Verbeter wat hieronder staat.",
        problems=problems,
    )
