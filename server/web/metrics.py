"""Counts for Prometheus, in its text format."""

import threading
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Final

BUCKETS: Final = (0.005, 0.025, 0.1, 0.5, 1.0, 5.0)
MEDIA: Final = "text/plain; version=0.0.4; charset=utf-8"

Sample = tuple[Mapping[str, str], float]


class Metrics:
    """What this process has served."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requests: dict[tuple[str, str, int], int] = defaultdict(int)
        self._below: dict[float, int] = defaultdict(int)
        self._seconds = 0.0

    def served(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one request."""
        with self._lock:
            self._requests[method, route, status] += 1
            self._seconds += seconds
            for bound in BUCKETS:
                if seconds <= bound:
                    self._below[bound] += 1

    def text(self, gauges: Mapping[str, tuple[str, Iterable[Sample]]]) -> str:
        """Write everything down: what was served, and the `gauges` (name -> help, samples) of the database."""
        with self._lock:
            requests, below, seconds = dict(self._requests), dict(self._below), self._seconds
        total = sum(requests.values())
        lines = ["# HELP guiwei_http_requests_total Requests served.", "# TYPE guiwei_http_requests_total counter"]
        lines += [
            f"guiwei_http_requests_total{_labels({'method': method, 'route': route, 'status': str(status)})} {count}"
            for (method, route, status), count in sorted(requests.items())
        ]
        name = "guiwei_http_request_duration_seconds"
        lines += [f"# HELP {name} How long requests took.", f"# TYPE {name} histogram"]
        lines += [f'{name}_bucket{{le="{bound}"}} {below.get(bound, 0)}' for bound in BUCKETS]
        lines += [f'{name}_bucket{{le="+Inf"}} {total}', f"{name}_sum {seconds:.6f}", f"{name}_count {total}"]
        for gauge, (about, samples) in gauges.items():
            lines += [f"# HELP {gauge} {about}", f"# TYPE {gauge} gauge"]
            lines += [f"{gauge}{_labels(labels)} {value:g}" for labels, value in samples]
        return "\n".join(lines) + "\n"


def _labels(labels: Mapping[str, str]) -> str:
    if not labels:
        return ""
    escaped = (
        f'{key}="{value}"'
        for key, value in (
            (key, value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")) for key, value in labels.items()
        )
    )
    return "{" + ",".join(escaped) + "}"
