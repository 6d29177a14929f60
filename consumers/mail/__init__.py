"""The worker `mailer`, and one file for each kind of mail."""
