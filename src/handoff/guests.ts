import type { DeskMessage } from '../core/desk.ts';
import type { BoardInside } from './board.ts';
import { Desk, type DeskPerson } from './desks.ts';
import type { GuestAnswer, GuestRequest, LinkEnd, LinkWire } from './node-messages.ts';

/** What concerns calls; everything else a desk hears from its own node. */
const forGuests: ReadonlySet<DeskMessage['type']> = new Set([
  'offer',
  'offer-withdrawn',
  'conversation',
  'conversation-ended',
  'line',
  'mood',
  'live-call',
  'problem',
]);

/** The end of a link at the node with the calls: desks of the other node sit at this board as if they were connected here. */
export function seatGuests(board: BoardInside, wire: LinkWire<GuestAnswer>): LinkEnd<GuestRequest> {
  const guests = new Map<string, Desk>();

  function seat(person: DeskPerson): void {
    const known = board.desks.get(person.id);
    // Their desk here is the newer one, or about to be given up: the other node asks again.
    if (known && !known.isGuest) return;
    const mine = guests.get(person.id);
    const isSeated = mine !== undefined && known === mine;
    if (isSeated) {
      wire.send({ type: 'seated', personId: person.id });
      return;
    }
    // Of a link that is lost without this node having noticed yet.
    if (known) void board.lose(known);
    const desk = add(person);
    // What the queue still believes of an earlier link ends first: nobody may be held by a desk that does not know of them.
    board.later('a desk of another node could not be seated', async () => {
      try {
        await board.options.router.outOfReach(person.id);
      } catch (error) {
        // The other node asks again.
        if (guests.get(person.id) === desk) unseat(desk);
        throw error;
      }
      if (guests.get(person.id) !== desk) return;
      wire.send({ type: 'seated', personId: person.id });
      showCalls(person);
    });
  }

  function add(person: DeskPerson): Desk {
    const personId = person.id;
    const desk = new Desk(person, true);
    desk.wire = {
      send(message) {
        if (forGuests.has(message.type)) wire.send({ type: 'message', personId, message });
      },
      sound: (samples) => {
        wire.sound(personId, samples);
      },
      close() {
        guests.delete(personId);
        wire.send({ type: 'unseated', personId });
      },
    };
    guests.set(personId, desk);
    board.desks.add(desk);
    return desk;
  }

  function showCalls({ id, supervises }: DeskPerson): void {
    if (!supervises) return;
    for (const call of board.live.list()) guests.get(id)?.send({ type: 'live-call', call });
  }

  function unseat(desk: Desk): void {
    guests.delete(desk.person.id);
    if (board.desks.get(desk.person.id) === desk) void board.lose(desk);
  }

  return {
    message(message) {
      if (message.type === 'seat') {
        seat(message.person);
        return;
      }
      const desk = guests.get(message.personId);
      if (!desk) return;
      switch (message.type) {
        case 'unseat':
          unseat(desk);
          break;
        case 'request':
          board.take(desk, message.request);
          break;
        case 'pause':
          desk.pause();
          break;
        case 'again':
          for (const conversation of desk.conversations.values())
            board.desks.show(desk, conversation, (entryId) => board.cardOf(entryId));
          showCalls(desk.person);
          break;
      }
    },
    sound(personId, samples) {
      guests.get(personId)?.speak(samples);
    },
    gone() {
      for (const desk of [...guests.values()]) unseat(desk);
    },
  };
}
