"""Train the toy Whisper that is bundled with Undertone, from generated speech alone."""
