"""From a corpus to a registered model."""

from kfp import dsl

from components.evaluate import evaluate
from components.finetune import finetune
from components.hear import hear
from components.ingest import ingest
from components.promote_first import promote_first
from components.register import register
from pipelines.resources import on_gpu


@dsl.pipeline(name="undertone-training")
def training(params: str) -> None:
    """Ingest a corpus, listen to it, fine-tune, evaluate and register.

    Args:
        params: the run's settings as JSON (`undertone.config.Params`).
    """
    ingested = ingest(params=params).set_caching_options(False)
    corpus = ingested.outputs["corpus"]
    heard = hear(params=params, corpus=corpus).outputs["heard"]
    tuned = on_gpu(finetune(params=params, corpus=corpus, heard=heard))
    scored = evaluate(bundle=tuned.outputs["bundle"], corpus=corpus, heard=heard)
    registered = register(
        run_id=dsl.PIPELINE_JOB_ID_PLACEHOLDER,
        bundle=tuned.outputs["bundle"],
        evaluation=scored.outputs["evaluation"],
        corpus=corpus,
        heard=heard,
    ).set_caching_options(False)
    promote_first(tag=registered.outputs["tag"]).set_caching_options(False)
