"""Mail in: what comes as bytes, read into what the hub judges."""
