"""The door for tables: columns by name out of any frame, and the same frame with columns added.

pandas, Polars and pyarrow are spoken to directly, and a dict of NumPy arrays is a frame too; any other frame library
goes through narwhals, and whatever else has an Arrow C stream through pyarrow.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..errors import PolicyError, near
from .libraries import Arrow, Library, NumPy, Pandas, Polars


@dataclass(slots=True)
class Frame:
    """A table in one of the libraries spoken to; ``back`` turns an answer into the kind that came in."""

    native: Any
    names: tuple[str, ...]
    library: Library
    rows: int
    back: Callable[[Any], Any] = lambda native: native

    def __len__(self) -> int:
        return self.rows

    def column(self, name: str, role: str) -> Any:
        """A column by its name; ``role`` says what it is wanted for."""
        if name not in self.names:
            raise PolicyError(f"the table has no column {name!r}{near(name, self.names)}",
                              path=role, value=name, example=self.names[0] if self.names else "")  # fmt: skip
        if self.names.count(name) > 1:
            raise PolicyError(f"the table has {self.names.count(name)} columns {name!r}",
                              path=role, value=name, example="one column of each name")  # fmt: skip
        return self.native[name] if not isinstance(self.library, Arrow) else self.native.column(name)

    def adding(self, columns: Mapping[str, Any]) -> Any:
        """The frame with more columns, in the kind that came in."""
        taken = [name for name in columns if name in self.names]
        if taken:
            raise PolicyError(f"the table has a column {taken[0]!r} already; rename it first",
                              path=taken[0], value=taken[0], example=f"{taken[0]}_before")  # fmt: skip
        return self.back(_added(self.native, self.library, columns))

    def taken(self, name: str, rows: Any) -> Any:
        """Some rows of a column, which are numbered anew."""
        if isinstance(self.library, Pandas):
            return self.native[name].iloc[rows].reset_index(drop=True)
        if isinstance(self.library, Polars):
            return self.native[name].gather(rows)
        return self.native.column(name).take(rows) if isinstance(self.library, Arrow) else self.native[name][rows]

    def blank(self, rows: int) -> Frame:
        """A frame of the same kind with so many rows, numbered from 0, and no columns yet."""
        native = self.native
        if isinstance(self.library, Pandas):
            import pandas as pd

            native = pd.DataFrame(index=pd.RangeIndex(rows))
        return Frame(native, (), self.library, rows, self.back)

    def only(self, columns: Mapping[str, Any]) -> Any:
        """A new frame of the same kind."""
        return self.back(_made(self.library, columns))


def frame_of(table: Any, name: str = "tickets") -> Frame:
    """The door to a table; raises PolicyError for what is none."""
    if isinstance(table, Mapping):
        return _of_arrays(table, name)
    pd, pl, pa = (sys.modules.get(module) for module in ("pandas", "polars", "pyarrow"))
    if pd is not None and isinstance(table, pd.DataFrame):
        return Frame(table, tuple(table.columns), Pandas(), len(table))
    if pl is not None and isinstance(table, pl.DataFrame):
        return Frame(table, tuple(table.columns), Polars(), table.height)
    if pl is not None and isinstance(table, pl.LazyFrame):
        raise PolicyError("a LazyFrame has no rows yet; collect it first", path=name, value="LazyFrame",
                          example=f"{name}.collect()")  # fmt: skip
    if pa is not None and isinstance(table, (pa.Table, pa.RecordBatch)):
        return _of_batch(table) if isinstance(table, pa.RecordBatch) else _of_arrow(table)
    known = _through_narwhals(table, name)
    return _through_stream(table, name) if known is None else known


def _of_arrays(table: Mapping[str, Any], name: str) -> Frame:
    arrays = {column: values for column, values in table.items() if isinstance(values, np.ndarray) and values.ndim}
    lengths = {column: len(values) for column, values in arrays.items()}
    if len(lengths) < len(table) or len(set(lengths.values())) > 1:
        raise PolicyError("a dict is a table when its values are NumPy arrays of one length",
                          path=name, value=lengths, example='{"opened": array(...)}')  # fmt: skip
    return Frame(dict(table), tuple(table), NumPy(), next(iter(lengths.values()), 0))


def _of_arrow(table: Any, back: Callable[[Any], Any] = lambda native: native) -> Frame:
    return Frame(table, tuple(table.column_names), Arrow(), table.num_rows, back)


def _of_batch(batch: Any) -> Frame:
    import pyarrow as pa

    def back(table: Any) -> Any:
        return pa.record_batch([column.combine_chunks() for column in table.columns], schema=table.schema)

    return _of_arrow(pa.table(batch), back)


def _through_narwhals(table: Any, name: str) -> Frame | None:
    import narwhals as nw

    if isinstance(table, nw.DataFrame):  # wrapped by the caller, who wants it wrapped again
        frame = frame_of(table.to_native(), name)
        return replace(frame, back=lambda native: nw.from_native(frame.back(native)))
    wrapped = nw.from_native(table, eager_only=True, pass_through=True)
    if not isinstance(wrapped, nw.DataFrame):
        return None
    backend = wrapped.implementation
    return _of_arrow(wrapped.to_arrow(), lambda native: nw.from_arrow(native, backend=backend).to_native())


def _through_stream(table: Any, name: str) -> Frame:
    if not hasattr(table, "__arrow_c_stream__"):
        raise PolicyError(f"not a table: {type(table).__name__}; a frame of pandas, Polars or pyarrow is expected",
                          path=name, value=type(table).__name__, example="pandas.DataFrame(...)")  # fmt: skip
    import pyarrow as pa

    return _of_arrow(pa.table(table))


def _added(native: Any, library: Library, columns: Mapping[str, Any]) -> Any:
    if isinstance(library, Pandas):
        import pandas as pd

        return pd.concat([native, pd.DataFrame(dict(columns), index=native.index)], axis=1)
    if isinstance(library, Polars):
        return native.with_columns(**columns)
    if isinstance(library, NumPy):
        return {**native, **columns}
    for name, column in columns.items():
        native = native.append_column(name, column)
    return native


def _made(library: Library, columns: Mapping[str, Any]) -> Any:
    if isinstance(library, NumPy):
        return dict(columns)
    if isinstance(library, Pandas):
        import pandas as pd

        return pd.DataFrame(dict(columns))
    if isinstance(library, Polars):
        import polars as pl

        return pl.DataFrame(dict(columns))
    import pyarrow as pa

    return pa.table(dict(columns))


def listed(column: Any) -> list[Any]:
    """The values of a column, one by one; for columns of a few distinct values of any type."""
    named = next(method for method in ("to_pylist", "to_list", "tolist") if hasattr(column, method))
    return getattr(column, named)()  # type: ignore[no-any-return]
