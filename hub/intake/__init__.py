"""Taking in: an event is accepted and kept, or refused with all reasons."""
