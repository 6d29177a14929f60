"""Mail to teams: the text of immediate mails, digests and bundles, and the way to the mail server."""
