"""Order by two keys, as fast as plain integers sort."""

from __future__ import annotations

import numpy as np

from .lines import Int64s


def order_of(group: Int64s, at: Int64s, groups: int) -> Int64s:
    """The places by group and then by instant; of one instant as they stand."""
    least, most = (int(at.min()), int(at.max())) if len(at) else (0, 0)
    order = _by(at, least, most)
    inner = _by(group if order is None else group[order], 0, max(groups - 1, 0))
    if order is None:
        return np.arange(len(group)) if inner is None else inner
    return order if inner is None else order[inner]


def _by(key: Int64s, least: int, most: int) -> Int64s | None:
    """The stable order of a key; None where it is in order already.

    The place is packed under the key, so that plain integers are sorted, which is several times faster than sorting
    places by a key; keys in whole seconds are packed as such.
    """
    if len(key) < 2 or not (key[1:] < key[:-1]).any():
        return None
    bits = (len(key) - 1).bit_length()
    for unit in (1, 1_000, 1_000_000):
        if ((most - least) // unit).bit_length() + bits < 63:
            packed = key - least
            if unit > 1:
                packed, rest = np.divmod(packed, unit)
                if rest.any():
                    break
            packed <<= bits
            packed |= np.arange(len(key))
            packed.sort()
            packed &= (1 << bits) - 1
            return packed
    return np.argsort(key, kind="stable")
