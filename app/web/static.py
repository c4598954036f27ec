"""Our own stylesheet, scripts and pictures."""

from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

_FOR_GOOD = "public, max-age=31536000, immutable"
_A_WHILE = "public, max-age=300"


class HashedFiles(StaticFiles):
    """Static files; those asked for with their content's hash can be kept for good."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file, with how long it may be kept."""
        answer = await super().get_response(path, scope)
        answer.headers["Cache-Control"] = _FOR_GOOD if scope["query_string"] else _A_WHILE
        return answer
