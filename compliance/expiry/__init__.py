"""Warnings before something ends: a service period, a tenant's licence or approval."""
