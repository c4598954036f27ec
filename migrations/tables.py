"""Finding every table, so that none is left out of a revision or of the drift check."""

import importlib
import pkgutil

import app


def import_all_tables() -> None:
    """Import each module that may define tables, which puts them into ``SQLModel.metadata``.

    Tables live in a feature's ``models`` and in ``app.core`` (a test holds that).
    """
    for module in pkgutil.walk_packages(app.__path__, "app."):
        parts = module.name.split(".")
        if parts[1] == "core" or "models" in parts:
            importlib.import_module(module.name)
