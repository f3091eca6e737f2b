import { toKefuError } from '../core/errors.ts';
import type { BoardInside } from './board.ts';
import type { Desk } from './desks.ts';

const againMs = 1_000;

/**
 * Tells the queue that a desk is gone. Until it knows, the callers of the desk wait for nobody: it is tried until it succeeds, the
 * person is back, or the board is closed. Resolves after the first try.
 */
export async function signOff(board: BoardInside, desk: Desk, isClosed: () => boolean): Promise<void> {
  const { router, clock, log } = board.options;
  const { id } = desk.person;
  try {
    await (desk.isGuest ? router.outOfReach(id) : router.deskLost(id));
  } catch (error) {
    log.error({ err: toKefuError(error) }, 'a lost desk could not be signed off');
    clock.setTimer(() => {
      if (!isClosed() && !board.desks.get(id)) void signOff(board, desk, isClosed);
    }, againMs);
  }
}
