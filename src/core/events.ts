import { z } from 'zod';
import { seatModes } from './conversation.ts';
import { expectingSchema } from './dialog.ts';
import { briefingSchema } from './handoff.ts';
import { languageSchema } from './language.ts';
import { oneWaySounds } from './telephony.ts';
import { understandingSchema } from './understanding.ts';

export const queueChanges = [
  'asked',
  'place',
  'refused',
  'left',
  'callback',
  'answered',
  'on',
  'broken',
  'released',
] as const;

const event = <Type extends string, Shape extends z.ZodRawShape>(type: Type, shape: Shape) =>
  z.object({ type: z.literal(type), ...shape });
/** Media time: milliseconds since the first inbound sample of the call. */
const mediaMs = z.number();

/**
 * What can stand in a call's record. Append-only; readers must ignore types they do not know.
 * One utterance of Kefu is `say` (what was meant) and later `heard` (what was really played).
 */
export const callEventBodySchema = z.discriminatedUnion('type', [
  event('call-started', {
    gateway: z.string(),
    gatewayCallId: z.string(),
    channel: z.enum(['voice', 'text']),
    from: z.string(),
    to: z.string(),
    language: languageSchema,
    resumed: z.boolean(),
    flowsVersion: z.string(),
  }),
  event('speech-started', { turn: z.number(), mediaMs }),
  event('partial', { turn: z.number(), text: z.string(), mediaMs }),
  event('turn', {
    turn: z.number(),
    text: z.string(),
    confidence: z.number().nullable(),
    alternatives: z.array(z.string()),
    /** Letters and digits as the spelling recogniser heard them, and its best string of the expected form. */
    spelled: z
      .object({ text: z.string(), best: z.string().nullable(), score: z.number().nullable() })
      .optional(),
    startMs: mediaMs,
    endMs: mediaMs,
    /** Pause after the last speech until the turn was declared over; then what recognition took beyond it. */
    endpointingMs: z.number(),
    recognitionMs: z.number(),
  }),
  event('understood', { turn: z.number(), understanding: understandingSchema, tookMs: z.number() }),
  event('digits', { digits: z.string() }),
  event('no-input', {}),
  event('barge-in', { mediaMs }),
  event('false-barge-in', { mediaMs }),
  event('dialog', { flow: z.string(), step: z.string(), expecting: expectingSchema.nullable() }),
  event('task-started', { taskId: z.string(), operation: z.string(), write: z.boolean() }),
  event('task-finished', {
    taskId: z.string(),
    operation: z.string(),
    ok: z.boolean(),
    code: z.string().nullable(),
    tookMs: z.number(),
  }),
  event('say', {
    utterance: z.number(),
    promptId: z.string(),
    text: z.string(),
    language: languageSchema,
  }),
  event('heard', {
    utterance: z.number(),
    /** What was really played; shorter than the `say` when it was cut. */
    text: z.string(),
    complete: z.boolean(),
    startMs: mediaMs.nullable(),
    endMs: mediaMs.nullable(),
  }),
  /** From the end of the caller's speech to the first audible packet of the answer. */
  event('response-gap', { turn: z.number(), gapMs: z.number() }),
  /** How the line has carried the call: see `LineQuality`; `tooLate` to `waitMs` are what the listening side made of it. */
  event('line-quality', {
    line: z.string(),
    codec: z.string(),
    received: z.number(),
    lost: z.number(),
    jitterMs: z.number(),
    sent: z.number(),
    lostByPeer: z.number().nullable(),
    jitterByPeerMs: z.number().nullable(),
    roundTripMs: z.number().nullable(),
    oneWay: z.enum(oneWaySounds).nullable(),
    /** Packets that came after their place was given up. */
    tooLate: z.number(),
    /** Sound made up where packets were lost, and silence filled in where nothing came. */
    concealedMs: z.number(),
    filledMs: z.number(),
    /** How long a missing packet was waited for at the end. */
    waitMs: z.number(),
  }),
  event('transfer', {
    skill: z.string(),
    target: z.string(),
    briefing: briefingSchema,
    ok: z.boolean().nullable(),
    code: z.string().nullable(),
  }),
  /**
   * A caller's way to a person and back: `asked` for one, got a `place` or was `refused`, gave it up (`left`) or wants a `callback`, was
   * `answered`, was handed `on` to somebody else, lost them (`broken`), or is Kefu's again (`released`).
   */
  event('queue', {
    change: z.enum(queueChanges),
    position: z.number().nullable(),
    waitMs: z.number().nullable(),
  }),
  /** Somebody of the shop takes part, or no longer does. */
  event('person', {
    change: z.enum(['joined', 'left', 'lost', 'mode', 'hold', 'resumed']),
    personId: z.string(),
    name: z.string(),
    mode: z.enum(seatModes).nullable(),
  }),
  /** What a person said or wrote to the caller. */
  event('person-said', { personId: z.string(), name: z.string(), line: z.number(), text: z.string() }),
  event('note', { name: z.string(), data: z.record(z.string(), z.unknown()) }),
  event('error', { code: z.string(), message: z.string() }),
  event('call-ended', {
    reason: z.string(),
    outcome: z.string(),
    durationMs: z.number(),
  }),
]);
export type CallEventBody = z.infer<typeof callEventBodySchema>;

/** An event as it is kept and streamed: numbered from 1 without gaps within its call. */
export interface CallEvent {
  readonly callId: string;
  readonly seq: number;
  readonly atEpochMs: number;
  readonly body: CallEventBody;
}

/** The one map from event name to payload. Nothing on it may steer a call. */
export interface BusEvents {
  readonly 'call-event': CallEvent;
  /** Not answered: no line is free (`full`), a part of the machine is too busy, or the process is ending. */
  readonly 'call-refused': {
    readonly gateway: string;
    readonly reason: 'full' | 'event-loop' | 'recognizer' | 'closing';
  };
  readonly 'packet-late': { readonly callId: string; readonly lateMs: number };
  readonly 'worker-restarted': { readonly worker: string; readonly message: string };
}

/** Hands events to listeners at once; a listener's throw is logged by the bus and reaches nobody else. */
export interface EventBus {
  publish<Name extends keyof BusEvents>(name: Name, payload: BusEvents[Name]): void;
  /** Returns the function that unsubscribes. */
  subscribe<Name extends keyof BusEvents>(
    name: Name,
    listener: (payload: BusEvents[Name]) => void,
  ): () => void;
}
