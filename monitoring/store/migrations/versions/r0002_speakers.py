"""All that is kept of a speaker is found by an index, to be forgotten without a long search."""

from alembic import op

revision = "0002"
down_revision = "0001"
INDEX = "ix_predictions_speaker_id"


def upgrade() -> None:
    """Add the index."""
    op.create_index(INDEX, "predictions", ["speaker_id"])


def downgrade() -> None:
    """Drop the index."""
    op.drop_index(INDEX, "predictions")
