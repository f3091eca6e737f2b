import type { BoardInside } from './board.ts';
import { KefuError } from '../core/errors.ts';
import { takenOverBriefing } from '../core/handoff.ts';
import type { Conversation, Desk } from './desks.ts';
import { canJoin } from './matching.ts';
import type { RegisteredCall } from './places.ts';

/** The desk's conversation. @throws KefuError `not_found` when it is over. */
export function conversationOf(desk: Desk, entryId: string): Conversation {
  const conversation = desk.conversations.get(entryId);
  if (!conversation) throw new KefuError('not_found', 'This conversation is over.');
  return conversation;
}

/** The running call of a desk's conversation. @throws KefuError `not_found` when one of them is over. */
export function callOf(board: BoardInside, desk: Desk, entryId: string): RegisteredCall {
  const registered = board.calls.get(conversationOf(desk, entryId).callId);
  if (!registered) throw new KefuError('not_found', 'The caller has hung up.');
  return registered;
}

/** @throws KefuError `not_found` for somebody who cannot be asked now. */
export function checkColleague(board: BoardInside, agentId: string, desk: Desk): void {
  if (agentId === desk.person.id) throw new KefuError('not_found', 'Choose somebody other than yourself.');
  const colleague = board.options.router.state().agents.find(({ id }) => id === agentId);
  if (!colleague || colleague.state === 'offline')
    throw new KefuError(
      'not_found',
      'This colleague is not at their desk. Choose somebody else, or a queue.',
    );
  if (!canJoin({ nodeId: board.options.router.nodeId }, colleague))
    throw new KefuError('not_found', 'This colleague cannot be reached from here. Choose somebody else.');
}

/** How the dialog goes on when nobody has the caller any more; undefined when the call has left Kefu. */
export type Afterwards =
  { readonly next: 'end' } | { readonly next: 'flow'; readonly flow: string } | undefined;

/** A desk's conversation ends; when it was the last one with the caller, the dialog goes on as `then` says. */
export async function finishConversation(
  board: BoardInside,
  desk: Desk,
  conversation: Conversation,
  then: Afterwards,
  because: 'finished' | 'transferred' = 'finished',
): Promise<void> {
  const { desks, options, calls } = board;
  const { callId, entryId } = conversation;
  const registered = calls.get(callId);
  if (conversation.state === 'consulting')
    throw new KefuError('not_found', 'End the consultation with your colleague first.');
  board.part(desk, conversation, because);
  const others = desks.all().flatMap((each) => each.talkingOn(callId) ?? []);
  if (others.length === 0 && registered && then) {
    registered.call.hold(false);
    registered.call.tell({ type: 'person-left', ...then });
  }
  const [last] = others;
  if (others.length === 1 && last?.state === 'conference') last.state = 'talking';
  if (conversation.isQueued) await options.router.finish(desk.person.id, entryId);
  board.show(callId);
}

/** What is known of a caller for whom Kefu had not asked for a person. */
export function wishless({ call, language }: RegisteredCall): NonNullable<RegisteredCall['wish']> {
  return {
    contact: { queue: '', reason: 'taken-over', anger: 0, value: 0, language, skills: [] },
    briefing: takenOverBriefing(call.callId, language),
  };
}
