"""What a request has written in its body, as JSON."""

from http import HTTPStatus
from typing import Any

from fastapi import Request

from connectors.api.body import limited_body
from connectors.api.refused import ApiRefused
from schemas.problems import Refused
from schemas.strict_json import strict_json


async def json_body(request: Request, most: int) -> Any:
    """The JSON value of a body of at most `most` bytes. Raises BodyRefused or ApiRefused."""
    try:
        return strict_json(await limited_body(request, most))
    except Refused as refused:
        raise ApiRefused(
            HTTPStatus.BAD_REQUEST,
            "unreadable",
            "De inhoud is niet te lezen",
            "Er is niets veranderd. Verbeter wat hieronder staat.",
            problems=refused.problems,
        ) from None
