"""The journal's parts: what is changed, decided, asked for and seen, each made when it is first wanted."""

from functools import cached_property
from typing import TYPE_CHECKING

from commands.settings import Settings

if TYPE_CHECKING:
    from journal.audit import AuditLog
    from journal.decision_log import DecisionLog
    from journal.erasure_log import ErasureLog
    from journal.job_log import JobLog
    from journal.keys import Keys
    from journal.ledger import Ledger
    from journal.store import Journal


class JournalParts:
    """Everything that is kept in the journal's database."""

    _settings: Settings

    @cached_property
    def journal(self) -> "Journal":
        """Changes and verdicts."""
        from journal.store import Journal  # noqa: PLC0415

        return Journal(self._journal_address)

    def decision_log(self) -> "DecisionLog":
        """The ledger's entries that have reached the journal's database."""
        from journal.decision_log import DecisionLog  # noqa: PLC0415

        return DecisionLog(self._journal_address)

    def ledger(self) -> "Ledger":
        """Where decisions are kept as they are made; closing it is its caller's."""
        from journal.ledger import Ledger  # noqa: PLC0415

        return Ledger(
            self.decision_log(),
            self._settings.home / "ledger",
            max_bytes=self._settings.ledger_spool_mib << 20,
            is_power_safe=self._settings.ledger_power_safe,
        )

    @cached_property
    def jobs(self) -> "JobLog":
        """What was asked for and takes its time."""
        from journal.job_log import JobLog  # noqa: PLC0415

        return JobLog(self._journal_address)

    @cached_property
    def erasures(self) -> "ErasureLog":
        """Customers who were erased."""
        from journal.erasure_log import ErasureLog  # noqa: PLC0415

        return ErasureLog(self._journal_address)

    @cached_property
    def audit(self) -> "AuditLog":
        """Who changed what."""
        from journal.audit import AuditLog  # noqa: PLC0415

        return AuditLog(self._journal_address)

    @cached_property
    def keys(self) -> "Keys":
        """Who may use the service."""
        from journal.keys import Keys  # noqa: PLC0415

        return Keys(self._journal_address)

    @property
    def _journal_address(self) -> str:
        self._settings.home.mkdir(parents=True, exist_ok=True)
        return self._settings.journal_address
