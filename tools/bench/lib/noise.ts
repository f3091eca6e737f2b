import { createRandom, type Random } from '../../../src/commerce/demo-shop/random.ts';
import { decodeMulaw, encodeMulaw } from '../../../src/media/g711.ts';

/** The 20 ms pieces of a clip whose level counts as speech: this share of them, the loudest. */
const speechShare = 1 / 3;
const pieceSamples = 160;

/**
 * A telephone clip with steady noise under it, as in a street or a hall: `snrDb` below the level of the speech, more of it in the low
 * frequencies. The same seed gives the same noise.
 */
export function withNoise(mulaw: Uint8Array, snrDb: number, seed: number): Uint8Array {
  const samples = decodeMulaw(mulaw);
  const random = createRandom(seed);
  const level = speechLevel(samples);
  const noise = lowNoise(samples.length, random);
  const target = level * 10 ** (-snrDb / 20);
  const noisy = Int16Array.from(samples, (sample, index) =>
    Math.max(-32768, Math.min(32767, Math.round(sample + (noise[index] ?? 0) * target))),
  );
  return encodeMulaw(noisy);
}

/** Root mean square of the loudest third of a clip, in sample values. */
function speechLevel(samples: Int16Array): number {
  const powers: number[] = [];
  for (let at = 0; at + pieceSamples <= samples.length; at += pieceSamples) {
    let sum = 0;
    for (const sample of samples.subarray(at, at + pieceSamples)) sum += sample * sample;
    powers.push(sum / pieceSamples);
  }
  const loudest = powers
    .sort((left, right) => right - left)
    .slice(0, Math.max(1, powers.length * speechShare));
  return Math.sqrt(loudest.reduce((sum, power) => sum + power, 0) / Math.max(1, loudest.length));
}

/** Noise of power 1 whose level falls towards the high frequencies (a first-order low pass over white noise). */
function lowNoise(length: number, random: Random): Float32Array {
  const pole = 0.7;
  const noise = new Float32Array(length);
  let last = 0;
  let power = 0;
  for (let index = 0; index < length; index += 1) {
    // The sum of uniform numbers comes near enough to a normal distribution.
    const white = random.next() + random.next() + random.next() - 1.5;
    last = pole * last + white;
    noise[index] = last;
    power += last * last;
  }
  const scale = Math.sqrt(Math.max(1, length) / Math.max(1e-9, power));
  return noise.map((value) => value * scale);
}
