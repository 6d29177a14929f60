"""Events from files: read, checked, and sent to a hub's intake."""
