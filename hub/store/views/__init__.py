"""Read-only queries for the pages, a file per subject. A list comes a page at a time, never whole."""
