"""The register, in every version that it had."""
