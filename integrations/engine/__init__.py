"""The sync engine: reads once, keeps, claims, prepares, sends, proves. It names no system and no pair.

schedule → read → capture → claim → deliver → settle, with dispatch waking workers up and replay reopening what a person
asks for.
"""
