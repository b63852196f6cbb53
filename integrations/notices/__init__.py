"""Telling customers' own programs and people what happened: outgoing webhooks, alerts by mail."""
