"""Who gets what, over every way out: planned, in order, and what became of it."""
