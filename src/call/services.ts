import type { UntoldChangeStore } from '../core/changes.ts';
import type { Clock } from '../core/clock.ts';
import type { CommerceBackend } from '../core/commerce.ts';
import type { Switchboard } from '../core/conversation.ts';
import type { DialogEngine } from '../core/dialog.ts';
import type { EmotionEstimator } from '../core/emotion.ts';
import type { EventBus } from '../core/events.ts';
import type { Language } from '../core/language.ts';
import type { Logger } from '../core/log.ts';
import type { CallStore, RecordingStore, SnapshotStore } from '../core/store.ts';
import type { Understander } from '../core/understanding.ts';
import type { VoiceStages } from './voice-line.ts';

/** Everything a call needs, each known by its port. Shared by all calls, except what `perCall` makes. */
export interface CallServices {
  readonly clock: Clock;
  readonly log: Logger;
  readonly bus: EventBus;
  readonly engine: DialogEngine;
  readonly understander: Understander;
  /** Undefined: voices are not listened to for moods. */
  readonly emotion?: EmotionEstimator | undefined;
  readonly voice: VoiceStages;
  readonly store: CallStore;
  readonly snapshots: SnapshotStore;
  /** What came of changes whose callers had gone before they could hear it. */
  readonly untoldChanges: UntoldChangeStore;
  /** Where callers get to people. Undefined: only transfers to a number are possible. */
  readonly switchboard?: Switchboard | undefined;
  /** Where messages to people are kept. */
  readonly voicemails?: RecordingStore | undefined;
  /** Undefined: calls are not recorded. */
  readonly recordings: RecordingStore | undefined;
  /** The shop as this one call sees it, with its reads remembered for a moment. */
  shopForCall(): CommerceBackend;
  readonly defaultLanguage: Language;
  readonly maxCallMs: number;
}

export interface RunningCall {
  readonly callId: string;
  readonly startedAtEpochMs: number;
  /** Settles when the call has ended and everything about it is durable. Never rejects. */
  readonly done: Promise<void>;
  /** Ends the call at once, from outside. */
  hangup(outcome: string): void;
}
