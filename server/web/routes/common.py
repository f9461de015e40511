"""What lists have in common: how long a part of one is, and the cursor where it goes on."""

from typing import Annotated

from fastapi import Path, Query

Limit = Annotated[int, Query(ge=1, le=500, description="how many rows at most")]
Cursor = Annotated[int | None, Query(ge=0, le=2**62, description="the `next` of the part before")]
Number = Annotated[int, Path(ge=1, le=2**53)]
