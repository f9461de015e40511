"""Picks the real things (database, clock, policy, keys) and puts the parts of the server together on them."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from server.clock import SystemClock
from server.config import ConfigError, Settings, secret_in
from server.domain.policy import Policy, load_policy
from server.service.keys import Keys, load_keys
from server.store.unit_of_work import Database

if TYPE_CHECKING:
    from server.exchange.crm import Crm
    from server.intake.consumer import Consumer
    from server.intake.service import IntakeService
    from server.service.backups import Backups
    from server.service.cabinet.enrolment import Enrolling
    from server.service.customers.crm import CrmReader
    from server.service.imports.import_run import Importer
    from server.service.people.rights import Viewer
    from server.sweep.sweeper import Sweeper
    from server.web.app import Deps


@dataclass(frozen=True, slots=True)
class Real:
    """The real things."""

    settings: Settings
    database: Database
    clock: SystemClock
    policy: Policy
    keys: Keys
    zone: ZoneInfo
    sheet: str
    """The text that `policy` was made of."""


@contextmanager
def real_things(settings: Settings) -> Iterator[Real]:
    """Open everything the settings name, and close it again."""
    database = Database(settings.database_url.get_secret_value())
    try:
        policy, sheet = open_policy(settings)
        keys, zone = load_keys(settings.data), ZoneInfo(settings.zone)
        yield Real(settings, database, open_clock(settings), policy, keys, zone, sheet)
    finally:
        database.close()


def open_clock(settings: Settings) -> SystemClock:
    """Give the clock, shifted when a drill says so."""
    try:
        return SystemClock(settings.clock_file)
    except (OSError, ValueError) as error:
        raise ConfigError(f"GUIWEI_CLOCK_FILE: {error}") from None


def open_policy(settings: Settings) -> tuple[Policy, str]:
    """Load the company's policy sheet, or the one that ships; gives its text too."""
    if settings.policy is None:
        sheet = files("server").joinpath("policies/default.toml").read_text(encoding="utf-8")
        return load_policy(sheet), sheet
    try:
        sheet = settings.policy.read_text(encoding="utf-8")
        return load_policy(sheet), sheet
    except (OSError, ValueError) as error:
        raise ConfigError(f"GUIWEI_POLICY: {settings.policy}: {error}") from None


def web_deps(real: Real, hearing: Callable[[], bool] = lambda: True, swept_us: Callable[[], int] = lambda: 0) -> "Deps":
    """Give the web its real things; `hearing` and `swept_us` tell of the intake and the sweep beside it."""
    from server.service.customers.vault import Vault, make_vault
    from server.service.records.blobs import Blobs
    from server.web.app import Deps, WebSettings
    from server.web.live import Live

    settings = real.settings
    make_vault(settings.data)
    return Deps(
        database=real.database,
        clock=real.clock,
        policy=real.policy,
        keys=real.keys,
        vault=Vault(settings.data),
        blobs=Blobs(settings.data),
        live=Live(real.database),
        enrolling=enrolling(real),
        settings=WebSettings(settings.site, real.zone, settings.secure, settings.metrics_token.get_secret_value()),
        capture=intake_service(real).take,
        hearing=hearing,
        swept_us=swept_us,
        backup=backups(real).before,
    )


def enrolling(real: Real) -> "Enrolling":
    """Give what stations enrol with; the authority is made if it is missing."""
    from server.service.cabinet.authority import make_authority
    from server.service.cabinet.enrolment import About, Enrolling

    settings = real.settings
    authority = make_authority(settings.data, settings.site, real.clock.real_wall_us())
    host, _, port = settings.stations_broker.rpartition(":")
    try:
        broker_ca = settings.broker_ca.read_text(encoding="ascii") if settings.broker_ca else ""
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"GUIWEI_BROKER_CA: cannot read {settings.broker_ca}: {error}") from None
    about = About(settings.site, host or settings.broker_host, int(port or settings.broker_port), broker_ca)
    return Enrolling(real.database, real.clock, real.keys, authority, about)


def backups(real: Real) -> "Backups":
    """Give who takes backups; without a place of their own they lie in the data folder."""
    from server.service.backups import Backups

    settings = real.settings
    place = settings.backup or settings.data / "backups"
    return Backups(real.database, settings.data, place, settings.backup_second, real.clock.wall_us, real.keys.signing)


def intake_service(real: Real) -> "IntakeService":
    """Give the server's ear."""
    from server.intake.service import IntakeService
    from server.service.cabinet.authority import SiteAuthority
    from server.service.keys import KeyFileError

    try:
        authority = SiteAuthority(real.settings.data)
    except KeyFileError:  # who only listens need not sign
        authority = None
    return IntakeService(real.database, real.keys, real.policy, real.zone, real.clock, authority)


def consumer(real: Real) -> "Consumer":
    """Give the intake on the broker that the settings name."""
    from server.intake.consumer import Consumer
    from server.intake.wire import Broker

    settings = real.settings
    broker = Broker(
        settings.broker_host,
        settings.broker_port,
        settings.broker_username,
        settings.broker_password.get_secret_value(),
        ca=str(settings.broker_ca or ""),
        certificate=str(settings.broker_cert or ""),
        key=str(settings.broker_key or ""),
    )
    return Consumer(intake_service(real), broker)


def run_web(
    real: Real,
    ready: Callable[[str], None],
    hearing: Callable[[], bool] = lambda: True,
    swept_us: Callable[[], int] = lambda: 0,
) -> None:
    """Serve until told to stop; `ready` is called with the address once it answers."""
    from server.web.app import create_app
    from server.web.serving import serve

    deps = web_deps(real, hearing, swept_us)
    serve(create_app(deps), deps.live, real.settings.http_host, real.settings.http_port, ready)


