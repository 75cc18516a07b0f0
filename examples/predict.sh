#!/bin/sh
# The emotion of a recording, and feedback on it, by curl.
#   examples/predict.sh recording.wav [http://127.0.0.1:3000]
# UNDERTONE_KEY holds the API key, where the service needs one.
set -eu
recording=$1
url=${2:-http://127.0.0.1:3000}

ask() {
  curl --silent --show-error --fail-with-body --retry 3 \
    ${UNDERTONE_KEY:+--header "Authorization: Bearer $UNDERTONE_KEY"} "$@"
}

answer=$(ask --form "audio=@$recording" --form timeline=true \
  --form role=customer --form purpose=service_quality "$url/predict")
echo "$answer"

prediction_id=$(echo "$answer" | sed 's/.*"prediction_id": *"\([^"]*\)".*/\1/')
ask --json "{\"prediction_id\": \"$prediction_id\", \"emotion\": \"anger\", \"source\": \"me\"}" \
  "$url/feedback"
