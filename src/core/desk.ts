import { z } from 'zod';
import { moods } from './emotion.ts';
import { agentChoiceSchema, agentStateSchema, briefingSchema, contactChannels } from './handoff.ts';
import { languageSchema } from './language.ts';

/*
 * What a desk in a browser and Kefu say to each other over the WebSocket `/desk/socket`: JSON texts as below, and binary messages for
 * sound, in both directions 20 ms of 16-bit little-endian samples, one channel, at `deskAudio.sampleRateHz`.
 */

export const deskAudio = { sampleRateHz: 16_000, packetMs: 20, packetBytes: 640 } as const;

/** One line of what was said in a contact. */
export const transcriptLineSchema = z.object({
  /** Position among the lines of the contact; a line with the same number replaces the earlier one (a partial text, words cut short). */
  id: z.number(),
  atEpochMs: z.number(),
  who: z.enum(['caller', 'kefu', 'agent', 'supervisor']),
  /** Of the person, where there is one. */
  name: z.string().optional(),
  text: z.string(),
  /** False while it is still being said. */
  final: z.boolean(),
});
export type TranscriptLine = Readonly<z.infer<typeof transcriptLineSchema>>;

/** How the caller felt at one moment, and what made it so. */
export const moodPointSchema = z.object({
  atEpochMs: z.number(),
  mood: z.enum(moods),
  /** How angry, 0 to 1. */
  anger: z.number(),
  /** The caller's words of that moment. */
  words: z.string(),
  /** What counted beside the words, as stable words such as `after-failure` or `voice`. */
  causes: z.array(z.string()),
});
export type MoodPoint = Readonly<z.infer<typeof moodPointSchema>>;

/** Who has the conversation: Kefu, nobody for now (the caller waits), or a person. */
export const callPhases = ['kefu', 'waiting', 'person', 'ended'] as const;
export type CallPhase = (typeof callPhases)[number];

/** A running call in a list. */
export const liveCallSchema = z.object({
  callId: z.string(),
  channel: z.enum(contactChannels),
  gateway: z.string(),
  from: z.string(),
  language: languageSchema,
  startedAtEpochMs: z.number(),
  phase: z.enum(callPhases),
  mood: z.enum(moods).nullable(),
  anger: z.number(),
  /** What the caller wants, in a few words; empty while unknown. */
  wanted: z.string(),
  customerName: z.string().nullable(),
  agents: z.array(z.object({ id: z.string(), name: z.string() })),
});
export type LiveCall = Readonly<z.infer<typeof liveCallSchema>>;

/** What a person sees of a contact before answering, and while talking. */
export const contactCardSchema = z.object({
  entryId: z.string(),
  call: liveCallSchema,
  /** Null while Kefu has not asked for a person (a supervisor looks on). */
  briefing: briefingSchema.nullable(),
  moods: z.array(moodPointSchema),
  transcript: z.array(transcriptLineSchema),
  enqueuedAtEpochMs: z.number().nullable(),
});
export type ContactCard = Readonly<z.infer<typeof contactCardSchema>>;

/** Where a caller goes on. */
export const transferTargetSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('queue'), queue: z.string() }),
  z.object({ kind: z.literal('agent'), agentId: z.string() }),
  /** E.164 or a SIP address. */
  z.object({ kind: z.literal('number'), number: z.string() }),
  /** Kefu goes on with this flow. */
  z.object({ kind: z.literal('flow'), flow: z.string() }),
]);
export type TransferTarget = Readonly<z.infer<typeof transferTargetSchema>>;

export const superviseModes = ['listen', 'whisper', 'join'] as const;
export type SuperviseMode = (typeof superviseModes)[number];

/** Where a person takes calls. */
export const deskDevices = ['browser', 'telephone'] as const;

