import type { ContactCard, DeskMessage, DeskRequest, LiveCall } from '../core/desk.ts';
import type { BoardInside } from './board.ts';
import type { Desk } from './desks.ts';
import type { GuestAnswer, GuestRequest, LinkEnd, LinkWire } from './node-messages.ts';

/** How often desks that sit at another board not yet are announced to it again. */
const seatEveryMs = 1_000;
/** Ids whose node a desk remembers; a note about a call is written soon after it. */
const mostPlaces = 5_000;

interface Link {
  readonly nodeId: string;
  readonly wire: LinkWire<GuestRequest>;
  readonly seated: Set<string>;
  readonly live: Map<string, LiveCall>;
}

/** The end of links at the node with the desks: what its people do with calls of other nodes goes there, and what comes is theirs. */
export class Elsewhere {
  readonly #board: BoardInside;
  readonly #links = new Map<string, Link>();
  #cancelSeating: () => void = () => undefined;

  constructor(board: BoardInside) {
    this.#board = board;
  }

  /** A link to another node is open. */
  open(nodeId: string, wire: LinkWire<GuestRequest>): LinkEnd<GuestAnswer> {
    const before = this.#links.get(nodeId);
    if (before) this.#gone(before);
    const link: Link = { nodeId, wire, seated: new Set(), live: new Map() };
    this.#links.set(nodeId, link);
    this.#seatAll();
    return {
      message: (answer) => {
        if (this.#links.get(nodeId) === link) this.#take(link, answer);
      },
      sound: (personId, samples) => {
        if (this.#links.get(nodeId) === link) this.#deskOf(personId)?.hear(samples);
      },
      gone: () => {
        if (this.#links.get(nodeId) === link) this.#gone(link);
      },
    };
  }

  /** The desk has said hello, perhaps once more. */
  signedIn(desk: Desk): void {
    desk.isSignedIn = true;
    desk.speakElsewhere = (samples) => {
      const nodes = new Set([...desk.away.values()].flatMap((each) => (each.isOffer ? [] : [each.nodeId])));
      for (const nodeId of nodes) this.#links.get(nodeId)?.wire.sound(desk.person.id, samples);
    };
    const personId = desk.person.id;
    for (const { seated, wire } of this.#links.values())
      if (seated.has(personId)) wire.send({ type: 'again', personId });
    this.#reach(desk);
    this.#seatAll();
  }

  /** Sends a request to the node that has the call; false when that is this one, or nobody knows. */
  forward(desk: Desk, request: DeskRequest): boolean {
    const id = 'entryId' in request ? request.entryId : 'callId' in request ? request.callId : undefined;
    if (id === undefined || desk.conversations.has(id) || this.#board.calls.has(id)) return false;
    const link = this.#links.get(desk.places.get(id) ?? '');
    if (!link?.seated.has(desk.person.id)) return false;
    const away = desk.away.get(id);
    if (request.type === 'accept' && desk.telephone !== undefined && away && away.channel !== 'text')
      desk.send({ type: 'problem', code: 'not_found', message: 'Take this call at your telephone.' });
    else link.wire.send({ type: 'request', personId: desk.person.id, request });
    return true;
  }

  /** The page is away for a moment. */
  paused(desk: Desk): void {
    for (const { wire } of this.#links.values()) wire.send({ type: 'pause', personId: desk.person.id });
  }

  /** The desk is gone for good. */
  lost(desk: Desk): void {
    desk.away.clear();
    for (const { wire, seated } of this.#links.values())
      if (seated.delete(desk.person.id)) wire.send({ type: 'unseat', personId: desk.person.id });
  }

  /** Idempotent. */
  close(): void {
    this.#cancelSeating();
    this.#links.clear();
  }

  #deskOf(personId: string): Desk | undefined {
    const desk = this.#board.desks.get(personId);
    return desk?.isGuest === false ? desk : undefined;
  }

  #seatAll(): void {
    this.#cancelSeating();
    if (this.#links.size === 0) return;
    for (const { seated, wire } of this.#links.values()) {
      for (const { person, isGuest, isSignedIn } of this.#board.desks.all()) {
        if (isGuest || !isSignedIn || seated.has(person.id)) continue;
        const { id, name, role, supervises, profile } = person;
        wire.send({ type: 'seat', person: { id, name, role, supervises, profile } });
      }
    }
    this.#cancelSeating = this.#board.options.clock.setTimer(() => {
      this.#seatAll();
    }, seatEveryMs);
  }

  /** Tells the queue whose callers the desk can be joined with. */
  #reach({ person: { id } }: Desk): void {
    const nodes = [...this.#links.values()].flatMap(({ nodeId, seated }) => (seated.has(id) ? [nodeId] : []));
    this.#board.later('the queue could not be told whom a desk reaches', () =>
      this.#board.options.router.reach(id, nodes),
    );
  }

  #take(link: Link, answer: GuestAnswer): void {
    const desk = this.#deskOf(answer.personId);
    if (!desk) {
      // It was lost while the other node made room for it.
      if (answer.type === 'seated') link.wire.send({ type: 'unseat', personId: answer.personId });
      return;
    }
    switch (answer.type) {
      case 'seated':
        if (link.seated.has(desk.person.id)) return;
        link.seated.add(desk.person.id);
        this.#reach(desk);
        break;
      case 'unseated':
        link.seated.delete(desk.person.id);
        this.#drop(desk, link.nodeId);
        this.#reach(desk);
        break;
      case 'message':
        this.#pass(desk, link, answer.message);
        break;
    }
  }

  #pass(desk: Desk, link: Link, message: DeskMessage): void {
    const { phones } = this.#board;
    switch (message.type) {
      case 'offer':
        this.#note(desk, link, message.card, true);
        break;
      case 'conversation':
        this.#note(desk, link, message.card, false);
        break;
      case 'offer-withdrawn':
        phones.stop(message.entryId);
        desk.away.delete(message.entryId);
        break;
      case 'conversation-ended':
        desk.away.delete(message.entryId);
        if (!desk.isBusy) phones.hangUp(desk);
        break;
      case 'live-call':
        if (message.call.phase === 'ended') link.live.delete(message.call.callId);
        else link.live.set(message.call.callId, message.call);
        place(desk, message.call.callId, link.nodeId);
        break;
      default:
        break;
    }
    desk.send(message);
    if (message.type === 'offer') phones.ring(desk, message.card);
  }

  #note(desk: Desk, { nodeId }: Link, { entryId, call }: ContactCard, isOffer: boolean): void {
    desk.away.set(entryId, { nodeId, channel: call.channel, isOffer });
    place(desk, entryId, nodeId);
    place(desk, call.callId, nodeId);
  }

