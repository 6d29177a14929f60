"""Who is this, and what may it do? Programs with a key or a token, people with a link or an account."""
