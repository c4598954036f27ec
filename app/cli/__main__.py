"""``python -m app.cli`` is ``cadre``."""

from app.cli import main

main()
