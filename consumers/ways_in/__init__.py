"""The workers by which events come in: over HTTP, over topics of parties, and by mail."""
