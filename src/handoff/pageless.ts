import type { BoardInside } from './board.ts';
import type { Desk } from './desks.ts';

/**
 * The page of somebody who is at the telephone is gone. They need none, except for what is written, and for watching: true when the
 * person stays at work, without what only a page can do.
 */
export function needsNoPage(board: BoardInside, desk: Desk): boolean {
  const isText = (callId: string) => board.calls.get(callId)?.call.channel === 'text';
  if ([...desk.conversations.values()].some(({ callId, mode }) => mode === null && isText(callId)))
    return false;
  for (const conversation of [...desk.conversations.values()])
    if (conversation.mode !== null) board.part(desk, conversation, 'finished');
  for (const [entryId, callId] of desk.offers)
    if (isText(callId))
      board.later('a text could not be left to others', () =>
        board.options.router.decline(desk.person.id, entryId),
      );
  signInAgain(board, desk);
  return true;
}

/** Tells the queue what is known of a person now. Nothing written is offered until a page is open, which then says hello by itself. */
export function signInAgain(board: BoardInside, { person: { profile }, wire }: Desk): void {
  board.later('the queue could not be told of a person', () =>
    board.options.router.signIn(wire ? profile : { ...profile, textCapacity: 0 }),
  );
}
