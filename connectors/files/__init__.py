"""Events from files: read and checked."""
