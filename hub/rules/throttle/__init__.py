"""Operators are asked once, together, and not too often: the rules, one question a file."""
