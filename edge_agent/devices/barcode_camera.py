"""Family barcode_camera: a picture file, a directory pictures are put into, or a video device, read for printed codes.

As a Dialect one picture file is one frame, ended by silence (what `edge decode` uses); a station uses CameraSource.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, ClassVar

import msgspec

from edge_agent import camera
from edge_agent.devices.base import (
    CodeRead,
    DeviceError,
    FrameError,
    Heard,
    Listener,
    ProtocolError,
    SettingsError,
    SourceState,
    UnreachableError,
    read_settings,
)

RETRY = 1.0
STILLS = {".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp", ".pgm"}


class BarcodeCameraSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Settings of one camera."""

    interval_ms: Annotated[
        int,
        msgspec.Meta(ge=20, le=60000, description="Pause between two pictures of a video, or two looks at a directory"),
    ] = 200
    again_ms: Annotated[
        int, msgspec.Meta(ge=0, le=600000, description="A code still in view is reported again only after this pause")
    ] = 2000


class BarcodeCamera:
    """Take one picture file as one frame."""

    Settings: ClassVar[type[msgspec.Struct]] = BarcodeCameraSettings
    baudrate: ClassVar[int] = 0
    reopen_after_error: ClassVar[bool] = False
    turn: ClassVar[float | None] = None
    absence: float = 0.0
    pause: float = 0.5
    prompt_after: float | None = None

    def __init__(self, **settings: Any) -> None:
        self.settings = read_settings(BarcodeCameraSettings, "barcode_camera", settings)
        self._picture = bytearray()
        self._at = 0
        self._overlong = False

    @property
    def unparsed(self) -> bytes:
        """Bytes of the picture so far."""
        return bytes(self._picture)

    def feed(self, data: bytes) -> list[Heard]:
        """Take the next bytes of a picture file."""
        room = camera.LARGEST - len(self._picture)
        self._picture += data[:room]
        self._overlong = self._overlong or len(data) > room
        return []

    def silence(self) -> list[Heard]:
        """Read the codes in the picture now complete."""
        picture, at, overlong = bytes(self._picture), self._at, self._overlong
        self._at += len(picture)
        self._picture.clear()
        self._overlong = False
        if not picture:
            return []
        if overlong:
            return [FrameError(at, f"picture larger than {camera.LARGEST} bytes")]
        try:
            heard = camera.scan_bytes(picture) or [camera.none_found("picture")]
        except ProtocolError as error:
            heard = [FrameError(0, str(error))]
        return [FrameError(at, event.what) if isinstance(event, FrameError) else event for event in heard]

    def greeting(self) -> list[bytes]:
        """Send nothing."""
        return []

    def prompt(self) -> bytes:
        """Send nothing."""
        return b""


class CameraSource:
    """Read codes from `target` (file, directory, or video device or stream) on a thread of its own until closed."""

    def __init__(self, name: str, dialect: BarcodeCamera, target: str, listener: Listener) -> None:
        self.name = name
        self.target = target
        self._settings = dialect.settings
        self._listener = listener
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"camera-{name}", daemon=True)
        self._seen_at: dict[str, float] = {}
        self._state = ""

    def start(self) -> None:
        """Begin; events go to the listener from now on."""
        self._thread.start()

    def write(self, data: bytes) -> None:
        """Refuse: a camera takes no commands."""
        raise ProtocolError(f"{self.name}: a camera takes no commands ({len(data)} bytes)")

    def close(self) -> None:
        """Stop, and return when nothing will be reported any more."""
        self._closing.set()
        if self._thread.is_alive():
            self._thread.join(timeout=10)

    def _run(self) -> None:
        while not self._closing.is_set():
            try:
                for heard in self._pictures():
                    self._report(heard)
                return
            except SettingsError as error:
                self._change("fault", str(error))
                return
            except DeviceError as error:
                self._change("offline", str(error))
                self._closing.wait(RETRY)

    def _pictures(self) -> Iterator[list[Heard]]:
        """Give what each picture holds; ends after a single file."""
        path = Path(self.target)
        if path.is_dir():
            yield from self._directory(path)
        elif path.suffix.lower() in STILLS:
            self._need(path)
            yield _still(path)
        else:
            yield from self._video(path)

    def _need(self, path: Path) -> None:
        if not path.exists():
            raise UnreachableError(f"{path}: not there")
        self._change("online", str(path))

    def _directory(self, path: Path) -> Iterator[list[Heard]]:
        """Read each picture that is put in, once it stops growing."""
        done: dict[Path, tuple[int, int]] = {}
        last: dict[Path, tuple[int, int]] = {}
        while not self._closing.is_set():
            self._need(path)
            now = {file: _version(file) for file in sorted(path.iterdir()) if file.suffix.lower() in STILLS}
            for file, version in now.items():
                if last.get(file) == version and done.get(file) != version:
                    done[file] = version
                    yield _still(file)
            done = {file: version for file, version in done.items() if file in now}
            last = now
            self._closing.wait(self._settings.interval_ms / 1000)

    def _video(self, path: Path) -> Iterator[list[Heard]]:
        cv2 = camera.library("cv2")
        if "://" not in self.target and not path.exists():
            raise UnreachableError(f"{path}: not there; is the camera plugged in?")
        video = cv2.VideoCapture(self.target)
        try:
            if not video.isOpened():
                raise UnreachableError(f"{self.target}: not a picture, and no video that can be opened")
            self._change("online", self.target)
            while not self._closing.is_set():
                good, picture = video.read()
                if not good:
                    raise UnreachableError(f"{self.target}: the video ended")
                yield self._fresh(camera.scan_picture(picture))
                self._closing.wait(self._settings.interval_ms / 1000)
        finally:
            video.release()

    def _fresh(self, heard: list[Heard]) -> list[Heard]:
        """Leave out codes reported within `again_ms`; what is in view does not grow older."""
        now, pause = time.monotonic(), self._settings.again_ms / 1000
        self._seen_at = {text: at for text, at in self._seen_at.items() if now - at < pause}
        fresh = [event for event in heard if not isinstance(event, CodeRead) or event.text not in self._seen_at]
        self._seen_at |= {event.text: now for event in heard if isinstance(event, CodeRead)}
        return fresh

    def _report(self, heard: list[Heard]) -> None:
        for event in heard:
            self._listener(self.name, event)

    def _change(self, state: Any, why: str) -> None:
        if state != self._state:
            self._state = state
            self._listener(self.name, SourceState(state, why))


def _still(path: Path) -> list[Heard]:
    try:
        return camera.scan_file(path) or [camera.none_found(str(path))]
    except (ProtocolError, UnreachableError) as error:
        return [FrameError(0, str(error))]


def _version(path: Path) -> tuple[int, int]:
    try:
        found = path.stat()
    except OSError:
        return 0, 0
    return found.st_mtime_ns, found.st_size
