import { bandCount, type VoiceFrames } from './voice-frames.ts';

/** Finer traits of a voice: where its sound lies, how it moves within a sound, and how uneven it is. */

/** Pairs of neighbouring bands are looked at together. */
const pairCount = bandCount / 2;
/** Cosine components whose movement is looked at, and over how many windows (10 ms each). */
const movedCount = 8;
const movedOver = 4;

/** Names of the details, in their order. */
export const voiceDetailNames: readonly string[] = [
  ...Array.from({ length: pairCount }, (_, pair) => [`band-${pair + 1}`, `bandLoud-${pair + 1}`]).flat(),
  ...Array.from({ length: movedCount }, (_, component) => `shapeMoves-${component + 1}`),
  'pitch-uneven',
  'level-uneven',
  'voicing-inside',
  'voicing-p10',
  'pitch-later',
  'level-later',
  'pitchLoud-p90',
];

/**
 * @param voiced - windows with a voice, in order.
 * @param loud - the loudest of them.
 */
export function detailsOf(frames: VoiceFrames, voiced: readonly number[], loud: readonly number[]): number[] {
  const { level, pitch, voicing } = frames;
  const isVoiced = new Set(voiced);
  const inside = voiced.filter((index) => isVoiced.has(index - 1) && isVoiced.has(index + 1));
  const bend = (values: Float64Array) =>
    mean(
      inside.map((index) =>
        Math.abs((values[index + 1] ?? 0) - 2 * (values[index] ?? 0) + (values[index - 1] ?? 0)),
      ),
    );
  const half = voiced.length >> 1;
  const later = (values: Float64Array) =>
    meanAt(values, voiced.slice(half)) - meanAt(values, voiced.slice(0, half));
  return [
    ...Array.from({ length: pairCount }, (_, pair) => {
      const all = pairLevel(frames, pair, voiced);
      return [all, pairLevel(frames, pair, loud) - all];
    }).flat(),
    ...moves(
      frames,
      voiced.filter((index) => isVoiced.has(index + movedOver)),
    ),
    bend(pitch),
    bend(level),
    meanAt(voicing, inside),
    quantileAt(voicing, voiced, 0.1),
    later(pitch),
    later(level),
    quantileAt(pitch, loud, 0.9),
  ];
}

/** Level of two neighbouring bands less that of the whole window. */
function pairLevel({ bands, level }: VoiceFrames, pair: number, at: readonly number[]): number {
  return mean(
    at.map((index) => {
      const first = index * bandCount + 2 * pair;
      return ((bands[first] ?? 0) + (bands[first + 1] ?? 0)) / 2 - (level[index] ?? 0);
    }),
  );
}

/** How far each cosine component of the spectrum moves within a few windows: the spread of its steps. */
function moves({ bands }: VoiceFrames, at: readonly number[]): number[] {
  return cosines.map((cosine) => {
    const steps = at.map((index) => {
      let step = 0;
      for (let band = 0; band < bandCount; band += 1) {
        const here = index * bandCount + band;
        step += (cosine[band] ?? 0) * ((bands[here + movedOver * bandCount] ?? 0) - (bands[here] ?? 0));
      }
      return step;
    });
    const centre = mean(steps);
    return Math.sqrt(mean(steps.map((step) => (step - centre) ** 2)));
  });
}

const cosines = Array.from({ length: movedCount }, (_, component) =>
  Float64Array.from(
    { length: bandCount },
    (_unused, band) => Math.cos((Math.PI * (component + 1) * (band + 0.5)) / bandCount) / bandCount,
  ),
);

function meanAt(values: Float64Array, at: readonly number[]): number {
  return mean(at.map((index) => values[index] ?? 0));
}

function quantileAt(values: Float64Array, at: readonly number[], share: number): number {
  const sorted = at.map((index) => values[index] ?? 0).sort((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) * share)] ?? 0;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}
