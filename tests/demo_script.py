"""The script of the incident log, for the tests that use what it reads: it is no package, and is imported by its path."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

DEMO = Path(__file__).resolve().parent.parent / "examples" / "incident_log" / "demo.py"


def load_demo() -> ModuleType:
    spec = importlib.util.spec_from_file_location("incident_demo", DEMO)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


demo = load_demo()
