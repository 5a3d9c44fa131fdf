"""The column libraries: what each keeps in a column, as plain arrays, and a column of each made of plain arrays.

None is imported unless a column of its own comes in.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from .lines import Bools, Int64s

NULL = int(np.iinfo(np.int64).min)
"""What NumPy and pandas keep where there is no instant."""


class Raw(NamedTuple):
    """A column as its library keeps it: integers of a unit (with the zone they are shown in, if any), and its nulls.

    Without ``null``, and ``marked``, nulls are the rows that hold ``NULL``.

    ``sort`` is ``instant``, ``wall`` (an instant without a zone), ``span``, ``integer``, ``word`` (then ``words`` has
    the distinct ones, and ``values`` their numbers, -1 for null), or a name for what it is instead.
    """

    sort: str
    values: Int64s
    null: Bools | None = None
    unit: str = "us"
    zone: Any = None
    words: Sequence[Any] = ()
    marked: bool = False


class Library(Protocol):
    """One column library: a column taken apart, and columns made."""

    def raw(self, column: Any) -> Raw:
        """What a column holds."""
        ...

    def instants(self, us: Int64s, null: Bools | None, zone: Any, like: Any) -> Any:
        """A column of instants, shown in a zone."""
        ...

    def spans(self, us: Int64s, null: Bools | None, like: Any) -> Any:
        """A column of amounts of time."""
        ...

    def flags(self, values: Bools, null: Bools | None, like: Any) -> Any:
        """A column of booleans."""
        ...

    def words(self, codes: npt.NDArray[Any], words: Sequence[str], like: Any) -> Any:
        """A column of a few distinct words, by number; -1 is null."""
        ...

    def texts(self, texts: Sequence[str | None], like: Any) -> Any:
        """A column of sentences."""
        ...


def filled(us: Int64s, null: Bools | None) -> Int64s:
    """NumPy's way to have nulls."""
    if null is not None:
        us = np.where(null, NULL, us)
    return us


def _distinct(values: Sequence[Any]) -> tuple[Int64s, list[Any]]:
    seen: dict[Any, int] = {}
    codes = [seen.setdefault(value, len(seen)) if isinstance(value, str) else -1 for value in values]
    return np.array(codes, np.int64), list(seen)


def _is_null(value: Any) -> bool:
    return value is None or bool(value != value)  # noqa: PLR0124 - NaN and NaT are unequal to themselves


class NumPy:
    """Arrays of datetime64 and timedelta64."""

    def raw(self, column: Any) -> Raw:
        """What an array holds."""
        kind = column.dtype.kind
        if column.ndim != 1:
            return Raw(f"an array of {column.ndim} dimensions", np.empty(0, np.int64))
        if kind in "mM":
            unit, step = np.datetime_data(column.dtype)
            values = np.ascontiguousarray(column).astype(column.dtype.newbyteorder("="), copy=False).view(np.int64)
            if step != 1:
                values = np.where(values == NULL, NULL, values * step)
            return Raw("wall" if kind == "M" else "span", values, None, unit, marked=True)
        if kind in "iu":
            return Raw("integer", column.astype(np.int64, copy=False))
        if kind in "OUT" and all(isinstance(value, str) or _is_null(value) for value in column.tolist()):
            codes, words = _distinct(column.tolist())
            return Raw("word", codes, words=words)
        return Raw(f"dtype {column.dtype}", np.empty(0, np.int64))

    def instants(self, us: Int64s, null: Bools | None, zone: Any, like: Any) -> Any:  # noqa: ARG002
        """datetime64[us], as the wall of the zone shows it."""
        if getattr(zone, "key", "UTC") != "UTC":
            from .zones import Zone

            known = us if null is None else us[~null]
            us = Zone.covering(zone, known).wall(np.where(null, 0, us) if null is not None else us)
        return filled(us, null).view("M8[us]")

    def spans(self, us: Int64s, null: Bools | None, like: Any) -> Any:  # noqa: ARG002
        """timedelta64[us]."""
        return filled(us, null).view("m8[us]")

    def flags(self, values: Bools, null: Bools | None, like: Any) -> Any:  # noqa: ARG002
        """bool, or, where there are nulls, a masked array: NumPy's bool has none."""
        return values if null is None else np.ma.masked_array(values, mask=null)

    def words(self, codes: npt.NDArray[Any], words: Sequence[str], like: Any) -> Any:  # noqa: ARG002
        """Objects: str or None."""
        return np.array([*words, None], dtype=object)[codes]

    def texts(self, texts: Sequence[str | None], like: Any) -> Any:  # noqa: ARG002
        """Objects: str or None."""
        return np.array(texts, dtype=object)


