import { z } from 'zod';
import { moods } from './emotion.ts';
import { openingHoursSchema } from './hours-schema.ts';
import { languageSchema, type Language } from './language.ts';

/** What the person who takes the call over should know before saying hello. */
export const briefingSchema = z.object({
  callId: z.string(),
  from: z.string(),
  language: languageSchema,
  /** Why the call is handed over, as a stable word such as `asked-for-person`, `shop-unavailable`, `too-many-tries`. */
  reason: z.string(),
  /** How the caller feels by now. */
  mood: z.enum(moods).optional(),
  /** What the caller wants, in one sentence. */
  wanted: z.string(),
  customer: z.object({ id: z.string(), name: z.string(), verifiedBy: z.string() }).nullable(),
  /** Slots filled so far, by name. */
  slots: z.record(z.string(), z.unknown()),
  /** The order that the conversation is about, as the shop gave it. */
  order: z.record(z.string(), z.json()).optional(),
  /** What was done and what was promised, one sentence each, oldest first. */
  done: z.array(z.string()),
  /** Two sentences that a person can read at a glance. */
  summary: z.string(),
});
export type Briefing = z.infer<typeof briefingSchema>;

/** The briefing of a call that a person took before Kefu had asked for one. */
export function takenOverBriefing(callId: string, language: Language): Briefing {
  return {
    callId,
    from: '',
    language,
    reason: 'taken-over',
    wanted: '',
    customer: null,
    slots: {},
    done: [],
    summary: '',
  };
}

/** How a contact reaches people. A `callback` is a caller who hung up and is called when it is their turn. */
export const contactChannels = ['voice', 'text', 'callback'] as const;
export type ContactChannel = (typeof contactChannels)[number];

const skillLevel = z.int().min(1).max(5);
/** A skill that is needed, and at least how good at it (1 to 5) the person must be. */
export const skillNeedSchema = z.object({ skill: z.string(), level: skillLevel });
export type SkillNeed = z.infer<typeof skillNeedSchema>;

/** Somebody who shall speak with a person. */
export const contactSchema = z.object({
  /** The call id; for a callback, that of the call in which it was promised. */
  id: z.string(),
  /** Name of a queue of the routing rules. */
  queue: z.string(),
  channel: z.enum(contactChannels),
  /** Why, as in the briefing. */
  reason: z.string(),
  /** How angry, 0 to 1. */
  anger: z.number().min(0).max(1),
  /** What is at stake, in the shop's main currency. */
  value: z.number().min(0),
  language: languageSchema,
  skills: z.array(skillNeedSchema),
  /** Until then only this agent is asked, whatever else is said here; somebody else when they decline. */
  direct: z.object({ agentId: z.string(), untilEpochMs: z.number() }).optional(),
});
export type Contact = z.infer<typeof contactSchema>;

/** A contact in the queue. Times are wall-clock times, since nodes and restarts share them. */
export const queueEntrySchema = contactSchema.extend({
  enqueuedAtEpochMs: z.number(),
  /** `front`: goes before all that wait, since it was offered in vain; `very-front`: its conversation broke off. */
  boost: z.enum(['none', 'front', 'very-front']),
  progress: z.discriminatedUnion('state', [
    z.object({ state: z.literal('waiting') }),
    z.object({
      state: z.literal('offered'),
      agentId: z.string(),
      sinceEpochMs: z.number(),
      /** When it was last known that the agent listens to what it is about: from then on, too, there is time to answer. */
      heardAtEpochMs: z.number().optional(),
    }),
    z.object({ state: z.literal('serving'), agentId: z.string(), sinceEpochMs: z.number() }),
  ]),
  /** Node that has the caller's line; null for callbacks, and while the caller is away. */
  nodeId: z.string().nullable(),
  /** Since when the caller is cut off because their node died; null while they are there. Who is away is offered to nobody. */
  awaySinceEpochMs: z.number().nullable(),
  /** Offered to nobody before; a callback that nobody answered. */
  notBeforeEpochMs: z.number().optional(),
  /** Who declined it, and when. */
  declines: z.array(z.object({ agentId: z.string(), atEpochMs: z.number() })),
});
export type QueueEntry = Readonly<z.infer<typeof queueEntrySchema>>;

/** What is known of a person who takes contacts, apart from what they are doing. */
export const agentProfileSchema = z.object({
  id: z.string(),
  teams: z.array(z.string()),
  languages: z.array(languageSchema),
  /** Levels 1 to 5 by skill. */
  skills: z.record(z.string(), skillLevel),
  /** How many text conversations at once; 0 for none. Calls are taken one at a time. */
  textCapacity: z.int().min(0),
  /** When this person works; without, whenever they choose to. */
  hours: openingHoursSchema.optional(),
});
export type AgentProfile = Readonly<z.infer<typeof agentProfileSchema>>;

