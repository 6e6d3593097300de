"""Quantities: the surface of a VALUE span, and the words around it, to exact numbers, units and bounds."""

from __future__ import annotations

from chitieu.quantity.bound import read_bound
from chitieu.quantity.find import find_quantities
from chitieu.quantity.model import Quantity, QuantityError
from chitieu.quantity.parse import parse_pair, parse_quantity, read_quantity, split_slash

__all__ = [
    "Quantity",
    "QuantityError",
    "find_quantities",
    "parse_pair",
    "parse_quantity",
    "read_bound",
    "read_quantity",
    "split_slash",
]
