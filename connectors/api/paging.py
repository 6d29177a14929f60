"""Long lists, a page at a time."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from fastapi import Query

PER_PAGE = 50
Page = Annotated[int, Query(ge=1, le=1_000_000, description=f"Welke bladzijde, van {PER_PAGE} regels.")]


def paged(name: str, rows: Sequence[Any], page: int) -> Mapping[str, Any]:
    """One page of the rows under this name, and how many there are; beyond the last: none."""
    first = (page - 1) * PER_PAGE
    return {
        "page": page,
        "pages": max(1, -(-len(rows) // PER_PAGE)),
        "total": len(rows),
        name: rows[first : first + PER_PAGE],
    }
