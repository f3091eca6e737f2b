import type { Clock } from '../core/clock.ts';
import { KefuError } from '../core/errors.ts';
import type { Logger } from '../core/log.ts';
import type { DialOptions, OutboundDialer, VoiceMedia } from '../core/telephony.ts';

const dialFailures = [
  ...(['busy', 'no-answer', 'declined', 'not-found', 'not-allowed', 'limit', 'unreachable'] as const),
  'failed',
] as const;
/** What came of dialling. */
export type DialFailure = (typeof dialFailures)[number];

/** An error of dialling: `transfer_failed` with the cause as its first word, such as `busy: ...`. */
export function failed(cause: DialFailure, detail: string): KefuError {
  return new KefuError('transfer_failed', `${cause}: ${detail}.`);
}

/** The cause that the message of such an error begins with; undefined for other errors. */
export function dialFailureOf(message: string): DialFailure | undefined {
  return dialFailures.find((cause) => message.startsWith(`${cause}: `));
}

/** The error of a call that its maker has given up. */
export function dialAborted(): KefuError {
  return new KefuError('aborted', 'Dialling was stopped.');
}

export interface DialLimits {
  /** Calls at once. */
  readonly maxCalls: number;
  readonly maxCallsPerHour: number;
}

const hourMs = 3_600_000;

/** The calls of one line. It keeps a defect, or somebody who found a way to make Kefu dial, from running up a bill. */
export class DialAllowance {
  /** May be set anew; calls that go on count all the same. */
  limits: DialLimits;
  readonly #clock: Clock;
  readonly #log: Logger;
  #active = 0;
  /** When the calls of the last hour were begun, in milliseconds of the clock. */
  #begunMs: number[] = [];

  constructor(limits: DialLimits, parts: { readonly clock: Clock; readonly log: Logger }) {
    this.limits = limits;
    this.#clock = parts.clock;
    this.#log = parts.log;
  }

  /**
   * Counts a call that is about to be made.
   * @returns what to call once it is over, however it went; more than once does no harm.
   * @throws KefuError `transfer_failed` with the cause `limit`.
   */
  take(): () => void {
    const nowMs = this.#clock.nowMs();
    this.#begunMs = this.#begunMs.filter((atMs) => nowMs - atMs < hourMs);
    const { maxCalls, maxCallsPerHour } = this.limits;
    if (this.#active >= maxCalls || this.#begunMs.length >= maxCallsPerHour) {
      this.#log.warn({ maxCalls, maxCallsPerHour }, 'Refused to dial: a limit of the line');
      throw failed('limit', 'The line has reached its limit of calls');
    }
    this.#begunMs.push(nowMs);
    this.#active += 1;
    let over = false;
    return () => {
      if (over) return;
      over = true;
      this.#active -= 1;
    };
  }
}

/** Failures of a line, not of whoever was called: another line may reach them. */
const failuresOfLines: readonly DialFailure[] = ['not-allowed', 'limit', 'unreachable'];

/** Dials by the first line that may call the number and can; rejects as the last one that was tried. */
export function dialInTurn(dialers: readonly [OutboundDialer, ...OutboundDialer[]]): OutboundDialer {
  const [first, ...others] = dialers;
  return {
    async dial(target: string, options: DialOptions): Promise<VoiceMedia> {
      let dialled = first.dial(target, options);
      for (const next of others) {
        dialled = dialled.catch((error: unknown) => {
          if (options.signal.aborted || !isFailureOfLine(error)) throw error;
          return next.dial(target, options);
        });
      }
      return dialled;
    },
  };
}

function isFailureOfLine(error: unknown): boolean {
  if (!(error instanceof KefuError) || error.code !== 'transfer_failed') return false;
  const cause = dialFailureOf(error.message);
  return cause !== undefined && failuresOfLines.includes(cause);
}
