import type { Clock } from '../core/clock.ts';
import type { TokenEncoder } from '../core/understanding.ts';
import type { EncodeReply, EncodeRequest, EncoderThreadData, SentenceVectors } from './encoder-messages.ts';
import { ThreadJobs, type StartJobThread } from './thread-jobs.ts';
import type { RestartPolicy } from './thread.ts';

export interface TokenEncoderOptions {
  readonly modelPath: string;
  /** Token ids of a sentence that the model takes, encoded once at the start: proves that it works and warms it up. */
  readonly probe: readonly number[];
  /** A job that takes longer, a restart of the thread included, fails. Default 5 s. */
  readonly timeoutMs?: number;
  readonly restart?: Partial<RestartPolicy>;
  readonly clock?: Clock;
  /** Starts the thread; a test may give another. */
  readonly startThread?: StartEncoderThread;
}

export type StartEncoderThread = StartJobThread<EncodeRequest, EncodeReply>;

/**
 * Starts the encoder's thread and waits until it answers. A thread that dies is started again: what it was working on fails with
 * `encoder_failed`, what comes meanwhile waits for the new one.
 *
 * @throws KefuError `encoder_failed` when the model cannot be loaded or does not answer; nothing is left running.
 */
export async function startTokenEncoder(options: TokenEncoderOptions): Promise<TokenEncoder> {
  const client = new EncoderClient(options);
  try {
    await client.start(options.probe);
    return client;
  } catch (error) {
    await client.close();
    throw error;
  }
}

class EncoderClient implements TokenEncoder {
  dimensions = 0;
  readonly #jobs: ThreadJobs<EncodeRequest, SentenceVectors>;

  constructor(options: TokenEncoderOptions) {
    const data: EncoderThreadData = { modelPath: options.modelPath };
    this.#jobs = new ThreadJobs({
      name: 'encoder',
      entry: new URL('./encoder-thread.ts', import.meta.url),
      data,
      title: 'The sentence encoder',
      work: 'Encoding a sentence',
      code: 'encoder_failed',
      timeoutMs: options.timeoutMs,
      restart: options.restart,
      clock: options.clock,
      startThread: options.startThread,
    });
  }

  async start(probe: readonly number[]): Promise<void> {
    await this.#jobs.ready();
    const [vector] = await this.encode([probe]);
    this.dimensions = vector?.length ?? 0;
  }

  async encode(rows: readonly (readonly number[])[], signal?: AbortSignal): Promise<readonly Float32Array[]> {
    if (rows.length === 0 && !signal?.aborted) return [];
    const { vectors } = await this.#jobs.run((job) => ({ job, rows }), signal);
    return split(vectors, rows.length);
  }

  close(): Promise<void> {
    return this.#jobs.close();
  }
}

function split(vectors: Float32Array, count: number): readonly Float32Array[] {
  const size = vectors.length / count;
  return Array.from({ length: count }, (_, index) => vectors.subarray(index * size, (index + 1) * size));
}
