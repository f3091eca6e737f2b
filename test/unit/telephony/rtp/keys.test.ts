import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { keyPayloads, KeyReader } from '../../../../src/telephony/rtp/keys.ts';

interface EventPacket {
  readonly timestamp: number;
  readonly payload: Uint8Array;
}

/** The packets of keys pressed one after the other, with pauses of 60 ms or more between. */
function press(keys: string, start: number, packets = 6, pauseSamples = 480): EventPacket[][] {
  let timestamp = start;
  return keys.split('').map((key) => {
    const payloads = keyPayloads(key, packets, 160);
    const stamped = payloads.map((payload) => ({ timestamp, payload }));
    timestamp = (timestamp + packets * 160 + pauseSamples) >>> 0;
    return stamped;
  });
}

function read(packets: readonly EventPacket[], reader = new KeyReader(8000)): string {
  return packets.map(({ timestamp, payload }) => reader.read(timestamp, payload) ?? '').join('');
}

const anyKeys = fc.stringMatching(/^[0-9*#A-D]{1,12}$/);
const anyStart = fc.integer({ min: 0, max: 0xffffffff });

describe('keys of a telephone (RFC 4733)', () => {
  it('count once each, whatever packets of them are lost, doubled or late', () => {
    fc.assert(
      fc.property(
        anyKeys,
        anyStart,
        fc.infiniteStream(fc.integer({ min: 0, max: 9 })),
        (keys, start, dice) => {
          const packets = press(keys, start).flatMap((event) => {
            const kept = event.filter(() => (dice.next().value ?? 0) < 5);
            const arrived = kept.length > 0 ? kept : event.slice(0, 1);
            const doubled = arrived.flatMap((packet) =>
              (dice.next().value ?? 0) < 2 ? [packet, packet] : [packet],
            );
            // The last packets of a key may come in the wrong order.
            return (dice.next().value ?? 0) < 3 ? doubled.reverse() : doubled;
          });
          expect(read(packets)).toBe(keys);
        },
      ),
    );
  });

  it('count once when every end packet is lost, also the same key twice', () => {
    const events = press('5500', 1000).map((event) => event.slice(0, -3));
    expect(read(events.flat())).toBe('5500');
  });

  it('count once when a late packet of the key before comes in between', () => {
    const [first = [], second = []] = press('12', 5000);
    expect(read([...first.slice(0, -1), ...second.slice(0, 2), ...first.slice(-1), ...second.slice(2)])).toBe(
      '12',
    );
  });

  it('count once when they are held for long, in several segments, or stamped anew with every packet', () => {
    const segment = (timestamp: number, end: boolean) => [
      { timestamp, payload: Uint8Array.of(7, 10, 0x80, 0) },
      { timestamp, payload: Uint8Array.of(7, end ? 0x8a : 10, 0xff, 0xff) },
    ];
    expect(read([...segment(0, false), ...segment(0xffff, false), ...segment(0x1fffe, true)])).toBe('7');
    const restamped = Array.from({ length: 8 }, (_, index) => ({
      timestamp: index * 160,
      payload: Uint8Array.of(3, 10, 0, 160),
    }));
    expect(read(restamped)).toBe('3');
  });

  it.each([
    [48_000, 48_000],
    [48_000, 8000],
  ])('count once each on a clock of %i Hz with lengths told at %i Hz', (streamHz, lengthHz) => {
    const packetTicks = streamHz / 50;
    // Two presses of 120 ms of the same key, 60 ms apart, and one of another key; of each the end is lost.
    const packets = ['5', '5', '9'].flatMap((key, index) =>
      keyPayloads(key, 6, lengthHz / 50)
        .slice(0, -3)
        .map((payload) => ({ timestamp: index * 9 * packetTicks, payload })),
    );
    expect(read(packets, new KeyReader(streamHz, lengthHz))).toBe('559');
    // One key in two segments.
    const held = [0, 0xffff * (streamHz / lengthHz)].map((timestamp) => ({
      timestamp,
      payload: Uint8Array.of(7, 10, 0xff, 0xff),
    }));
    expect(read(held, new KeyReader(streamHz, lengthHz))).toBe('7');
  });

  it('are nothing when the event is no key or the packet is cut off', () => {
    expect(read([{ timestamp: 0, payload: Uint8Array.of(36, 0, 0, 160) }])).toBe('');
    expect(read([{ timestamp: 0, payload: Uint8Array.of(5, 0) }])).toBe('');
    expect(keyPayloads('x', 5, 160)).toEqual([]);
  });
});
