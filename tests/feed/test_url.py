"""Addresses: what is fit to be fetched, and when two are one page."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chitieu.feed.failure import SourceError
from chitieu.feed.url import canonical_url, parse_url

CASES = json.loads((Path(__file__).parent / "urls.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize(("url", "canonical"), CASES["canonical"])
def test_canonical(url, canonical):
    assert canonical_url(url) == canonical
    assert canonical_url(canonical) == canonical


@pytest.mark.parametrize("url", CASES["malformed"])
def test_malformed(url):
    with pytest.raises(SourceError) as caught:
        parse_url(url)
    assert caught.value.code == "C131"


@pytest.mark.parametrize(("url", "base", "whole"), CASES["relative"])
def test_relative(url, base, whole):
    assert canonical_url(url, base) == whole


def test_a_very_long_one():
    with pytest.raises(SourceError):
        parse_url("http://bao.example/" + "a" * 10_000)


@given(st.text(max_size=40), st.text(max_size=40))
def test_whatever_is_accepted_fits_a_request_line(path, query):
    try:
        address = parse_url(f"http://bao.example/{path}?{query}")
    except SourceError:
        return
    assert address.host == "bao.example"
    assert address.target.isascii()
    assert address.target.isprintable()
    assert " " not in address.target
    assert canonical_url(canonical_url(str(address))) == canonical_url(str(address))
