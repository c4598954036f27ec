"""What routes that rank ask for: the board of this process."""

from typing import Annotated

from fastapi import Depends, Request

from app.matching.service import Board


async def _board(request: Request) -> Board:
    board: Board = request.app.state.board
    return board


BoardDep = Annotated[Board, Depends(_board)]
