"""Writes the published JSON Schemas anew: ``make schema``, after a change of a declared thing."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from slaclock import Agreement, BusinessCalendar, CreditSchedule, Policy

FOLDER = Path(__file__).resolve().parent.parent / "schema"
DOCUMENTS: dict[str, type[Agreement | BusinessCalendar | CreditSchedule | Policy]] = {
    "policy": Policy,
    "calendar": BusinessCalendar,
    "agreement": Agreement,
    "credit-schedule": CreditSchedule,
}


def main() -> int:
    """Write one file for each kind of document; say what has changed."""
    FOLDER.mkdir(exist_ok=True)
    for name, cls in DOCUMENTS.items():
        file = FOLDER / f"{name}.schema.json"
        text = json.dumps(cls.json_schema(), ensure_ascii=False, indent=2) + "\n"
        same = file.exists() and file.read_text(encoding="utf-8") == text
        file.write_text(text, encoding="utf-8")
        print(f"{file.name}: {'unchanged' if same else 'written'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
