"""The column libraries: what each keeps in a column, as plain arrays, and a column of each made of plain arrays.

None is imported unless a column of its own comes in.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from .lines import Bools, Int64s, chunks

NULL = int(np.iinfo(np.int64).min)
"""What NumPy and pandas keep where there is no instant."""
MOST = int(np.iinfo(np.int64).max)


_FIRST = 1_000
"""Rows that mostly hold all words of a column."""


class Raw(NamedTuple):
    """A column as its library keeps it: integers of a unit (with the zone they are shown in, if any), and its nulls.

    Without ``null``, and ``marked``, nulls are the rows that hold ``NULL``.

    ``sort`` is ``instant``, ``wall`` (an instant without a zone), ``span``, ``integer``, ``word`` (then ``words`` has
    the distinct ones, and ``values`` their numbers, -1 for null), ``date``, ``null`` (nothing else is in it), or a name
    for what it is instead.
    """

    sort: str
    values: Int64s
    null: Bools | None = None
    unit: str = "us"
    zone: Any = None
    words: Sequence[Any] = ()
    marked: bool = False
    step: int = 1


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


def _nothing(rows: int) -> Raw:
    """A column of nulls, which may stand for a column of anything."""
    return Raw("null", np.zeros(rows, np.int64), np.ones(rows, bool))


def _other(sort: str) -> Raw:
    """What nothing here can be asked of."""
    return Raw(sort, np.empty(0, np.int64))


_TOO_LONG = "integers of more than 64 bits"


def _distinct(values: Sequence[Any]) -> tuple[Int64s, list[Any]]:
    seen: dict[Any, int] = {}
    codes = [seen.setdefault(value, len(seen)) if isinstance(value, str) else -1 for value in values]
    return np.array(codes, np.int64), list(seen)


def is_null(value: Any) -> bool:
    """None, NaN, and pandas' NaT and NA."""
    return (
        value is None
        or (isinstance(value, float) and value != value)  # noqa: PLR0124 - NaN is unequal to itself
        or type(value).__name__ in ("NaTType", "NAType")
    )


