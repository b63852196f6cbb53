"""The one way out: every request to another system passes budget, breaker, token, egress guard and recorder."""
