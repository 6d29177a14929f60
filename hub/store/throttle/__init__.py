"""Requests, items and bundles, what operators set for them, and the answers that are kept."""
