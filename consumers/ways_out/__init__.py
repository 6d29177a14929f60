"""The worker `outlets`, which sends to the systems of parties."""
