"""Rooms on Matrix as a way out: a notice with label, title and link for the people in a room."""
