import type { AudioFrame } from '../core/audio.ts';
import { toKefuError } from '../core/errors.ts';
import type { Logger } from '../core/log.ts';
import type { SpelledReading, SpellingQuestion, SpellingRecognizer } from '../core/recognition.ts';

/** Nobody spells for longer; more audio is not kept. */
const maxSpelledMs = 20_000;

/**
 * The spelling recogniser's side of one turn: keeps its audio, and has it read at every pause. Never in the way: when it fails or is
 * late, the turn goes on with the general recogniser's text.
 */
export class SpelledTurn {
  readonly #recognizer: SpellingRecognizer;
  readonly #question: SpellingQuestion;
  readonly #log: Logger;
  readonly #frames: AudioFrame[] = [];
  #lengthMs = 0;
  #abort: AbortController | undefined;
  /** True while the newest request has no answer. */
  #reading = false;
  #newest: SpelledReading | undefined;

  constructor(recognizer: SpellingRecognizer, question: SpellingQuestion, log: Logger) {
    this.#recognizer = recognizer;
    this.#question = question;
    this.#log = log;
  }

  get reading(): boolean {
    return this.#reading;
  }

  /** The reading of all audio up to the newest pause; undefined while there is none. */
  get newest(): SpelledReading | undefined {
    return this.#reading ? undefined : this.#newest;
  }

  write(frame: AudioFrame): void {
    if (this.#lengthMs > maxSpelledMs) return;
    this.#frames.push(frame);
    this.#lengthMs += (frame.samples.length / frame.sampleRateHz) * 1000;
  }

  /** Has everything so far read; `done` is called once, unless a later request or `close` comes first. */
  ask(done: () => void): void {
    const first = this.#frames[0];
    if (!first) return;
    this.#abort?.abort();
    const abort = new AbortController();
    this.#abort = abort;
    this.#reading = true;
    const samples = new Int16Array(this.#frames.reduce((sum, frame) => sum + frame.samples.length, 0));
    let at = 0;
    for (const frame of this.#frames) {
      samples.set(frame.samples, at);
      at += frame.samples.length;
    }
    this.#recognizer.read(samples, first.sampleRateHz, this.#question, abort.signal).then(
      (reading) => {
        if (abort.signal.aborted) return;
        this.#newest = reading;
        this.#reading = false;
        done();
      },
      (error: unknown) => {
        if (abort.signal.aborted) return;
        this.#log.warn({ err: error, code: toKefuError(error).code }, 'a spelled answer could not be read');
        this.#newest = undefined;
        this.#reading = false;
        done();
      },
    );
  }

  close(): void {
    this.#abort?.abort();
    this.#reading = false;
  }
}
