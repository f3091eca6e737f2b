import { loopS, score, type Note } from './music-score.ts';

/** Rates at which telephone lines and desks play it. */
export type MusicRateHz = 8000 | 16_000;

/** Strengths of a note's harmonics, the first one first; few and weak, so that it is soft and nothing lies beyond a telephone line. */
const harmonics = [1, 0.22, 0.07] as const;
/** Brings the piece to -26 dBFS on the whole. */
const gain = 1800;
/** So much is rendered at once: it costs about a millisecond, which no packet of another call notices. */
const sliceMs = 200;
/** Envelopes go in straight lines between points so far apart. */
const envelopeSamples = 32;
/** Whoever comes in in the middle of the piece hears it swell. */
const fadeInMs = 300;

/** The piece at one rate, rendered slice by slice as it is first played. */
class Recording {
  readonly samples: Int16Array;
  readonly #rateHz: MusicRateHz;
  readonly #sliceSamples: number;
  readonly #rendered: boolean[];

  constructor(rateHz: MusicRateHz) {
    this.#rateHz = rateHz;
    this.#sliceSamples = (sliceMs * rateHz) / 1000;
    this.samples = new Int16Array(loopS * rateHz);
    this.#rendered = Array.from({ length: this.samples.length / this.#sliceSamples }, () => false);
  }

  /** Makes sure that there is sound from `start` up to `end`. */
  need(start: number, end: number): void {
    const lastSlice = Math.floor((end - 1) / this.#sliceSamples);
    for (let slice = Math.floor(start / this.#sliceSamples); slice <= lastSlice; slice += 1) {
      if (this.#rendered[slice] !== false) continue;
      const at = slice * this.#sliceSamples;
      this.samples.set(render(at, this.#sliceSamples, this.#rateHz), at);
      this.#rendered[slice] = true;
    }
  }
}

const recordings = new Map<MusicRateHz, Recording>();

function recordingAt(rateHz: MusicRateHz): Recording {
  let recording = recordings.get(rateHz);
  if (!recording) {
    recording = new Recording(rateHz);
    recordings.set(rateHz, recording);
  }
  return recording;
}

/**
 * A calm piece to wait by, of our own making: 48 s that can be played in a loop, one channel, for a telephone line. All of it is
 * rendered at the first call; a `MusicPlayer` renders as it plays. The samples are shared: do not change them.
 */
export function holdMusic(rateHz: MusicRateHz): Int16Array {
  const recording = recordingAt(rateHz);
  recording.need(0, recording.samples.length);
  return recording.samples;
}

export interface MusicPlayerOptions {
  /** Where in the piece to begin, such as where a caller left off; by default at its beginning. */
  readonly positionMs?: number;
  readonly frameMs?: number;
}

/** Gives the hold music frame by frame, for ever. It begins softly wherever it begins. */
export class MusicPlayer implements IterableIterator<Int16Array, never> {
  readonly #recording: Recording;
  readonly #rateHz: MusicRateHz;
  readonly #frameSamples: number;
  #at: number;
  #played = 0;

  constructor(rateHz: MusicRateHz, { positionMs = 0, frameMs = 20 }: MusicPlayerOptions = {}) {
    this.#recording = recordingAt(rateHz);
    this.#rateHz = rateHz;
    this.#frameSamples = Math.round((frameMs * rateHz) / 1000);
    const { length } = this.#recording.samples;
    this.#at = ((Math.round((positionMs * rateHz) / 1000) % length) + length) % length;
  }

  /** Where in the piece the next frame begins. */
  get positionMs(): number {
    return (this.#at / this.#rateHz) * 1000;
  }

  /** The next frame, which is the caller's own. */
  frame(): Int16Array {
    const { samples } = this.#recording;
    const frame = new Int16Array(this.#frameSamples);
    for (let filled = 0; filled < frame.length;) {
      const end = Math.min(samples.length, this.#at + frame.length - filled);
      this.#recording.need(this.#at, end);
      frame.set(samples.subarray(this.#at, end), filled);
      filled += end - this.#at;
      this.#at = end % samples.length;
    }
    const fadeSamples = (fadeInMs * this.#rateHz) / 1000;
    for (let index = 0; index < frame.length && this.#played + index < fadeSamples; index += 1)
      frame[index] = Math.round((frame[index] ?? 0) * rise((this.#played + index) / fadeSamples));
    this.#played = Math.min(fadeSamples, this.#played + frame.length);
    return frame;
  }

  next(): IteratorResult<Int16Array, never> {
    return { done: false, value: this.frame() };
  }

  [Symbol.iterator](): this {
    return this;
  }
}

function render(start: number, length: number, rateHz: number): Int16Array {
  const mix = new Float64Array(length);
  for (const note of score) {
    const first = Math.max(start, Math.floor(note.startS * rateHz));
    const end = Math.min(start + length, Math.ceil((note.startS + note.lengthS) * rateHz));
    if (first < end) addNote(mix, note, first, end, start, rateHz);
  }
  return Int16Array.from(mix, (sample) => Math.round(sample));
}

/** Adds the part of a note that lies from `first` up to `end` to a mix that begins at `start`. */
function addNote(
  mix: Float64Array,
  note: Note,
  first: number,
  end: number,
  start: number,
  rateHz: number,
): void {
  const pitchHz = 440 * 2 ** ((note.pitch - 69) / 12);
  for (const [index, strength] of harmonics.entries()) {
    const step = (2 * Math.PI * pitchHz * (index + 1)) / rateHz;
    // A sine by rotation, begun anew at each slice: the same wherever rendering begins, and much quicker than a sine per sample.
    const turn = 2 * Math.cos(step);
    const sinceStart = first - note.startS * rateHz;
    let before = Math.sin(step * (sinceStart - 1));
    let now = Math.sin(step * sinceStart);
    let at = first;
    while (at < end) {
      const next = Math.min(end, at - (at % envelopeSamples) + envelopeSamples);
      let level = gain * strength * envelope(note, at / rateHz);
      const slope = (gain * strength * envelope(note, next / rateHz) - level) / (next - at);
      for (; at < next; at += 1) {
        mix[at - start] = (mix[at - start] ?? 0) + level * now;
        level += slope;
        const after = turn * now - before;
        before = now;
        now = after;
      }
    }
  }
}

/** Swells, fades slowly, and dies away in the last part of the note. */
function envelope({ startS, lengthS, attackS, loudness }: Note, atS: number): number {
  const sinceS = atS - startS;
  const leftS = lengthS - sinceS;
  if (sinceS <= 0 || leftS <= 0) return 0;
  const releaseS = Math.min(2, lengthS / 2);
  return loudness * rise(sinceS / attackS) * rise(leftS / releaseS) * Math.exp(-sinceS / lengthS);
}

/** From 0 to 1 without corners. */
function rise(share: number): number {
  return share >= 1 ? 1 : 0.5 - 0.5 * Math.cos(Math.PI * share);
}
