import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FinishedChange } from '../../../src/core/changes.ts';
import { createUntoldChangeStore, untoldLifeMs } from '../../../src/store/untold-changes.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { databaseKinds, type DatabaseUnderTest } from './databases.ts';

const changeOf = (callId: string, overrides: Partial<FinishedChange> = {}): FinishedChange => ({
  callId,
  taskId: 't3',
  operation: 'cancelOrder',
  orderId: '#W4410273',
  code: null,
  ...overrides,
});

describe.each(databaseKinds)('untold changes in $kind', (tested) => {
  let under: DatabaseUnderTest;
  const clock = new ManualClock();
  beforeAll(async () => {
    under = await tested.open();
  });
  afterAll(() => under.close());
  const store = () => createUntoldChangeStore(under.database, { clock });

  it('are found by the number alone, oldest first, until they are told', async () => {
    const refused = changeOf('call_2', { code: 'order_not_pending', orderId: null });
    await store().keep('+1 (212) 555-0101', [changeOf('call_1')]);
    clock.advance(1000);
    await store().keep('+12125550101', [refused]);
    expect(await store().find('+12125550101')).toEqual([changeOf('call_1'), refused]);
    expect(await store().find('+12125550102')).toEqual([]);
    await store().markTold(changeOf('call_1'));
    expect(await store().find('+12125550101')).toEqual([refused]);
    await store().forgetCall('call_2');
    expect(await store().find('+12125550101')).toEqual([]);
  });

  it('of withheld numbers are not kept at all', async () => {
    for (const from of ['anonymous', '', 'sip:alice@example.com', '+266696687', '+86282452253']) {
      await store().keep(from, [changeOf(`call of ${from}`)]);
      expect(await store().find(from)).toEqual([]);
    }
    expect(await under.database.query('select * from untold_changes')).toEqual([]);
  });

  it('are forgotten after a week', async () => {
    await store().keep('+12125550103', [changeOf('call_4')]);
    clock.advance(untoldLifeMs - 1);
    expect(await store().find('+12125550103')).toHaveLength(1);
    clock.advance(1);
    expect(await store().find('+12125550103')).toEqual([]);
    await store().keep('+12125550104', [changeOf('call_5')]);
    expect(await under.database.query('select call_id from untold_changes')).toEqual([{ call_id: 'call_5' }]);
  });

  it('are one, however often the shop was asked', async () => {
    await store().keep('+12125550105', [changeOf('call_6', { code: 'timed_out' })]);
    await store().keep('+12125550105', [changeOf('call_6')]);
    expect(await store().find('+12125550105')).toEqual([changeOf('call_6')]);
  });
});
