import type { AudioFrame } from '../core/audio.ts';
import { frameMs } from '../core/audio.ts';
import { KefuError } from '../core/errors.ts';
import { heardPrefix, joinSentences, spokenWeight } from './heard-text.ts';
import type { Resampler } from './resampler.ts';
import { createResampler } from './resampler.ts';

/** The sound and words of one thing to play: what is written and not yet sent, and which words it is the sound of. */
export interface ItemAudio {
  /** Samples at the wire's rate that can be taken. */
  readonly available: number;
  /** All of the item's sound so far, in milliseconds. */
  readonly writtenMs: number;
  readonly ended: boolean;
  write(frame: AudioFrame, text: string, endOfSentence: boolean): void;
  end(): void;
  /** The next `count` samples, or fewer when there are no more. */
  take(count: number): Int16Array;
  /** Throws away what has not been taken, and ends. */
  drop(): void;
  /** The words heard when the first `playedMs` were played. */
  heardText(playedMs: number): string;
  fullText(): string;
}

/** One sentence on the item's own time line. `endMs` is unknown while it is being written. */
interface Sentence {
  readonly text: string;
  readonly startMs: number;
  endMs: number | undefined;
}

/** Time for one letter at an ordinary pace; guesses how long a sentence will be that is not yet fully written. */
const msPerLetter = 60;
/** Positions in time closer than this are the same: rounding of rates. */
const toleranceMs = 1;

export function createItemAudio(wireRateHz: number): ItemAudio {
  const chunks: Int16Array[] = [];
  const sentences: Sentence[] = [];
  /** Samples of the first chunk that have been taken. */
  let taken = 0;
  let available = 0;
  let writtenMs = 0;
  let ended = false;
  let resampler: { readonly value: Resampler; readonly fromHz: number } | undefined;

  const append = (samples: Int16Array): void => {
    if (samples.length === 0) return;
    chunks.push(samples);
    available += samples.length;
  };

  const flushResampler = (): void => {
    if (resampler) append(resampler.value.flush());
    resampler = undefined;
  };

  const resamplerFor = (fromHz: number): Resampler => {
    if (resampler?.fromHz !== fromHz) {
      flushResampler();
      resampler = { value: createResampler(fromHz, wireRateHz), fromHz };
    }
    return resampler.value;
  };

  const endSentence = (): void => {
    const last = sentences.at(-1);
    if (last) last.endMs ??= writtenMs;
  };

  const heardOf = ({ text, startMs, endMs }: Sentence, playedMs: number): string => {
    if (playedMs <= startMs) return '';
    if (endMs !== undefined && playedMs >= endMs - toleranceMs) return text;
    const durationMs =
      endMs === undefined ? Math.max(writtenMs - startMs, spokenWeight(text) * msPerLetter) : endMs - startMs;
    return heardPrefix(text, (playedMs - startMs) / durationMs);
  };

  return {
    get available() {
      return available;
    },
    get writtenMs() {
      return writtenMs;
    },
    get ended() {
      return ended;
    },
    write(frame, text, endOfSentence) {
      if (ended) throw new KefuError('internal', 'audio was written to a playout item after its end');
      if (text !== '') {
        endSentence();
        sentences.push({ text, startMs: writtenMs, endMs: undefined });
      }
      writtenMs += frameMs(frame);
      append(resamplerFor(frame.sampleRateHz).process(frame.samples));
      if (endOfSentence) endSentence();
    },
    end() {
      if (ended) return;
      ended = true;
      flushResampler();
      endSentence();
    },
    take(count) {
      const output = new Int16Array(Math.min(count, available));
      let filled = 0;
      while (filled < output.length) {
        const chunk = chunks[0] ?? new Int16Array(0);
        const part = chunk.subarray(taken, taken + output.length - filled);
        output.set(part, filled);
        filled += part.length;
        taken += part.length;
        if (taken === chunk.length) {
          chunks.shift();
          taken = 0;
        }
      }
      available -= output.length;
      return output;
    },
    drop() {
      ended = true;
      chunks.length = 0;
      taken = 0;
      available = 0;
      resampler = undefined;
    },
    heardText: (playedMs) => joinSentences(sentences.map((sentence) => heardOf(sentence, playedMs))),
    fullText: () => joinSentences(sentences.map((sentence) => sentence.text)),
  };
}
