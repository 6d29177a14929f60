"""Is this address somebody's?"""

_RESERVED = (".example", ".test", ".invalid", ".localhost")
"""Top-level domains that never belong to a real mailbox (RFC 2606, RFC 6761)."""


def is_real(address: str) -> bool:
    """Whether a mail to this address could reach a person."""
    return not address.lower().rstrip(".").endswith(_RESERVED)
