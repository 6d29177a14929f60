"""Mail that comes in: whose reply it is, and what it answers."""
