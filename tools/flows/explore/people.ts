import type { DialogEvent } from '../../../src/core/dialog.ts';
import type { CallState } from '../../../src/dialog/state.ts';
import { shopStartEpochMs } from './shop.ts';

/** What the queue and the people in it may do next. */
export interface News {
  readonly label: string;
  readonly event: DialogEvent;
}

const place = (position: number, waitMs: number | null): News => ({
  label: `place ${String(position)}, ${waitMs === null ? 'nobody on duty' : `${String(waitMs / 60_000)} minutes`}`,
  event: { type: 'queue-position', position, waitMs },
});
const answered: News = { label: 'a person answers', event: { type: 'person-joined', name: 'Anna' } };
const failed: News = {
  label: 'nobody answers',
  event: { type: 'transfer-finished', ok: false, code: 'transfer_failed' },
};
const refusals = (['closed', 'full'] as const).flatMap((because) =>
  (['callback', 'voicemail', 'goodbye'] as const).map(
    (instead): News => ({
      label: `${because}, ${instead} instead`,
      event: { type: 'queue-refused', because, instead, opensAtEpochMs: shopStartEpochMs + 20 * 3_600_000 },
    }),
  ),
);

/** While a caller waits in line, besides what the caller does. */
export const newsInLine: readonly News[] = [place(1, 30_000), place(9, 600_000), answered, failed];

/** While nothing can happen but by people; nothing when the caller or the shop has to do something. */
export function newsFor({ waiting, call }: CallState): readonly News[] {
  switch (waiting?.for) {
    case 'transfer':
      if (!call.hasPeople)
        return [{ label: 'a person takes the call', event: { type: 'transfer-finished', ok: true } }, failed];
      return [place(2, 180_000), place(7, null), ...refusals, answered, failed];
    case 'person':
      return [
        { label: 'the person is lost', event: { type: 'person-left', next: 'lost' } },
        { label: 'the person puts through', event: { type: 'person-left', next: 'queue' } },
        { label: 'the person is done', event: { type: 'person-left', next: 'end' } },
        { label: 'the person gives back', event: { type: 'person-left', next: 'flow', flow: 'order-status' } },
        { label: 'the person gives back in vain', event: { type: 'person-left', next: 'flow', flow: 'gone' } },
        { label: 'hangs up', event: { type: 'caller-hung-up' } },
      ];
    case 'voicemail':
      return [true, false].map((ok) => ({
        label: ok ? 'leaves a message' : 'leaves no message',
        event: { type: 'voicemail-finished', ok, durationMs: ok ? 5000 : 0 },
      }));
    case 'answer':
    case 'task':
    case undefined:
      return [];
  }
}

/**
 * What people do in the worst case; undefined when it is not for them to do something. Callers may wait in line for as long as they like:
 * who has done there what they always do is told that nobody comes.
 */
export function worstNews(state: CallState, isWaited: boolean): News | undefined {
  const { waiting } = state;
  if (waiting?.for === 'answer' && waiting.expecting.slot === 'waiting' && isWaited) return failed;
  const news = newsFor(state);
  return news.find(({ event }) => event.type === 'transfer-finished' && !event.ok) ?? news.at(-1);
}
