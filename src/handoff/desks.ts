import type { Person, Seat } from '../core/conversation.ts';
import type { Colleague, ContactCard, DeskConversation, DeskMessage, SuperviseMode } from '../core/desk.ts';
import type { AgentProfile, AgentState, ContactChannel } from '../core/handoff.ts';
import type { Phone } from './phones.ts';

/** What a desk is connected by. */
export interface DeskWire {
  send(message: DeskMessage): void;
  /** Samples at 16 kHz of any number. */
  sound(samples: Int16Array): void;
  /** Closes the connection, telling why. */
  close(why: string): void;
}

/** Who sits at a desk. */
export interface DeskPerson extends Person {
  readonly role: string;
  /** May see every call and take part in it. */
  readonly supervises: boolean;
  readonly profile: AgentProfile;
  /** Where this person can be called; undefined without a telephone. */
  readonly telephone?: string | undefined;
}

/** One conversation of a desk. */
export interface Conversation {
  readonly entryId: string;
  readonly callId: string;
  /** Undefined for a callback that the agent dials. */
  readonly seat: Seat | undefined;
  state: DeskConversation['state'];
  mode: SuperviseMode | null;
  readonly sinceEpochMs: number;
  muted: boolean;
  /** Whether the queue knows of it; a supervisor who takes over a call does so without the queue. */
  readonly isQueued: boolean;
}

/** A contact whose call is on another node. */
export interface AwayContact {
  readonly nodeId: string;
  readonly channel: ContactChannel;
  /** It rings; else the person has answered. */
  readonly isOffer: boolean;
}

/** A desk that is connected, or was until a moment ago. */
export class Desk {
  person: DeskPerson;
  wire: DeskWire | undefined;
  /** Set while calls are taken there and not in the browser. */
  telephone: string | undefined;
  /** Set while the person is on it. */
  phone: Phone | undefined;
  readonly conversations = new Map<string, Conversation>();
  /** Contacts that ring here, with their calls. */
  readonly offers = new Map<string, string>();
  /** Contacts of this desk whose calls are on other nodes, by entry, and where calls that it knows of are. */
  readonly away = new Map<string, AwayContact>();
  readonly places = new Map<string, string>();
  speakElsewhere: ((samples: Int16Array) => void) | undefined;
  /** Whether it is connected to another node and sits here for the calls of this one. */
  readonly isGuest: boolean;
  isSignedIn = false;
  cancelLoss: () => void = () => undefined;

  constructor(person: DeskPerson, isGuest = false) {
    this.person = person;
    this.isGuest = isGuest;
  }

  /** Whether the person speaks or writes with somebody, on any node. */
  get isBusy(): boolean {
    const talks = [...this.conversations.values()].some(({ mode }) => mode === null);
    return talks || [...this.away.values()].some(({ isOffer }) => !isOffer);
  }

  /** What the person hears: samples at 16 kHz of any number. */
  hear(samples: Int16Array): void {
    if (this.phone) this.phone.hear(samples);
    else this.wire?.sound(samples);
  }

  /** What the person says. */
  speak(samples: Int16Array): void {
    for (const { seat, state, muted } of this.conversations.values())
      if (!muted && state !== 'hold') seat?.speak(samples);
    this.speakElsewhere?.(samples);
  }

  /** The person says nothing for now. */
  pause(): void {
    for (const { seat } of this.conversations.values()) seat?.pause();
  }

  send(message: DeskMessage): void {
    this.wire?.send(message);
  }

  /** Whether this desk has to do with a call right now. */
  concerns(callId: string): boolean {
    return (
      [...this.offers.values()].includes(callId) ||
      [...this.conversations.values()].some((conversation) => conversation.callId === callId)
    );
  }

  /** Its conversation of a call in which it talks with the caller. */
  talkingOn(callId: string): Conversation | undefined {
    return [...this.conversations.values()].find(
      (conversation) => conversation.callId === callId && conversation.mode === null,
    );
  }
}

/** The desks of this node, and those of others that sit here as guests. */
export class Desks {
  readonly #desks = new Map<string, Desk>();

  get(personId: string): Desk | undefined {
    return this.#desks.get(personId);
  }

  all(): readonly Desk[] {
    return [...this.#desks.values()];
  }

  add(desk: Desk): void {
    this.#desks.set(desk.person.id, desk);
  }

  remove(desk: Desk): void {
    if (this.#desks.get(desk.person.id) === desk) this.#desks.delete(desk.person.id);
  }

  broadcast(message: DeskMessage, to: (desk: Desk) => boolean = () => true): void {
    for (const desk of this.#desks.values()) if (to(desk)) desk.send(message);
  }

  /** Everybody in a call besides the caller. */
  peopleOn(callId: string): DeskConversation['people'] {
    return this.all().flatMap(({ person, conversations }) =>
      [...conversations.values()]
        .filter((each) => each.callId === callId && each.mode !== 'listen')
        .map(({ muted }) => ({ id: person.id, name: person.name, muted })),
    );
  }

  /** Shows every desk on a call how the conversation stands now. */
  showConversations(callId: string, cardOf: (entryId: string) => ContactCard | undefined): void {
    for (const desk of this.all())
      for (const conversation of desk.conversations.values())
        if (conversation.callId === callId) this.show(desk, conversation, cardOf);
  }

  show(desk: Desk, conversation: Conversation, cardOf: (entryId: string) => ContactCard | undefined): void {
    const card = cardOf(conversation.entryId);
    if (card) desk.send({ type: 'conversation', conversation: this.view(conversation), card });
  }

  view({ entryId, callId, state, mode, sinceEpochMs }: Conversation): DeskConversation {
    return { entryId, state, mode, sinceEpochMs, people: this.peopleOn(callId) };
  }
}

export function colleagueOf(agent: AgentState, name: string): Colleague {
  const { id, teams, languages, state, breakReason, sinceEpochMs } = agent;
  return { id, name, teams, languages, state, breakReason, sinceEpochMs };
}

/** The id under which a supervisor's part in a call stands among the conversations of the desk. */
export const watchId = (callId: string) => `watch~${callId}`;
