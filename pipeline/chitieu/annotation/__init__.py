"""Gold articles: the format, the inline form they are written in, and the checks that keep them honest."""
