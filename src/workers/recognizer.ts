import { systemClock, type Clock } from '../core/clock.ts';
import { KefuError } from '../core/errors.ts';
import type { Logger } from '../core/log.ts';
import type { RecognitionOptions, RecognitionStream, SpeechRecognizer } from '../core/recognition.ts';
import { RecognizerStream } from './recognizer-stream.ts';
import type { RecognizerReply, RecognizerRequest } from './recognizer-messages.ts';
import { isStreaming, type RecognizerModel } from './recognizer-model.ts';
import { RecognizerSlot, type Decoding, type SlotClient, type StartThread } from './recognizer-slot.ts';
import { startThread } from './thread.ts';

export interface RecognizerPoolOptions {
  readonly model: RecognizerModel;
  /** How many workers, each with its own copy of the model. */
  readonly threads: number;
  readonly log?: Logger;
  /** A worker died and will be restarted. */
  readonly onRestart?: (worker: string, message: string) => void;
  /** Told of everything that a worker has read, to know how busy they are. */
  readonly onDecoded?: (decoding: Decoding) => void;
  /** A final that no worker has answered by then has failed: workers may all be down. Default 6 s. */
  readonly finalLimitMs?: number;
  readonly clock?: Clock;
  /** For tests: another way to start a thread. */
  readonly startThread?: StartThread;
}

/** A pool of recogniser workers behind the recogniser's port. */
export interface RecognizerPool extends SpeechRecognizer {
  /** Settles when all workers can work; rejects with `worker_failed` when a model cannot be loaded. */
  readonly ready: Promise<void>;
}

/** A decode takes well under a second; a worker that answers nothing for this long hangs. */
const pingIntervalMs = 5_000;
const pingTimeoutMs = 10_000;

/**
 * Starts `threads` workers. A call stays on the worker with the fewest calls at its beginning; when that worker dies, its calls go
 * on at another, with the audio kept here, or wait for the restart.
 */
export function createRecognizerPool(options: RecognizerPoolOptions): RecognizerPool {
  return new Pool(options);
}

class Pool implements RecognizerPool {
  readonly id: string;
  readonly languages: RecognizerModel['languages'];
  readonly ready: Promise<void>;
  readonly #options: RecognizerPoolOptions;
  readonly #clock: Clock;
  readonly #streaming: boolean;
  readonly #slots: RecognizerSlot[];
  readonly #streams = new Map<SlotClient, RecognizerSlot>();
  #nextTurnKey = 1;
  #closing: Promise<void> | undefined;

  constructor(options: RecognizerPoolOptions) {
    const { model, threads } = options;
    if (!Number.isInteger(threads) || threads < 1) {
      throw new KefuError('config_invalid', `The recogniser needs at least one thread, not ${threads}.`);
    }
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.id = model.id;
    this.languages = model.languages;
    this.#streaming = isStreaming(model.files);
    const start: StartThread =
      options.startThread ?? ((thread) => startThread<RecognizerRequest, RecognizerReply>(thread));
    this.#slots = Array.from(
      { length: threads },
      (_, index) =>
        new RecognizerSlot({
          name: `recognizer-${model.id}-${index + 1}`,
          streaming: this.#streaming,
          clock: this.#clock,
          startThread: (hooks) =>
            start({
              ...hooks,
              entry: new URL('./recognizer-thread.ts', import.meta.url),
              data: model.files,
              pingIntervalMs,
              pingTimeoutMs,
            }),
          onDown: (slot, error) => {
            this.#onDown(slot, error);
          },
          onDecoded: options.onDecoded,
        }),
    );
    this.ready = Promise.all(this.#slots.map((slot) => slot.ready)).then(() => undefined);
    // A failed start is also told to the log; who does not wait for `ready` gets `failed` events.
    this.ready.catch(() => undefined);
  }

  open({ language, onEvent }: RecognitionOptions): RecognitionStream {
    if (this.#closing !== undefined) throw new KefuError('asr_failed', 'The recogniser has been closed.');
    if (!this.languages.includes(language)) {
      throw new KefuError('asr_failed', `The recogniser ${this.id} does not understand ${language}.`);
    }
    const stream: RecognizerStream = new RecognizerStream({
      streaming: this.#streaming,
      clock: this.#clock,
      finalLimitMs: this.#options.finalLimitMs ?? 6_000,
      onEvent,
      newTurnKey: () => this.#nextTurnKey++,
      slot: () => this.#slotOf(stream),
      onClose: () => {
        this.#streams.get(stream)?.clients.delete(stream);
        this.#streams.delete(stream);
      },
    });
    this.#attach(
      stream,
      this.#leastLoaded(this.#slots.filter(({ up }) => up)) ?? this.#leastLoaded(this.#slots),
    );
    return stream;
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    for (const stream of [...this.#streams.keys()]) stream.close();
    await Promise.all(this.#slots.map((slot) => slot.close()));
  }

  #slotOf(stream: RecognizerStream): RecognizerSlot {
    const slot = this.#streams.get(stream);
    if (slot === undefined) throw new KefuError('internal', 'A closed recognition stream was used.');
    return slot;
  }

  #attach(stream: SlotClient, slot: RecognizerSlot | undefined): void {
    if (slot === undefined) throw new KefuError('internal', 'A recogniser pool has no workers.');
    this.#streams.get(stream)?.clients.delete(stream);
    this.#streams.set(stream, slot);
    slot.clients.add(stream);
  }

  #leastLoaded(slots: readonly RecognizerSlot[]): RecognizerSlot | undefined {
    return slots.reduce<RecognizerSlot | undefined>(
      (best, slot) => (best === undefined || slot.clients.size < best.clients.size ? slot : best),
      undefined,
    );
  }

  #onDown(slot: RecognizerSlot, error: KefuError): void {
    this.#options.log?.error({ err: error, worker: slot.name }, 'a recogniser worker failed');
    this.#options.onRestart?.(slot.name, error.message);
    const jobs = slot.takeJobs();
    for (const [stream, at] of [...this.#streams]) {
      if (at !== slot) continue;
      stream.workerLost();
      const other = this.#leastLoaded(this.#slots.filter(({ up }) => up));
      if (other) this.#attach(stream, other);
    }
    for (const job of jobs) this.#streams.get(job.stream)?.ask(job);
  }
}
