"""Changes of a tenant's documents, information or business, and its notices of them (clause 3.3 b)."""
