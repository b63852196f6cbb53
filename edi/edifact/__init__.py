"""EDIFACT, pure: reading any interchange, checks of counts, numbers and structure, writing, CONTRL.

Tokens are pydifact's; everything that can be wrong with them is ours to say.
"""
