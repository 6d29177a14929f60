"""Mail in: how it comes to the hub, kept before anyone is told that it is here."""
