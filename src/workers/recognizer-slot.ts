import type { Transferable } from 'node:worker_threads';
import type { Clock } from '../core/clock.ts';
import type { KefuError } from '../core/errors.ts';
import type { RecognizerReply, RecognizerRequest, Reading } from './recognizer-messages.ts';
import { recognitionRateHz } from './recognizer-model.ts';
import type { SupervisedThread, ThreadOptions } from './thread.ts';
import type { TurnAudio } from './turn-audio.ts';

/** Text wanted of a turn. Finals come before partials; partials are never queued. */
export interface Job {
  readonly kind: 'final' | 'partial';
  readonly stream: SlotClient;
  readonly audio: TurnAudio;
  readonly askedMs: number;
  /** How many workers have died of it. */
  failures: number;
  /** What was read up to, set when it is sent. */
  readSamples: number;
  blocks: number;
  /** Called once with what came of it; a job of a dropped turn may be answered by nobody. */
  readonly done: (outcome: JobOutcome) => void;
}

export type JobOutcome =
  | { readonly ok: true; readonly reading: Reading; readonly decodeMs: number; readonly waitMs: number }
  | { readonly ok: false; readonly message: string };

/** What a worker has read: for finals `waitMs` is how long they waited for it. */
export interface Decoding {
  readonly kind: Job['kind'];
  readonly soundMs: number;
  readonly decodeMs: number;
  readonly waitMs: number;
}

/** A stream as its slot sees it. */
export interface SlotClient {
  /** The worker died: its successor has heard nothing of the turns so far. */
  workerLost(): void;
  /** Frees the stream. Idempotent. */
  close(): void;
  /** The partial it would like now, if any, and how overdue it is in milliseconds. */
  partialDue(nowMs: number): { readonly overdueMs: number; readonly job: Job } | undefined;
}

export type StartThread = (options: ThreadOptions<RecognizerReply>) => SupervisedThread<RecognizerRequest>;

export interface SlotOptions {
  readonly name: string;
  readonly streaming: boolean;
  readonly clock: Clock;
  readonly startThread: (
    hooks: Pick<ThreadOptions<RecognizerReply>, 'name' | 'onMessage' | 'onExit' | 'onReady'>,
  ) => SupervisedThread<RecognizerRequest>;
  /** The worker died: its jobs and clients may move to another slot, or stay and wait for the restart. */
  readonly onDown: (slot: RecognizerSlot, error: KefuError) => void;
  readonly onDecoded?: ((decoding: Decoding) => void) | undefined;
}

/** A final whose workers die this often is given up: its audio may be what kills them. */
const maxFailures = 2;

/** One recogniser worker and what waits for it. At most one job is with the worker, so that a final never waits behind more than one. */
export class RecognizerSlot {
  readonly clients = new Set<SlotClient>();
  readonly #options: SlotOptions;
  readonly #thread: SupervisedThread<RecognizerRequest>;
  #finals: Job[] = [];
  #current:
    { readonly id: number; readonly job: Job; readonly sentMs: number; readonly soundMs: number } | undefined;
  #nextJob = 1;
  #up = false;

  constructor(options: SlotOptions) {
    this.#options = options;
    this.#thread = options.startThread({
      name: options.name,
      onReady: () => {
        this.#up = true;
        this.pump();
      },
      onMessage: (reply) => {
        this.#onReply(reply);
      },
      onExit: (error) => {
        this.#onExit(error);
      },
    });
  }

  get name(): string {
    return this.#options.name;
  }

  /** False from the death of the worker to the end of its restart. */
  get up(): boolean {
    return this.#up;
  }

  get ready(): Promise<void> {
    return this.#thread.ready;
  }

  close(): Promise<void> {
    this.#up = false;
    this.#finals = [];
    return this.#thread.close();
  }

  ask(job: Job): void {
    this.#finals.push(job);
    this.pump();
  }

  /** Takes a job back that has not been sent yet. */
  cancel(job: Job): boolean {
    const before = this.#finals.length;
    this.#finals = this.#finals.filter((other) => other !== job);
    return this.#finals.length < before;
  }

  /** Hands over the jobs that wait. */
  takeJobs(): Job[] {
    const jobs = this.#finals;
    this.#finals = [];
    return jobs;
  }

  /** A streaming worker may forget the turn. */
  forget(turn: number): void {
    if (this.#options.streaming) this.#thread.post({ type: 'forget', turn });
  }

  /** Gives the worker something to do when it has nothing. */
  pump(): void {
    if (!this.#up || this.#current !== undefined) return;
    const job = this.#finals.shift() ?? this.#mostOverduePartial();
    if (job) this.#send(job);
  }

  #mostOverduePartial(): Job | undefined {
    const nowMs = this.#options.clock.nowMs();
    let best: { readonly overdueMs: number; readonly job: Job } | undefined;
    for (const client of this.clients) {
      const due = client.partialDue(nowMs);
      if (due && due.overdueMs > (best?.overdueMs ?? -1)) best = due;
    }
    return best?.job;
  }

  #send(job: Job): void {
    const { audio } = job;
    const id = this.#nextJob++;
    job.readSamples = audio.length;
    job.blocks = audio.blocks;
    const samples = audio.copy(this.#options.streaming ? audio.fedSamples : 0);
    audio.fedSamples = audio.length;
    const request: RecognizerRequest = this.#options.streaming
      ? { type: 'feed', job: id, turn: audio.turn, samples, final: job.kind === 'final' }
      : { type: 'read', job: id, samples };
    const soundMs = (1000 * samples.length) / recognitionRateHz;
    this.#current = { id, job, sentMs: this.#options.clock.nowMs(), soundMs };
    const transfer: Transferable[] = [samples.buffer];
    // A refusal means that the thread has just died; its `onExit` deals with the job.
    this.#thread.post(request, transfer);
  }

  #onReply(reply: RecognizerReply): void {
    const current = this.#current;
    if (current?.id !== reply.job) return;
    this.#current = undefined;
    const { job, sentMs, soundMs } = current;
    const waitMs = sentMs - job.askedMs;
    if (reply.ok) this.#options.onDecoded?.({ kind: job.kind, soundMs, decodeMs: reply.decodeMs, waitMs });
    job.done(
      reply.ok
        ? { ok: true, reading: reply.reading, decodeMs: reply.decodeMs, waitMs }
        : { ok: false, message: reply.message },
    );
    this.pump();
  }

  #onExit(error: KefuError): void {
    this.#up = false;
    const job = this.#current?.job;
    this.#current = undefined;
    if (job) {
      job.failures += 1;
      if (job.kind === 'partial' || job.failures >= maxFailures)
        job.done({ ok: false, message: error.message });
      else this.#finals.unshift(job);
    }
    this.#options.onDown(this, error);
  }
}
