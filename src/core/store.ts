import type { DialogState } from './dialog.ts';
import type { CallEvent } from './events.ts';
import type { Language } from './language.ts';

/** One line of the list of calls. */
export interface CallSummary {
  readonly callId: string;
  readonly gateway: string;
  readonly channel: 'voice' | 'text';
  readonly from: string;
  readonly to: string;
  readonly language: Language;
  readonly startedAtEpochMs: number;
  /** Null while the call goes on, and for ever when the process died during it. */
  readonly endedAtEpochMs: number | null;
  readonly outcome: string | null;
  readonly hasRecording: boolean;
}

/** Append-only events of calls. */
export interface CallStore {
  /**
   * Keeps an event. Events of one call are kept in the order given; the promise settles once it is durable. A
   * `call-started` event creates the call's summary, `call-ended` completes it.
   */
  append(event: CallEvent): Promise<void>;
  /** Newest first. `before` is a call id for paging. */
  list(options: { limit: number; before?: string }): Promise<readonly CallSummary[]>;
  get(callId: string): Promise<CallSummary | undefined>;
  /** Calls that began before a call, of the same customer or from the same number, newest first; an empty number is nobody's. */
  earlier(than: {
    readonly callId: string;
    readonly customerId: string | undefined;
    readonly number: string;
    readonly limit: number;
  }): Promise<readonly CallSummary[]>;
  /** Events with `seq` greater than `after` (0 for all), in order. */
  events(callId: string, after: number): Promise<readonly CallEvent[]>;
  /** Settles once everything appended so far is durable. */
  flush(): Promise<void>;
  /** True when the database answers. */
  ready(): Promise<boolean>;
  close(): Promise<void>;
}

/** What is needed to go on with a call on another stream or node. */
export interface CallSnapshot {
  readonly callId: string;
  readonly dialog: DialogState;
  /** The `seq` of the last event of the call. */
  readonly lastSeq: number;
  readonly savedAtEpochMs: number;
}

/** Snapshots of running calls; forgotten when a call ends or after an hour. */
export interface SnapshotStore {
  save(snapshot: CallSnapshot): Promise<void>;
  load(callId: string): Promise<CallSnapshot | undefined>;
  /** Removes and returns it: of two streams that try to continue one call, one gets it. */
  take(callId: string): Promise<CallSnapshot | undefined>;
  remove(callId: string): Promise<void>;
  close(): Promise<void>;
}

/** Stereo recordings on disk: caller left, Kefu right, 16-bit PCM WAV, streamed. */
export interface RecordingStore {
  open(callId: string, sampleRateHz: number): RecordingWriter;
  /** Path of a finished or running recording, or undefined. */
  path(callId: string): Promise<string | undefined>;
}

export interface RecordingWriter {
  /** Samples of one side from media time `mediaMs` on; gaps are silence, overlaps keep the first. */
  write(side: 'caller' | 'kefu', mediaMs: number, samples: Int16Array): void;
  /** Completes the header and closes the file. Idempotent. */
  close(): Promise<void>;
}

/** Flow files by name, such as `verify.yaml`, with their text. */
export type FlowFiles = Readonly<Record<string, string>>;

/** A folder of flows that somebody keeps for publishing. It is validated before it can be published. */
export interface FlowDraft {
  readonly draftId: string;
  readonly state: 'draft' | 'validated';
  /** Hash of the content, as in the state of the calls that run on it. */
  readonly contentHash: string;
  readonly author: string;
  readonly note: string;
  readonly savedAtEpochMs: number;
}

/** A published version of the flows; nothing about it ever changes. */
export interface FlowVersion {
  /** 1, 2, 3 and so on, in the order of publishing. The highest is the one new calls begin with. */
  readonly number: number;
  readonly contentHash: string;
  readonly author: string;
  readonly note: string;
  readonly publishedAtEpochMs: number;
  /** The number of the version whose content came back with this one, for a rollback; else null. */
  readonly restores: number | null;
}

/** What somebody wants to publish. */
export interface FlowProposal {
  readonly author: string;
  readonly note: string;
  readonly contentHash: string;
  readonly files: FlowFiles;
  /** Number of the version whose content this is again. */
  readonly restores?: number;
}

/** Versions of the flows: draft, validated, published. Whether flows are valid is decided by whoever calls `markValidated`. */
export interface FlowStore {
  saveDraft(proposal: FlowProposal): Promise<FlowDraft>;
  /** Rejects with `not_found` for no such draft. */
  markValidated(draftId: string): Promise<FlowDraft>;
  /** Makes a validated draft the newest version. Rejects with `flow_invalid` for one that is not validated, `not_found` for none. */
  publish(draftId: string): Promise<FlowVersion>;
  /** Drafts that were not published, newest first. */
  drafts(): Promise<readonly FlowDraft[]>;
  /** Published versions, newest first. */
  versions(): Promise<readonly FlowVersion[]>;
  newest(): Promise<FlowVersion | undefined>;
  version(number: number): Promise<FlowVersion | undefined>;
  /** The files of a content, published or not, as long as calls may run on it. */
  files(contentHash: string): Promise<FlowFiles | undefined>;
  /** Keeps the content of flows that calls run on without being published, for calls that go on in another process. */
  remember(contentHash: string, files: FlowFiles): Promise<void>;
}
