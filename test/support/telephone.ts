/**
 * What a telephone line does to a voice, for tests: 8 kHz, mu-law, and back to 16 kHz. Independent of `src/media`, so that a
 * fault there cannot hide itself.
 */
export function throughTelephone(samples: Float32Array | Int16Array, sampleRateHz: number): Int16Array {
  const linear =
    samples instanceof Int16Array ? Float32Array.from(samples, (value) => value / 32768) : samples;
  const narrow = resample(linear, sampleRateHz, 8000);
  const coded = narrow.map((value) => decodeMulaw(encodeMulaw(Math.round(value * 32767))) / 32768);
  return toInt16(resample(coded, 8000, 16_000));
}

export function toInt16(samples: Float32Array): Int16Array {
  return Int16Array.from(samples, (value) => Math.max(-32768, Math.min(32767, Math.round(value * 32767))));
}

/** Windowed-sinc resampling (Hann, 24 zero crossings), slow and exact enough for tests. */
export function resample(samples: Float32Array, fromHz: number, toHz: number): Float32Array {
  if (fromHz === toHz) return samples.slice();
  const cutoff = Math.min(1, toHz / fromHz) * 0.95;
  const halfWidth = 24 / cutoff;
  return Float32Array.from({ length: Math.floor((samples.length * toHz) / fromHz) }, (_, index) => {
    const center = (index * fromHz) / toHz;
    let sum = 0;
    for (let at = Math.ceil(center - halfWidth); at <= center + halfWidth; at += 1) {
      const x = at - center;
      const sinc = x === 0 ? 1 : Math.sin(Math.PI * x * cutoff) / (Math.PI * x * cutoff);
      sum += (samples[at] ?? 0) * sinc * cutoff * (0.5 + 0.5 * Math.cos((Math.PI * x) / halfWidth));
    }
    return sum;
  });
}

/** ITU-T G.711 mu-law, 14-bit magnitude form. */
function encodeMulaw(linear: number): number {
  const sign = linear < 0 ? 0x80 : 0;
  const magnitude = Math.min(Math.abs(linear), 32_635) + 132;
  const exponent = 31 - Math.clz32(magnitude) - 7;
  return ~(sign | (exponent << 4) | ((magnitude >> (exponent + 3)) & 0x0f)) & 0xff;
}

function decodeMulaw(code: number): number {
  const bits = ~code & 0xff;
  const exponent = (bits >> 4) & 0x07;
  const magnitude = ((((bits & 0x0f) << 3) + 132) << exponent) - 132;
  return bits & 0x80 ? -magnitude : magnitude;
}
