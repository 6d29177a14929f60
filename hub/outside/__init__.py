"""HTTP to addresses that parties gave: only to what anybody can reach, never too long, never too much."""
