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
/** Sound is converted to the wire's rate in slices of this length, when it is its turn. */
const sliceMs = 20;
/** Positions in time closer than this are the same: rounding of rates. */
const toleranceMs = 1;

export function createItemAudio(wireRateHz: number): ItemAudio {
  const chunks: Int16Array[] = [];
  const sentences: Sentence[] = [];
  /** Samples of the first chunk that have been taken. */
  let taken = 0;
  /** Samples in the chunks that have not been taken. */
  let converted = 0;
  /** What was written and is not converted yet, in slices: a whole sentence comes at once, and would hold up all other calls. */
  const waiting: Int16Array[] = [];
  let waitingSamples = 0;
  let writtenMs = 0;
  let ended = false;
  let resampler: { readonly value: Resampler; readonly fromHz: number } | undefined;

  const append = (samples: Int16Array): void => {
    if (samples.length === 0) return;
    chunks.push(samples);
    converted += samples.length;
  };

  /** Converts what waits until so many samples can be taken; all of it by default. */
  const convert = (count = Number.POSITIVE_INFINITY): void => {
    while (resampler && converted < count) {
      const next = waiting.shift();
      if (next) {
        waitingSamples -= next.length;
        append(resampler.value.process(next));
      } else {
        if (ended) flushResampler();
        return;
      }
    }
  };

  const flushResampler = (): void => {
    if (resampler) append(resampler.value.flush());
    resampler = undefined;
  };

  const write = ({ samples, sampleRateHz }: AudioFrame): void => {
    if (resampler?.fromHz !== sampleRateHz) {
      convert();
      flushResampler();
      resampler = { value: createResampler(sampleRateHz, wireRateHz), fromHz: sampleRateHz };
    }
    const size = Math.ceil((sampleRateHz * sliceMs) / 1000);
    for (let at = 0; at < samples.length; at += size) waiting.push(samples.subarray(at, at + size));
    waitingSamples += samples.length;
  };

  const available = (): number => converted + (resampler?.value.outputsFor(waitingSamples, ended) ?? 0);

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
      return available();
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
      write(frame);
      if (endOfSentence) endSentence();
    },
    end() {
      if (ended) return;
      ended = true;
      endSentence();
    },
    take(count) {
      convert(count);
      const output = new Int16Array(Math.min(count, converted));
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
      converted -= output.length;
      return output;
    },
    drop() {
      ended = true;
      chunks.length = 0;
      taken = 0;
      converted = 0;
      waiting.length = 0;
      waitingSamples = 0;
      resampler = undefined;
    },
    heardText: (playedMs) => joinSentences(sentences.map((sentence) => heardOf(sentence, playedMs))),
    fullText: () => joinSentences(sentences.map((sentence) => sentence.text)),
  };
}
