"""Absolute addresses, from the setting and never from a request's Host header."""

_base = "http://127.0.0.1:8000"


def set_base(base_url: str) -> None:
    """Say where the product is reached; called once, when the application is made."""
    global _base  # noqa: PLW0603 - one value per process, as the environment it comes from
    _base = base_url.rstrip("/")


def absolute(path: str) -> str:
    """The full address of ``path`` (which begins with a slash)."""
    return f"{_base}{path}"


def webcal(path: str) -> str:
    """The address of a calendar at ``path`` that calendar programs open by themselves."""
    return f"webcal://{absolute(path).partition('://')[2]}"
