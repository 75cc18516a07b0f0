"""The emotion of a recording, and feedback on it.

python examples/predict.py recording.wav [http://127.0.0.1:3000]
"""

import os
import sys
from pathlib import Path

from serving.client import Client, ServiceError


def main(recording: str, url: str = "http://127.0.0.1:3000") -> None:
    with Client(url, key=os.environ.get("UNDERTONE_KEY")) as client:
        answer = client.predict(
            Path(recording), role="customer", purpose="service_quality", timeline=True
        )
        print(f"{answer.emotion} ({answer.confidence:.2f})")
        client.feedback(answer.prediction_id, "anger", source="me")


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except ServiceError as error:
        sys.exit(f"error: {error}")
