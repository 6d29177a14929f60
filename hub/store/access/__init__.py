"""Who may come in: keys of programs, sessions of people, accounts on Kafka, and secrets of the hub itself."""
