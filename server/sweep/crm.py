"""Read the CRMs every so often, each in a thread of its own: a slow one keeps nothing else from its turn."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field

import structlog

from server.exchange.crm import CrmError
from server.service.customers.crm import CrmReader

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class CrmTurns:
    """Remembers when each CRM was begun to be read last."""

    readers: Sequence[CrmReader]
    every_us: int
    begun: dict[str, int] = field(default_factory=dict)
    threads: dict[str, threading.Thread] = field(default_factory=dict)

    def turn(self, now_us: int) -> None:
        """Begin what is due and not under way."""
        for reader in self.readers:
            name, thread = reader.crm.name, self.threads.get(reader.crm.name)
            if (thread is not None and thread.is_alive()) or now_us - self.begun.get(name, 0) < self.every_us:
                continue
            self.begun[name] = now_us
            self.threads[name] = threading.Thread(target=self._read, args=(reader,), daemon=True, name=f"crm-{name}")
            self.threads[name].start()

    def _read(self, reader: CrmReader) -> None:
        try:
            said = reader.read()
            log.info("crm_read", system=reader.crm.name, changed=said.changed, deleted=said.deleted)
        except CrmError as error:
            log.warning("crm_not_read", system=reader.crm.name, code=error.code, retry=error.retry)
        except Exception as error:
            log.exception("crm_failed", system=reader.crm.name, error=type(error).__name__)
