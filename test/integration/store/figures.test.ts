import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FigureAmount } from '../../../src/core/figures.ts';
import { createFigureStore } from '../../../src/store/figures.ts';
import { databaseKinds, type DatabaseUnderTest } from './databases.ts';

const answered = (amount: number, name = 'general'): FigureAmount => ({
  subject: 'queue',
  name,
  measure: 'answered',
  amount,
});

describe.each(databaseKinds)('figures in $kind', (tested) => {
  let under: DatabaseUnderTest;
  beforeAll(async () => {
    under = await tested.open();
  });
  afterAll(() => under.close());

  it('of a process take the place of what it kept before, so that a write may be repeated', async () => {
    const store = createFigureStore(under.database);
    const share: FigureAmount = { subject: 'agent', name: '客服 1', measure: 'busy-ms', amount: 0.25 };
    await store.keep('2026-11-01', [answered(1), share]);
    await store.keep('2026-11-01', [answered(3), share]);
    await store.keep('2026-11-01', [answered(3), share]);
    expect(await store.sum('2026-11-01')).toEqual([share, answered(3)]);
  });

  it('of several processes add up, and days stay apart', async () => {
    const [one, two] = [createFigureStore(under.database), createFigureStore(under.database)];
    await Promise.all([
      one.keep('2026-11-02', [answered(2), answered(5, 'complaints')]),
      two.keep('2026-11-02', [answered(40)]),
      two.keep('2026-11-03', [answered(1)]),
    ]);
    expect(await createFigureStore(under.database).sum('2026-11-02')).toEqual([
      answered(5, 'complaints'),
      answered(42),
    ]);
    expect(await one.sum('2026-11-03')).toEqual([answered(1)]);
  });

  it('are none where nothing was kept', async () => {
    const store = createFigureStore(under.database);
    await store.keep('2026-11-04', []);
    expect(await store.sum('2026-11-04')).toEqual([]);
  });
});
