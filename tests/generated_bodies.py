"""What schemathesis sends in a body that is no JSON: bytes, as it made them."""

from typing import Any

import schemathesis


@schemathesis.serializer("application/zip")
def as_bytes(_context: Any, value: Any) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode(errors="replace")
