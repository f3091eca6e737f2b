import { describe, expect, it } from 'vitest';
import { deskPersonOf } from '../../support/people-call.ts';
import { settle } from './call-centre.ts';
import { supervisor, talking } from './open-board.ts';

const note = { name: 'desk-flow', data: { text: 'a return' } };
const deed = { person: deskPersonOf('anna'), action: 'desk-flow', callId: 'c1', details: {} };

describe('who has a call in hand', () => {
  it('is the agent who talks with the caller, and nobody who looks on', async () => {
    const { board, connect } = await talking();
    const sue = await connect(supervisor);
    await sue.request({ type: 'supervise', callId: 'c1', mode: 'join' });
    expect(board.holding.held('anna', 'c1')).toMatchObject({
      person: { id: 'anna' },
      card: { entryId: 'c1' },
    });
    expect(board.holding.held('sue', 'c1')).toBeUndefined();
    expect(board.holding.held('anna', 'c2')).toBeUndefined();
  });

  it('is told when the conversation ends, and when the desk is lost', async () => {
    const first = await talking();
    const parted: string[] = [];
    first.board.holding.onParted((personId, callId) => parted.push(`${personId} ${callId}`));
    await first.anna.request({ type: 'finish', entryId: 'c1' });
    expect(parted).toEqual(['anna c1']);

    const second = await talking();
    second.board.holding.onParted((personId, callId) => parted.push(`${personId} ${callId} lost`));
    second.anna.line.gone();
    second.clock.advance(1_500);
    await settle();
    expect(parted).toEqual(['anna c1', 'anna c1 lost']);
    expect(second.board.holding.held('anna', 'c1')).toBeUndefined();
  });

  it('has what they did written into the record, the audit log and the briefing', async () => {
    const { board, call, deeds, kept, anna, place } = await talking();
    await board.holding.record(deed, note, ['Registered the return of a lamp.']);
    expect(call.notes).toContain('desk-flow a return');
    expect(deeds).toContainEqual(deed);
    expect(board.holding.held('anna', 'c1')?.card.briefing?.done).toContain(
      'Registered the return of a lamp.',
    );

    await anna.request({ type: 'finish', entryId: 'c1' });
    place.ended(false);
    await board.holding.record(deed, note, []);
    expect(kept).toEqual(['c1 desk-flow']);
  });
});
