"""What the API answers in tests is held against what its OpenAPI document says that it may answer."""

import re
from collections.abc import Awaitable, Callable
from typing import Any

import httpx


def documented(document: dict[str, Any]) -> Callable[[httpx.Response], Awaitable[None]]:
    """A hook that fails a test in which the API answers what it does not document."""
    operations = {
        (method.upper(), re.compile(re.sub(r"\{\w+\}", "[^/]+", path))): operation["responses"]
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }

    async def check(response: httpx.Response) -> None:
        path = response.request.url.path.removeprefix("/v1")
        for (method, form), responses in operations.items():
            if method == response.request.method and form.fullmatch(path):
                assert str(response.status_code) in responses, f"{method} {path}: {response.status_code}"

    return check
