"""Feeds: what a party received, for feed readers, spreadsheets and maps; the token stands in the address."""
