"""The performance side: clocks, notices, cases, the service switch and the gateway's answer."""