class Pandas:
    """Series, with its index and name, and DatetimeIndex."""

    def raw(self, column: Any) -> Raw:
        """What a Series holds."""
        import pandas as pd

        dtype = column.dtype
        if isinstance(dtype, pd.ArrowDtype):
            return Arrow().raw(column.array.__arrow_array__())
        if isinstance(dtype, pd.DatetimeTZDtype):
            return Raw("instant", column.array.view("i8"), None, dtype.unit, dtype.tz, marked=True)
        if isinstance(dtype, np.dtype) and dtype.kind in "mMiu":
            return NumPy().raw(column.to_numpy())
        if pd.api.types.is_integer_dtype(dtype):
            null = column.isna().to_numpy()
            return Raw("integer", column.fillna(0).to_numpy(np.int64), null if null.any() else None)
        free = isinstance(dtype, np.dtype) and dtype.kind == "O"
        if free or isinstance(dtype, (pd.CategoricalDtype, pd.StringDtype)):
            codes, distinct = pd.factorize(column)
            if all(isinstance(word, str) for word in distinct):
                return Raw("word", codes.astype(np.int64), words=list(distinct))
        if free and any(hasattr(value, "utcoffset") for value in column.tolist()):
            return Raw("datetimes of mixed zones", np.empty(0, np.int64))
        return Raw(f"dtype {dtype}", np.empty(0, np.int64))

    def _column(self, values: Any, dtype: Any, like: Any) -> Any:
        import pandas as pd

        if isinstance(like, pd.Index):
            return pd.Index(pd.array(values, dtype=dtype), name=like.name)
        if isinstance(like, pd.DataFrame):
            return pd.Series(values, dtype=dtype, index=like.index)
        return pd.Series(values, dtype=dtype, index=like.index, name=like.name)

    def instants(self, us: Int64s, null: Bools | None, zone: Any, like: Any) -> Any:
        """datetime64[us, zone], or Arrow's timestamp where one came in."""
        import pandas as pd

        if isinstance(getattr(like, "dtype", None), pd.ArrowDtype):
            made = Arrow().instants(us, null, zone, None)
            return self._column(pd.arrays.ArrowExtensionArray(made), None, like)
        return self._column(filled(us, null), pd.DatetimeTZDtype("us", zone), like)

    def spans(self, us: Int64s, null: Bools | None, like: Any) -> Any:
        """timedelta64[us]."""
        return self._column(filled(us, null).view("m8[us]"), None, like)

    def flags(self, values: Bools, null: Bools | None, like: Any) -> Any:
        """Boolean, which has nulls."""
        import pandas as pd

        mask = np.zeros(len(values), bool) if null is None else null
        return self._column(pd.arrays.BooleanArray(values, mask), None, like)

    def words(self, codes: npt.NDArray[Any], words: Sequence[str], like: Any) -> Any:
        """Category."""
        import pandas as pd

        return self._column(pd.Categorical.from_codes(codes, categories=list(words)), None, like)

    def texts(self, texts: Sequence[str | None], like: Any) -> Any:
        """Text."""
        return self._column(list(texts), "string", like)


class Polars:
    """Series."""

    def raw(self, column: Any) -> Raw:
        """What a Series holds."""
        import polars as pl

        dtype = column.dtype
        if isinstance(dtype, (pl.Datetime, pl.Duration)):
            null = column.is_null().to_numpy() if column.null_count() else None
            values = column.to_physical()
            values = (values.fill_null(0) if null is not None else values).to_numpy()
            if isinstance(dtype, pl.Duration):
                return Raw("span", values, null, dtype.time_unit)
            sort = "wall" if dtype.time_zone is None else "instant"
            return Raw(sort, values, null, dtype.time_unit, dtype.time_zone)
        if dtype.is_integer():
            null = column.is_null().to_numpy() if column.null_count() else None
            return Raw("integer", column.fill_null(0).cast(pl.Int64).to_numpy(), null)
        if dtype in (pl.String, pl.Categorical) or isinstance(dtype, pl.Enum):
            text = column.cast(pl.Categorical)
            codes = text.to_physical().cast(pl.Int64).fill_null(-1).to_numpy()
            used, places = np.unique(codes, return_inverse=True)
            names = dict(zip(codes.tolist(), range(len(codes)), strict=True))
            words = [text[names[code]] for code in used.tolist() if code >= 0]
            return Raw("word", places.astype(np.int64) - (1 if len(used) and used[0] < 0 else 0), words=words)
        if dtype == pl.Null:
            return Raw("null", np.zeros(len(column), np.int64), np.ones(len(column), bool))
        return Raw(f"dtype {dtype}", np.empty(0, np.int64))

    def _column(self, values: Any, dtype: Any, null: Bools | None, like: Any) -> Any:
        import polars as pl

        made = pl.Series(like.name if isinstance(like, pl.Series) else "", values)
        made = made if dtype is None else made.cast(dtype)
        if null is not None and null.any():
            made = made.set(pl.Series(null), None)
        return made

    def instants(self, us: Int64s, null: Bools | None, zone: Any, like: Any) -> Any:
        """Datetime("us", zone)."""
        import polars as pl

        return self._column(us, pl.Datetime("us", _key(zone)), null, like)

    def spans(self, us: Int64s, null: Bools | None, like: Any) -> Any:
        """Duration("us")."""
        import polars as pl

        return self._column(us, pl.Duration("us"), null, like)

    def flags(self, values: Bools, null: Bools | None, like: Any) -> Any:
        """Boolean."""
        return self._column(values, None, null, like)

    def words(self, codes: npt.NDArray[Any], words: Sequence[str], like: Any) -> Any:
        """Enum."""
        import polars as pl

        null = codes < 0
        physical = np.where(null, 0, codes).astype(np.uint8)
        return self._column(physical, pl.Enum(list(words)), null, like)

    def texts(self, texts: Sequence[str | None], like: Any) -> Any:
        """String."""
        import polars as pl

        return self._column(pl.Series(texts, dtype=pl.String), None, None, like)


