import type { Clock } from '../../core/clock.ts';
import type { SipHeaders } from './message.ts';

/** The shortest interval we agree to (RFC 4028 section 4), in seconds. */
export const minSessionSeconds = 90;

export interface SessionExpiry {
  readonly seconds: number;
  /** Who repeats the call's agreement before the time is over. */
  readonly refresher: 'us' | 'them';
}

/** Reads Session-Expires of a request (`uac` is them) or of a response to us (`uac` is us); undefined: the call has no limit. */
export function parseSessionExpires(headers: SipHeaders, weAre: 'uac' | 'uas'): SessionExpiry | undefined {
  const match = /^\s*(\d{1,9})\s*(?:;(.*))?$/.exec(headers.get('session-expires') ?? '');
  if (!match) return undefined;
  const named = /refresher\s*=\s*(uac|uas)/i.exec(match[2] ?? '')?.[1]?.toLowerCase();
  // Unnamed, who asked refreshes: every request for a new interval comes from them.
  const refresher = named ?? 'uac';
  return { seconds: Number(match[1]), refresher: refresher === weAre ? 'us' : 'them' };
}

/** Ends a call whose other end has silently gone: one side repeats the agreement at half time, the other waits for it. */
export class SessionTimer {
  readonly #clock: Clock;
  readonly #refresh: () => void;
  readonly #expired: () => void;
  #cancel: () => void = () => undefined;

  constructor(clock: Clock, refresh: () => void, expired: () => void) {
    this.#clock = clock;
    this.#refresh = refresh;
    this.#expired = expired;
  }

  /** Begins the interval anew. */
  restart(expiry: SessionExpiry | undefined): void {
    this.#cancel();
    if (!expiry) return;
    const { seconds, refresher } = expiry;
    // Section 10: a third of the interval, 32 s at most, before its end the waiting side gives up.
    const waitSeconds = refresher === 'us' ? seconds / 2 : seconds - Math.min(32, seconds / 3);
    this.#cancel = this.#clock.setTimer(
      refresher === 'us' ? this.#refresh : this.#expired,
      waitSeconds * 1000,
    );
  }

  /** Idempotent. */
  stop(): void {
    this.#cancel();
  }
}
