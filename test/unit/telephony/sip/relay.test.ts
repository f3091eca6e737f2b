import { describe, expect, it } from 'vitest';
import { createTranscoder } from '../../../../src/media/transcoder.ts';
import { fromRelay, Relay, relayCodec, toRelay } from '../../../../src/telephony/sip/relay.ts';

/** A far side that sends one packet whenever it is told to. */
function farSide() {
  const sent: Uint8Array[] = [];
  const queue: Uint8Array[] = [];
  return {
    sent,
    get waiting() {
      return queue.length;
    },
    send(payload: Uint8Array) {
      queue.push(payload);
    },
    tick() {
      const next = queue.shift();
      if (next) sent.push(next);
    },
  };
}

describe('sound that is passed on', () => {
  it.each([10, 20, 30, 60])('goes out in packets of 20 ms when it comes in packets of %i ms', (packetMs) => {
    const to = farSide();
    const relay = new Relay(to);
    const bytes = Uint8Array.from({ length: 8 * 240 }, (_, index) => index % 251);
    for (let at = 0; at < bytes.length; at += 8 * packetMs) relay.take(bytes.subarray(at, at + 8 * packetMs));
    while (to.waiting > 0) to.tick();
    expect(to.sent.map(({ length }) => length)).toEqual(new Array(12).fill(160));
    expect(Buffer.concat(to.sent).equals(Buffer.from(bytes))).toBe(true);
  });

  it('waits no longer than the line needs: what has piled up once is worked off, a packet here and there', () => {
    const to = farSide();
    const relay = new Relay(to);
    const packet = new Uint8Array(160);
    // 200 ms come at once after a break, then all is well again.
    for (let index = 0; index < 10; index += 1) relay.take(packet);
    const waiting: number[] = [];
    for (let index = 0; index < 900; index += 1) {
      relay.take(packet);
      to.tick();
      waiting.push(to.waiting);
    }
    expect(waiting[100]).toBe(10);
    expect(waiting.at(-1)).toBe(1);
    // Never two in a row.
    expect(Math.max(...waiting.slice(1).map((count, index) => (waiting[index] ?? 0) - count))).toBe(1);
  });

  it('keeps what an uneven line needs', () => {
    const to = farSide();
    const relay = new Relay(to);
    let gaps = 0;
    for (let index = 0; index < 3_000; index += 1) {
      // Three packets come every 60 ms.
      if (index % 3 === 0) for (let each = 0; each < 3; each += 1) relay.take(new Uint8Array(160));
      if (to.waiting === 0) gaps += 1;
      to.tick();
    }
    expect(gaps).toBe(0);
  });

  it('is thrown away rather than told half a second late', () => {
    const to = farSide();
    const relay = new Relay(to);
    for (let index = 0; index < 500; index += 1) relay.take(new Uint8Array(160));
    expect(to.waiting).toBe(25);
  });

  it('is handed over in a codec that can be cut', () => {
    expect([relayCodec('PCMU'), relayCodec('G722'), relayCodec('opus'), relayCodec(undefined)]).toEqual([
      'PCMU',
      'G722',
      'G722',
      'G722',
    ]);
    expect([toRelay('PCMA', createTranscoder), fromRelay('PCMA', createTranscoder)]).toEqual([
      undefined,
      undefined,
    ]);
  });
});
