"""SLA questions in SQL: `python examples/duckdb_sql.py`.

A small table of tickets in DuckDB; two calendars and a ready-made policy go by name in the queries.
"""

from __future__ import annotations

import duckdb

import slaclock.duckdb
from slaclock import BusinessCalendar, contracts

UK = BusinessCalendar(timezone="Europe/London", hours={"mon-fri": ["08:30-16:30"]}, holidays=["GB-ENG"])
ET = BusinessCalendar(timezone="America/New_York", hours={"mon-fri": ["09:00-17:00"]}, holidays=["US"])

# `opened` is a TIMESTAMPTZ: a TIMESTAMP is refused, because it names no instant.
TICKETS = """
    CREATE TABLE tickets AS
    SELECT * FROM (VALUES
        ('T-1', '2026-05-22 15:00:00+01:00'::TIMESTAMPTZ, 'UK', 'P1', 'PT4H'),
        ('T-2', '2026-03-06 16:30:00-05:00'::TIMESTAMPTZ, 'ET', 'P2', '1h'),
        ('T-3', '2026-11-25 15:00:00-05:00'::TIMESTAMPTZ, 'ET', 'P3', '8h'),
        ('T-4', NULL, 'UK', 'P4', '8h')
    ) AS given (ticket, opened, desk, severity, target)
"""

DUE = """
    SELECT
        ticket,
        opened,
        desk,
        sla_is_open(opened, desk) AS open,
        target,
        sla_due(opened, target, desk) AS due,
        sla_add_business_days(opened, 2, desk) AS "2 days",
        sla_objective_due(opened, 'wati', severity, 'first_response') AS answer_by
    FROM tickets
    ORDER BY ticket
"""

# DuckDB adds up numbers and no intervals; microseconds are exact.
WORKED = """
    SELECT
        desk,
        count(opened) AS tickets,
        to_microseconds(
            sum(epoch_us(sla_elapsed(opened, '2026-12-01 00:00:00Z'::TIMESTAMPTZ, desk)))::BIGINT
        ) AS open_for
    FROM tickets
    GROUP BY desk
    ORDER BY desk
"""


def main() -> None:
    """Ask, and show."""
    with duckdb.connect() as con:
        slaclock.duckdb.register(con, calendars={"UK": UK, "ET": ET}, policies={"wati": contracts.load("wati-pro")})
        con.sql("SET TimeZone = 'UTC'")  # how instants are shown; it changes none
        con.sql(TICKETS)
        con.sql(DUE).show(max_width=160)
        con.sql(WORKED).show()


if __name__ == "__main__":
    main()