def _key(zone: Any) -> str:
    return zone if isinstance(zone, str) else str(getattr(zone, "key", zone))


class Arrow:
    """Arrays and ChunkedArrays of pyarrow."""

    def raw(self, column: Any) -> Raw:
        """What an array holds."""
        import pyarrow as pa

        array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
        kind = array.type
        null = np.asarray(array.is_null()) if array.null_count else None
        if pa.types.is_timestamp(kind) or pa.types.is_duration(kind):
            values = array.cast(pa.int64()) if null is None else array.cast(pa.int64()).fill_null(0)
            if pa.types.is_duration(kind):
                return Raw("span", values.to_numpy(), null, kind.unit)
            return Raw("wall" if kind.tz is None else "instant", values.to_numpy(), null, kind.unit, kind.tz)
        if pa.types.is_integer(kind):
            values = array.cast(pa.int64())
            return Raw("integer", (values if null is None else values.fill_null(0)).to_numpy(), null)
        if pa.types.is_dictionary(kind):
            array, kind = array.cast(kind.value_type), kind.value_type
        if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
            coded = array.cast(pa.large_string()).dictionary_encode()
            codes = coded.indices.cast(pa.int64()).fill_null(-1).to_numpy()
            return Raw("word", codes, words=coded.dictionary.to_pylist())
        if pa.types.is_null(kind):
            return Raw("null", np.zeros(len(array), np.int64), np.ones(len(array), bool))
        return Raw(f"type {kind}", np.empty(0, np.int64))

    def instants(self, us: Int64s, null: Bools | None, zone: Any, like: Any) -> Any:  # noqa: ARG002
        """timestamp[us, zone]."""
        import pyarrow as pa

        return pa.array(us, pa.int64(), mask=null).view(pa.timestamp("us", _key(zone)))

    def spans(self, us: Int64s, null: Bools | None, like: Any) -> Any:  # noqa: ARG002
        """duration[us]."""
        import pyarrow as pa

        return pa.array(us, pa.int64(), mask=null).view(pa.duration("us"))

    def flags(self, values: Bools, null: Bools | None, like: Any) -> Any:  # noqa: ARG002
        """Bool."""
        import pyarrow as pa

        return pa.array(values, pa.bool_(), mask=null)

    def words(self, codes: npt.NDArray[Any], words: Sequence[str], like: Any) -> Any:  # noqa: ARG002
        """A dictionary of strings."""
        import pyarrow as pa

        indices = pa.array(codes.astype(np.int8), pa.int8(), mask=codes < 0)
        return pa.DictionaryArray.from_arrays(indices, pa.array(list(words), pa.string()))

    def texts(self, texts: Sequence[str | None], like: Any) -> Any:  # noqa: ARG002
        """String."""
        import pyarrow as pa

        return pa.array(list(texts), pa.string())


def library_of(column: Any) -> Library | None:
    """The library of a column (or of a whole frame); None when it is of none that is known here."""
    if isinstance(column, np.ndarray):
        return NumPy()
    pd, pl, pa = (sys.modules.get(name) for name in ("pandas", "polars", "pyarrow"))
    if pd is not None and isinstance(column, (pd.Series, pd.DatetimeIndex, pd.TimedeltaIndex, pd.DataFrame)):
        return Pandas()
    if pl is not None and isinstance(column, (pl.Series, pl.DataFrame)):
        return Polars()
    if pa is not None and isinstance(column, (pa.Array, pa.ChunkedArray, pa.Table)):
        return Arrow()
    return None
