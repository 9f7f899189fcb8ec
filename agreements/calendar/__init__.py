"""Working days, and every deadline that is counted (domain rules T-1 to T-15)."""
