import { halveRate, PitchFinder } from './pitch.ts';
import { PowerSpectrum } from './spectrum.ts';

/** The only rate at which voices are looked at: what a telephone carries. */
export const voiceRateHz = 8000;
/** A window every 10 ms, 32 ms long. */
const hop = 80;
const windowSamples = 256;
export const bandCount = 20;

/** What a voice does, window by window: arrays of one length. */
export interface VoiceFrames {
  readonly count: number;
  /** Level in dB; only differences mean something. */
  readonly level: Float64Array;
  /** Pitch in semitones above 55 Hz; 0 where the voice has none. */
  readonly pitch: Float64Array;
  readonly voicing: Float64Array;
  /** Levels of 20 bands, evenly spaced on the mel scale from 100 to 3800 Hz, in dB, `bandCount` a window. */
  readonly bands: Float64Array;
  /** Level above 1 kHz less level from 100 Hz to 1 kHz: louder effort lifts it. */
  readonly tilt: Float64Array;
  /** Strongest line below 2 kHz over the strongest above. */
  readonly hammarberg: Float64Array;
  /** Centre of power from 200 to 1200 Hz, which follows the first formant, in semitones above 100 Hz. */
  readonly lowCentre: Float64Array;
  /** First harmonic over the second, in dB; 0 without pitch. Pressed voices have less of it. */
  readonly firstHarmonic: Float64Array;
}

interface Band {
  readonly first: number;
  readonly weights: Float64Array;
}

const binHz = voiceRateHz / windowSamples;
const bands = melBands();
const floor = 1e-3;

function melBands(): readonly Band[] {
  const mel = (hz: number) => 2595 * Math.log10(1 + hz / 700);
  const hertz = (value: number) => 700 * (10 ** (value / 2595) - 1);
  const [low, high] = [mel(100), mel(3800)];
  const edges = Array.from(
    { length: bandCount + 2 },
    (_, index) => hertz(low + ((high - low) * index) / (bandCount + 1)) / binHz,
  );
  return Array.from({ length: bandCount }, (_, index): Band => {
    const [from = 0, centre = 0, to = 0] = edges.slice(index, index + 3);
    const first = Math.floor(from) + 1;
    const weights = Float64Array.from({ length: Math.max(1, Math.ceil(to) - first) }, (_unused, offset) => {
      const bin = first + offset;
      return Math.max(0.05, bin <= centre ? (bin - from) / (centre - from) : (to - bin) / (to - centre));
    });
    return { first, weights };
  });
}

const decibel = (power: number) => 10 * Math.log10(power + floor);

/** Looks at a stretch of sound, 8 kHz mono. About a millisecond and a half for each second of it. */
export function analyseVoice(samples: Int16Array): VoiceFrames {
  const sound = withoutRumble(samples);
  const slow = halveRate(sound);
  const count = Math.max(0, Math.floor((sound.length - windowSamples) / hop) + 1);
  const frames = {
    count,
    level: new Float64Array(count),
    pitch: new Float64Array(count),
    voicing: new Float64Array(count),
    bands: new Float64Array(count * bandCount),
    tilt: new Float64Array(count),
    hammarberg: new Float64Array(count),
    lowCentre: new Float64Array(count),
    firstHarmonic: new Float64Array(count),
  };
  const spectrum = new PowerSpectrum(windowSamples);
  const finder = new PitchFinder();
  for (let index = 0; index < count; index += 1) {
    const power = spectrum.of(sound, index * hop);
    const { hz, voicing } = finder.at(slow, (index * hop + windowSamples / 2) >> 1);
    frames.level[index] = decibel(between(power, 100, 3800));
    frames.tilt[index] = decibel(between(power, 1000, 3800)) - decibel(between(power, 100, 1000));
    frames.hammarberg[index] = decibel(strongest(power, 100, 2000)) - decibel(strongest(power, 2000, 3800));
    frames.lowCentre[index] = lowCentre(power);
    for (const [band, { first, weights }] of bands.entries()) {
      let sum = 0;
      for (let bin = 0; bin < weights.length; bin += 1)
        sum += (weights[bin] ?? 0) * (power[first + bin] ?? 0);
      frames.bands[index * bandCount + band] = decibel(sum);
    }
    frames.voicing[index] = voicing;
    if (hz > 0) {
      frames.pitch[index] = 12 * Math.log2(hz / 55);
      frames.firstHarmonic[index] =
        decibel(strongest(power, hz * 0.8, hz * 1.2)) - decibel(strongest(power, hz * 1.8, hz * 2.2));
    }
  }
  smoothPitch(frames.pitch);
  return frames;
}

/** Samples as numbers with hum and rumble below 60 Hz taken out (a one-pole high pass). */
function withoutRumble(samples: Int16Array): Float32Array {
  const sound = new Float32Array(samples.length);
  let before = 0;
  let kept = 0;
  for (let index = 0; index < samples.length; index += 1) {
    const sample = samples[index] ?? 0;
    kept = 0.955 * (kept + sample - before);
    before = sample;
    sound[index] = kept;
  }
  return sound;
}

function between(power: Float64Array, fromHz: number, toHz: number): number {
  let sum = 0;
  const last = Math.min(power.length - 1, Math.floor(toHz / binHz));
  for (let bin = Math.ceil(fromHz / binHz); bin <= last; bin += 1) sum += power[bin] ?? 0;
  return sum;
}

function strongest(power: Float64Array, fromHz: number, toHz: number): number {
  let most = 0;
  const last = Math.min(power.length - 1, Math.round(toHz / binHz));
  for (let bin = Math.round(fromHz / binHz); bin <= last; bin += 1) most = Math.max(most, power[bin] ?? 0);
  return most;
}

function lowCentre(power: Float64Array): number {
  let sum = 0;
  let weighted = 0;
  for (let bin = Math.ceil(200 / binHz); bin <= Math.floor(1200 / binHz); bin += 1) {
    // Amplitudes, so that one strong harmonic does not decide alone.
    const amplitude = Math.sqrt(power[bin] ?? 0);
    sum += amplitude;
    weighted += amplitude * bin * binHz;
  }
  return sum > 0 ? 12 * Math.log2(weighted / sum / 100) : 0;
}

/** Single windows an octave off are put right: each pitch becomes the median of five where most have one. */
function smoothPitch(pitch: Float64Array): void {
  const before = pitch.slice();
  const near: number[] = [];
  for (let index = 2; index < pitch.length - 2; index += 1) {
    if ((before[index] ?? 0) === 0) continue;
    near.length = 0;
    for (let at = index - 2; at <= index + 2; at += 1) {
      const value = before[at] ?? 0;
      if (value === 0) continue;
      let place = near.length;
      while (place > 0 && (near[place - 1] ?? 0) > value) place -= 1;
      near.splice(place, 0, value);
    }
    if (near.length >= 3) pitch[index] = near[near.length >> 1] ?? 0;
  }
}
