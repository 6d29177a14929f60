"""What came in, claimed for its content, and what waits to go to Kafka."""
