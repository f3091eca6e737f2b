import { detailsOf, voiceDetailNames } from './voice-details.ts';
import { analyseVoice, bandCount, type VoiceFrames } from './voice-frames.ts';

/** Windows this far below the loudest ones (dB) are pauses. */
const activeRangeDb = 25;
/** How alike neighbouring periods must be for a voice. */
const voicedFrom = 0.55;
/** A stretch with fewer voiced windows (10 ms each) tells nothing. */
const minVoiced = 20;
/** Cosine components of the spectrum that are kept. */
const shapeCount = 8;

/** Names of the features, in their order. */
export const voiceFeatureNames: readonly string[] = [
  ...['p10', 'p50', 'p90', 'spread', 'change', 'rise', 'fall'].map((name) => `pitch-${name}`),
  ...['spread', 'above', 'below', 'rise', 'fall', 'loudShare'].map((name) => `level-${name}`),
  ...['mean', 'spread', 'p10', 'p90', 'loud'].map((name) => `tilt-${name}`),
  ...['mean', 'spread', 'loud'].map((name) => `hammarberg-${name}`),
  ...['mean', 'spread', 'p90', 'loud'].map((name) => `lowCentre-${name}`),
  ...['mean', 'spread', 'loud'].map((name) => `firstHarmonic-${name}`),
  ...Array.from({ length: shapeCount }, (_, index) => `shape-${index + 1}`),
  ...Array.from({ length: shapeCount }, (_, index) => `shapeSpread-${index + 1}`),
  ...Array.from({ length: shapeCount }, (_, index) => `shapeLoud-${index + 1}`),
  'flux',
  'voicing-mean',
  'voicing-spread',
  'voicedShare',
  'activeShare',
  'voicedRun',
  'syllables',
  'pitch-level',
  'tilt-level',
  'pitch-loud',
  ...voiceDetailNames,
];

/**
 * What a stretch of speech (8 kHz mono) sounds like, as numbers that do not depend on how loud the line is; undefined when
 * there is too little voice in it.
 */
export function voiceFeatures(samples: Int16Array): Float64Array | undefined {
  return featuresOf(analyseVoice(samples));
}

/** How loud the loud parts of a stretch are, in dB; only differences between stretches of one call mean something. */
export function loudnessOf({ level }: VoiceFrames): number {
  return quantile(level, 0.95);
}

export function featuresOf(frames: VoiceFrames): Float64Array | undefined {
  const { count, level, pitch, voicing, tilt, hammarberg, lowCentre, firstHarmonic } = frames;
  const loudest = quantile(level, 0.95);
  const active = indices(count, (index) => (level[index] ?? 0) > loudest - activeRangeDb);
  const voiced = active.filter((index) => (voicing[index] ?? 0) > voicedFrom && (pitch[index] ?? 0) > 0);
  if (voiced.length < minVoiced) return undefined;
  const pick = (values: Float64Array, at: readonly number[]) =>
    Float64Array.from(at, (index) => values[index] ?? 0);
  const levels = pick(level, voiced);
  const loudFrom = quantile(levels, 0.7);
  const loud = voiced.filter((index) => (level[index] ?? 0) >= loudFrom);
  const pitches = pick(pitch, voiced);
  const pitchMoves = moves(pitch, voiced);
  const levelMoves = moves(level, active);
  const tilts = pick(tilt, voiced);
  const centres = pick(lowCentre, voiced);
  const shapes = shapesOf(frames, voiced);
  const loudShapes = shapesOf(frames, loud);
  const activeLevels = pick(level, active);
  const p50 = quantile(activeLevels, 0.5);
  return Float64Array.from([
    quantile(pitches, 0.1),
    quantile(pitches, 0.5),
    quantile(pitches, 0.9),
    spread(pitches),
    mean(pitchMoves.map(Math.abs)),
    mean(pitchMoves.filter((move) => move > 0)),
    mean(pitchMoves.filter((move) => move < 0)),
    spread(activeLevels),
    quantile(activeLevels, 0.9) - p50,
    p50 - quantile(activeLevels, 0.1),
    mean(levelMoves.filter((move) => move > 0)),
    mean(levelMoves.filter((move) => move < 0)),
    activeLevels.filter((value) => value > loudest - 6).length / activeLevels.length,
    mean(tilts),
    spread(tilts),
    quantile(tilts, 0.1),
    quantile(tilts, 0.9),
    mean(pick(tilt, loud)),
    mean(pick(hammarberg, voiced)),
    spread(pick(hammarberg, voiced)),
    mean(pick(hammarberg, loud)),
    mean(centres),
    spread(centres),
    quantile(centres, 0.9),
    mean(pick(lowCentre, loud)),
    mean(pick(firstHarmonic, voiced)),
    spread(pick(firstHarmonic, voiced)),
    mean(pick(firstHarmonic, loud)),
    ...shapes.map(mean),
    ...shapes.map(spread),
    ...loudShapes.map(mean),
    flux(frames, active),
    mean(pick(voicing, voiced)),
    spread(pick(voicing, active)),
    voiced.length / active.length,
    active.length / spanOf(active),
    meanRun(voiced),
    syllableRate(frames, active),
    correlation(pitches, levels),
    correlation(tilts, levels),
    mean(pick(pitch, loud)) - mean(pitches),
    ...detailsOf(frames, voiced, loud),
  ]);
}

