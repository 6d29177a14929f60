"""The workers, one file per consumer group or timer, and the program that wires them."""
