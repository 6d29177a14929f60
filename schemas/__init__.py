"""The published language of the hub: envelope, typed data, and the catalogue of event types."""
