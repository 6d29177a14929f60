"""How fast, how large: measurements as ratios against a reference in the same run. `make bench` runs them."""
