"""The ledger as arithmetic: its tree, its proofs, its signed notes."""
