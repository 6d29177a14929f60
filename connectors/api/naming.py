"""How the members of an answer are named: camelCase, as the NL API Design Rules ask."""

from pydantic import ConfigDict
from pydantic.alias_generators import to_camel

CAMEL = ConfigDict(alias_generator=to_camel, validate_by_name=True, serialize_by_alias=True)
