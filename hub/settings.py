"""Settings of every part, read once at the start from `KERNHUB_*` variables and handed down."""

from pathlib import Path
from typing import Literal

from pydantic import Field, PostgresDsn, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """What an installation chooses. A part that is not set (Kafka, PostgreSQL, SMTP) is started locally by
    `kernhub up`; every other subcommand needs it set and says so."""

    model_config = SettingsConfigDict(env_prefix="KERNHUB_", frozen=True)

    var: Path = Field(Path("var/hub"), description="folder for the data of local services")

    kafka_servers: str | None = Field(None, description="Kafka bootstrap servers, host:port[,host:port]")
    topic_prefix: str = Field(
        "kernhub", pattern=r"^[a-z0-9.-]{1,40}$", description="first part of topic names"
    )
    topic_partitions: int = Field(3, ge=1, le=1000, description="partitions of a function topic")
    topic_replication: int = Field(1, ge=1, le=9, description="copies of each partition; 3 on a real cluster")
    topic_retention_days: int = Field(90, ge=1, description="days that Kafka keeps events")

    database_url: PostgresDsn | None = Field(None, description="postgresql://user:password@host:port/name")

    smtp_host: str | None = Field(None, description="mail server that sends; unset: the local mail sink")
    smtp_port: int = Field(25, ge=1, le=65535)
    smtp_user: str | None = None
    smtp_password: SecretStr | None = None
    smtp_starttls: bool = Field(False, description="refuse to send without STARTTLS")
    mail_from: str = Field("kernhub@kernhub.example", description="sender address of every mail")
    maildir: Path | None = Field(None, description="folder in which the local mail sink keeps its mail")

    http_host: str = "127.0.0.1"
    http_port: int = Field(8080, ge=0, le=65535, description="port of intake and pages; 0: any free port")
    public_url: str = Field("http://127.0.0.1:8080", description="address of the hub as people see it")
    pages: Literal["closed", "local"] = Field(
        "closed", description="'local': pages for whoever sits at this machine, loopback only"
    )

    clock: Literal["system", "scenario"] = Field(
        "system", description="'scenario': time stands in the database"
    )
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    @field_validator("smtp_host", "kafka_servers", "database_url", mode="before")
    @classmethod
    def _empty_is_unset(cls, value: object) -> object:
        return None if value == "" else value

    def as_environment(self) -> dict[str, str]:
        """The variables from which another process reads these same settings, secrets included."""
        return {
            f"KERNHUB_{name.upper()}": value.get_secret_value()
            if isinstance(value, SecretStr)
            else str(value)
            for name, value in self
            if value is not None
        }
