import type { CallPlace, PeopleCall, Seat } from '../core/conversation.ts';
import type { ContactCard, DeskRequest } from '../core/desk.ts';
import { toKefuError } from '../core/errors.ts';
import type { AgentProfile, HandoffEvent, QueueEntry } from '../core/handoff.ts';
import type { Language } from '../core/language.ts';
import type {
  BoardInside,
  DeskLine,
  DeskSwitchboard,
  EndedBecause,
  JoinParts,
  SwitchboardOptions,
} from './board.ts';
import { Callbacks } from './callbacks.ts';
import { DeskRequests } from './desk-requests.ts';
import { colleagueOf, Desk, Desks, type Conversation, type DeskPerson, type DeskWire } from './desks.ts';
import { Elsewhere } from './elsewhere.ts';
import { seatGuests } from './guests.ts';
import { Holding } from './holding.ts';
import { createLiveCalls, type LiveCallChange, type LiveCalls } from './live-calls.ts';
import type { GuestAnswer, GuestRequest, LinkEnd, LinkWire } from './node-messages.ts';
import { needsNoPage, signInAgain } from './pageless.ts';
import { Phones } from './phones.ts';
import { Places, type RegisteredCall } from './places.ts';
import { signOff } from './sign-off.ts';

/** How long a desk may be away before its callers are given to others: a page that is loaded again is back by then. */
const deskReturnMs = 1_500;

export function createSwitchboard(options: SwitchboardOptions): DeskSwitchboard {
  return new Board(options);
}

class Board implements DeskSwitchboard, BoardInside {
  readonly options: SwitchboardOptions;
  readonly live: LiveCalls;
  readonly desks = new Desks();
  readonly calls = new Map<string, RegisteredCall>();
  readonly callOfEntry = new Map<string, string>();
  readonly places: Places;
  readonly phones: Phones;
  readonly elsewhere: Elsewhere;
  readonly holding = new Holding(this);
  readonly #requests: DeskRequests;
  readonly #callbacks: Callbacks;
  readonly #unsubscribe: readonly (() => void)[];
  #closed = false;

  constructor(options: SwitchboardOptions) {
    this.options = options;
    this.places = new Places({
      ...options,
      served: (entry, agentId) => {
        this.#connect(entry, agentId);
      },
    });
    this.#callbacks = new Callbacks(this, options.callbacks);
    this.#requests = new DeskRequests(this);
    this.phones = new Phones(this, this.#requests.consulting);
    this.elsewhere = new Elsewhere(this);
    this.live = createLiveCalls((change) => {
      this.#onLive(change);
    });
    this.#unsubscribe = [
      options.bus.subscribe('call-event', (event) => {
        this.live.take(event);
      }),
      options.router.subscribe((event) => {
        this.#onQueue(event);
      }),
    ];
  }

  get hasPeople(): boolean {
    return this.options.hasPeople();
  }

  register(call: PeopleCall, language: Language): CallPlace {
    const registered: RegisteredCall = {
      call,
      language,
      wish: undefined,
      enqueuedAtEpochMs: undefined,
      isCalledBackLater: false,
      stopPositions: () => undefined,
    };
    this.calls.set(call.callId, registered);
    const { router } = this.options;
    return {
      request: (wish) => void this.places.enqueue(registered, wish),
      leaveQueue: () => {
        registered.stopPositions();
        this.#later('a caller could not leave the queue', router.leave(call.callId));
      },
      callback: (number, wish, resume) => {
        registered.stopPositions();
        registered.isCalledBackLater = true;
        this.#later('a callback could not be kept', this.#callbacks.keep(registered, number, wish, resume));
      },
      message: (text, wish) => {
        registered.isCalledBackLater = true;
        const briefing = { ...wish.briefing, done: [...wish.briefing.done, `Message: “${text}”`] };
        const contact = { ...wish.contact, reason: 'voicemail' };
        const number = this.live.get(call.callId)?.call.from ?? '';
        const kept = this.#callbacks.keep(registered, number, { briefing, contact }, undefined);
        this.#later('a message could not be kept', kept);
      },
      ended: (mayReturn) => {
        this.#end(registered, mayReturn);
      },
    };
  }

  connect(person: DeskPerson, wire: DeskWire): DeskLine {
    const before = this.desks.get(person.id);
    // The newest tab has the desk.
    before?.wire?.close('This desk was opened in another place.');
    // A guest of another node, where the person had a desk until now, has its conversations there.
    if (before?.isGuest) void this.lose(before);
    const known = before?.isGuest ? undefined : before;
    const desk = known ?? new Desk(person);
    desk.cancelLoss();
    desk.wire = wire;
    this.desks.add(desk);
    const isMine = () => desk.wire === wire && !this.#closed;
    return {
      request: (request) => {
        if (isMine() && !this.elsewhere.forward(desk, request)) this.take(desk, request);
      },
      sound: (samples) => {
        if (isMine() && !desk.phone) desk.speak(samples);
      },
      gone: () => {
        if (!isMine()) return;
        desk.wire = undefined;
        if (desk.telephone !== undefined && needsNoPage(this, desk)) return;
        desk.pause();
        this.elsewhere.paused(desk);
        desk.cancelLoss = this.options.clock.setTimer(() => void this.lose(desk), deskReturnMs);
      },
    };
  }

