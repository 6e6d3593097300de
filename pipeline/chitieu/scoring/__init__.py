"""Scores: pure functions over spans, links and facts, against all gold, with counts and intervals."""
