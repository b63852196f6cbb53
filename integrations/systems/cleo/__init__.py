"""Cleo Integration Cloud: documents as files, uploaded to a mailbox's folders and picked up from there."""
