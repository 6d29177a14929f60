"""Long lists, a page at a time."""

from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import urlencode

PER_PAGE = 50


class Paging(NamedTuple):
    """Where one page lies in a list of `total` rows."""

    number: int
    total: int
    size: int = PER_PAGE

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // self.size))

    @property
    def skip(self) -> int:
        return (self.number - 1) * self.size

    @property
    def first(self) -> int:
        return min(self.skip + 1, self.total)

    @property
    def last(self) -> int:
        return min(self.skip + self.size, self.total)


def paging(query: Mapping[str, str], total: int, size: int = PER_PAGE) -> Paging:
    """The page that the query asks for: the first when it names none, the last when it goes too far."""
    text = query.get("pagina", "")
    asked = int(text) if text.isdecimal() and len(text) < 8 else 1
    return Paging(min(max(1, asked), Paging(1, total, size).pages), total, size)


def address(path: str, query: Mapping[str, str], **changes: object) -> str:
    """The path with its query; empty values are left out."""
    values = {name: str(value) for name, value in {**query, **changes}.items() if str(value)}
    return f"{path}?{urlencode(values)}" if values else path
