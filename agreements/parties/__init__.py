"""Parties, tenants, how to reach them, and what they proved before activation."""