/** What a desk sends. `entryId` is the contact's, `callId` the same string while the caller is on the line. */
export const deskRequestSchema = z.discriminatedUnion('type', [
  /** First of all, and after each reconnect. The answer is `welcome`. */
  z.object({ type: z.literal('hello'), language: languageSchema }),
  z.object({ type: z.literal('choose'), choice: agentChoiceSchema }),
  /** Where calls shall come in from now on. The answer is `device`. */
  z.object({ type: z.literal('device'), device: z.enum(deskDevices) }),
  z.object({ type: z.literal('accept'), entryId: z.string() }),
  z.object({ type: z.literal('decline'), entryId: z.string() }),
  /** The caller hears music and the agent nothing while on hold. */
  z.object({ type: z.literal('hold'), entryId: z.string(), on: z.boolean() }),
  /** The page sends no sound while muted; this only shows it to others. */
  z.object({ type: z.literal('mute'), entryId: z.string(), on: z.boolean() }),
  /** Tones for the caller's side. */
  z.object({ type: z.literal('keys'), entryId: z.string(), digits: z.string().regex(/^[0-9*#]{1,32}$/) }),
  z.object({ type: z.literal('text'), entryId: z.string(), text: z.string().min(1).max(2000) }),
  /** Lets go of the caller, who goes on there at once. The note is shown to whoever takes over. */
  z.object({
    type: z.literal('transfer'),
    entryId: z.string(),
    to: transferTargetSchema,
    note: z.string().max(2000).default(''),
  }),
  /** Asks a second agent; the caller is on hold meanwhile. */
  z.object({ type: z.literal('consult'), entryId: z.string(), agentId: z.string() }),
  /** Ends a consultation: the second agent takes over, joins, or leaves again. */
  z.object({
    type: z.literal('consult-end'),
    entryId: z.string(),
    then: z.enum(['hand-over', 'conference', 'back']),
  }),
  /** The conversation is over: Kefu says goodbye, with the survey where the shop has one. */
  z.object({ type: z.literal('finish'), entryId: z.string() }),
  z.object({ type: z.literal('note'), callId: z.string(), text: z.string().min(1).max(4000) }),
  z.object({ type: z.literal('wrap-up'), callId: z.string(), code: z.string().min(1).max(64) }),
  /** Supervisors only. To be on a call in another mode, ask again. */
  z.object({ type: z.literal('supervise'), callId: z.string(), mode: z.enum(superviseModes) }),
  z.object({ type: z.literal('supervise-end'), callId: z.string() }),
  /** Supervisors only: the caller is theirs from now on, whoever had them. */
  z.object({ type: z.literal('take-over'), callId: z.string() }),
]);
export type DeskRequest = Readonly<z.infer<typeof deskRequestSchema>>;

/** A colleague as others see them. */
export const colleagueSchema = agentStateSchema
  .pick({ id: true, teams: true, languages: true, state: true, breakReason: true, sinceEpochMs: true })
  .extend({ name: z.string() });
export type Colleague = Readonly<z.infer<typeof colleagueSchema>>;

/** How a conversation of this desk stands. */
export const conversationSchema = z.object({
  entryId: z.string(),
  state: z.enum(['talking', 'hold', 'consulting', 'consulted', 'conference', 'supervising']),
  mode: z.enum(superviseModes).nullable(),
  sinceEpochMs: z.number(),
  /** Everybody in it besides the caller. */
  people: z.array(z.object({ id: z.string(), name: z.string(), muted: z.boolean() })),
});
export type DeskConversation = Readonly<z.infer<typeof conversationSchema>>;

/** What Kefu sends to a desk. */
export const deskMessageSchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('welcome'),
    me: z.object({ id: z.string(), name: z.string(), role: z.string() }),
    agent: agentStateSchema,
    colleagues: z.array(colleagueSchema),
    queues: z.array(z.string()),
    /** Flows that a caller may be sent to, and codes for the after-call work. */
    flows: z.array(z.object({ name: z.string(), about: z.string() })),
    wrapUpCodes: z.array(z.string()),
    /** The person's telephone, where there is one. */
    telephone: z.string().nullable(),
    device: z.enum(deskDevices),
    /** Conversations that survived a reconnect. */
    conversations: z.array(z.object({ conversation: conversationSchema, card: contactCardSchema })),
  }),
  z.object({ type: z.literal('device'), device: z.enum(deskDevices) }),
  z.object({ type: z.literal('agent'), agent: agentStateSchema }),
  z.object({ type: z.literal('colleague'), colleague: colleagueSchema }),
  z.object({ type: z.literal('queue'), waiting: z.number(), longestWaitMs: z.number() }),
  /** Ring. `untilEpochMs`: when it stops. */
  z.object({ type: z.literal('offer'), card: contactCardSchema, untilEpochMs: z.number() }),
  z.object({ type: z.literal('offer-withdrawn'), entryId: z.string() }),
  z.object({ type: z.literal('conversation'), conversation: conversationSchema, card: contactCardSchema }),
  z.object({
    type: z.literal('conversation-ended'),
    entryId: z.string(),
    because: z.enum(['caller-left', 'finished', 'transferred', 'taken-over', 'lost']),
  }),
  /** For contacts that are offered to, held by or watched by this desk. */
  z.object({ type: z.literal('line'), callId: z.string(), line: transcriptLineSchema }),
  z.object({ type: z.literal('mood'), callId: z.string(), mood: moodPointSchema }),
  /** Supervisors only: all of them after `welcome`, later each that changed. */
  z.object({ type: z.literal('live-calls'), calls: z.array(liveCallSchema) }),
  z.object({ type: z.literal('live-call'), call: liveCallSchema }),
  /** A request could not be carried out; `message` is for people. */
  z.object({ type: z.literal('problem'), code: z.string(), message: z.string() }),
]);
export type DeskMessage = Readonly<z.infer<typeof deskMessageSchema>>;
