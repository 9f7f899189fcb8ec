"""The desk: what is due today, the register, and the pages that show an agreement or a tenant across all rooms."""
