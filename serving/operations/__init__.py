"""What those who run the service look at: traffic, drift, review queue, champions; read-only."""
