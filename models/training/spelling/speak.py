"""Has the built-in voices read random strings: 8 kHz clips and a list of their symbols.

`speak.py OUT espeak`, `speak.py OUT piper MODEL_DIR ESPEAK_DATA`, `speak.py OUT kokoro|mandarin MODEL VOICES [CLIPS]`
"""

import json, os, random, subprocess, sys, glob, zlib
import numpy as np, soundfile as sf
from scipy.signal import resample_poly
from strings import *

out, engine = sys.argv[1], sys.argv[2]
os.makedirs(out, exist_ok=True)


PINYIN = {
    "零": "li↗ŋ",
    "一": "i→",
    "幺": "jau→",
    "二": "ɚ↘",
    "两": "lja↓ŋ",
    "三": "sa→n",
    "四": "sɨ↘",
    "五": "u↓",
    "六": "ljou↘",
    "七": "ʨʰi→",
    "八": "pa→",
    "九": "ʨjou↓",
}


def mandarin(words, r):
    """Chinese digits as phonemes, with pauses in many ways."""
    gap = r.choice(["", " ", " ", ", "])
    return gap.join(PINYIN[w] + (", " if r.random() < 0.12 else "") for w in words) + "."


def save(name, samples, rate, words, voice, lang):
    target = 8000
    g = np.gcd(int(rate), target)
    samples = resample_poly(np.asarray(samples, np.float64), target // g, int(rate) // g)
    samples = samples / (np.abs(samples).max() + 1e-9) * 0.7
    sf.write(f"{out}/{name}.flac", samples, target)
    with open(f"{out}/{name}.json", "w") as f:
        json.dump({"symbols": labels(words), "voice": voice, "language": lang}, f, ensure_ascii=False)


if engine == "kokoro":
    model, voices = sys.argv[3], sys.argv[4]
    from kokoro_voice import Kokoro, english
    from misaki import espeak

    us, gb = espeak.EspeakG2P(language="en-us"), espeak.EspeakG2P(language="en-gb")
    tts = Kokoro(model)
    files = sorted(glob.glob(f"{voices}/*.bin"), key=lambda f: zlib.crc32(f.encode()))
    files.sort(key=lambda f: os.path.basename(f)[0] not in "abz")
    plans = []
    for file in files:
        voice = os.path.basename(file)[:-4]
        r = random.Random(voice)
        pool = [s for s in english_symbols() if len(s) > 1]
        r.shuffle(pool)
        jobs = []
        if voice[0] == "z":
            jobs += [("zh", chinese(r)) for _ in range(20)] + [
                ("en", [r.choice(LETTERS)] + digits(random_digits(7, r), r)) for _ in range(3)
            ]
        else:
            for n in range(24 if voice[0] in "ab" else 9):
                jobs.append(("en", rare(r, pool) if pool and n % 2 else utterance(r)))
        plans.append((file, voice, r, jobs))
    # Round by round, so that training can begin when only a part is there.
    for n in range(max(len(jobs) for *_, jobs in plans)):
        for file, voice, r, jobs in plans:
            if n >= len(jobs):
                continue
            lang, words = jobs[n]
            name = f"k-{voice}-{n:03d}"
            if os.path.exists(f"{out}/{name}.json"):
                continue
            speed = r.uniform(0.85, 1.25)
            if lang == "zh":
                phones = mandarin(words, r)
            else:
                phones = english(
                    gb if voice[0] == "b" else us, spoken(words, r, r.choice([0.1, 0.35, 0.8])), voice[0] == "b"
                )
            for attempt in range(4):
                # The 8-bit model blows up for some samples now and then; few are cut out, for many another speed gives another clip.
                samples = tts.speak(phones, file, speed + 0.03 * attempt)
                wild = ~(np.abs(samples) < 1.2)
                if wild.mean() < 0.004:
                    break
            else:
                continue
            samples = np.where(wild, 0, samples)
            save(name, samples, 24000, words, "k-" + voice, lang)
elif engine == "mandarin":
    # Eight Mandarin voices are few: mixed with each other and with others they are as many as are wanted. Those kept for tests are
    # spoken alone, and are in no mixture.
    from kokoro_voice import Kokoro

    model, voices, count = sys.argv[3], sys.argv[4], int(sys.argv[5]) if len(sys.argv) > 5 else 900
    tts = Kokoro(model)
    styles = {
        os.path.basename(file)[:-4]: np.fromfile(file, np.float32).reshape(-1, 256)
        for file in sorted(glob.glob(f"{voices}/*.bin"))
    }
    own = [v for v in styles if v[0] == "z" and v not in TEST_VOICES]
    others = [v for v in styles if v not in TEST_VOICES]
    plans = [(f"t-{v}-{n:03d}", [(v, 1.0)]) for n in range(40) for v in TEST_VOICES if v[0] == "z"]
    for n in range(count):
        r = random.Random(f"mix {n}")
        share = r.choice([1.0, r.uniform(0.5, 0.9)])
        plans.append((f"m-{n:04d}", [(r.choice(own), share), (r.choice(r.choice([own, others])), 1 - share)]))
    for name, parts in plans:
        if os.path.exists(f"{out}/{name}.json"):
            continue
        r = random.Random(name)
        words = chinese(r)
        style = sum(styles[v] * share for v, share in parts)
        samples = tts.speak(mandarin(words, r), style, r.uniform(0.85, 1.3))
        voice = parts[0][0] if name[0] == "t" else "+".join(v for v, share in parts if share > 0)
        save(name, samples, 24000, words, "k-" + voice, "zh")
elif engine == "piper":
    import sherpa_onnx

    d, data = sys.argv[3], sys.argv[4]
    for variant in range(10):
        r = random.Random(f"piper{variant}")
        vits = sherpa_onnx.OfflineTtsVitsModelConfig(
            model=glob.glob(d + "/*.onnx")[0],
            tokens=d + "/tokens.txt",
            data_dir=data,
            noise_scale=r.uniform(0.3, 0.9),
            noise_scale_w=r.uniform(0.4, 1.0),
            length_scale=1,
        )
        tts = sherpa_onnx.OfflineTts(
            sherpa_onnx.OfflineTtsConfig(model=sherpa_onnx.OfflineTtsModelConfig(vits=vits, num_threads=1))
        )
        pool = [s for s in english_symbols() if len(s) > 1]
        r.shuffle(pool)
        for n in range(60):
            words = spelled(r) if variant >= 6 else utterance(r) if n < 34 or not pool else rare(r, pool)
            text = spoken(words, r, r.choice([0.1, 0.35, 0.8]))
            speed = r.uniform(0.8, 1.3)
            name = f"p-joe{variant}-{n:03d}"
            if os.path.exists(f"{out}/{name}.json"):
                continue
            audio = tts.generate(text, speed=speed)
            save(name, audio.samples, audio.sample_rate, words, "p-joe", "en")
elif engine == "espeak":
    voices = [
        f"{a}+{v}"
        for a in ("en-us", "en-gb", "en-gb-scotland", "en-us-nyc")
        for v in ("m1", "m3", "m7", "f1", "f2", "f4", "klatt2", "Annie", "Andy", "steph")
    ]
    mandarin_voices = ("m1", "m2", "m3", "m4", "m5", "m6", "m7", "m8", "f1", "f2", "f3", "f4", "f5", "klatt", "klatt2", "klatt3", "Andy", "Annie")
    for voice in voices + [f"cmn+{v}" for v in mandarin_voices]:
        r = random.Random(voice)
        for n in range(14):
            words = chinese(r) if voice.startswith("cmn") else utterance(r)
            text = (
                "".join("一" if w == "幺" else w for w in words)
                if voice.startswith("cmn")
                else spoken(words, r, r.choice([0.1, 0.4]))
            )
            words = ["一" if w == "幺" else w for w in words] if voice.startswith("cmn") else words
            name = f"e-{voice.replace('+', '_')}-{n:03d}"
            path = f"/tmp/{name}.wav"
            subprocess.run(
                [
                    "espeak-ng",
                    "-v",
                    voice,
                    "-s",
                    str(r.randint(120, 190)),
                    "-p",
                    str(r.randint(30, 70)),
                    "-w",
                    path,
                    (" ".join(text) if voice.startswith("cmn") else text),
                ],
                check=True,
            )
            samples, rate = sf.read(path)
            os.remove(path)
            save(name, samples, rate, words, "e-" + voice, "zh" if voice.startswith("cmn") else "en")
