"""Systems of parties: what a channel is, which they have, and what is handed to them."""
