"""From feedback on live traffic to a challenger, and through the promotion gate."""

from kfp import dsl

from components.champion import champion
from components.collect_feedback import collect_feedback
from components.conclude import conclude
from components.evaluate import evaluate
from components.hear import hear
from components.judge import judge
from components.register import register
from components.retrain import retrain
from pipelines.resources import on_gpu


@dsl.pipeline(name="undertone-continual")
def continual(params: str, retrain_key: str = "", retrain_token: str = "") -> None:
    """Retrain the champion on labelled live traffic; promote only what is better.

    Args:
        params: the run's settings as JSON (`undertone.config.Params`).
        retrain_key: the retrain request that this run answers; empty for a run by hand.
        retrain_token: proof that this run holds that request.
    """
    old = champion().set_caching_options(False)
    collected = collect_feedback(params=params).set_caching_options(False)
    labelled = collected.outputs["corpus"]
    labelled_heard = hear(params=params, corpus=labelled).outputs["heard"]
    trained = on_gpu(
        retrain(
            params=params,
            champion=old.outputs["bundle"],
            old_corpus=old.outputs["corpus"],
            old_heard=old.outputs["heard"],
            new_corpus=labelled,
            new_heard=labelled_heard,
        )
    )
    challenger = trained.outputs["challenger"]
    memory = {"corpus": trained.outputs["corpus"], "heard": trained.outputs["heard"]}
    scored = evaluate(bundle=challenger, **memory)
    judged = judge(
        params=params,
        champion=old.outputs["bundle"],
        challenger=challenger,
        old_corpus=old.outputs["corpus"],
        old_heard=old.outputs["heard"],
        new_corpus=labelled,
        new_heard=labelled_heard,
    )
    registered = register(
        run_id=dsl.PIPELINE_JOB_ID_PLACEHOLDER,
        retrain_key=retrain_key,
        parent=old.outputs["tag"],
        bundle=challenger,
        evaluation=scored.outputs["evaluation"],
        **memory,
    ).set_caching_options(False)
    conclude(
        params=params,
        retrain_key=retrain_key,
        retrain_token=retrain_token,
        tag=registered.outputs["tag"],
        champion=old.outputs["tag"],
        decision=judged.outputs["decision"],
    ).set_caching_options(False)
