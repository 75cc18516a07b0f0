"""What is in the images, and how they start."""

import json
from pathlib import Path

import pytest

from deploy.images import ROLES, tag_of

BUILT = [role for role in ROLES if role != "pipeline-gpu"]
SBOM = Path(__file__).parents[1] / "build" / "sbom"
TRAINING = {"accelerate", "dvclive", "jiwer", "peft", "scikit-learn", "seqeval", "tensorboard"}
MONITORING, PIPELINES = {"evidently", "plotly"}, {"docker", "dvc", "kfp"}
DEMO = {"espeakng-loader"}
ABSENT = {
    "serving": TRAINING | MONITORING | PIPELINES | DEMO,
    "monitoring": TRAINING - {"scikit-learn"}
    | PIPELINES
    | DEMO
    | {"bentoml", "torch", "transformers"},
    "pipeline-cpu": DEMO | {"pytest"},
}
PRESENT = {
    "serving": {"bentoml", "torch", "undertone"},
    "monitoring": {"evidently", "undertone"},
    "pipeline-cpu": TRAINING | MONITORING | PIPELINES | {"undertone"},
}


@pytest.mark.parametrize("role", BUILT)
def test_an_image_holds_what_its_role_needs_and_no_more(role):
    bill = json.loads((SBOM / f"{role}.cdx.json").read_text())
    assert bill["bomFormat"] == "CycloneDX"
    names = {one["name"].lower() for one in bill["components"]} | {
        bill["metadata"]["component"]["name"]
    }
    assert not names & ABSENT[role]
    assert names >= PRESENT[role]
    assert not {name for name in names if name.startswith("nvidia-c")}


@pytest.mark.parametrize("role", BUILT)
def test_an_image_tells_what_it_is_and_runs_as_nobody_special(engine, role):
    image = engine.images.get(tag_of(role))
    assert image.attrs["Size"] <= ROLES[role].budget * 1e6
    config = image.attrs["Config"]
    assert config["User"] == "10001:10001"
    assert not config["Entrypoint"]
    labels = {name.rpartition(".")[2]: value for name, value in config["Labels"].items()}
    assert labels["licenses"] == "Apache-2.0"
    assert labels["version"] == tag_of(role).rpartition(":")[2].removesuffix(f"-{role}")
    assert len(labels["revision"]) == 40
    assert labels["title"].startswith("Undertone ")
    assert ("Healthcheck" in config) == (role == "serving")
