"""The catalogue of standard questions over HTTP. It is public: no token is asked."""

from typing import Any

from fastapi import FastAPI, Request

from connectors.api.answers import StandardQuestions
from connectors.api.caller import only
from connectors.api.problems import answers
from schemas.published import shown_question
from schemas.standard_question import standard_questions
from schemas.terms import FunctionSlug


def add_questions(app: FastAPI) -> None:
    """Adds the standard questions to the app."""

    async def get_questions(request: Request, function: FunctionSlug) -> Any:
        only(request, "function")
        listed = [shown_question(one) for one in standard_questions(function)]
        return {"function": function, "standardQuestions": listed}

    app.add_api_route(
        "/v1/standard-questions",
        get_questions,
        methods=["GET"],
        summary="De standaardvragen aan beheerders van een functie",
        response_model=None,
        responses=answers(StandardQuestions),
        openapi_extra={"security": []},
    )
