import type { DeskMessage } from '../core/desk.ts';
import type { BoardInside } from './board.ts';
import { colleagueOf, type Desk } from './desks.ts';

/** What a desk is told when it says hello. */
export function welcomeOf(board: BoardInside, desk: Desk): DeskMessage {
  const { router, nameOf, queues, flows, wrapUpCodes } = board.options;
  const { agents } = router.state();
  const agent = agents.find(({ id }) => id === desk.person.id);
  if (!agent) return { type: 'problem', code: 'not_found', message: 'Please sign in again.' };
  return {
    type: 'welcome',
    nowEpochMs: board.options.clock.epochMs(),
    me: { id: desk.person.id, name: desk.person.name, role: desk.person.role },
    agent,
    colleagues: agents.map((each) => colleagueOf(each, nameOf(each.id))),
    queues: [...queues()],
    flows: [...flows()],
    wrapUpCodes: [...wrapUpCodes()],
    telephone: desk.person.telephone ?? null,
    device: desk.telephone === undefined ? 'browser' : 'telephone',
    conversations: [...desk.conversations.values()].flatMap((each) => {
      const card = board.cardOf(each.entryId);
      return card ? [{ conversation: board.desks.view(each), card }] : [];
    }),
  };
}
