"""The ledger in PostgreSQL: records, their numbers and tree, and the content that they prove."""
