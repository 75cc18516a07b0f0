"""Live speech over a WebSocket: what is said on it, and who hears it."""
