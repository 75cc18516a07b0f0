"""A client of your own, by models that are generated from the service's description.

datamodel-codegen --url http://127.0.0.1:3000/docs.json --input-file-type openapi \
    --output-model-type pydantic_v2.BaseModel --use-annotated --output undertone_models.py
python examples/generated.py recording.wav [http://127.0.0.1:3000]
"""

import sys
from pathlib import Path

import httpx
from undertone_models import Answer, Envelope


def main(recording: str, url: str = "http://127.0.0.1:3000") -> None:
    response = httpx.post(
        f"{url}/predict",
        files={"audio": Path(recording).read_bytes()},
        data={"role": "customer", "purpose": "service_quality"},
        timeout=60,
    )
    if response.is_error:
        problem = Envelope.model_validate_json(response.content).error
        sys.exit(f"error: {problem.code}: {problem.message}")
    answer = Answer.model_validate_json(response.content)
    print(f"{answer.emotion} ({answer.confidence:.2f})")


if __name__ == "__main__":
    main(*sys.argv[1:])