  dismiss(personId: string, why: string): void {
    const desk = this.desks.get(personId);
    if (!desk || desk.isGuest) return;
    const { wire } = desk;
    desk.wire = undefined;
    wire?.close(why);
    this.phones.hangUp(desk);
    void this.lose(desk);
  }

  profileChanged(profile: AgentProfile): void {
    const desk = this.desks.get(profile.id);
    if (!desk || desk.isGuest) return;
    desk.person = { ...desk.person, profile };
    if (desk.isSignedIn) signInAgain(this, desk);
  }

  link(nodeId: string, wire: LinkWire<GuestRequest>): LinkEnd<GuestAnswer> {
    return this.elsewhere.open(nodeId, wire);
  }

  serve(wire: LinkWire<GuestAnswer>): LinkEnd<GuestRequest> {
    return seatGuests(this, wire);
  }

  take(desk: Desk, request: DeskRequest): void {
    this.#later('a request of a desk failed', this.#requests.take(desk, request));
  }

  close(): void {
    if (this.#closed) return;
    for (const desk of this.desks.all()) {
      desk.cancelLoss();
      desk.wire?.close('Kefu is closing.');
    }
    this.#closed = true;
    this.#requests.consulting.close();
    this.phones.close();
    this.elsewhere.close();
    this.#callbacks.close();
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
    for (const { stopPositions } of this.calls.values()) stopPositions();
  }

  cardOf(entryId: string): ContactCard | undefined {
    const callId = this.#callIdOf(entryId);
    const record = this.live.get(callId);
    if (!record) return undefined;
    const registered = this.calls.get(callId);
    return {
      entryId,
      call: record.call,
      briefing: registered?.wish?.briefing ?? null,
      moods: [...record.moods],
      transcript: [...record.transcript],
      enqueuedAtEpochMs: registered?.enqueuedAtEpochMs ?? null,
    };
  }

  /** Seats a person in a call. Undefined when the call is not on this node. */
  join(desk: Desk, entryId: string, callId: string, parts: JoinParts): Conversation | undefined {
    const registered = this.calls.get(callId);
    if (!registered) return undefined;
    const { mode, state, supervise, isQueued } = parts;
    const seat: Seat = registered.call.sit(desk.person, mode, (samples) => {
      desk.hear(samples);
    });
    const conversation: Conversation = {
      entryId,
      callId,
      seat,
      state,
      mode: supervise,
      sinceEpochMs: this.options.clock.epochMs(),
      muted: false,
      isQueued,
    };
    desk.offers.delete(entryId);
    desk.conversations.set(entryId, conversation);
    return conversation;
  }

  part(desk: Desk, conversation: Conversation, because: EndedBecause): void {
    if (!desk.conversations.delete(conversation.entryId)) return;
    conversation.seat?.leave();
    this.holding.parted(desk.person.id, conversation.callId);
    if (!desk.isBusy) this.phones.hangUp(desk);
    desk.send({ type: 'conversation-ended', entryId: conversation.entryId, because });
  }

  show(callId: string): void {
    this.desks.showConversations(callId, (entryId) => this.cardOf(entryId));
  }

  #callIdOf(entryId: string): string {
    return this.callOfEntry.get(entryId) ?? entryId.replace(/^watch~/, '');
  }

