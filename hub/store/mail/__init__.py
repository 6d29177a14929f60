"""Mail that is to be composed, that waits to be sent, and that came in."""