function indices(count: number, isIn: (index: number) => boolean): number[] {
  const list: number[] = [];
  for (let index = 0; index < count; index += 1) if (isIn(index)) list.push(index);
  return list;
}

function mean(values: Float64Array | readonly number[]): number {
  let sum = 0;
  for (const value of values) sum += value;
  return values.length === 0 ? 0 : sum / values.length;
}

function spread(values: Float64Array): number {
  const centre = mean(values);
  let sum = 0;
  for (const value of values) sum += (value - centre) ** 2;
  return values.length === 0 ? 0 : Math.sqrt(sum / values.length);
}

function quantile(values: Float64Array, share: number): number {
  if (values.length === 0) return 0;
  const sorted = values.slice().sort();
  const position = (sorted.length - 1) * share;
  const below = sorted[Math.floor(position)] ?? 0;
  return below + ((sorted[Math.ceil(position)] ?? 0) - below) * (position - Math.floor(position));
}

/** Differences between neighbours, as far as both are among `at`. */
function moves(values: Float64Array, at: readonly number[]): number[] {
  const list: number[] = [];
  for (let index = 1; index < at.length; index += 1) {
    const here = at[index] ?? 0;
    const before = at[index - 1] ?? 0;
    if (here === before + 1) list.push((values[here] ?? 0) - (values[before] ?? 0));
  }
  return list;
}

/** The first cosine components of each window's bands, component by component: the spectrum's shape without its level. */
function shapesOf({ bands }: VoiceFrames, at: readonly number[]): Float64Array[] {
  return cosines.map((cosine) =>
    Float64Array.from(at, (index) => {
      let sum = 0;
      for (let band = 0; band < bandCount; band += 1)
        sum += (cosine[band] ?? 0) * (bands[index * bandCount + band] ?? 0);
      return sum;
    }),
  );
}

const cosines = Array.from({ length: shapeCount }, (_, component) =>
  Float64Array.from(
    { length: bandCount },
    (_unused, band) => Math.cos((Math.PI * (component + 1) * (band + 0.5)) / bandCount) / bandCount,
  ),
);

/** How much the spectrum changes from window to window, its level apart. */
function flux({ bands, level }: VoiceFrames, at: readonly number[]): number {
  let sum = 0;
  let pairs = 0;
  for (let index = 1; index < at.length; index += 1) {
    const here = at[index] ?? 0;
    if (here !== (at[index - 1] ?? 0) + 1) continue;
    const louder = (level[here] ?? 0) - (level[here - 1] ?? 0);
    for (let band = 0; band < bandCount; band += 1) {
      const moved = (bands[here * bandCount + band] ?? 0) - (bands[(here - 1) * bandCount + band] ?? 0);
      sum += Math.abs(moved - louder);
    }
    pairs += bandCount;
  }
  return pairs === 0 ? 0 : sum / pairs;
}

function spanOf(at: readonly number[]): number {
  return (at.at(-1) ?? 0) - (at[0] ?? 0) + 1;
}

/** Mean length of a voiced stretch, in windows. */
function meanRun(at: readonly number[]): number {
  let runs = 0;
  for (let index = 0; index < at.length; index += 1) {
    if (index === 0 || at[index] !== (at[index - 1] ?? 0) + 1) runs += 1;
  }
  return at.length / Math.max(1, runs);
}

/** Peaks of loudness a second: roughly, syllables. */
function syllableRate({ level }: VoiceFrames, active: readonly number[]): number {
  const smooth = smoothed(level);
  let peaks = 0;
  let valley = Infinity;
  let peak = -Infinity;
  let isRising = true;
  for (const index of active) {
    const value = smooth[index] ?? 0;
    if (isRising) {
      peak = Math.max(peak, value);
      if (value < peak - 2) {
        peaks += 1;
        isRising = false;
        valley = value;
      }
    } else {
      valley = Math.min(valley, value);
      if (value > valley + 2) {
        isRising = true;
        peak = value;
      }
    }
  }
  return (peaks * 100) / Math.max(1, active.length);
}

/** Means of seven neighbours. */
function smoothed(level: Float64Array): Float64Array {
  const result = level.slice();
  for (let index = 3; index < level.length - 3; index += 1) {
    let sum = 0;
    for (let at = index - 3; at <= index + 3; at += 1) sum += level[at] ?? 0;
    result[index] = sum / 7;
  }
  return result;
}

function correlation(left: Float64Array, right: Float64Array): number {
  const [leftMean, rightMean] = [mean(left), mean(right)];
  let sum = 0;
  for (let index = 0; index < left.length; index += 1)
    sum += ((left[index] ?? 0) - leftMean) * ((right[index] ?? 0) - rightMean);
  const scale = spread(left) * spread(right) * left.length;
  return scale === 0 ? 0 : sum / scale;
}
