"""The worker `throttle`, and one file for each thing that can happen to a request."""
