import type { Language } from '../../src/core/language.ts';
import type { RecordedWrite } from './recorded-shop.ts';

/** One thing that was said, in order. */
export interface Line {
  readonly who: 'kefu' | 'caller';
  readonly text: string;
  /** What Kefu then waited for. */
  readonly slot?: string | undefined;
  /** A yes of the caller on which a change may rest. */
  readonly agrees?: boolean;
  readonly atEpochMs: number;
}

/** How a call ended: by whom, and as Kefu names it. */
export interface ConversationEnd {
  readonly by: 'kefu' | 'caller' | 'failure';
  /** `resolved`, `transferred` ...; undefined when the caller hung up first. */
  readonly outcome: string | undefined;
  readonly detail: string | undefined;
}

export interface Conversation {
  readonly callId: string | undefined;
  readonly lines: readonly Line[];
  readonly end: ConversationEnd;
  readonly tookMs: number;
}

export interface CallOptions {
  /** Where Kefu listens, `http` or `ws`. */
  readonly url: string;
  readonly from: string;
  /** Tells this call from others in Kefu's records. */
  readonly to: string;
  readonly language: Language;
  readonly apiToken: string | undefined;
  /** The whole call ends after this, in milliseconds. */
  readonly limitMs: number;
}

/** The changes that came without a yes of the caller just before. */
export function unagreedWrites(lines: readonly Line[], writes: readonly RecordedWrite[]): RecordedWrite[] {
  return writes.filter(({ atEpochMs, status }) => {
    const before = lines.filter((line) => line.who === 'caller' && line.atEpochMs <= atEpochMs);
    return status < 300 && before.at(-1)?.agrees !== true;
  });
}