export const agentActivities = ['offline', 'available', 'ringing', 'talking', 'after-call', 'break'] as const;
export type AgentActivity = (typeof agentActivities)[number];

/** What an agent may choose to do; everything else follows from contacts. */
export const agentChoiceSchema = z.discriminatedUnion('state', [
  z.object({
    state: z.literal('available'),
    /** Also outside the person's hours, which is refused else. */
    anyway: z.boolean().optional(),
  }),
  z.object({ state: z.literal('break'), reason: z.string() }),
  z.object({ state: z.literal('offline') }),
]);
export type AgentChoice = Readonly<z.infer<typeof agentChoiceSchema>>;

/** An agent and what they are doing. */
export const agentStateSchema = agentProfileSchema.extend({
  state: z.enum(agentActivities),
  /** Why on a break, such as `lunch`, or `no-answer` when the router sent them; null in other states. */
  breakReason: z.string().nullable(),
  sinceEpochMs: z.number(),
  /** When they last became free; an offer that fell through does not count, so that nobody loses their turn by it. */
  idleSinceEpochMs: z.number(),
  /** Contacts offered to them or served by them. */
  holding: z.array(z.object({ entryId: z.string(), channel: z.enum(contactChannels) })),
  /** Since when they have been at work without a pause, and on how many contacts that are finished; null while free. */
  busy: z.object({ sinceEpochMs: z.number(), finished: z.number() }).nullable(),
  /** What they chose in the middle of a conversation, for when it is over. */
  afterwards: agentChoiceSchema.nullable(),
  /** From the ring until free again, per contact, the newest last: what estimates of waiting build on. */
  recentHandleMs: z.array(z.number()),
  /** Node that their desk is connected to; null without one. */
  nodeId: z.string().nullable(),
  /** Other nodes whose callers this desk can be joined with, too. */
  reaches: z.array(z.string()).optional(),
  /** They work outside their hours by their own choice: until they sign off, or their hours begin. */
  beyondHours: z.boolean().optional(),
});
export type AgentState = Readonly<z.infer<typeof agentStateSchema>>;

/** A record and its version, which no other state of any record ever has again. */
export interface Versioned<T> {
  readonly version: number;
  readonly value: T;
}

/** Everything in the store at one moment. */
export interface QueueSnapshot {
  /** Name of the data; another one means that the store came up without what it held. */
  readonly dataId: string;
  readonly entries: ReadonlyMap<string, Versioned<QueueEntry>>;
  readonly agents: ReadonlyMap<string, Versioned<AgentState>>;
  /** Nodes whose lease runs. */
  readonly liveNodes: ReadonlySet<string>;
}

/** One record's new value, or null to remove it. `expects` is the version it must have now; 0: it must not exist. */
export type QueueChange =
  | {
      readonly kind: 'entry';
      readonly id: string;
      readonly expects: number;
      readonly value: QueueEntry | null;
    }
  | {
      readonly kind: 'agent';
      readonly id: string;
      readonly expects: number;
      readonly value: AgentState | null;
    };

/**
 * Entries, agents and live nodes, shared by all nodes. The store knows no rules: everything is done by compare-and-set of several
 * records at once, so that of two nodes that offer one entry, or one agent, only one succeeds. Rejects with `store_unavailable`; a
 * commit that rejects may have been carried out all the same, which the next `read` shows.
 */
export interface QueueStore {
  read(): Promise<QueueSnapshot>;
  /** All of it and true, or, when a record has another version than expected, nothing and false. */
  commit(changes: readonly QueueChange[]): Promise<boolean>;
  /** Says that the node lives for another `leaseMs`. */
  renewLease(nodeId: string, leaseMs: number): Promise<void>;
  /** Ends a node's lease at once. */
  endLease(nodeId: string): Promise<void>;
  /** Calls `listener` soon after something changed, on any node; returns the function that ends it. A call may be missed: poll, too. */
  subscribe(listener: () => void): () => void;
  /** Idempotent. */
  close(): Promise<void>;
}

/** What came of asking for a place in the queue. */
export type Admission =
  | { readonly admitted: true; readonly entry: QueueEntry }
  | {
      readonly admitted: false;
      readonly because: 'closed' | 'full';
      /** What to offer the caller in place of waiting. */
      readonly instead: 'callback' | 'voicemail' | 'goodbye';
      /** When the queue opens next; null when it is open, or does not open within two weeks. */
      readonly opensAtEpochMs: number | null;
    };

