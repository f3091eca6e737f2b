import type { SampleRateHz } from '../../src/core/audio.ts';
import { KefuError } from '../../src/core/errors.ts';
import type { SpeechEngine } from '../../src/core/speech.ts';

/**
 * An engine that renders when a test says so. Its sound tells what was rendered: as many samples as `msPerCharacter` gives,
 * all of the value 1000.
 */
export class FakeSpeechEngine implements SpeechEngine {
  readonly fingerprint: string;
  readonly sampleRateHz: SampleRateHz = 8000;
  readonly concurrency: number;
  /** Every text that was begun, in order. */
  readonly begun: string[] = [];
  closed = false;
  readonly #running: {
    spoken: string;
    resolve: (samples: Int16Array) => void;
    reject: (error: Error) => void;
  }[] = [];
  #automatic: boolean;

  constructor(options: { fingerprint?: string; concurrency?: number; automatic?: boolean } = {}) {
    this.fingerprint = options.fingerprint ?? 'fake-1';
    this.concurrency = options.concurrency ?? 1;
    this.#automatic = options.automatic ?? true;
  }

  /** Texts being rendered. */
  get running(): string[] {
    return this.#running.map(({ spoken }) => spoken);
  }

  render(spoken: string): Promise<Int16Array> {
    this.begun.push(spoken);
    if (this.#automatic) return Promise.resolve(soundOf(spoken));
    return new Promise((resolve, reject) => {
      this.#running.push({ spoken, resolve, reject });
    });
  }

  /** Completes the rendering that began first, and lets everything that follows from it happen. */
  async finish(): Promise<string> {
    const job = this.#running.shift();
    if (job === undefined) throw new Error('Nothing is being rendered.');
    job.resolve(soundOf(job.spoken));
    await settle();
    return job.spoken;
  }

  async fail(): Promise<void> {
    const job = this.#running.shift();
    if (job === undefined) throw new Error('Nothing is being rendered.');
    job.reject(new KefuError('tts_failed', 'The fake engine was told to fail.'));
    await settle();
  }

  close(): Promise<void> {
    this.closed = true;
    for (const job of this.#running.splice(0)) job.reject(new KefuError('tts_failed', 'Closed.'));
    return Promise.resolve();
  }
}

/** 10 ms of sound for each character. */
export function soundOf(spoken: string): Int16Array {
  return new Int16Array(spoken.length * 80).fill(1000);
}

/** Lets promises, however deep, settle. */
export async function settle(): Promise<void> {
  for (let round = 0; round < 5; round += 1) await new Promise<void>((resolve) => setImmediate(resolve));
}
