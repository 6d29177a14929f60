"""How the API describes itself: OpenAPI 3.1, by the NL API Design Rules."""

from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel

from connectors.api.alike import Typed
from connectors.api.failing import API_VERSION
from connectors.api.oauth import TOKEN_PATH
from connectors.api.outlets import WantedOutlet
from connectors.api.policies import WantedPolicy
from connectors.api.preferences import WantedMail
from connectors.api.problems import ProblemDetails
from connectors.api.subscriptions import Wanted
from connectors.api.webhooks import WantedResend, WantedWebhook
from hub.rules.scopes import Scope
from hub.settings import Settings

BASE = "/v1"
_REF = "#/components/{}"
_TEXT = {"type": "string"}
_OF_CALLERS = ("401", "403", "429")
"""How an operation fails that asks who calls."""
_SCOPES = {
    Scope.PUBLISH: "publiceren wat geen verzoek of antwoord is, en abonnementen veranderen",
    Scope.ASK: "beheerders iets vragen, en dat intrekken",
    Scope.READ: "lezen wat de partij mag weten",
    Scope.ANSWER: "antwoorden, en verder alles wat een beheerder met een verzoek doet",
    Scope.AUDIT: "nalezen wat is uitgewisseld",
    Scope.ADMINISTER: "het register beheren; alleen voor de beheerder van de hub",
}


def describe(app: FastAPI, settings: Settings) -> None:
    """Adds to the app's OpenAPI what holds for every operation: server, contact, token, version, problems."""
    made = app.openapi

    def openapi() -> dict[str, Any]:
        return _described(made(), settings)

    app.openapi = openapi  # type: ignore[method-assign] # FastAPI's own way to extend it


def _described(document: dict[str, Any], settings: Settings) -> dict[str, Any]:
    url = settings.public_url.rstrip("/")
    return {
        **document,
        "info": {
            **document["info"],
            "contact": {"name": "Beheer van Kernhub", "url": url, "email": settings.mail_from},
        },
        "servers": [{"url": f"{url}{BASE}"}],
        "security": [{"token": []}, {"oauth2": []}],
        "paths": {
            path.removeprefix(BASE): {method: _operation(one) for method, one in operations.items()}
            for path, operations in document["paths"].items()
        },
        "components": _components(document.get("components", {}).get("schemas", {}), url),
    }


def _operation(operation: dict[str, Any]) -> dict[str, Any]:
    version = {"headers": {"API-Version": {"$ref": _REF.format("headers/API-Version")}}}
    responses = {
        status: answer if "$ref" in answer else {**answer, **version}
        for status, answer in sorted(operation["responses"].items())
        if not (_is_of_fastapi(answer) or (status in _OF_CALLERS and operation.get("security") == []))
    }
    return {**operation, "responses": responses}


def _is_of_fastapi(answer: dict[str, Any]) -> bool:
    """What FastAPI says of every operation with parameters, and this API never answers."""
    return "HTTPValidationError" in str(answer.get("content"))


def _components(schemas: dict[str, Any], url: str) -> dict[str, Any]:
    answered = {name: _open(one) for name, one in schemas.items() if not name.endswith("ValidationError")}
    return {
        "schemas": {
            **answered,
            **_named("Subscription", Wanted),
            **_named("Typed", Typed),
            **_named("WantedMail", WantedMail),
            **_named("WantedPolicy", WantedPolicy),
            **_named("WantedWebhook", WantedWebhook),
            **_named("WantedOutlet", WantedOutlet),
            **_named("WantedResend", WantedResend),
            **_named("Problem", ProblemDetails),
        },
        "responses": {
            "Problem": {
                "description": "Het gaat niet; de inhoud zegt waarom",
                "headers": {"API-Version": {"$ref": _REF.format("headers/API-Version")}},
                "content": {"application/problem+json": {"schema": {"$ref": _REF.format("schemas/Problem")}}},
            }
        },
        "headers": {
            "API-Version": {"description": "De versie van deze API", "schema": _TEXT, "example": API_VERSION}
        },
        "securitySchemes": {
            "token": {"type": "http", "scheme": "bearer", "description": "De API-sleutel van een partij"},
            "oauth2": {
                "type": "oauth2",
                "description": "Een toegangsbewijs: het geldt tien minuten",
                "flows": {"clientCredentials": {"tokenUrl": f"{url}{TOKEN_PATH}", "scopes": dict(_SCOPES)}},
            },
        },
    }


def _named(name: str, model: type[BaseModel]) -> dict[str, Any]:
    """The schema of this model, and of its parts, by name."""
    schema = model.model_json_schema(ref_template=_REF.format("schemas/{model}"))
    return {**schema.pop("$defs", {}), name: {**schema, "title": name}}


def _open(schema: Any) -> Any:
    """What is answered may have more some day: who reads it must bear that."""
    if isinstance(schema, dict):
        own = {name: _open(one) for name, one in schema.items()}
        return {name: one for name, one in own.items() if (name, one) != ("additionalProperties", False)}
    return [_open(one) for one in schema] if isinstance(schema, list) else schema
