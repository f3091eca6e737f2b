import type { AudioFrame } from '../core/audio.ts';
import type { Clock } from '../core/clock.ts';
import { KefuError } from '../core/errors.ts';
import type { RecognitionEvent, RecognitionStream } from '../core/recognition.ts';
import { recognitionRateHz } from './recognizer-model.ts';
import type { Job, JobOutcome, RecognizerSlot, SlotClient } from './recognizer-slot.ts';
import { TurnAudio } from './turn-audio.ts';

export interface StreamParts {
  readonly streaming: boolean;
  readonly clock: Clock;
  readonly finalLimitMs: number;
  readonly onEvent: (event: RecognitionEvent) => void;
  /** Numbers turns across all calls of the pool, for the workers. */
  readonly newTurnKey: () => number;
  /** The worker that serves this call now. */
  readonly slot: () => RecognizerSlot;
  readonly onClose: () => void;
}

const samplesPerMs = recognitionRateHz / 1000;
/** The first partial text decides about interruptions: it comes as soon as there can be a word behind the lead-in. */
const firstPartialMs = 450;
/** New speech between partial texts when each is read anew, and when the model streams. */
const partialEveryMs = 500;
const streamingPartialEveryMs = 100;
/** Partials of one call take at most one part in this many of a worker's time. */
const partialShare = 8;
/** Sound needed in new audio before it is worth reading. */
const minNewSoundMs = 60;
/** No turn is this long; more audio is not kept. */
const maxTurnMs = 120_000;

interface Turn {
  /** The conductor's number. */
  readonly number: number;
  readonly audio: TurnAudio;
  /** The newest final being asked for, and every request that it answers. */
  pending: { readonly job: Job; readonly requests: number[]; readonly cancelLimit: () => void } | undefined;
  /** Cancels the limits of all finals being asked for. */
  readonly limits: Set<() => void>;
}

/** One call's recognition: keeps the audio of its turns, asks its worker for texts, and hands them out in order. */
export class RecognizerStream implements RecognitionStream, SlotClient {
  readonly #parts: StreamParts;
  readonly #turns = new Map<number, Turn>();
  /** The turn written to last: the only one that gets partial texts. */
  #latest: Turn | undefined;
  #closed = false;

  constructor(parts: StreamParts) {
    this.#parts = parts;
  }

