"""A DataFrame of tickets evaluated on Spark: `python examples/spark_tickets.py`. Needs Java.

The session here is a local one. On a cluster the same calls run on every executor that has slaclock.
"""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime, timedelta

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as sql

from slaclock import BusinessCalendar, contracts, spark

UK = BusinessCalendar(timezone="Europe/London", hours={"mon-fri": ["08:30-16:30"]}, holidays=["GB-ENG"])
POLICY = contracts.load("wati-pro")
AS_OF = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
TICKETS = 200


def session() -> SparkSession:
    """A quiet local session, whose workers run this Python."""
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    builder = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false")
    made = builder.config("spark.sql.session.timeZone", "UTC").config("spark.sql.shuffle.partitions", "2").getOrCreate()
    made.sparkContext.setLogLevel("ERROR")
    return made


def tickets(made: SparkSession) -> DataFrame:
    """One ticket every three hours; most are answered within a few hours, and resolved within days."""
    first = datetime(2026, 5, 4, 1, 0, tzinfo=UTC)
    rows = []
    for number in range(TICKETS):
        opened = first + timedelta(hours=3 * number)
        responded = opened + timedelta(minutes=17 * number % 150) if number % 10 else None
        resolved = opened + timedelta(hours=31 * number % 90 + 7) if number % 4 else None
        rows.append((f"T-{number}", f"P{number % 4 + 1}", opened, responded, resolved))
    return made.createDataFrame(
        rows, "ticket string, severity string, opened timestamp, responded timestamp, resolved timestamp"
    )


def main() -> None:
    """Evaluate, and show what was promised and how it went."""
    made = session()
    given = tickets(made)
    answer = spark.evaluate(given, POLICY, as_of=AS_OF, ticket="ticket")
    columns = ("ticket", "severity", "opened", "first_response_due", "first_response_state", "first_response_breached")
    answer.select(*columns).show(8, truncate=False)
    attainment = answer.groupBy("severity").agg(
        sql.count("*").alias("tickets"),
        sql.count_if(sql.col("first_response_breached")).alias("answered late"),
        sql.count_if(sql.col("resolution_breached")).alias("resolved late"),
    )
    attainment.orderBy("severity").show()
    # Calendar questions are functions of columns.
    asked = given.select("ticket", "opened", spark.is_open("opened", UK).alias("open"), spark.due("opened", "4h", UK))
    asked.show(8, truncate=False)
    made.stop()


if __name__ == "__main__":
    main()
