"""Feeds and piles of articles, fetched politely, cleaned and kept: what `chitieu tag` works on."""

from __future__ import annotations
