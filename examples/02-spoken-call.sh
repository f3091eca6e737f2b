#!/usr/bin/env bash
# A telephone call to a running Kefu: the built-in voice asks for an order over the Twilio protocol, in real time.
#
#     examples/02-spoken-call.sh [ws://127.0.0.1:8080] [conversation.wav]
set -euo pipefail
cd "$(dirname "$0")/.."
npm run --silent call -- --url "${1:-ws://127.0.0.1:8080}" --demo --record "${2:-conversation.wav}"
