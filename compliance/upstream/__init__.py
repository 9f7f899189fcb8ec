"""Changes at the data sources (clause 2.4): received, mapped to agreements, notified to each tenant, answered."""
