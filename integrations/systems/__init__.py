"""One package a system. Adding one is a line here."""
