"""Delivery topics: what a party received, on a topic of its own."""
