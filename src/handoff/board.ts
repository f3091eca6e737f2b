import type { SeatMode, Switchboard } from '../core/conversation.ts';
import type { Clock } from '../core/clock.ts';
import type { ContactCard, DeskMessage, DeskRequest } from '../core/desk.ts';
import type { EventBus } from '../core/events.ts';
import type { AgentProfile, HandoffRouter } from '../core/handoff.ts';
import type { Logger } from '../core/log.ts';
import type { CallbackParts } from './callbacks.ts';
import type { Conversation, Desk, DeskPerson, Desks, DeskWire } from './desks.ts';
import type { Elsewhere } from './elsewhere.ts';
import type { Holding } from './holding.ts';
import type { LiveCalls } from './live-calls.ts';
import type { Phones, Telephones } from './phones.ts';
import type { GuestAnswer, GuestRequest, LinkEnd, LinkWire } from './node-messages.ts';
import type { Places, RegisteredCall } from './places.ts';

/** What supervisors and agents did, for the audit log. */
export interface DeskDeed {
  readonly person: DeskPerson;
  readonly action: string;
  /** Null for what concerns no call. */
  readonly callId: string | null;
  readonly details: Readonly<Record<string, unknown>>;
}

export interface SwitchboardOptions {
  readonly router: HandoffRouter;
  readonly bus: EventBus;
  readonly clock: Clock;
  readonly log: Logger;
  /** Whether there is anybody who could ever answer. */
  readonly hasPeople: () => boolean;
  /** Name of a person, by id. */
  readonly nameOf: (personId: string) => string;
  readonly queues: () => readonly string[];
  /** How long an offer rings, in milliseconds. */
  readonly ringMs: () => number;
  readonly flows: () => readonly { readonly name: string; readonly about: string }[];
  readonly wrapUpCodes: () => readonly string[];
  /** Keeps what a person noted about a call that is over. */
  readonly keepNote: (callId: string, name: string, data: Readonly<Record<string, unknown>>) => Promise<void>;
  readonly audit: (deed: DeskDeed) => void;
  /** How promised calls are kept and made. */
  readonly callbacks: CallbackParts;
  /** Undefined: nobody can be rung. */
  readonly telephones?: Telephones | undefined;
}

/** A desk's end of its connection. */
export interface DeskLine {
  request(request: DeskRequest): void;
  sound(samples: Int16Array): void;
  /** The connection is gone. Idempotent. */
  gone(): void;
}

/** Joins calls and desks, of this node and over links, by what the router decides. */
export interface DeskSwitchboard extends Switchboard {
  connect(person: DeskPerson, wire: DeskWire): DeskLine;
  /**
   * Somebody may not be at a desk any more, or only as somebody else: their desk of this node is closed, at the telephone too, and
   * whom they spoke with goes to the very front. Of no effect for whoever has no desk here.
   */
  dismiss(personId: string, why: string): void;
  /** The queue shall know something else of somebody. Of no effect for whoever has no desk here. */
  profileChanged(profile: AgentProfile): void;
  /** Running calls, for pages. */
  readonly live: LiveCalls;
  /** A link to another node is open: desks of this one can be joined with its callers. */
  link(nodeId: string, wire: LinkWire<GuestRequest>): LinkEnd<GuestAnswer>;
  /** Another node has opened a link: its desks can be joined with callers of this one. */
  serve(wire: LinkWire<GuestAnswer>): LinkEnd<GuestRequest>;
  /** Who has which call in hand. */
  readonly holding: Holding;
  /** Signs desks off and tells them why. Idempotent. */
  close(): void;
}

/** The parts of the board that requests of desks work on. */
export interface BoardInside {
  readonly options: SwitchboardOptions;
  readonly desks: Desks;
  readonly calls: ReadonlyMap<string, RegisteredCall>;
  readonly places: Places;
  readonly live: LiveCalls;
  /** Other contacts of a call than the caller's own: consultations, by entry. */
  readonly callOfEntry: Map<string, string>;
  readonly phones: Phones;
  readonly elsewhere: Elsewhere;
  /** Carries out what a desk asks for. */
  take(desk: Desk, request: DeskRequest): void;
  /** A desk did not come back: others have its callers. Resolves once the queue knows; never rejects. */
  lose(desk: Desk): Promise<void>;
  /** Nobody waits for it, but a failure is seen. */
  later(message: string, work: () => Promise<unknown>): void;
  cardOf(entryId: string): ContactCard | undefined;
  join(desk: Desk, entryId: string, callId: string, parts: JoinParts): Conversation | undefined;
  part(desk: Desk, conversation: Conversation, because: EndedBecause): void;
  show(callId: string): void;
}

export type EndedBecause = Extract<DeskMessage, { type: 'conversation-ended' }>['because'];

export interface JoinParts {
  readonly mode: SeatMode;
  readonly state: Conversation['state'];
  readonly supervise: Conversation['mode'];
  readonly isQueued: boolean;
}
