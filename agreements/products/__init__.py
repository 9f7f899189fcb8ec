"""The catalogue: what is sold, by product code."""
