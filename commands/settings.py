"""Settings: every one of them, from the environment; the root file alone reads it."""

from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from commands.context import GraphMemory
from schema.access import DEFAULT_POINTS, AccessPolicy, Role, TokenIssuer
from schema.errors import BadInput
from schema.load_sources import LoadSource, load_sources


class Settings(BaseSettings):
    """Every setting, read once from the environment (`SHELFGRAPH_…`, and Neo4j's own three names)."""

    model_config = SettingsConfigDict(env_prefix="SHELFGRAPH_", extra="ignore", populate_by_name=True)

    home: Path = Field(default=Path(".shelfgraph"), description="Where lake, journal, registry and local graph live.")
    lake: str = Field(default="", description="The lake's address, a folder or an object store; empty: in the home.")
    spark: str = Field(default="", description="A Spark master to count the lake's receipts on; empty: DuckDB.")
    journal: str = Field(default="", description="The journal's SQLAlchemy address; empty: SQLite in the home.")
    ledger_spool_mib: int = Field(default=256, description="MiB of decisions that may wait for the journal's database.")
    ledger_power_safe: bool = Field(
        default=False, description="Whether an answer waits until its decision would survive a power cut."
    )
    ledger_days: int = Field(default=400, description="Days for which `ledger prune` keeps decisions.")
    loads: dict[str, str] = Field(
        default_factory=dict, description="What callers may have loaded: loader and path by name, as JSON."
    )
    runs_jobs: bool = Field(default=True, description="Whether `serve` starts the process that runs jobs.")
    audit_days: int = Field(default=730, description="Days for which `audit prune` keeps audit rows.")
    neo4j_uri: str = Field(default="", alias="NEO4J_URI", description="A Neo4j server; empty: the local one.")
    neo4j_user: str = Field(default="neo4j", alias="NEO4J_USER", description="Its user name.")
    neo4j_password: str = Field(
        default="", alias="NEO4J_PASSWORD", description="Its password; the local one has its own."
    )
    neo4j_database: str = Field(default="neo4j", alias="NEO4J_DATABASE", description="Its database.")
    bolt_port: int = Field(default=7687, description="The local graph server's Bolt port.")
    http_port: int = Field(default=7474, description="The local graph server's Browser port.")
    graph_heap_mib: int = Field(default=1024, description="The local graph server's heap, MiB.")
    graph_page_cache_mib: int = Field(default=512, description="The local graph server's page cache, MiB.")
    memory_mib: int | None = Field(
        default=None, gt=0, description="Memory that a training may hold, MiB; unset: what there is."
    )
    jars: Path = Field(
        default=Path("~/.cache/shelfgraph/jars"), description="Where Neo4j's jars are kept for every checkout."
    )
    api_host: str = Field(default="127.0.0.1", description="The address that `serve` listens on.")
    api_port: int = Field(default=8000, description="The port that `serve` listens on.")
    catalogue_seconds: float = Field(
        default=900.0, ge=0, description="Seconds for which names and joins read from the graph are kept; 0 for none."
    )
    history_seconds: float = Field(
        default=60.0, ge=0, description="Seconds for which what a customer bought is kept in memory; 0 for none."
    )
    anonymous_role: Role | None = Field(default=None, description="What callers without a key may do; unset: nothing.")
    introspection: Literal["everyone", "callers", "nobody"] = Field(
        default="callers", description="Who may read the contract from the service."
    )
    points_per_minute: dict[str, int] = Field(
        default_factory=dict, description="Points a caller may spend, by role and `anonymous`, as JSON."
    )
    cors_origins: str = Field(default="", description="Pages' origins that browsers may let ask, with commas between.")
    oidc_issuer: str = Field(default="", description="Whose bearer tokens are believed; empty: nobody's.")
    oidc_audience: str = Field(default="", description="What a token's `aud` must hold.")
    oidc_role_claim: str = Field(default="roles", description="The claim, or path with dots, that names roles.")
    oidc_customer_claim: str = Field(default="", description="The claim that names the only customer to be seen.")

    @property
    def access_policy(self) -> AccessPolicy:
        """Who may use the service.

        Raises:
            BadInput: if a token issuer is named without an audience, or points for a role that there is not.
        """
        unknown = set(self.points_per_minute) - set(DEFAULT_POINTS)
        if unknown:
            raise BadInput(
                f"SHELFGRAPH_POINTS_PER_MINUTE names {', '.join(sorted(unknown))}.",
                remedy=f"Roles are {', '.join(DEFAULT_POINTS)}.",
            )
        return AccessPolicy(
            anonymous_role=self.anonymous_role,
            introspection=self.introspection,
            points_per_minute={**DEFAULT_POINTS, **self.points_per_minute},
            cors_origins=tuple(origin.strip() for origin in self.cors_origins.split(",") if origin.strip()),
            tokens=self._tokens(),
        )

    def _tokens(self) -> TokenIssuer | None:
        if not self.oidc_issuer:
            return None
        if not self.oidc_audience:
            raise BadInput(
                "SHELFGRAPH_OIDC_ISSUER is set without SHELFGRAPH_OIDC_AUDIENCE: tokens meant for others would count.",
                remedy="Set the audience that the issuer writes into tokens for this service.",
            )
        return TokenIssuer(self.oidc_issuer, self.oidc_audience, self.oidc_role_claim, self.oidc_customer_claim)

    synonyms: str = Field(default="", description="A CSV file of words that mean the same; empty: in the home.")

    @property
    def synonyms_file(self) -> Path:
        """Where the shop's synonyms are, if it has any."""
        return Path(self.synonyms) if self.synonyms else self.home / "synonyms.csv"

    @property
    def load_sources(self) -> dict[str, LoadSource]:
        """What callers may have loaded, by name; raises BadInput where one names no loader and path."""
        return load_sources(self.loads)

    @property
    def lake_root(self) -> str:
        """The lake's address."""
        return self.lake or str(self.home / "lake")

    @property
    def journal_address(self) -> str:
        """The journal's SQLAlchemy address."""
        return self.journal or f"sqlite:///{self.home / 'journal.db'}"

    @property
    def jars_folder(self) -> Path:
        """Where Neo4j's jars are kept, the home of the user filled in."""
        return self.jars.expanduser()

    @property
    def graph_memory(self) -> GraphMemory:
        """The local graph server's memory, MiB."""
        return GraphMemory(heap_mib=self.graph_heap_mib, page_cache_mib=self.graph_page_cache_mib)

    @property
    def graph_uri(self) -> str:
        """The graph's Bolt address."""
        return self.neo4j_uri or f"bolt://127.0.0.1:{self.bolt_port}"
