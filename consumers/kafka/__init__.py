"""Records in and out of Kafka, at least once and past every record that can't be read."""
