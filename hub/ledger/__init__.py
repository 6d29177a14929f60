"""The ledger beside its tables: keys, heads, receipts, exports, and what is removed from what it proves."""
