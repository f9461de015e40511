"""A station asks for its next certificate, with the key its events are signed with: that is who it is.

Law 1: only near the end of the one before; a certificate given is kept by its serial, to be revoked with the key.
Law 2: only by the authority that signed the one before: the broker knows no other.
Law 3: it is for the name under which the station is registered, whatever is asked for.
"""

from contract.certificates import CertificateError
from contract.messages import CertificateIssued, CertificateRequested
from server.domain.certificates import is_due
from server.service.cabinet.enrolment import is_ours
from server.service.cabinet.work import Heard, Work
from server.store.tables import Station, StationKey


def certificate_requested(work: Work, heard: Heard, event: CertificateRequested) -> None:
    """Sign and answer when it is due; why not is on record, and the station asks again."""
    session = work.uow.session
    station = session.get_one(Station, heard.station)
    key = session.get(StationKey, station.public_key) or StationKey(public_key=station.public_key, station=station.name)
    if not is_due(key.until_us, work.real_us):
        _refuse(work, heard, f"the one before lasts until {key.until_us}")
    elif work.authority is None or is_ours(heard.station) or event.signer != work.authority.key_id:
        _refuse(work, heard, "the one before was not signed here")
    else:
        try:
            signed, serial, until_us = work.authority.sign(heard.station, event.certificate_request, work.real_us)
        except CertificateError as error:
            _refuse(work, heard, str(error))
            return
        key.serial, key.until_us = f"{key.serial} {serial}".strip(), until_us
        session.add(key)
        work.record(heard, "certificate_renewed", {"serial": serial, "until_us": until_us})
        work.answers.append(CertificateIssued(v=1, station=heard.station, certificate=signed))


def _refuse(work: Work, heard: Heard, why: str) -> None:
    work.record(heard, "certificate_refused", {"why": why})
