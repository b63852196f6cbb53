"""What people do, with its plan: what it will do, in numbers, before it does it. Admin and portal offer
the same actions; each calls a service."""
