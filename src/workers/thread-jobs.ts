import { systemClock, type Clock } from '../core/clock.ts';
import { KefuError, type ErrorCode } from '../core/errors.ts';
import { startThread, type RestartPolicy, type SupervisedThread, type ThreadOptions } from './thread.ts';

/** A reply names the job it answers; one with `failed` says why it could not be done. */
export type JobReply<Result> =
  | (Result & { readonly job: number; readonly failed?: undefined })
  | { readonly job: number; readonly failed: string };

export type StartJobThread<Request, Reply> = (options: ThreadOptions<Reply>) => SupervisedThread<Request>;

export interface ThreadJobsOptions<Request, Reply> {
  /** As in `ThreadOptions`. */
  readonly name: string;
  readonly entry: URL;
  readonly data: unknown;
  /** For messages: `The sentence encoder`. */
  readonly title: string;
  /** For messages of a job that was given up: `Encoding a sentence`. */
  readonly work: string;
  /** What a job fails with. */
  readonly code: ErrorCode;
  /** A job that takes longer, a restart of the thread included, fails. Default 5 s. */
  readonly timeoutMs?: number | undefined;
  readonly restart?: Partial<RestartPolicy> | undefined;
  readonly clock?: Clock | undefined;
  /** Starts the thread; a test may give another. */
  readonly startThread?: StartJobThread<Request, Reply> | undefined;
}

interface Job<Request, Result> {
  readonly request: Request;
  /** Whether a thread has it. */
  posted: boolean;
  settle(result: Result | KefuError): void;
}

/**
 * Single jobs for one supervised thread, each answered by one reply. When the thread dies, what it was working on fails, and what
 * comes meanwhile waits for the new one.
 */
export class ThreadJobs<Request extends { readonly job: number }, Result extends object> {
  readonly #options: ThreadJobsOptions<Request, JobReply<Result>>;
  readonly #thread: SupervisedThread<Request>;
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #jobs = new Map<number, Job<Request, Result>>();
  #lastJob = 0;
  #isClosed = false;

  constructor(options: ThreadJobsOptions<Request, JobReply<Result>>) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#timeoutMs = options.timeoutMs ?? 5_000;
    const start = options.startThread ?? startThread<Request, JobReply<Result>>;
    this.#thread = start({
      name: options.name,
      entry: options.entry,
      data: options.data,
      onMessage: (reply) => this.#receive(reply),
      onExit: (error) => this.#lost(error),
      onReady: () => this.#postWaiting(),
      ...(options.restart ? { restart: options.restart } : {}),
      ...(options.clock ? { clock: options.clock } : {}),
    });
  }

  /** Settles with the first start. @throws KefuError `code` when the thread cannot start. */
  async ready(): Promise<void> {
    try {
      await this.#thread.ready;
    } catch (error) {
      throw this.#failure(error instanceof Error ? error.message : String(error), error);
    }
  }

  /**
   * Has one job done; `request` makes it, given its number.
   * @throws KefuError `code`, or `aborted` when `signal` is aborted or the thread is closed meanwhile.
   */
  run(request: (job: number) => Request, signal?: AbortSignal): Promise<Result> {
    const { title, work } = this.#options;
    const stopped = () => new KefuError('aborted', `${work} was stopped`);
    if (signal?.aborted) return Promise.reject(stopped());
    if (this.#isClosed) return Promise.reject(this.#failure(`${title} is closed`));
    const id = (this.#lastJob += 1);
    return new Promise((resolve, reject) => {
      const stopTimer = this.#clock.setTimer(
        () => settle(this.#failure(`${title} took longer than ${this.#timeoutMs} ms`)),
        this.#timeoutMs,
      );
      const onAbort = (): void => settle(stopped());
      const settle = (result: Result | KefuError): void => {
        this.#jobs.delete(id);
        stopTimer();
        signal?.removeEventListener('abort', onAbort);
        if (result instanceof KefuError) reject(result);
        else resolve(result);
      };
      signal?.addEventListener('abort', onAbort);
      const job: Job<Request, Result> = { request: request(id), posted: false, settle };
      this.#jobs.set(id, job);
      job.posted = this.#thread.post(job.request);
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const job of [...this.#jobs.values()]) {
      job.settle(new KefuError('aborted', `${this.#options.title} was closed`));
    }
    await this.#thread.close();
  }

  #failure(message: string, cause?: unknown): KefuError {
    return new KefuError(this.#options.code, message, cause === undefined ? undefined : { cause });
  }

  /** A reply to a job that was aborted or timed out finds nobody and is dropped. */
  #receive(reply: JobReply<Result>): void {
    const job = this.#jobs.get(reply.job);
    job?.settle(reply.failed === undefined ? reply : this.#failure(reply.failed));
  }

  #lost(error: KefuError): void {
    for (const job of [...this.#jobs.values()]) {
      if (job.posted) job.settle(this.#failure(error.message, error));
    }
  }

  #postWaiting(): void {
    for (const job of this.#jobs.values()) {
      if (!job.posted) job.posted = this.#thread.post(job.request);
    }
  }
}
