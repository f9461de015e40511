"""The settings of the server, read from `GUIWEI_*` once; the only reader of the environment.

A secret may also come from a file: `GUIWEI_DATABASE_URL_FILE=/run/secrets/url` stands for `GUIWEI_DATABASE_URL`.
"""

import os
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

PREFIX = "GUIWEI_"


class ConfigError(ValueError):
    """A setting is missing or wrong; the text names the variable and what it must be."""


class SecretFiles(PydanticBaseSettingsSource):
    """Read a setting from the file that `GUIWEI_<NAME>_FILE` names."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:  # noqa: ARG002 -- the base says so
        """Give the file's text without the line end, or None when no file is named."""
        variable = f"{PREFIX}{field_name.upper()}_FILE"
        path = os.environ.get(variable)  # noqa: TID251 -- this is the reader
        if not path:
            return None, field_name, False
        if f"{PREFIX}{field_name.upper()}" in os.environ:  # noqa: TID251 -- this is the reader
            raise ConfigError(f"{variable} and {PREFIX}{field_name.upper()} are both set; keep one of them")
        try:
            return Path(path).read_text(encoding="utf-8").rstrip("\r\n"), field_name, False
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"{variable}: cannot read {path}: {error}") from None

    def __call__(self) -> dict[str, Any]:
        """Give every setting that comes from a file."""
        found = ((name, self.get_field_value(field, name)[0]) for name, field in self.settings_cls.model_fields.items())
        return {name: value for name, value in found if value is not None}


class Settings(BaseSettings):
    """Everything the server is told from outside."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True)

    database_url: SecretStr = SecretStr("sqlite:///guiwei.sqlite")
    data: Path = Path("data")
    site: str = "guiwei"
    zone: str = "Asia/Shanghai"
    policy: Path | None = None
    clock_file: Path | None = None
    backup: Path | None = None
    backup_second: Path | None = None
    broker_host: str = "127.0.0.1"
    broker_port: int = Field(default=8883, ge=1, le=65535)
    broker_username: str = ""
    broker_password: SecretStr = SecretStr("")
    broker_ca: Path | None = None
    broker_cert: Path | None = None
    broker_key: Path | None = None
    stations_broker: str = Field(default="", pattern=r"^$|^[^\s:]+:[1-9][0-9]{0,4}$", description="HOST:PORT")
    http_host: str = "127.0.0.1"
    http_port: int = Field(default=8080, ge=0, le=65535)
    public_url: str = ""
    metrics_token: SecretStr = SecretStr("")
    crm_every_minutes: int = Field(default=60, ge=1, le=24 * 60)
    zoho_client_id: str = ""
    zoho_client_secret_file: Path | None = None
    zoho_refresh_token_file: Path | None = None
    zoho_accounts_url: str = "https://accounts.zoho.com.cn"
    zoho_api_url: str = "https://www.zohoapis.com.cn"
    fxiaoke_app_id: str = ""
    fxiaoke_open_user_id: str = ""
    fxiaoke_app_secret_file: Path | None = None
    fxiaoke_permanent_code_file: Path | None = None
    fxiaoke_url: str = "https://open.fxiaoke.com"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Take what is passed in first, then files, then variables."""
        del dotenv_settings, file_secret_settings
        return init_settings, SecretFiles(settings_cls), env_settings

    @field_validator(
        "policy", "clock_file", "backup", "backup_second", "broker_ca", "broker_cert", "broker_key", mode="before"
    )
    @classmethod
    def _empty_is_none(cls, value: object) -> object:
        return value or None

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError):
            raise ValueError(f"no time zone is called {value!r}; use a name such as Asia/Shanghai") from None
        return value

    @property
    def secure(self) -> bool:
        """Say whether browsers reach the server by HTTPS, so that cookies may be sent over nothing else."""
        return self.public_url.startswith("https://")


def secret_in(settings: Settings, name: str) -> str:
    """Read the secret in the file that a setting names; raises ConfigError, which never shows it."""
    path: Path | None = getattr(settings, name)
    try:
        found = path.read_text(encoding="utf-8").strip() if path is not None else ""
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{PREFIX}{name.upper()}: cannot read {path}: {type(error).__name__}") from None
    if not found:
        raise ConfigError(f"{PREFIX}{name.upper()}: name a file that holds the secret")
    return found


def load_settings(**given: object) -> Settings:
    """Read the settings; raises ConfigError naming every variable that is wrong."""
    try:
        return Settings(**given)  # type: ignore[arg-type]
    except ValidationError as error:
        lines = [
            f"{PREFIX}{str(e['loc'][0]).upper()}: {e['msg'].removeprefix('Value error, ')}" for e in error.errors()
        ]
        raise ConfigError("\n".join(lines)) from None
