"""What every system package must do, whatever the other side does to it."""
