"""May this mail leave, to this address?"""

TEST_PREFIX = "00000099"
"""OINs for tests and exercises begin with this (OIN-stelsel)."""

_RESERVED = (".example", ".test", ".invalid", ".localhost")
"""Top-level domains that never belong to a real mailbox (RFC 2606, RFC 6761)."""


def is_real(address: str) -> bool:
    """Whether a mail to this address could reach a person."""
    return not address.lower().rstrip(".").endswith(_RESERVED)


def is_exercise(source: str) -> bool:
    """Whether a source is for tests and exercises: its OIN has the test prefix."""
    return source.startswith(f"urn:nld:oin:{TEST_PREFIX}")


def may_mail(source: str, address: str) -> bool:
    """An exercise never reaches a real mailbox."""
    return not (is_real(address) and is_exercise(source))
