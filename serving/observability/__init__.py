"""The service seen from outside: ids of requests, logs and traces."""