  #onLive(change: LiveCallChange): void {
    if (change.type === 'call')
      this.desks.broadcast({ type: 'live-call', call: change.call }, ({ person }) => person.supervises);
    else this.desks.broadcast(change, (desk) => desk.concerns(change.callId));
  }

  #onQueue(event: HandoffEvent): void {
    switch (event.type) {
      case 'offered':
        this.#ring(event.entry, event.agentId);
        break;
      case 'offer-withdrawn': {
        const desk = this.desks.get(event.agentId);
        this.phones.stop(event.entry.id);
        if (desk?.offers.delete(event.entry.id))
          desk.send({ type: 'offer-withdrawn', entryId: event.entry.id });
        break;
      }
      case 'accepted':
        this.#connect(event.entry, event.agentId);
        break;
      case 'requeued':
        this.#requeued(event.entry, event.broken);
        break;
      case 'entry-removed':
        this.#removed(event.entry);
        break;
      case 'agent-changed': {
        const { agent } = event;
        const desk = this.desks.get(agent.id);
        desk?.send({ type: 'agent', agent });
        if (desk?.isSignedIn && agent.nodeId !== null && agent.nodeId !== this.options.router.nodeId) {
          desk.wire?.close('This desk was opened in another place.');
          void this.lose(desk);
        }
        const colleague = colleagueOf(agent, this.options.nameOf(agent.id));
        this.desks.broadcast({ type: 'colleague', colleague });
        return;
      }
      case 'entry-added':
      case 'callback-promised':
        break;
    }
    const waiting = this.options.router
      .state()
      .entries.filter(({ progress }) => progress.state === 'waiting');
    const nowEpochMs = this.options.clock.epochMs();
    const longestWaitMs = Math.max(0, ...waiting.map((entry) => nowEpochMs - entry.enqueuedAtEpochMs));
    this.desks.broadcast({ type: 'queue', waiting: waiting.length, longestWaitMs });
  }

  #ring(entry: QueueEntry, agentId: string): void {
    const desk = this.desks.get(agentId);
    if (!desk) this.#unreached(entry, agentId);
    if (!desk || entry.progress.state !== 'offered') return;
    const untilEpochMs = entry.progress.sinceEpochMs + this.options.ringMs();
    const ring = (card: ContactCard) => {
      desk.send({ type: 'offer', card, untilEpochMs });
      this.phones.ring(desk, card);
    };
    if (entry.channel === 'callback') {
      // The node of the desk makes the call.
      if (desk.isGuest) return;
      this.#later('a promised call could not be offered', this.#callbacks.offered(desk, entry, ring));
      return;
    }
    const card = this.cardOf(entry.id);
    if (!card) return;
    desk.offers.set(entry.id, card.call.callId);
    ring(card);
  }

  #connect(entry: QueueEntry, agentId: string): void {
    const desk = this.desks.get(agentId);
    const callId = this.#callIdOf(entry.id);
    const registered = this.calls.get(callId);
    if (!desk) this.#unreached(entry, agentId);
    if (desk?.isGuest === false && entry.channel === 'callback')
      this.#later('somebody could not be called back', this.#callbacks.accepted(desk, entry));
    if (!desk || !registered) return;
    this.#later('a promised call could not be ticked off', this.#callbacks.joined(callId));
    const isConsultation = entry.id !== callId;
    registered.stopPositions();
    const joined = this.join(desk, entry.id, callId, {
      mode: isConsultation ? 'aside' : 'talk',
      state: isConsultation ? 'consulted' : 'talking',
      supervise: null,
      isQueued: true,
    });
    if (joined && !isConsultation) registered.call.tell({ type: 'person-joined', name: desk.person.name });
    this.show(callId);
  }

  /** A caller of this node was given to a desk that sits here no longer: they must not wait for it. */
  #unreached({ nodeId }: QueueEntry, agentId: string): void {
    const { router } = this.options;
    if (nodeId === router.nodeId) this.#later('a desk could not be taken back', router.outOfReach(agentId));
  }

  #requeued(entry: QueueEntry, broken: boolean): void {
    const callId = this.#callIdOf(entry.id);
    const registered = this.calls.get(callId);
    if (!registered) return;
    if (entry.id !== callId) {
      this.#requests.consulting.failed(entry.id, callId);
      return;
    }
    if (!broken) return;
    for (const desk of this.desks.all()) {
      const conversation = desk.conversations.get(entry.id);
      if (conversation) this.part(desk, conversation, 'lost');
    }
    registered.call.tell({ type: 'person-left', next: 'lost' });
    this.places.watchPosition(registered);
  }

  #removed(entry: QueueEntry): void {
    for (const desk of this.desks.all()) {
      const conversation = desk.conversations.get(entry.id);
      if (conversation) this.part(desk, conversation, 'caller-left');
    }
    this.callOfEntry.delete(entry.id);
    this.#later('a promised call could not be ticked off', this.#callbacks.removed(entry));
  }

  async lose(desk: Desk): Promise<void> {
    this.desks.remove(desk);
    desk.cancelLoss();
    const conversations = [...desk.conversations.values()];
    desk.conversations.clear();
    for (const { seat, callId } of conversations) {
      seat?.leave();
      this.holding.parted(desk.person.id, callId);
    }
    if (!desk.isGuest) this.elsewhere.lost(desk);
    for (const { callId, mode, isQueued } of conversations) {
      const registered = this.calls.get(callId);
      if (!registered || mode !== null || isQueued) continue;
      registered.call.tell({ type: 'person-left', next: 'lost' });
      if (registered.wish) void this.places.enqueue(registered, registered.wish);
    }
    await signOff(this, desk, () => this.#closed);
  }

  #end(registered: RegisteredCall, mayReturn: boolean): void {
    const { callId } = registered.call;
    const { router } = this.options;
    registered.stopPositions();
    this.calls.delete(callId);
    for (const desk of this.desks.all()) {
      for (const conversation of [...desk.conversations.values()])
        if (conversation.callId === callId) this.part(desk, conversation, 'caller-left');
    }
    const others = [...this.callOfEntry].filter(([, of]) => of === callId).map(([entryId]) => entryId);
    for (const entryId of others) this.#later('a consultation could not be ended', router.leave(entryId));
    if (!registered.wish || registered.isCalledBackLater) return;
    this.#later(
      'a caller who is gone could not be taken out of the queue',
      mayReturn ? router.away(callId) : router.leave(callId),
    );
  }

  later(message: string, work: () => Promise<unknown>): void {
    this.#later(message, work());
  }

  #later(message: string, work: Promise<unknown>): void {
    work.catch((error: unknown) => {
      this.options.log.error({ err: toKefuError(error) }, message);
    });
  }
}
