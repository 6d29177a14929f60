"""The past once more: read from the ledger and Kafka, sent again or done again."""
