"""The ways in and out, one folder each. They do not know one another."""
