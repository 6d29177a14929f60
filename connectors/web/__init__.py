"""Pages: what happened, for people, in plain Dutch."""
