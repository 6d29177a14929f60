"""Files of parties without a system: what a template that is filled in says, by cell, and the events."""
