import type { PlaybackBuffer } from './playback-buffer.ts';

/** Sound to say: mu-law at 8 kHz. */
export interface CallerClip {
  readonly name: string;
  readonly mulaw: Uint8Array;
}

/** A clip that was sent, with the line times of its first sample and of the end of its last. */
export interface SentClip {
  readonly name: string;
  readonly startMs: number;
  readonly endMs: number;
}

/** How a call ended and what the caller's carrier was told on the way. */
export interface CallEnd {
  readonly by: 'kefu' | 'caller' | 'failure';
  /** What failed, in words. */
  readonly detail: string | undefined;
  /** Where the call was transferred to, in order. */
  readonly transfers: readonly string[];
  /** What the carrier's own voice had to say. */
  readonly said: readonly string[];
  /** How many streams the call has had. */
  readonly streams: number;
}

/**
 * Somebody who calls Kefu in real time, whatever the line. All times are line times: milliseconds since the line was open. A packet
 * leaves when its last sample has been spoken, as on a real line, so a gap counted from the end of a clip includes the 20 ms that
 * packets take.
 */
export interface Caller {
  /** Kefu's id of the call, by which its events are found; undefined when it is not known. */
  readonly callId: string | undefined;
  /** Resolves, never rejects, when the call is over. */
  readonly ended: Promise<CallEnd>;
  /** True once the call is over. */
  readonly over: boolean;
  /** Line time now. */
  readonly nowMs: number;
  /** How late the latest packet left, in milliseconds: when this is large, the machine was too busy to measure anything. */
  readonly maxLateMs: number;
  /** What Kefu has sent, as it was or will be heard. */
  readonly playback: Pick<PlaybackBuffer, 'heard' | 'firstAudibleAfter' | 'lastAudibleMs' | 'playedOutMs'>;
  /** The sound the caller heard so far, as mu-law, from line time 0. */
  heardAudio(): Uint8Array;
  /** The sound the caller made so far, as mu-law, from line time 0. */
  sentAudio(): Uint8Array;
  /** Says a clip after those already waiting. Resolves when its last packet has left, or the call is over. */
  play(clip: CallerClip): Promise<SentClip | undefined>;
  /** Presses keys one after the other. Resolves when all are pressed, or the call is over. */
  pressKeys(digits: string): Promise<void>;
  /**
   * Resolves with true once `condition` holds, or with false when the call is over or `limitMs` has passed. Looked at every 20 ms.
   */
  waitUntil(condition: () => boolean, limitMs: number): Promise<boolean>;
  /** Hangs up as a caller does. Resolves when the call is over. Idempotent. */
  hangUp(): Promise<CallEnd>;
}

/** Those who wait for something to happen on a line; the line has them look again. */
export class LineWaiting {
  readonly #line: Pick<Caller, 'nowMs' | 'over'>;
  readonly #looks = new Set<() => void>();

  constructor(line: Pick<Caller, 'nowMs' | 'over'>) {
    this.#line = line;
  }

  /** See `Caller.waitUntil`. */
  until(condition: () => boolean, limitMs: number): Promise<boolean> {
    const line = this.#line;
    const untilMs = line.nowMs + limitMs;
    return new Promise((resolve) => {
      const look = (): void => {
        const holds = condition();
        if (!holds && !line.over && line.nowMs < untilMs) return;
        this.#looks.delete(look);
        resolve(holds);
      };
      this.#looks.add(look);
      look();
    });
  }

  /** Everybody looks; to be called every 20 ms, and when the call is over. */
  look(): void {
    for (const look of [...this.#looks]) look();
  }
}
