"""Send a report or a list as a file: made from start to end, recorded with its rows and digest, then sent."""

from collections.abc import Callable, Iterator
from hashlib import sha256
from tempfile import SpooledTemporaryFile
from typing import Final

from starlette.background import BackgroundTask
from starlette.responses import StreamingResponse

from server.reports import WRITERS, Format
from server.reports.model import Document
from server.service.context import Reading, Writing
from server.service.people.rights import Viewer
from server.service.reporting.kinds import record_export
from server.service.shapes import moment
from server.web.deps import Deps

IN_MEMORY: Final = 8 * 1024 * 1024
"""Bytes of a file that are kept in memory; a longer one goes to disk."""
CHUNK: Final = 64 * 1024


def send(
    deps: Deps, viewer: Viewer, name: str, of: str, form: Format, make: Callable[[Reading], Document]
) -> StreamingResponse:
    """Make the file in this thread and stream it; that it was taken away is an entry of its own (R22)."""
    now_us, zone, writer = deps.clock.wall_us(), deps.settings.zone, WRITERS[form]
    file: SpooledTemporaryFile[bytes] = SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 -- closed when sent
    try:
        with deps.database.read() as session:
            rows = writer.write(make(Reading(session, now_us, deps.policy, viewer, zone)), file)
        file.seek(0)
        digest = sha256()
        for chunk in _chunks(file):
            digest.update(chunk)
        with deps.database.begin() as uow:
            work = Writing(uow.session, now_us, deps.policy, viewer, zone, uow)
            record_export(work, name, of, form, rows, digest.hexdigest())
        file.seek(0)
    except BaseException:
        file.close()
        raise
    kept = f"guiwei-{name}-{moment(now_us, zone)[:10]}.{form}"
    headers = {"Content-Disposition": f'attachment; filename="{kept}"', "Cache-Control": "no-store"}
    return StreamingResponse(_chunks(file), 200, headers, writer.media, BackgroundTask(file.close))


def _chunks(file: "SpooledTemporaryFile[bytes]") -> Iterator[bytes]:
    while chunk := file.read(CHUNK):
        yield chunk
