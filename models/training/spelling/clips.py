"""Recorded and spoken clips with their symbols, and what a telephone does to them."""

import glob, json, os, random, zlib
import numpy as np, soundfile as sf
from scipy.signal import lfilter, butter, resample_poly, fftconvolve
from strings import *


def held_out(name, share):  # the same split on every machine
    return zlib.crc32(name.encode()) % 1000 < share * 1000


def read(path):
    samples, rate = sf.read(path, dtype="float32", always_2d=True)
    samples = samples[:, 0]
    if rate != 8000:
        g = np.gcd(rate, 8000)
        samples = resample_poly(samples, 8000 // g, rate // g).astype(np.float32)
    return samples


def load(data, speech):
    """Lists of (samples, symbols, speaker, set) to train with and to test with."""
    train, test = [], []
    known = set(SYMBOLS)
    for line in open(f"{data}/an4.transcription"):
        words, name = line.replace("<s>", "").replace("</s>", "").rsplit("(", 1)
        name = name.strip().rstrip(")")
        words = words.split()
        words = ["XRAY" if w == "X-RAY" else w for w in words]
        if any(w not in known for w in words):
            print("unknown", words)
        speaker = name.split("-")[1]
        (test if held_out(speaker, 0.13) else train).append(
            (read(f"{data}/an4/{name}.flac"), words, "an4-" + speaker, "an4")
        )
    digits = {}
    for path in sorted(glob.glob(f"{data}/fsdd/*.flac")):
        d, speaker, _ = os.path.basename(path)[:-5].split("_")
        digits.setdefault(speaker, []).append((read(path), DIGITS[int(d)]))
    held = sorted(digits)[0]
    for speaker, clips in digits.items():
        r = random.Random(speaker)
        if speaker == held:
            for _ in range(80):
                chosen = r.sample(clips, 6)
                test.append(
                    (
                        np.concatenate([x for c in chosen for x in (c[0], np.zeros(r.randint(200, 1600), np.float32))]),
                        [c[1] for c in chosen],
                        "fsdd-" + speaker,
                        "fsdd",
                    )
                )
    for path in sorted(glob.glob(f"{speech}/*.json")):
        clip = json.load(open(path))
        voice = clip["voice"]
        if voice.startswith("e-"):
            kind = "espeak-zh" if clip["language"] == "zh" else "espeak"
        else:
            kind = "kokoro-zh" if clip["language"] == "zh" else "kokoro" if voice.startswith("k-") else "piper"
        item = (read(path[:-5] + ".flac"), clip["symbols"], voice, kind)
        (test if voice.removeprefix("k-") in TEST_VOICES else train).append(item)
    asterisk = {**{l.lower(): l for l in LETTERS}}
    for path in sorted(glob.glob(f"{data}/asterisk_en/letters/*.wav")):
        base = os.path.basename(path)[:-4]
        symbol = asterisk.get(base) or {
            "at": "AT",
            "dot": "DOT",
            "dash": "DASH",
            "slash": "SLASH",
            "space": "SPACE",
            "zed": "ZED",
            "plus": "PLUS",
        }.get(base)
        if symbol:
            train.append((read(path), [symbol], "asterisk", "asterisk"))
    for path in sorted(glob.glob(f"{data}/asterisk_en/digits/*.wav")):
        base = os.path.basename(path)[:-4]
        symbol = (
            DIGITS[int(base)]
            if base.isdigit() and int(base) < 10
            else TEENS[int(base) - 10]
            if base.isdigit() and int(base) < 20
            else TENS[int(base) // 10 - 2]
            if base.isdigit() and int(base) % 10 == 0 and int(base) < 100
            else None
        )
        if symbol:
            train.append((read(path), [symbol], "asterisk", "asterisk"))
    nato = {n.lower()[:5]: n for n in NATO}
    for path in sorted(glob.glob(f"{data}/asterisk_en/phonetic/*.wav")):
        base = os.path.basename(path)[:-4].split("_")[0]
        if len(base) == 1 and base.isalpha():
            train.append((read(path), [NATO[ord(base) - 97]], "asterisk", "asterisk"))
    return train, test, {s: c for s, c in digits.items() if s != held}


def load_noises(data):
    noises = []
    for path in sorted(glob.glob(f"{data}/noise/**/*.*", recursive=True)):
        if "/ir/" in path or "RIRs" in path or not path.endswith((".wav", ".ogg")):
            continue
        x = read(path)
        if len(x) > 4000:
            noises.append(x / (np.sqrt((x**2).mean()) + 1e-9))
    rooms = [read(p) for p in glob.glob(f"{data}/noise/**/*ir*.wav", recursive=True) if "/ir/" in p or "RIRs" in p]
    return noises, [x[:4000] for x in rooms]


def mu_law(x):
    x = np.clip(x, -1, 1)
    y = np.sign(x) * np.log1p(255 * np.abs(x)) / np.log(256)
    y = np.round(y * 127) / 127
    return np.sign(y) * (np.expm1(np.abs(y) * np.log(256)) / 255)


def coloured(n, r):
    white = np.random.randn(n)
    kind = r.random()
    if kind < 0.35:
        return white
    a = r.uniform(0.6, 0.98)
    return lfilter([1], [1, -a], white)


def noise_like(n, noises, speech, r):
    kind = r.random()
    if kind < 0.4:
        x = coloured(n, r)
    elif kind < 0.75:
        x = r.choice(noises)
        start = r.randrange(len(x))
        x = np.tile(np.roll(x, -start), n // len(x) + 1)[:n]
    else:
        x = np.zeros(n)
        for _ in range(r.randint(2, 5)):
            s = r.choice(speech)[0]
            s = np.tile(s, n // len(s) + 1)[:n]
            x = x + np.roll(s, r.randrange(n)) * r.uniform(0.4, 1)
    return x / (np.sqrt((x**2).mean()) + 1e-9)


def level(x):  # of what is speech: the loudest third of 20 ms pieces
    pieces = x[: len(x) // 160 * 160].reshape(-1, 160)
    if len(pieces) == 0:
        return np.sqrt((x**2).mean()) + 1e-9
    e = np.sort((pieces**2).mean(1))
    return np.sqrt(e[-max(1, len(e) // 3) :].mean()) + 1e-9


def telephone(x, noises, rooms, speech, r):
    x = np.asarray(x, np.float64)
    if r.random() < 0.25:
        if rooms and r.random() < 0.5:
            ir = r.choice(rooms)
        else:
            n = r.randint(200, 2400)
            ir = np.random.randn(n) * np.exp(-np.arange(n) / (n / 6.0)) * r.uniform(0.05, 0.4)
            ir[0] = 1
        x = fftconvolve(x, ir)[: len(x) + 400]
    pad = lambda: np.zeros(int(8000 * r.choice([0.05, 0.15, 0.3, 0.6])))
    x = np.concatenate([pad(), x, pad()])
    if r.random() < 0.6:
        low, high = r.uniform(50, 380), r.uniform(2900, 3900)
        b, a = butter(r.choice([1, 2, 3]), [low / 4000, high / 4000], "band")
        x = lfilter(b, a, x)
    if r.random() < 0.3:
        tilt = r.uniform(-0.5, 0.5)
        x = lfilter([1, tilt], [1], x)
    x = x / level(x)
    if r.random() < 0.65:
        x = x + noise_like(len(x), noises, speech, r) * 10 ** (-r.uniform(6, 30) / 20)
    x = x * 10 ** (-r.uniform(6, 36) / 20)
    if r.random() < 0.85:
        x = mu_law(x)
    if r.random() < 0.05:
        for _ in range(r.randint(1, 3)):
            at = r.randrange(max(1, len(x) - 160))
            x[at : at + 160] = 0
    return x.astype(np.float32)


def faster(x, factor):
    return np.interp(np.arange(0, len(x) - 1, factor), np.arange(len(x)), x).astype(np.float32)


class Mixer:
    """Endless training clips: joined, sped up, and sent through a telephone."""

    def __init__(self, train, digits, noises, rooms, seed, language):
        self.r = random.Random(seed)
        np.random.seed(seed)
        self.sets = {}
        for clip in train:
            self.sets.setdefault(clip[3], []).append(clip)
        self.train, self.digits, self.noises, self.rooms = train, digits, noises, rooms
        # Chinese callers say English letters too, so that network hears as much English as Mandarin.
        self.weights = {
            "an4": 0.28 if language == "zh" else 0.30,
            "kokoro": 0.16 if language == "zh" else 0.26,
            "piper": 0.12 if language == "zh" else 0.19,
            "espeak": 0.04,
            "kokoro-zh": 0.20 if language == "zh" else 0.03,
            "espeak-zh": 0.05 if language == "zh" else 0.01,
            "asterisk": 0.03,
            "fsdd": 0.09 if language == "zh" else 0.11,
            "none": 0.03,
        }

    def raw(self):
        r = self.r
        kinds = [k for k in self.weights if k in self.sets or k in ("fsdd", "none")]
        kind = r.choices(kinds, [self.weights[k] for k in kinds])[0]
        if kind == "none":
            return np.zeros(r.randint(4000, 16000), np.float32), []
        if kind == "fsdd":
            clips = self.digits[r.choice(sorted(self.digits))]
            chosen = [r.choice(clips) for _ in range(r.randint(3, 8))]
            gap = r.choice([300, 800, 2000])
            return np.concatenate(
                [
                    x
                    for c in chosen
                    for x in (c[0] / (np.abs(c[0]).max() + 1e-6) * 0.5, np.zeros(r.randint(0, gap), np.float32))
                ]
            ), [c[1] for c in chosen]
        first = r.choice(self.sets[kind])
        samples, symbols = first[0] / (np.abs(first[0]).max() + 1e-6) * 0.6, list(first[1])
        joins = r.choice([0, 0, 0, 1, 1, 2]) if kind != "asterisk" else r.randint(2, 6)
        for _ in range(joins):
            if len(samples) > 8000 * 8:
                break
            other = r.choice(self.sets[kind])
            if kind in ("kokoro", "an4") and r.random() < 0.7:
                same = [c for c in self.by_speaker(first[2])]
                other = r.choice(same)
            gap = np.zeros(int(8000 * r.uniform(0.0, 0.5)), np.float32)
            samples = np.concatenate([samples, gap, other[0] / (np.abs(other[0]).max() + 1e-6) * 0.6])
            for s in other[1]:
                if not (s == OTHER and symbols and symbols[-1] == OTHER):
                    symbols.append(s)
        return samples, symbols

    def by_speaker(self, speaker):
        if not hasattr(self, "speakers"):
            self.speakers = {}
            for clip in self.train:
                self.speakers.setdefault(clip[2], []).append(clip)
        return self.speakers[speaker]

    def next(self):
        samples, symbols = self.raw()
        if symbols and self.r.random() < 0.7:
            samples = faster(samples, self.r.uniform(0.86, 1.18))
        return telephone(samples, self.noises, self.rooms, self.train, self.r), symbols
