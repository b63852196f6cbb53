"""Benchmarks: ``make bench`` runs the measures of ``registry.py`` and writes ``bench/results.json``.

They stand apart from the tests, because what they find depends on the machine. A measure is a function without
arguments that returns figures; it runs in a process of its own.
"""
