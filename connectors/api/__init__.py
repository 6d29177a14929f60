"""The HTTP API: events in, and what a party may ask of the register; problem details for all that fails."""
