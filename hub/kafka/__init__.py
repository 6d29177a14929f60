"""Kafka as the hub uses it: topics, publishing, and who may come in."""
