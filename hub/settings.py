"""Settings of every part, read once at the start from `KERNHUB_*` variables and handed down."""

from pathlib import Path
from typing import Literal

from pydantic import Field, PostgresDsn, SecretStr, field_validator
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, SettingsConfigDict

from hub.rules.proxies import NoProxy, proxies

_NO_PROXY = (
    "'{written}' is geen adres van een proxy (10.0.0.5) of netwerk (10.0.1.0/24, hoogstens 65.536 adressen, "
    "en met nullen waar het netwerk ophoudt)"
)


class Settings(BaseSettings):
    """What an installation chooses. A part that is not set (Kafka, PostgreSQL, SMTP) is started locally by
    `kernhub up`; every other subcommand needs it set and says so."""

    model_config = SettingsConfigDict(env_prefix="KERNHUB_", frozen=True)

    var: Path = Field(Path("var/hub"), description="map voor de gegevens van wat lokaal meestart")

    kafka_servers: str | None = Field(None, description="Kafka-servers als host:poort, met komma's ertussen")
    kafka_user: str | None = Field(
        None,
        description="gebruiker waarmee de hub zelf op Kafka komt, met SCRAM; niet gezet: zonder "
        "wachtwoord, alleen voor een Kafka die niemand anders bereikt",
    )
    kafka_password: SecretStr | None = Field(None, description="wachtwoord van die gebruiker")
    kafka_password_file: Path | None = Field(None, description="of het bestand met dat wachtwoord")
    kafka_tls: bool = Field(False, description="'true': verbind de hub alleen versleuteld met Kafka, met TLS")
    kafka_ca_file: Path | None = Field(
        None,
        description="bestand met het certificaat (PEM) van wie dat van Kafka uitgaf; anders gelden die van "
        "deze computer",
    )
    kafka_party_servers: str | None = Field(
        None, description="Kafka-servers zoals partijen ze bereiken, met SASL (SCRAM-SHA-512)"
    )
    topic_prefix: str = Field(
        "kernhub",
        pattern=r"^[a-z0-9.-]{1,40}$",
        description="eerste deel van de naam van elk topic: kleine letters, cijfers, punten en streepjes",
    )
    topic_partitions: int = Field(3, ge=1, le=1000, description="aantal partities van een topic")
    topic_replication: int = Field(
        1, ge=1, le=9, description="aantal kopieën van elke partitie; 3 op een echt cluster"
    )
    topic_retention_days: int = Field(90, ge=1, description="zoveel dagen bewaart Kafka een gebeurtenis")

    database_url: PostgresDsn | None = Field(
        None,
        description="adres van PostgreSQL: postgresql://gebruiker:wachtwoord@host:poort/naam; die gebruiker "
        "mag het grootboek niet veranderen",
    )
    database_owner_url: PostgresDsn | None = Field(
        None,
        description="hetzelfde adres met de gebruiker van wie de tabellen zijn; alleen 'kernhub prepare' "
        "en 'kernhub up' hebben het nodig",
    )

    smtp_host: str | None = Field(None, description="mailserver die de mail van de hub verstuurt")
    smtp_port: int = Field(25, ge=1, le=65535, description="poort van de mailserver")
    smtp_user: str | None = Field(None, description="gebruikersnaam bij de mailserver")
    smtp_password: SecretStr | None = Field(None, description="wachtwoord bij de mailserver")
    smtp_starttls: bool = Field(False, description="'true': verstuur alleen versleuteld, met STARTTLS")
    mails_an_hour: int = Field(
        40,
        ge=1,
        description="zoveel losse berichten krijgt een postbus hoogstens per uur, met spoed tweemaal zoveel; "
        "wat er meer is, komt samen in één mail",
    )
    mail_from: str = Field("kernhub@kernhub.example", description="afzender van alle mail")
    maildir: Path | None = Field(None, description="map waarin de lokale mailserver alle mail bewaart")
    reply_address: str | None = Field(
        None,
        pattern=r"^[a-z0-9._-]{1,20}@[a-z0-9.-]{1,255}$",
        description="adres waarop de hub antwoorden per mail ontvangt, zoals antwoord@hub.nl; niet gezet: "
        "antwoorden kan niet per mail",
    )
    inbound_host: str = Field(
        "127.0.0.1", description="adres waarop de hub mail ontvangt (SMTP), achter uw eigen mailserver"
    )
    inbound_port: int = Field(2525, ge=0, le=65535, description="poort waarop de hub mail ontvangt")
    imap_host: str | None = Field(
        None, description="mailserver met de postbus waaruit de hub antwoorden haalt (IMAP); mag naast SMTP"
    )
    imap_port: int = Field(993, ge=1, le=65535, description="poort van die mailserver")
    imap_user: str | None = Field(None, description="gebruikersnaam van die postbus")
    imap_password: SecretStr | None = Field(None, description="wachtwoord van die postbus")
    imap_folder: str = Field("INBOX", description="map in die postbus")
    imap_tls: bool = Field(True, description="'false': onversleuteld, voor een mailserver op deze computer")

    http_host: str = Field(
        "127.0.0.1", description="adres waarop de webserver luistert; 0.0.0.0: op elk adres"
    )
    http_port: int = Field(
        8080, ge=0, le=65535, description="poort van de webserver; 0: een poort die vrij is"
    )
    proxies: str | None = Field(
        None,
        description="adressen of netwerken van uw proxy's, met komma's ertussen (10.0.0.5, 10.0.1.0/24): "
        "alleen wat zij in X-Forwarded-For zeggen, geldt als het adres van de bezoeker",
    )
    public_url: str = Field("http://127.0.0.1:8080", description="adres van de hub zoals mensen het zien")
    signing_keys: Path | None = Field(
        None,
        description="bestand met de sleutels waarmee de hub toegangsbewijzen (OAuth) ondertekent",
    )
    oidc_issuer: str | None = Field(
        None, description="adres van een OIDC-uitgever waarvan de hub toegangsbewijzen ook aanneemt"
    )
    oidc_audience: str | None = Field(
        None, description="voor wie die zijn ('aud'); anders het adres van de hub"
    )
    oidc_claim: str = Field("oin", description="waarin daar het OIN of KvK-nummer van de partij staat")
    oidc_client_id: str | None = Field(
        None,
        description="naam waaronder de hub bij die uitgever bekend is; gezet: mensen loggen daar in, en niet "
        "met een link in een mail",
    )
    oidc_client_secret: SecretStr | None = Field(None, description="het geheim dat daarbij hoort")
    limit_events: int = Field(
        6000,
        ge=1,
        description="zoveel gebeurtenissen en vragen mag een partij per minuut, per webserver en per intake",
    )
    limit_megabytes: int = Field(
        120,
        ge=1,
        description="zoveel megabytes mag een partij per minuut sturen, per webserver en per intake",
    )
    pages: Literal["closed", "local"] = Field(
        "closed", description="'local': pagina's voor wie aan deze computer zit; 'closed': geen pagina's"
    )

    ledger_key: SecretStr | None = Field(
        None,
        description="sleutel waarmee de hub het grootboek ondertekent, zoals 'kernhub ledger key' die maakt",
    )
    ledger_key_file: Path | None = Field(
        None, description="of het bestand met die sleutel; is het er niet, dan maakt de hub het"
    )
    retention_file: Path | None = Field(
        None, description="bestand dat zegt hoe lang inhoud bewaard wordt (CSV: soort;label;dagen)"
    )
    webhooks: Literal["public", "local"] = Field(
        "public",
        description="'public': webhooks gaan alleen met https naar openbare adressen; 'local': ook naar deze "
        "computer, voor een oefening",
    )

    clock: Literal["system", "scenario"] = Field(
        "system", description="'system': de tijd van de computer; 'scenario': de tijd van de oefening"
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="wat in het log komt: debug is alles, error alleen fouten"
    )

    @field_validator(
        "smtp_host",
        "kafka_servers",
        "kafka_party_servers",
        "kafka_user",
        "kafka_password",
        "kafka_password_file",
        "kafka_ca_file",
        "database_url",
        "database_owner_url",
        "ledger_key",
        "ledger_key_file",
        "retention_file",
        "signing_keys",
        "oidc_issuer",
        "oidc_client_id",
        "oidc_client_secret",
        "reply_address",
        "imap_host",
        mode="before",
    )
    @classmethod
    def _empty_is_unset(cls, value: object) -> object:
        return None if value == "" else value

    @field_validator("proxies")
    @classmethod
    def _trusted(cls, value: str | None) -> str | None:
        try:
            return ",".join(proxies(value or "")) or None
        except NoProxy as wrong:
            raise PydanticCustomError("proxies", _NO_PROXY, {"written": wrong.written[:60]}) from None

    def for_workers(self) -> "Settings":
        """These settings without the address with which the ledger could be changed."""
        return self.model_copy(update={"database_owner_url": None})

    def as_environment(self) -> dict[str, str]:
        """The variables from which another process reads these same settings, secrets included."""
        return {
            f"KERNHUB_{name.upper()}": value.get_secret_value()
            if isinstance(value, SecretStr)
            else str(value)
            for name, value in self
            if value is not None
        }
