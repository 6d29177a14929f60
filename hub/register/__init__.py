"""The register: who the parties are, which role they have for a function, and which areas they serve."""
