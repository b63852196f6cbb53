"""The customers' portal: one module a screen, `door` before all of them.

A view takes the request and the `Member` whom the door let in, reads by selectors, writes by services, and gives a
template. No view asks for a role: its place in `door.page` says which one it needs.
"""
