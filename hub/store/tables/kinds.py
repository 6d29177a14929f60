"""What the tables have in common: their collection, and the kinds of their columns."""

import json
from typing import Any

from sqlalchemy import TIMESTAMP, MetaData, Text, TypeDecorator
from sqlalchemy.engine import Dialect

metadata = MetaData()
moment = TIMESTAMP(timezone=True)


class JsonText(TypeDecorator[Any]):
    """JSON that is only read back whole: as text it is written faster."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str:  # noqa: ARG002
        return json.dumps(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:  # noqa: ARG002
        return None if value is None else json.loads(value)
