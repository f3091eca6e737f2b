import { createHash } from 'node:crypto';
import type { SampleRateHz } from '../core/audio.ts';
import { systemClock, type Clock } from '../core/clock.ts';
import { KefuError } from '../core/errors.ts';
import type { Logger } from '../core/log.ts';
import type { SpeechEngine } from '../core/speech.ts';
import type { PiperVoice, RenderReply, RenderRequest } from './piper.ts';
import { shapingVersion } from './speech-shaping.ts';
import { startThread, type SupervisedThread } from './thread.ts';

export interface PiperEngineOptions {
  /** Name of the voice in voices/manifest.json. */
  readonly voiceId: string;
  /** Changes when the model file changes, such as its sha256; part of cache keys. */
  readonly modelHash: string;
  /** Path of the ONNX model with the metadata that sherpa-onnx reads. */
  readonly model: string;
  readonly tokens: string;
  /** The `espeak-ng-data` folder. */
  readonly dataDir: string;
  /** Default 22050, the rate of Piper's medium voices. */
  readonly sampleRateHz?: SampleRateHz;
  /** 1 (the default) is the voice's own pace; 0.9 is slower. */
  readonly speed?: number;
  /** Level of the active speech, default -20 dBFS. */
  readonly levelDbfs?: number;
  /** Worker threads, each with its own copy of the model (about 100 MB). Default 1. */
  readonly threads?: number;
  /** How long a text waits for a thread that is being restarted before it fails. Default 10 s. */
  readonly restartLimitMs?: number;
  readonly log?: Logger;
  readonly clock?: Clock;
  /** The thread's entry module, for tests of crashes. */
  readonly entry?: URL;
}

/** Rendering a sentence takes well under a second: a thread that is silent for this long hangs and is ended. */
const hangsAfterMs = 20_000;
/** A text whose rendering took a thread down twice is given up, so that it cannot take every call down. */
const maxAttempts = 2;
const defaultRestartLimitMs = 10_000;

/**
 * Starts a Piper voice in worker threads. Resolves when it can speak; rejects with `worker_failed` when the model cannot be
 * loaded.
 */
export async function startPiperEngine(options: PiperEngineOptions): Promise<SpeechEngine> {
  const engine = new PiperEngine(options);
  try {
    await engine.ready;
  } catch (thrown) {
    await engine.close();
    throw thrown;
  }
  return engine;
}

interface Job {
  readonly id: number;
  readonly spoken: string;
  readonly pace: number;
  readonly resolve: (samples: Int16Array) => void;
  readonly reject: (error: KefuError) => void;
  attempts: number;
  cancelLimit: (() => void) | undefined;
}

interface Seat {
  readonly thread: SupervisedThread<RenderRequest>;
  /** What the thread works on; undefined when it is free. */
  job: Job | undefined;
  alive: boolean;
}

class PiperEngine implements SpeechEngine {
  readonly fingerprint: string;
  readonly sampleRateHz: SampleRateHz;
  readonly concurrency: number;
  readonly ready: Promise<unknown>;
  readonly #options: PiperEngineOptions;
  readonly #clock: Clock;
  readonly #seats: Seat[];
  readonly #waiting: Job[] = [];
  #lastJob = 0;
  #closed = false;