class NumPy:
    """Arrays of datetime64 and timedelta64."""

    def raw(self, column: Any) -> Raw:
        """What an array holds."""
        if isinstance(column, np.ma.MaskedArray):
            return self._masked(self.raw(column.data), np.ma.getmaskarray(column))
        kind = column.dtype.kind
        if kind in "mM":
            unit, step = np.datetime_data(column.dtype)
            if kind == "M" and unit in ("D", "W", "M", "Y"):
                return _other("date")
            values = np.ascontiguousarray(column, column.dtype.newbyteorder("=")).view(np.int64)
            return Raw("wall" if kind == "M" else "span", values, None, unit, marked=True, step=step)
        if kind in "iu":
            too_long = kind == "u" and int(column.max(initial=0)) > MOST
            return _other(_TOO_LONG) if too_long else Raw("integer", column.astype(np.int64, copy=False))
        if kind == "f" and np.isnan(column).all():
            return _nothing(len(column))
        if kind in "OUT":
            values = column.tolist()
            codes, words = _distinct(values)
            if not words and all(map(is_null, values)):
                return _nothing(len(column))
            if all(isinstance(value, str) or is_null(value) for value in values):
                return Raw("word", codes, words=words)
        return _other(f"dtype {column.dtype}")

    def _masked(self, raw: Raw, mask: Bools) -> Raw:
        """What is left of a masked array."""
        if raw.sort == "word":
            return raw._replace(values=np.where(mask, -1, raw.values))
        if raw.marked:
            return raw._replace(values=np.where(mask, NULL, raw.values))
        return raw._replace(null=mask)

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
    """Series, with its index and name, and Index."""

    def raw(self, column: Any) -> Raw:
        """What a Series holds."""
        import pandas as pd

        dtype = column.dtype
        if isinstance(dtype, pd.ArrowDtype):
            return Arrow().raw(column.array.__arrow_array__())
        if isinstance(dtype, pd.DatetimeTZDtype):
            return Raw("instant", column.array.view("i8"), None, dtype.unit, dtype.tz, marked=True)
        if pd.api.types.is_integer_dtype(dtype) and not isinstance(dtype, np.dtype):
            null = np.asarray(column.isna())
            return NumPy().raw(column.fillna(0).to_numpy())._replace(null=null if null.any() else None)
        if isinstance(dtype, (pd.CategoricalDtype, pd.StringDtype)) or dtype.kind == "O":
            what = pd.api.types.infer_dtype(column.dtype.categories if dtype == "category" else column, skipna=True)
            if what in ("string", "empty"):
                codes, distinct = pd.factorize(column)
                return (
                    Raw("word", codes.astype(np.int64), words=list(distinct)) if len(distinct) else _nothing(len(codes))
                )
            return _other({"date": "date", "datetime": "Python's datetimes"}.get(what, f"{what} objects"))
        return NumPy().raw(column.to_numpy()) if isinstance(dtype, np.dtype) else _other(f"dtype {dtype}")

    def _column(self, values: Any, dtype: Any, like: Any) -> Any:
        import pandas as pd

        made = pd.array(values, dtype=dtype, copy=False)
        if isinstance(like, pd.Index):
            return pd.Index(made, name=like.name)
        name = like.name if isinstance(like, pd.Series) else None
        return pd.Series(made, index=like.index, name=name, copy=False)

    def instants(self, us: Int64s, null: Bools | None, zone: Any, like: Any) -> Any:
        """datetime64[us, zone], or Arrow's timestamp where one came in."""
        import pandas as pd

        if self._is_arrow(like):
            return self._column(pd.arrays.ArrowExtensionArray(Arrow().instants(us, null, zone, None)), None, like)
        return self._column(filled(us, null), pd.DatetimeTZDtype("us", zone), like)

    def spans(self, us: Int64s, null: Bools | None, like: Any) -> Any:
        """timedelta64[us], or Arrow's duration where an Arrow column came in."""
        import pandas as pd

        if self._is_arrow(like):
            return self._column(pd.arrays.ArrowExtensionArray(Arrow().spans(us, null, None)), None, like)
        return self._column(filled(us, null).view("m8[us]"), None, like)

    def _is_arrow(self, like: Any) -> bool:
        import pandas as pd

        return isinstance(getattr(like, "dtype", None), pd.ArrowDtype)

    def flags(self, values: Bools, null: Bools | None, like: Any) -> Any:
        """Boolean, which has nulls."""
        import pandas as pd

        mask = np.zeros(len(values), bool) if null is None else null.copy()  # it may be a part of what came in
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
        if isinstance(dtype, pl.Duration):
            return Raw("span", column.to_numpy().view(np.int64), None, dtype.time_unit, marked=True)
        if isinstance(dtype, pl.Datetime):
            values, sort = column.to_numpy().view(np.int64), "wall" if dtype.time_zone is None else "instant"
            return Raw(sort, values, None, dtype.time_unit, dtype.time_zone, marked=True)
        if dtype.is_integer():
            null = column.is_null().to_numpy() if column.null_count() else None
            whole = column.cast(pl.Int64, strict=False)
            if whole.null_count() > column.null_count():
                return _other(_TOO_LONG)
            return Raw("integer", whole.fill_null(0).to_numpy(), null)
        if dtype in (pl.String, pl.Categorical, pl.Enum):
            text = column.cast(pl.String)
            words = text.head(_FIRST).unique(maintain_order=True).drop_nulls()
            try:
                codes = self._coded(text, words)
            except pl.exceptions.InvalidOperationError:  # later rows say more than the first ones
                words = text.unique(maintain_order=True).drop_nulls()
                codes = self._coded(text, words)
            return Raw("word", codes, words=words.to_list())
        if dtype == pl.Null:
            return _nothing(len(column))
        return _other("date" if dtype == pl.Date else f"dtype {dtype}")

    def _coded(self, text: Any, words: Any) -> Int64s:
        """The place of each word among all of them, -1 for null."""
        import polars as pl

        codes = np.empty(len(text), np.int64)
        for part in chunks(len(text), 1 << 18):  # part by part: Polars keeps what it has used
            named = text[part].cast(pl.Enum(words)).to_physical()
            codes[part] = named.cast(pl.Int64).fill_null(-1).to_numpy()
        return codes

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

        key = getattr(zone, "key", zone)  # Polars knows no fixed offsets
        return self._column(us, pl.Datetime("us", key if isinstance(key, str) else "UTC"), null, like)

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
        named = pl.Series(list(words), dtype=pl.Enum(list(words))).gather(np.where(null, 0, codes))
        return self._column(named, None, null, like)

    def texts(self, texts: Sequence[str | None], like: Any) -> Any:
        """String."""
        import polars as pl

        return self._column(pl.Series(texts, dtype=pl.String), None, None, like)


def _key(zone: Any) -> str:
    """The name of a zone."""
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
            try:
                values = array.cast(pa.int64())
            except pa.ArrowInvalid:
                return _other(_TOO_LONG)
            return Raw("integer", (values if null is None else values.fill_null(0)).to_numpy(), null)
        if pa.types.is_dictionary(kind):
            return self.raw(array.dictionary_decode())
        if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
            coded = array.cast(pa.large_string()).dictionary_encode()
            codes = coded.indices.cast(pa.int64()).fill_null(-1).to_numpy()
            return Raw("word", codes, words=coded.dictionary.to_pylist())
        if pa.types.is_null(kind):
            return _nothing(len(array))
        return _other("date" if pa.types.is_date(kind) else f"type {kind}")

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

        indices = pa.array(codes, pa.int32(), mask=codes < 0)
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
    if pd is not None and isinstance(column, (pd.Series, pd.Index, pd.DataFrame)):
        return Pandas()
    if pl is not None and isinstance(column, (pl.Series, pl.DataFrame)):
        return Polars()
    if pa is not None and isinstance(column, (pa.Array, pa.ChunkedArray, pa.Table)):
        return Arrow()
    return None