def importer(real: Real) -> "Importer":
    """Give what takes sheets in."""
    from server.service.customers.vault import Vault, make_vault
    from server.service.imports.import_run import Importer

    settings = real.settings
    make_vault(settings.data)
    about = (real.database, real.clock, real.policy, real.zone, settings.site)
    return Importer(*about, Vault(settings.data), backups(real).before)


def viewer_named(real: Real, username: str, language: str) -> "Viewer":
    """Give a person who acts at the command line; with no name, whoever runs it, whose the database is anyway."""
    from dataclasses import replace

    from server.service.imports.company import OPERATOR
    from server.service.lookups import person_named
    from server.service.people.sign_in import viewer_of
    from server.store.tables import RightScope

    if not username:
        return replace(OPERATOR, locale=language)
    with real.database.read() as session:
        person = person_named(session, username)
        return replace(viewer_of(person, session.get(RightScope, person.id)), locale=language)


def crm_readers(real: Real) -> "list[CrmReader]":
    """Give a reader of each CRM that the settings name."""
    from server.exchange.crm.fxiaoke import Fxiaoke, FxiaokeSettings
    from server.exchange.crm.zoho import Zoho, ZohoSettings
    from server.service.customers.crm import CrmReader
    from server.service.customers.vault import Vault, make_vault

    settings = real.settings
    crms: list[Crm] = []
    if settings.zoho_client_id:
        secrets = (secret_in(settings, "zoho_client_secret_file"), secret_in(settings, "zoho_refresh_token_file"))
        urls = (settings.zoho_accounts_url.rstrip("/"), settings.zoho_api_url.rstrip("/"))
        crms.append(Zoho(ZohoSettings(settings.zoho_client_id, *secrets, *urls)))
    if settings.fxiaoke_app_id:
        who = (settings.fxiaoke_app_id, settings.fxiaoke_open_user_id)
        secrets = (secret_in(settings, "fxiaoke_app_secret_file"), secret_in(settings, "fxiaoke_permanent_code_file"))
        crms.append(Fxiaoke(FxiaokeSettings(*who, *secrets, settings.fxiaoke_url.rstrip("/"))))
    if crms:
        make_vault(settings.data)
    about = (real.database, real.clock, real.policy, real.zone)
    return [CrmReader(*about, Vault(settings.data), crm, backups(real).before) for crm in crms]


def ends(real: Real) -> Callable[[], dict[str, int]]:
    """Give what tells when the certificates of the server, the broker and their authority end."""
    from server.sweep.ends import Listener, ends_of

    settings = real.settings
    files = {settings.broker_username or "server": settings.broker_cert, "ca": settings.broker_ca}
    broker = Listener(settings.broker_host, settings.broker_port, settings.broker_cert, settings.broker_key)
    return lambda: ends_of(files, broker if settings.broker_ca else None)


def sweeper(real: Real) -> "Sweeper":
    """Give the jobs of the clock and who takes their turns."""
    from server.sweep.anchoring import Anchoring
    from server.sweep.backing import Backing
    from server.sweep.certificates import Certificates
    from server.sweep.checking import Checking
    from server.sweep.crm import CrmTurns
    from server.sweep.duties import Duties
    from server.sweep.escalating import Escalating
    from server.sweep.file_reviews import Reviews
    from server.sweep.holding import Holding
    from server.sweep.lending import Lending
    from server.sweep.lists import MonthlyList
    from server.sweep.overdue import Overdue
    from server.sweep.retention import Retention
    from server.sweep.silent import Silent
    from server.sweep.sweeper import Sweeper
    from server.sweep.telling import Telling
    from server.sweep.waiting import Queues, Unapproved

    database, policy = real.database, real.policy
    jobs = (
        ("overdue", Overdue(database, policy).turn),
        ("silent", Silent(database, policy).turn),
        ("certificates", Certificates(database, real.clock.real_wall_us, real.clock.real_mono, ends(real)).turn),
        ("holding", Holding(database, policy, real.clock.real_mono).turn),
        ("lending", Lending(database, policy, real.zone).turn),
        ("duties", Duties(database, policy, real.zone).turn),
        ("lists", MonthlyList(database, policy, real.zone).turn),
        ("reviews", Reviews(database, policy, real.zone).turn),
        ("queues", Queues(database, policy).turn),
        ("unapproved", Unapproved(database).turn),
        ("crm", CrmTurns(crm_readers(real), real.settings.crm_every_minutes * 60_000_000).turn),
        ("telling", Telling(database).turn),
        ("escalating", Escalating(database, policy, real.zone).turn),
        ("checking", Checking(database, real.keys.signing.public_key()).turn),
        ("anchoring", Anchoring(database, real.keys.signing, real.clock.real_mono).turn),
        ("retention", Retention(database, policy).turn),
        *((("backing", Backing(database, policy, backups(real)).turn),) if real.settings.backup else ()),
    )
    return Sweeper(real.clock, jobs)


@contextmanager
def in_threads(*parts: Callable[[threading.Event], None]) -> Iterator[None]:
    """Run parts of the server beside what is done in the block, and stop them after it."""
    stop = threading.Event()
    threads = [threading.Thread(target=part, args=(stop,), daemon=True) for part in parts]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join(2)


def set_up_logs() -> None:
    """Write every log line as one JSON object on standard error."""
    import logging
    import sys

    import structlog

    logging.basicConfig(stream=sys.stderr, format="%(message)s", level=logging.WARNING)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
