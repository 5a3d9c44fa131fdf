"""Pictures of many clocks, with matplotlib (``pip install 'slaclock[plot]'``).

Each function draws on the axes given, or on a new figure, and returns the axes; none shows a figure, and none changes
matplotlib's settings.  They take evaluations or readings, or the table that ``bulk.evaluate`` or
``bulk.evaluate_log`` returns.
"""

try:
    from .months import attainment
    from .spread import elapsed
    from .timelines import timelines
    from .week import breaches
except ImportError as error:  # matplotlib, or the libraries of columns
    raise ImportError(f"{error.msg}; slaclock.plot needs the extra: pip install 'slaclock[plot]'",
                      name=error.name, path=error.path) from None  # fmt: skip

__all__ = ["attainment", "breaches", "elapsed", "timelines"]
