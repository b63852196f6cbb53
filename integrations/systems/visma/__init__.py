"""Visma.net ERP: purchasing, and the sales side that trading partners see, of one company."""
