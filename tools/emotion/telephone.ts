import { decodeMulaw, encodeMulaw } from '../../src/media/g711.ts';

/** Chance that comes out the same each time: mulberry32. */
export function createChance(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** What is done to a clip on its way through a telephone; every part may be left out. */
export interface Line {
  /** Played faster (above 1) or slower, pitch and all. */
  readonly speed?: number;
  /** Response of the room, at 8 kHz. */
  readonly room?: Float64Array;
  /** Change of tone, in dB from the lowest to the highest frequency. */
  readonly tiltDb?: number;
  /** A bump or dip of a handset: where, and how much. */
  readonly bump?: { readonly hz: number; readonly db: number };
  readonly noise?: { readonly samples: Float64Array; readonly snrDb: number };
  /** Level of the loudest sample in dB below full scale. */
  readonly peakDb?: number;
}

/** A clip (8 kHz) as it comes out of a telephone: through 8 kHz mu-law and whatever `line` says. */
export function throughLine(samples: Int16Array, line: Line): Int16Array {
  let sound: Float64Array = Float64Array.from(samples);
  if (line.speed !== undefined) sound = atSpeed(sound, line.speed);
  if (line.room) sound = inRoom(sound, line.room);
  if (line.tiltDb !== undefined) sound = tilted(sound, line.tiltDb);
  if (line.bump) sound = bumped(sound, line.bump.hz, line.bump.db);
  if (line.noise) sound = withNoise(sound, line.noise.samples, line.noise.snrDb);
  const peak = sound.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
  const scale =
    line.peakDb === undefined ? Math.min(1, 32_000 / peak) : (32_767 * 10 ** (-line.peakDb / 20)) / peak;
  return decodeMulaw(encodeMulaw(Int16Array.from(sound, (value) => Math.round(value * scale))));
}

function atSpeed(sound: Float64Array, speed: number): Float64Array {
  return Float64Array.from({ length: Math.floor(sound.length / speed) }, (_, index) => {
    // Cubic interpolation: enough below 3 kHz, and what is above is lost to the line anyway.
    const at = index * speed;
    const whole = Math.floor(at);
    const part = at - whole;
    const [a, b, c, d] = [-1, 0, 1, 2].map((step) => sound[whole + step] ?? 0) as [
      number,
      number,
      number,
      number,
    ];
    return b + 0.5 * part * (c - a + part * (2 * a - 5 * b + 4 * c - d + part * (3 * (b - c) + d - a)));
  });
}

function inRoom(sound: Float64Array, response: Float64Array): Float64Array {
  const result = new Float64Array(sound.length);
  for (let tap = 0; tap < response.length; tap += 1) {
    const gain = response[tap] ?? 0;
    if (Math.abs(gain) < 1e-3) continue;
    for (let index = tap; index < result.length; index += 1)
      result[index] = (result[index] ?? 0) + gain * (sound[index - tap] ?? 0);
  }
  return result;
}

/** A one-zero filter with the asked difference between 0 and 4 kHz. */
function tilted(sound: Float64Array, tiltDb: number): Float64Array {
  const ratio = 10 ** (tiltDb / 20);
  const zero = (1 - ratio) / (1 + ratio);
  let before = 0;
  return sound.map((value) => {
    const result = value + zero * before;
    before = value;
    return result;
  });
}

/** A peaking filter of one octave (Bristow-Johnson, Audio EQ Cookbook). */
function bumped(sound: Float64Array, hz: number, db: number): Float64Array {
  const gain = 10 ** (db / 40);
  const angle = (2 * Math.PI * hz) / 8000;
  const alpha = Math.sin(angle) / (2 * 1.41);
  const scale = 1 + alpha / gain;
  const [b0, b1, b2] = [
    (1 + alpha * gain) / scale,
    (-2 * Math.cos(angle)) / scale,
    (1 - alpha * gain) / scale,
  ];
  const [a1, a2] = [(-2 * Math.cos(angle)) / scale, (1 - alpha / gain) / scale];
  let [x1, x2, y1, y2] = [0, 0, 0, 0];
  return sound.map((x) => {
    const y = b0 * x + b1 * x1 + b2 * x2 - a1 * y1 - a2 * y2;
    [x2, x1, y2, y1] = [x1, x, y1, y];
    return y;
  });
}

function withNoise(sound: Float64Array, noise: Float64Array, snrDb: number): Float64Array {
  const power = (values: Float64Array) =>
    values.reduce((sum, value) => sum + value * value, 0) / values.length;
  const noisePower = power(noise);
  if (noisePower === 0) return sound;
  const gain = Math.sqrt(power(sound) / noisePower / 10 ** (snrDb / 10));
  return sound.map((value, index) => value + gain * (noise[index % noise.length] ?? 0));
}
