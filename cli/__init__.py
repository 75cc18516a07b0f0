"""The `undertone` command: a thin door to the functions of all rooms."""
