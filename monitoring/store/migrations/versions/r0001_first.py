"""The tables of Undertone 0.1.0, which kept no version. What a store of its lacks is made."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.schema import CreateColumn

from monitoring.store.tables import Table, UtcDateTime
from undertone.errors import StoreError

revision = "0001"
down_revision = None

metadata = sa.MetaData(naming_convention=Table.metadata.naming_convention)


def words(*names: str, null: bool = False) -> list[sa.Column[str]]:
    """Columns of text."""
    return [sa.Column(name, sa.String, nullable=null) for name in names]


def moments(*names: str, null: bool = False) -> list[sa.Column[object]]:
    """Columns of time."""
    return [sa.Column(name, UtcDateTime, nullable=null) for name in names]


def numbers(*names: str) -> list[sa.Column[float]]:
    """Columns of figures that may be missing."""
    return [sa.Column(name, sa.Double, nullable=True) for name in names]


def structures(*names: str) -> list[sa.Column[object]]:
    """Columns of JSON."""
    return [sa.Column(name, sa.JSON, nullable=False) for name in names]


def truths(*names: str) -> list[sa.Column[bool]]:
    """Columns of yes or no."""
    return [sa.Column(name, sa.Boolean, nullable=False) for name in names]


def identity() -> sa.Column[int]:
    """A number that the database gives each row."""
    return sa.Column("id", sa.Integer, primary_key=True)


def key(name: str) -> sa.Column[str]:
    """What rows are told apart by."""
    return sa.Column(name, sa.String, primary_key=True)


def indexed(name: str) -> sa.Column[str]:
    """What rows are looked up by."""
    return sa.Column(name, sa.String, nullable=False, index=True)


def count(name: str, *, null: bool = False) -> sa.Column[int]:
    """A column of whole numbers."""
    return sa.Column(name, sa.Integer, nullable=null)


sa.Table(
    "api_keys",
    metadata,
    key("id"),
    sa.Column("name", sa.String, nullable=False, unique=True),
    *words("digest"),
    *structures("scopes"),
    count("rate_per_minute", null=True),
    count("quota_per_day", null=True),
    *moments("created_at"),
    *moments("expires_at", "revoked_at", "last_used_at", "due_at", null=True),
    count("used"),
)
sa.Table(
    "audit", metadata, identity(), *moments("at"), *words("action", "by"), *structures("details")
)
sa.Table(
    "baselines",
    metadata,
    key("id"),
    indexed("champion"),
    *moments("since", "until"),
    *words("by"),
    *structures("details"),
    *moments("created_at"),
)
sa.Table(
    "gate_states",
    metadata,
    key("champion"),
    key("policy"),
    *moments("window_end"),
    *structures("state"),
)
sa.Table(
    "holds",
    metadata,
    identity(),
    *words("by", "reason"),
    *moments("created_at"),
    *moments("lifted_at", null=True),
)
sa.Table(
    "lineage",
    metadata,
    key("lineage_id"),
    indexed("tag"),
    *words("data_revision", "split_hash", "run_id"),
    *words(
        "parent_lineage_id", "verdict_id", "corpus_uri", "heard_uri", "evaluation_uri", null=True
    ),
    *structures("metrics"),
    *moments("created_at"),
)
sa.Table(
    "pointer_moves",
    metadata,
    key("name"),
    sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
    *words("tag", "lineage_id"),
    *truths("is_rollback"),
    *words("reason"),
    *moments("created_at"),
)
sa.Table(
    "pointers",
    metadata,
    key("name"),
    *words("tag", "lineage_id"),
    count("version"),
    *moments("updated_at"),
)
sa.Table(
    "predictions",
    metadata,
    key("id"),
    sa.Column("created_at", UtcDateTime, nullable=False, index=True),
    indexed("model_tag"),
    *words("lineage_id"),
    *words("speaker_id", "call_id", "channel", "tenant", "role", "purpose", null=True),
    sa.Column("consent", sa.Boolean),
    *words("language", null=True),
    *words("emotion"),
    sa.Column("confidence", sa.Double, nullable=False),
    *structures("distribution"),
    *truths("has_audio", "has_text", "has_image"),
    *numbers("snr_db", "bandwidth_hz", "loudness_lufs", "clipped_share", "duration_s"),
    *numbers("ood_score", "latency_ms"),
    *words("text", "audio_path", null=True),
)
sa.Table(
    "use_permissions",
    metadata,
    identity(),
    *words("role", "purpose", "basis", "reason", "allowed_by"),
    *moments("created_at"),
    *moments("revoked_at", null=True),
)
sa.Table(
    "verdicts",
    metadata,
    key("id"),
    indexed("champion"),
    *words("policy"),
    *moments("window_start", "window_end"),
    count("verdict"),
    *structures("details"),
    *words("report_path", null=True),
    *moments("created_at"),
    *words("alert", null=True),
    *moments("told_at", null=True),
    sa.UniqueConstraint("champion", "window_start", "window_end", "policy"),
)
sa.Table(
    "doubts",
    metadata,
    sa.Column(
        "prediction_id", sa.ForeignKey("predictions.id", ondelete="CASCADE"), primary_key=True
    ),
    *words("reason"),
)
sa.Table(
    "feedback",
    metadata,
    identity(),
    sa.Column("prediction_id", sa.ForeignKey("predictions.id"), nullable=False),
    *words("emotion", "source"),
    *words("role", "given_by", null=True),
    *moments("created_at"),
    sa.UniqueConstraint("prediction_id", "source"),
)
sa.Table(
    "retrains",
    metadata,
    sa.Column("key", sa.ForeignKey("verdicts.id"), primary_key=True),
    *words("champion"),
    sa.Column("open_champion", sa.String, unique=True),
    indexed("state"),
    sa.Column("slot", sa.Integer, unique=True),
    *words("token", null=True),
    *words("reason"),
    *words("challenger_tag", null=True),
    *moments("created_at"),
    *moments("claimed_at", "finished_at", null=True),
)


def upgrade() -> None:
    """Make what is not there. Columns that Undertone 0.1.0 added to its own stores may be empty."""
    connection = op.get_bind()
    metadata.create_all(connection)
    known = sa.inspect(connection)
    for table in metadata.sorted_tables:
        there = {column["name"] for column in known.get_columns(table.name)}
        for column in table.columns:
            if column.name not in there:
                added = CreateColumn(column).compile(dialect=connection.dialect)
                op.execute(f"ALTER TABLE {table.name} ADD COLUMN {added}")


def downgrade() -> None:
    """Nothing lies before.

    Raises:
        StoreError: always.
    """
    raise StoreError("The tables of the first version are not taken away: they hold the data.")
