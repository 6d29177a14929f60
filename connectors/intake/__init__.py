"""HTTP intake: CloudEvents in, problem details out."""
