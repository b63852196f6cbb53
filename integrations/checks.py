"""System checks of the integrations."""
