import type { DeskSwitchboard } from '../../../src/handoff/board.ts';
import {
  guestAnswerSchema,
  guestRequestSchema,
  type GuestAnswer,
  type LinkEnd,
} from '../../../src/handoff/node-messages.ts';
import { openBoard } from './open-board.ts';
import { settle } from './call-centre.ts';
import type { Telephones } from '../../../src/handoff/phones.ts';
import { deskPersonOf } from '../../support/people-call.ts';

/** A link in memory, by which the desks of one board sit at another. What it carries is read as from a wire. */
export function linkBoards(desks: DeskSwitchboard, nodeId: string, calls: DeskSwitchboard) {
  let alive = true;
  const later = (work: () => void) => {
    queueMicrotask(() => {
      if (alive) work();
    });
  };
  // Both ends need each other; nothing arrives before both are there.
  const ends: { answers?: LinkEnd<GuestAnswer> } = {};
  const served = calls.serve({
    send: (message) => {
      const text = JSON.stringify(message);
      later(() => ends.answers?.message(guestAnswerSchema.parse(JSON.parse(text))));
    },
    sound: (personId, samples) => {
      later(() => ends.answers?.sound(personId, samples));
    },
  });
  ends.answers = desks.link(nodeId, {
    send: (message) => {
      const text = JSON.stringify(message);
      later(() => {
        served.message(guestRequestSchema.parse(JSON.parse(text)));
      });
    },
    sound: (personId, samples) => {
      later(() => {
        served.sound(personId, samples);
      });
    },
  });
  return {
    /** Nothing comes through any more; which end notices first is up to the test. */
    cut: () => void (alive = false),
    goneAtDesks: () => ends.answers?.gone(),
    goneAtCalls: () => {
      served.gone();
    },
    lose() {
      alive = false;
      ends.answers?.gone();
      served.gone();
    },
  };
}

/** Two nodes, `n1` with the calls and `n2` with the desks, linked in both directions. */
export async function openTwoBoards(telephones?: Telephones) {
  const calls = await openBoard(undefined, { nodeId: 'n1' });
  const desks = await openBoard(telephones, { centre: calls.centre, nodeId: 'n2' });
  const link = linkBoards(desks.board, 'n1', calls.board);
  const back = linkBoards(calls.board, 'n2', desks.board);
  return { calls, desks, link, back };
}

/** A caller of `n1` who speaks with Anna of `n2`. */
export async function talkingOverLink() {
  const opened = await openTwoBoards();
  const anna = await opened.desks.connect(deskPersonOf('anna'));
  const { call, place } = opened.calls.begin('c1');
  await opened.calls.ask(call, place);
  await settle();
  await anna.request({ type: 'accept', entryId: 'c1' });
  await settle();
  return { ...opened, anna, call, place };
}