export interface QueueEstimate {
  /** 1: next. Counts only those ahead who may be served by the same people. */
  readonly position: number;
  /** Milliseconds from now until somebody answers; null while nobody on duty suits. */
  readonly waitMs: number | null;
}

/** What happened. `here` is true on the node whose router did it, for figures that are added up over nodes. */
export type HandoffEvent = { readonly here: boolean } & (
  | { readonly type: 'entry-added'; readonly entry: QueueEntry }
  /** The entry is a callback from now on: whoever waited no longer does, or nobody waited in person. */
  | { readonly type: 'callback-promised'; readonly entry: QueueEntry }
  /** The desk of `agentId` shall ring. */
  | { readonly type: 'offered'; readonly entry: QueueEntry; readonly agentId: string }
  /** It shall stop ringing. */
  | { readonly type: 'offer-withdrawn'; readonly entry: QueueEntry; readonly agentId: string }
  /** Caller and agent shall be joined. */
  | { readonly type: 'accepted'; readonly entry: QueueEntry; readonly agentId: string }
  /** The entry waits again. `broken` when a conversation broke off. */
  | { readonly type: 'requeued'; readonly entry: QueueEntry; readonly broken: boolean }
  /** Out of the queue for good; `served` when an agent had them. */
  | { readonly type: 'entry-removed'; readonly entry: QueueEntry; readonly served: boolean }
  | { readonly type: 'agent-changed'; readonly agent: AgentState }
);

/**
 * The queue and its rules. Everything rejects with `store_unavailable` while the store is away and `overloaded` when other nodes
 * were quicker too often. Methods that name an entry or an offer which is over by then do nothing and say so by false.
 */
export interface HandoffRouter {
  /** Name of this node. */
  readonly nodeId: string;
  /**
   * Takes a contact into its queue, on this node. One that is there already keeps its place: so a caller comes back after their node
   * died, and so one who waits becomes a callback (`channel: 'callback'`). Rejects with `not_found` for an unknown queue.
   */
  enqueue(contact: Contact): Promise<Admission>;
  /** The caller hung up or no longer wants a person: out at once, whether they wait, are offered or are being served. */
  leave(entryId: string): Promise<boolean>;
  /** A desk appears on this node; an agent who is new starts offline. */
  signIn(profile: AgentProfile): Promise<AgentState>;
  /**
   * In the middle of a conversation a break or sign-off begins once it is over; while ringing it declines. Rejects with `not_found`
   * for an agent who never signed in, and with `outside_hours` for one who becomes available outside their hours without `anyway`.
   */
  setState(agentId: string, choice: AgentChoice): Promise<AgentState>;
  /** The agent takes what is offered to them. Asking again is harmless. */
  accept(agentId: string, entryId: string): Promise<boolean>;
  decline(agentId: string, entryId: string): Promise<boolean>;
  /** The agent has answered a telephone and listens to what it is about: the time to take the offer begins anew. */
  renewOffer(agentId: string, entryId: string): Promise<boolean>;
  /** The conversation is over; after-call work begins when it was the agent's last. */
  finish(agentId: string, entryId: string): Promise<boolean>;
  /** The agent lets go of whom they serve, who waits again at the front, for whom `to` says. */
  handOver(agentId: string, entryId: string, to: Pick<Contact, 'queue' | 'direct'>): Promise<boolean>;
  /** The entry waits on, and is offered to nobody before a time; whoever had it is free. */
  postpone(entryId: string, untilEpochMs: number): Promise<boolean>;
  /** The caller's line is lost: the place is kept for a while and offered to nobody; `enqueue` brings them back. */
  away(entryId: string): Promise<boolean>;
  /** The agent's desk disappeared: whom they served goes to the very front, what rang there to the front. */
  deskLost(agentId: string): Promise<boolean>;
  /** The desk of an agent of this node can be joined with callers of these other nodes from now on. */
  reach(agentId: string, nodeIds: readonly string[]): Promise<boolean>;
  /** An agent of another node can no longer be joined with callers of this one: whom they served here goes to the very front. */
  outOfReach(agentId: string): Promise<boolean>;
  /** Nodes that live, as this one last saw them, with its own. */
  nodes(): readonly string[];
  /** Undefined for an entry that does not wait. */
  estimate(entryId: string): Promise<QueueEstimate | undefined>;
  /** The agents and entries as this node last saw them, for pages. */
  state(): { readonly entries: readonly QueueEntry[]; readonly agents: readonly AgentState[] };
  /** From now on; what was before is in `state()`. Returns the function that ends it. A listener's throw is logged and reaches nobody else. */
  subscribe(listener: (event: HandoffEvent) => void): () => void;
  /** Signs this node's desks off, leaves its callers' places to whichever node they come back to, and stops. Idempotent. */
  close(): Promise<void>;
}
