"""The register: orders, payment, the agreement's life, and the terms in force on a day."""