  constructor(options: PiperEngineOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.sampleRateHz = options.sampleRateHz ?? 22050;
    this.concurrency = options.threads ?? 1;
    const voice: PiperVoice = {
      model: options.model,
      tokens: options.tokens,
      dataDir: options.dataDir,
      sampleRateHz: this.sampleRateHz,
      speed: options.speed ?? 1,
      levelDbfs: options.levelDbfs ?? -20,
    };
    this.fingerprint = createHash('sha256')
      .update(
        JSON.stringify([
          'piper', options.voiceId, options.modelHash, voice.sampleRateHz, voice.speed, voice.levelDbfs, shapingVersion,
        ]), // prettier-ignore
      )
      .digest('hex');
    this.#seats = Array.from({ length: this.concurrency }, (_, index) => this.#startSeat(index + 1, voice));
    this.ready = Promise.all(this.#seats.map((seat) => seat.thread.ready));
  }

  render(spoken: string, pace = 1): Promise<Int16Array> {
    if (this.#closed) return Promise.reject(new KefuError('tts_failed', 'The voice was closed.'));
    return new Promise((resolve, reject) => {
      this.#lastJob += 1;
      const job: Job = {
        id: this.#lastJob,
        spoken,
        pace,
        resolve,
        reject,
        attempts: 0,
        cancelLimit: () => undefined,
      };
      this.#waiting.push(job);
      this.#assign();
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    const closed = new KefuError('tts_failed', 'The voice was closed.');
    for (const job of this.#waiting.splice(0)) this.#reject(job, closed);
    for (const seat of this.#seats) {
      if (seat.job !== undefined) this.#reject(seat.job, closed);
      seat.job = undefined;
    }
    await Promise.all(this.#seats.map((seat) => seat.thread.close()));
  }

  #startSeat(number: number, voice: PiperVoice): Seat {
    const name = `synthesizer-${this.#options.voiceId}-${number}`;
    const thread = startThread<RenderRequest, RenderReply>({
      name,
      entry: this.#options.entry ?? new URL('./synthesizer-thread.ts', import.meta.url),
      data: voice,
      clock: this.#clock,
      pingIntervalMs: hangsAfterMs / 4,
      pingTimeoutMs: hangsAfterMs,
      onMessage: (reply) => this.#finish(seat, reply),
      onExit: (error) => {
        seat.alive = false;
        this.#options.log?.warn(
          { thread: name, err: error },
          'A synthesiser thread ended and is started again',
        );
        this.#retry(seat, error);
      },
      onReady: () => {
        seat.alive = true;
        this.#assign();
      },
    });
    // A thread takes requests while it starts.
    const seat: Seat = { thread, job: undefined, alive: true };
    return seat;
  }

  #assign(): void {
    for (const seat of this.#seats) {
      if (!seat.alive || seat.job !== undefined) continue;
      const job = this.#waiting.shift();
      if (job === undefined) return;
      job.cancelLimit?.();
      job.cancelLimit = undefined;
      job.attempts += 1;
      if (seat.thread.post({ job: job.id, spoken: job.spoken, pace: job.pace })) {
        seat.job = job;
      } else {
        job.attempts -= 1;
        seat.alive = false;
        this.#waitForThread(job);
      }
    }
    for (const job of this.#waiting) this.#limit(job);
  }

  /** Late replies of jobs that were given up carry a number that nobody waits for. */
  #finish(seat: Seat, reply: RenderReply): void {
    const job = seat.job;
    if (job?.id !== reply.job) return;
    seat.job = undefined;
    if (reply.ok) job.resolve(reply.samples);
    else
      this.#reject(job, new KefuError('tts_failed', `The voice could not say a sentence: ${reply.message}`));
    this.#assign();
  }

  #retry(seat: Seat, error: KefuError): void {
    const job = seat.job;
    seat.job = undefined;
    if (job !== undefined) {
      if (job.attempts < maxAttempts) this.#waitForThread(job);
      else
        this.#reject(
          job,
          new KefuError('tts_failed', 'The voice failed twice on one sentence.', { cause: error }),
        );
    }
    this.#assign();
  }

  #waitForThread(job: Job): void {
    this.#waiting.unshift(job);
    this.#limit(job);
  }

  /** Gives up on a job that no thread takes. While threads live, jobs that wait behind others have no limit: each is quick. */
  #limit(job: Job): void {
    if (job.cancelLimit !== undefined || this.#seats.some((seat) => seat.alive)) return;
    const restartLimitMs = this.#options.restartLimitMs ?? defaultRestartLimitMs;
    job.cancelLimit = this.#clock.setTimer(() => {
      job.cancelLimit = undefined;
      const index = this.#waiting.indexOf(job);
      // A thread is back: the job is taken soon, or is on its way already.
      if (index < 0 || this.#seats.some((seat) => seat.alive)) return;
      this.#waiting.splice(index, 1);
      this.#reject(
        job,
        new KefuError('tts_failed', `The voice did not come back within ${restartLimitMs} ms.`),
      );
    }, restartLimitMs);
  }

  #reject(job: Job, error: KefuError): void {
    job.cancelLimit?.();
    job.reject(error);
  }
}
