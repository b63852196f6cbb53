"""Simulators of the six systems over real HTTP, in one process. Imports no other package of the project."""
