"""Long recordings: taken, heard in the background, their answers kept for a while."""
