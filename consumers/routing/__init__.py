"""The worker `router`: who receives each event, and what it opens and closes."""
