"""Webhooks: deliveries to a party's own address, signed, as CloudEvents."""
