"""Facts: assembled from spans and links, and read out."""