  write(turn: number, frame: AudioFrame): void {
    if (this.#closed) return;
    if (frame.sampleRateHz !== recognitionRateHz) {
      throw new KefuError('internal', `The recogniser needs 16 kHz audio, not ${frame.sampleRateHz} Hz.`);
    }
    const { audio } = (this.#latest = this.#turn(turn));
    if (audio.length > maxTurnMs * samplesPerMs) return;
    audio.push(frame.samples);
    this.#parts.slot().pump();
  }

  finish(turn: number, request: number): void {
    if (this.#closed) return;
    const asked = this.#turn(turn);
    const known = asked.audio.known();
    if (known !== undefined && asked.pending === undefined) {
      // Not from within the call: the caller may not have noted the request yet.
      queueMicrotask(() => {
        this.#answer(asked, [request], { ok: true, reading: known, decodeMs: 0, waitMs: 0 });
      });
      return;
    }
    // A question that was asked before and has not reached the worker yet is answered together with this one.
    const requests = [request];
    const waiting = asked.pending;
    if (waiting && this.#parts.slot().cancel(waiting.job)) {
      waiting.cancelLimit();
      asked.limits.delete(waiting.cancelLimit);
      requests.unshift(...waiting.requests);
    }
    this.#ask(asked, requests);
  }

  drop(turn: number): void {
    const dropped = this.#turns.get(turn);
    if (!dropped) return;
    this.#turns.delete(turn);
    if (this.#latest === dropped) this.#latest = undefined;
    for (const cancelLimit of dropped.limits) cancelLimit();
    if (dropped.pending) this.#parts.slot().cancel(dropped.pending.job);
    this.#parts.slot().forget(dropped.audio.turn);
  }

  close(): void {
    if (this.#closed) return;
    for (const number of [...this.#turns.keys()]) this.drop(number);
    this.#closed = true;
    this.#parts.onClose();
  }

  workerLost(): void {
    for (const { audio } of this.#turns.values()) audio.fedSamples = 0;
  }

  partialDue(nowMs: number): { readonly overdueMs: number; readonly job: Job } | undefined {
    const turn = this.#latest;
    if (turn === undefined || turn.pending !== undefined) return undefined;
    const { audio } = turn;
    const newMs = (audio.length - audio.readSamples) / samplesPerMs;
    const overdueMs = newMs - this.#partialEveryMs(audio);
    if (overdueMs < 0 || audio.newSoundMs() < minNewSoundMs) return undefined;
    // A final will be asked for in a moment, and should not find the worker busy with less.
    if (!audio.endsInSound()) return undefined;
    const job: Job = {
      kind: 'partial',
      stream: this,
      audio,
      askedMs: nowMs,
      failures: 0,
      readSamples: 0,
      blocks: 0,
      done: (outcome) => {
        this.#onPartial(turn, job, outcome);
      },
    };
    return { overdueMs, job };
  }

  #partialEveryMs(audio: TurnAudio): number {
    if (this.#parts.streaming) return streamingPartialEveryMs;
    if (audio.readSamples === 0) return firstPartialMs;
    return Math.max(partialEveryMs, partialShare * audio.partialDecodeMs);
  }

  #turn(number: number): Turn {
    let turn = this.#turns.get(number);
    if (turn === undefined) {
      turn = {
        number,
        audio: new TurnAudio(this.#parts.newTurnKey()),
        pending: undefined,
        limits: new Set(),
      };
      this.#turns.set(number, turn);
    }
    return turn;
  }

  #ask(turn: Turn, requests: number[]): void {
    const { clock, finalLimitMs } = this.#parts;
    const job: Job = {
      kind: 'final',
      stream: this,
      audio: turn.audio,
      askedMs: clock.nowMs(),
      failures: 0,
      readSamples: 0,
      blocks: 0,
      done: (outcome) => {
        if (outcome.ok) turn.audio.settle(outcome.reading, job.readSamples, job.blocks);
        settle(outcome);
      },
    };
    const settle = (outcome: JobOutcome): void => {
      cancelLimit();
      turn.limits.delete(cancelLimit);
      if (turn.pending?.job === job) turn.pending = undefined;
      this.#answer(turn, requests.splice(0), outcome);
    };
    const cancelLimit = clock.setTimer(() => {
      this.#parts.slot().cancel(job);
      settle({ ok: false, message: `The recogniser gave no text within ${finalLimitMs} ms.` });
    }, finalLimitMs);
    turn.limits.add(cancelLimit);
    turn.pending = { job, requests, cancelLimit };
    this.#parts.slot().ask(job);
  }

  #answer(turn: Turn, requests: readonly number[], outcome: JobOutcome): void {
    for (const request of requests) {
      // The listener may close the stream or drop the turn at any answer.
      if (!this.#isOpen(turn)) return;
      if (outcome.ok) {
        const { reading, decodeMs, waitMs } = outcome;
        const { text, confidence } = reading;
        const alternatives: readonly string[] = [];
        this.#parts.onEvent({
          type: 'final',
          turn: turn.number,
          request,
          text,
          confidence,
          alternatives,
          decodeMs,
          waitMs,
        });
      } else {
        this.#parts.onEvent({ type: 'failed', turn: turn.number, request, message: outcome.message });
      }
    }
  }

  #onPartial(turn: Turn, job: Job, outcome: JobOutcome): void {
    // A partial that failed costs nothing: the next one or the final covers its audio.
    if (!outcome.ok) return;
    const { audio } = turn;
    audio.partialDecodeMs = outcome.decodeMs;
    audio.readSamples = Math.max(audio.readSamples, job.readSamples);
    audio.readBlocks = Math.max(audio.readBlocks, job.blocks);
    const { text } = outcome.reading;
    // Once a final has been asked for, its text is the next to be told.
    if (!this.#isOpen(turn) || turn.pending !== undefined || text === '' || text === audio.partialText)
      return;
    audio.partialText = text;
    this.#parts.onEvent({ type: 'partial', turn: turn.number, text });
  }

  #isOpen(turn: Turn): boolean {
    return !this.#closed && this.#turns.get(turn.number) === turn;
  }
}
