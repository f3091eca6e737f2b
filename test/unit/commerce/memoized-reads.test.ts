import { describe, expect, it } from 'vitest';
import { memoizeReads } from '../../../src/commerce/memoized-reads.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { ScriptedShop } from '../../support/scripted-shop.ts';

function open() {
  const shop = new ScriptedShop();
  const clock = new ManualClock();
  const view = memoizeReads(shop, { ttlMs: 2_000, clock });
  const read = (orderId = 'A', signal = new AbortController().signal) =>
    view.call('listShipments', { orderId }, { signal });
  const write = () =>
    view.call('expedite', { orderId: 'A' }, { signal: new AbortController().signal, idempotencyKey: 'k' });
  const answer = (index: number, id: string) =>
    shop.calls[index]?.resolve({
      shipments: [{ id, carrier: 'c', trackingNumber: 't', status: 's', itemIds: [], events: [] }],
    });
  return { shop, clock, view, read, write, answer };
}
const firstId = (read: Awaited<ReturnType<ReturnType<typeof open>['read']>>) => read.shipments[0]?.id;

describe('reads of one call', () => {
  it('that are equal and at once cost one request', async () => {
    const { shop, read, answer } = open();
    const both = [read(), read()];
    expect(shop.calls).toHaveLength(1);
    answer(0, 'one');
    expect((await Promise.all(both)).map(firstId)).toEqual(['one', 'one']);
  });

  it('share an answer for two seconds from its arrival', async () => {
    const { shop, clock, read, answer } = open();
    const first = read();
    clock.advance(5_000);
    answer(0, 'one');
    await first;
    clock.advance(1_999);
    expect(firstId(await read())).toBe('one');
    clock.advance(1);
    const later = read();
    expect(shop.calls).toHaveLength(2);
    answer(1, 'two');
    expect(firstId(await later)).toBe('two');
  });

  it('are told apart by their input, whatever the order of its fields', async () => {
    const { shop, view } = open();
    const { signal } = new AbortController();
    void view.call('quote', { orderId: 'A', kind: 'cancel' }, { signal });
    void view.call('quote', { kind: 'cancel', orderId: 'A' }, { signal });
    void view.call('quote', { kind: 'cancel', orderId: 'B' }, { signal });
    expect(shop.calls.map(({ input }) => input)).toEqual([
      { orderId: 'A', kind: 'cancel' },
      { orderId: 'B', kind: 'cancel' },
    ]);
    await Promise.resolve();
  });

  it('give each reader an own copy', async () => {
    const { read, answer } = open();
    const both = [read(), read()];
    answer(0, 'one');
    const [first, second] = await Promise.all(both);
    if (first) first.shipments.length = 0;
    expect(second?.shipments).toHaveLength(1);
  });

  it('forget errors: the next read asks again', async () => {
    const { shop, read, answer } = open();
    const failed = read();
    shop.calls[0]?.reject(new Error('down'));
    await expect(failed).rejects.toThrow('down');
    const again = read();
    expect(shop.calls).toHaveLength(2);
    answer(1, 'two');
    expect(firstId(await again)).toBe('two');
  });

  it('forget everything when a write starts and when it ends', async () => {
    const { shop, read, write, answer } = open();
    const before = read();
    answer(0, 'before');
    await before;
    const writing = write();
    const during = read();
    answer(2, 'during');
    expect(firstId(await during)).toBe('during');
    shop.calls[1]?.resolve({ accepted: true });
    await writing;
    const after = read();
    answer(3, 'after');
    expect(firstId(await after)).toBe('after');
  });

  it('forget everything when a write fails, because it may have taken effect', async () => {
    const { shop, read, write, answer } = open();
    const writing = write();
    const during = read();
    answer(1, 'during');
    await during;
    shop.calls[0]?.reject(new Error('no answer'));
    await expect(writing).rejects.toThrow('no answer');
    void read();
    expect(shop.calls).toHaveLength(3);
  });

  it('never share a write', async () => {
    const { shop, write } = open();
    const both = [write(), write()];
    expect(shop.calls).toHaveLength(2);
    for (const call of shop.calls) call.resolve({ accepted: true });
    expect(await Promise.all(both)).toHaveLength(2);
  });

  it('let one reader leave while another still waits', async () => {
    const { shop, read, answer } = open();
    const leaver = new AbortController();
    const [leaving, staying] = [read('A', leaver.signal), read()];
    leaver.abort();
    await expect(leaving).rejects.toMatchObject({ code: 'aborted' });
    expect(shop.calls[0]?.options.signal.aborted).toBe(false);
    answer(0, 'one');
    expect(firstId(await staying)).toBe('one');
  });

  it('stop the request when the last reader leaves, and a later read asks again', async () => {
    const { shop, read, answer } = open();
    const leaver = new AbortController();
    const both = [read('A', leaver.signal), read('A', leaver.signal)];
    leaver.abort();
    await Promise.all(both.map((left) => expect(left).rejects.toMatchObject({ code: 'aborted' })));
    expect(shop.calls[0]?.options.signal.aborted).toBe(true);
    const again = read();
    answer(1, 'two');
    expect(firstId(await again)).toBe('two');
  });

  it('stop when the call ends, and leave the shop open for other calls', async () => {
    const { shop, view, read } = open();
    const pending = read();
    await view.close();
    await view.close();
    await expect(pending).rejects.toThrow('the call has ended');
    expect(shop.closed).toBe(false);
    await expect(read()).rejects.toMatchObject({ code: 'aborted' });
  });
});
