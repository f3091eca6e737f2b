import type { Clock } from '../core/clock.ts';
import type { Expecting } from '../core/dialog.ts';
import type { RecordingWriter } from '../core/store.ts';
import type { LineEvent } from './line.ts';
import { roomRateHz } from './room.ts';

/** Silence of this length ends a message, and pauses up to a little less belong to it. */
const expecting: Expecting = {
  slot: 'voicemail',
  kind: 'anything',
  endOfTurnMs: 2_000,
  noInputMs: 4_000,
};

export interface VoicemailParts {
  readonly clock: Clock;
  readonly limitMs: number;
  /** Where the message is kept; undefined: only its words are. */
  readonly writer: RecordingWriter | undefined;
  /** Listens on for the next words. */
  readonly listen: (expecting: Expecting) => void;
  /** The message is over; `text` is empty when nothing was said. */
  readonly onEnd: (message: { readonly text: string; readonly durationMs: number }) => void;
}

/** A message that a caller leaves: ends with a key, a longer silence, the limit or the call. */
export class Voicemail {
  readonly #parts: VoicemailParts;
  readonly #sentences: string[] = [];
  readonly #cancelLimit: () => void;
  #recordedMs = 0;
  #ended = false;

  constructor(parts: VoicemailParts) {
    this.#parts = parts;
    this.#cancelLimit = parts.clock.setTimer(() => {
      this.end();
    }, parts.limitMs);
    parts.listen(expecting);
  }

  /** The caller's sound at 16 kHz. */
  hear(samples: Int16Array): void {
    if (this.#ended) return;
    this.#parts.writer?.write('caller', this.#recordedMs, samples);
    this.#recordedMs += (samples.length / roomRateHz) * 1000;
  }

  /** What the line tells while the message is left. */
  take(event: LineEvent): void {
    if (this.#ended) return;
    switch (event.type) {
      case 'turn':
        this.#sentences.push(event.turn.text);
        this.#parts.listen(expecting);
        return;
      case 'unintelligible':
      case 'asr-failed':
        // Its sound is kept all the same.
        this.#parts.listen(expecting);
        return;
      case 'no-input':
      case 'digits':
      case 'ended':
        this.end();
        return;
      case 'tts-failed':
        return;
    }
  }

  /** Idempotent. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#cancelLimit();
    void this.#parts.writer?.close();
    const durationMs = Math.round(this.#recordedMs);
    this.#parts.onEnd({ text: this.#sentences.join(' ').trim(), durationMs });
  }
}
