"""Chinese sentences as a recogniser writes them down after a telephone line: Kokoro speaks, 8 kHz mu-law carries, Whisper hears.

`chinese.py --in DIR --out FILE --models DIR [--each N]`. DIR holds `INTENT.zh.txt` (one sentence a line) or `intents.zh.jsonl` (lines with
`text` and `intents`); of each intent every sentence is spoken, or the N that are spread evenly. FILE gets a line for each: `text` as it
was heard, `said`, `intents`. What stands in FILE already is not spoken again. `chinese.sh` makes the models' folder.
"""

import argparse
import glob
import json
import os
import sys

import ctranslate2
import numpy as np
from misaki import zh
from scipy.signal import butter, resample_poly, sosfilt

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "spelling"))
from kokoro_voice import Kokoro

SPEEDS = (0.9, 1.0, 1.1, 1.25)
# Whisper writes traditional and simplified characters as it likes; a sentence in simplified ones before it decides that, and says nothing of shops.
PROMPT = "以下是普通话的句子。"


def sentences(directory, each):
    """(text, intents) of a folder's Chinese lines."""
    for path in sorted(glob.glob(f"{directory}/*.zh.txt")):
        intent = os.path.basename(path).split(".")[0]
        with open(path, encoding="utf8") as file:
            lines = [line.strip() for line in file if line.strip()]
        step = max(1, len(lines) / each) if each else 1
        for place in range(len(lines) if not each else min(each, len(lines))):
            yield lines[int(place * step)], [intent]
    path = f"{directory}/intents.zh.jsonl"
    if os.path.exists(path):
        with open(path, encoding="utf8") as file:
            for line in file:
                sentence = json.loads(line)
                yield sentence["text"], sentence["intents"]


def mulaw_line(samples, rate):
    """What arrives at 16 kHz of sound that went through a telephone line: 300 to 3,400 Hz, 8 bits of mu-law (ITU-T G.711)."""
    narrow = resample_poly(samples.astype(np.float64), 8000, rate)
    narrow = sosfilt(butter(2, [300, 3400], "bandpass", fs=8000, output="sos"), narrow)
    narrow = narrow / (np.abs(narrow).max() + 1e-9) * 0.5
    coded = np.round(np.sign(narrow) * np.log1p(255 * np.abs(narrow)) / np.log(256) * 127) / 127
    heard = np.sign(coded) * (256 ** np.abs(coded) - 1) / 255
    return resample_poly(heard, 2, 1).astype(np.float32)


class Voice:
    """Kokoro's Mandarin styles in turn, at four speeds."""

    def __init__(self, models):
        self.kokoro = Kokoro(f"{models}/kokoro.onnx", threads=1)
        self.styles = sorted(glob.glob(f"{models}/package/voices/z*.bin"))
        self.phonemes = zh.ZHG2P()

    def say(self, text, number):
        phonemes = self.phonemes(text)
        phonemes = phonemes[0] if isinstance(phonemes, tuple) else phonemes
        style = self.styles[number % len(self.styles)]
        for attempt in range(4):
            # The 8-bit model blows up for some samples now and then; another speed gives another clip.
            samples = self.kokoro.speak(phonemes, style, SPEEDS[number // 3 % len(SPEEDS)] + 0.03 * attempt)
            wild = ~(np.abs(samples) < 1.2)
            if wild.mean() < 0.004:
                return np.where(wild, 0, samples)
        return None


class Ear:
    """Whisper base in CTranslate2's form."""

    def __init__(self, models):
        self.model = ctranslate2.models.Whisper(f"{models}/whisper", device="cpu", compute_type="int8", intra_threads=1)
        with open(f"{models}/whisper/tokenizer.json", encoding="utf8") as file:
            tokenizer = json.load(file)
        self.ids = dict(tokenizer["model"]["vocab"])
        self.ids.update({token["content"]: token["id"] for token in tokenizer["added_tokens"]})
        self.tokens = {number: token for token, number in tokenizer["model"]["vocab"].items()}
        # Byte-level tokens are written with printable stand-ins for bytes, as GPT-2's tokeniser does.
        printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
        self.bytes = {chr(byte): byte for byte in printable}
        self.bytes.update({chr(256 + place): byte for place, byte in enumerate(sorted(set(range(256)) - set(printable)))})
        self.filters = np.load(f"{models}/mel_filters.npz")["mel_80"]
        self.prompt = self.cut(PROMPT)

    def cut(self, text):
        """Tokens of a text, the longest first: good enough for a prompt."""
        stand_ins = {byte: character for character, byte in self.bytes.items()}
        rest, found = "".join(stand_ins[byte] for byte in text.encode()), []
        while rest:
            length = next(n for n in range(min(len(rest), 24), 0, -1) if rest[:n] in self.ids)
            found.append(self.ids[rest[:length]])
            rest = rest[length:]
        return found

    def mel(self, samples):
        """Whisper's log-mel spectrogram of 30 seconds: 80 x 3000."""
        samples = np.concatenate([samples, np.zeros(480_000 - len(samples), np.float32)])
        padded = np.pad(samples, 200, mode="reflect")
        frames = np.lib.stride_tricks.sliding_window_view(padded, 400)[::160][:3000]
        power = np.abs(np.fft.rfft(frames * np.hanning(401)[:400], axis=1)) ** 2
        log = np.log10(np.maximum(self.filters @ power.T, 1e-10))
        return ((np.maximum(log, log.max() - 8) + 4) / 4).astype(np.float32)

    def hear(self, samples):
        quiet = np.zeros(4800, np.float32)
        mel = self.mel(np.concatenate([quiet, samples, quiet])[:480_000])
        start = [self.ids[name] for name in ("<|startoftranscript|>", "<|zh|>", "<|transcribe|>", "<|notimestamps|>")]
        prompt = [self.ids["<|startofprev|>"], *self.prompt, *start]
        features = ctranslate2.StorageView.from_array(mel[None])
        ids = self.model.generate(features, [prompt], beam_size=2, max_length=200)[0].sequences_ids[0]
        written = "".join(self.tokens.get(number, "") for number in ids)
        return bytes(self.bytes[character] for character in written).decode("utf8", "ignore").strip()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--in", dest="source", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--models", required=True)
    parser.add_argument("--each", type=int, default=0)
    arguments = parser.parse_args()
    done = 0
    if os.path.exists(arguments.out):
        with open(arguments.out, encoding="utf8") as file:
            done = sum(1 for _ in file)
    voice, ear = Voice(arguments.models), Ear(arguments.models)
    with open(arguments.out, "a", encoding="utf8") as out:
        for number, (text, intents) in enumerate(sentences(arguments.source, arguments.each)):
            if number < done:
                continue
            samples = voice.say(text, number)
            # What could not be spoken is left as it was said, so that the count stays; a sentence of which nothing was heard counts as a mistake.
            heard = text if samples is None else ear.hear(mulaw_line(samples, 24_000)) or "..."
            out.write(json.dumps({"text": heard, "said": text, "intents": intents}, ensure_ascii=False) + "\n")
            out.flush()
            if number % 25 == 0:
                print(number, flush=True)


main()
