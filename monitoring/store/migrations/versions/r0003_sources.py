"""Sources are told apart by the key that they showed too: none can take another's say."""

import sqlalchemy as sa
from alembic import op
from alembic.operations import BatchOperations

revision = "0003"
down_revision = "0002"
BEFORE = "uq_feedback_prediction_id_source"
AFTER = "uq_feedback_prediction_id_source_given_by"


def upgrade() -> None:
    """Let a source have one say a prediction for each key, '' where none was shown."""
    op.execute("UPDATE feedback SET given_by = '' WHERE given_by IS NULL")
    with op.batch_alter_table("feedback") as feedback:
        _let_be_null(feedback, null=False)
        feedback.drop_constraint(BEFORE, type_="unique")
        feedback.create_unique_constraint(AFTER, ["prediction_id", "source", "given_by"])


def downgrade() -> None:
    """Keep the first say of each source."""
    op.execute(
        "DELETE FROM feedback WHERE id NOT IN "
        "(SELECT min(id) FROM feedback GROUP BY prediction_id, source)"
    )
    with op.batch_alter_table("feedback") as feedback:
        feedback.drop_constraint(AFTER, type_="unique")
        feedback.create_unique_constraint(BEFORE, ["prediction_id", "source"])
        _let_be_null(feedback, null=True)
    op.execute("UPDATE feedback SET given_by = NULL WHERE given_by = ''")


def _let_be_null(feedback: BatchOperations, *, null: bool) -> None:
    feedback.alter_column("given_by", existing_type=sa.String(), nullable=null)