  #gone(link: Link): void {
    this.#links.delete(link.nodeId);
    for (const desk of this.#board.desks.all()) {
      if (desk.isGuest) continue;
      this.#drop(desk, link.nodeId);
      if (desk.person.supervises)
        for (const call of link.live.values())
          desk.send({ type: 'live-call', call: { ...call, phase: 'ended', agents: [] } });
      if (link.seated.has(desk.person.id)) this.#reach(desk);
    }
  }

  /** Nothing of the node is at the desk any more. */
  #drop(desk: Desk, nodeId: string): void {
    for (const [entryId, away] of [...desk.away]) {
      if (away.nodeId !== nodeId) continue;
      this.#board.phones.stop(entryId);
      desk.away.delete(entryId);
      if (away.isOffer) desk.send({ type: 'offer-withdrawn', entryId });
      else desk.send({ type: 'conversation-ended', entryId, because: 'lost' });
    }
    if (!desk.isBusy) this.#board.phones.hangUp(desk);
  }
}

/** Remembers where a call or contact is, and forgets the oldest. */
function place(desk: Desk, id: string, nodeId: string): void {
  desk.places.delete(id);
  desk.places.set(id, nodeId);
  const [oldest] = desk.places.keys();
  if (desk.places.size > mostPlaces && oldest !== undefined) desk.places.delete(oldest);
}
