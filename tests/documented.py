"""What the API answers in tests is held against what its OpenAPI document says that it may answer."""

import re
from collections.abc import Awaitable, Callable
from functools import cache
from typing import Any

import httpx
from jsonschema import Draft202012Validator

from consumers.ways_in.http import application
from hub.settings import Settings

Hook = Callable[[httpx.Response], Awaitable[None]]


@cache
def as_described() -> Hook:
    """`documented` by the document of any hub: it is the same for each, and takes long to make."""
    nothing: Any = None
    settings = Settings.model_construct(public_url="https://kernhub.example")
    return documented(application(settings, nothing, nothing, nothing, nothing).openapi())


def documented(document: dict[str, Any], seen: set[tuple[str, str, str]] | None = None) -> Hook:
    """A hook that fails a test in which the API answers what it does not document: another status, another
    media type, or a member more or less. In `seen` come the operations and their statuses."""
    components = closed(document["components"])
    operations = [
        (method.upper(), path, re.compile(re.sub(r"\{\w+\}", "[^/]+", path)), operation["responses"])
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]

    async def check(response: httpx.Response) -> None:
        asked = response.request.url.path.removeprefix("/v1")
        for method, path, form, responses in operations:
            if method == response.request.method and form.fullmatch(asked):
                status = str(response.status_code)
                assert status in responses, f"{method} {path}: {status}"
                await _check_content(response, responses[status], components)
                if seen is not None:
                    seen.add((method, path, status))

    return check


async def _check_content(response: httpx.Response, said: dict[str, Any], components: dict[str, Any]) -> None:
    if reference := said.get("$ref"):
        said = components["responses"][reference.rpartition("/")[2]]
    content = await response.aread()
    if not (media := said.get("content")):
        assert content == b""
        return
    name = response.headers["content-type"].partition(";")[0]
    assert name in media, name
    if schema := media[name].get("schema"):
        whole = {"components": components, "allOf": [closed(schema)]}
        Draft202012Validator(whole, format_checker=Draft202012Validator.FORMAT_CHECKER).validate(
            response.json()
        )


def closed(schema: Any) -> Any:
    """The same schema, in which an object has no members but those that it names."""
    if isinstance(schema, list):
        return [closed(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    own = {name: closed(one) for name, one in schema.items()}
    return {**own, "additionalProperties": False} if isinstance(own.get("properties"), dict) else own
