import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PlaybackBuffer } from '../../../tools/lib/playback-buffer.ts';

/** 20 ms of a loud square wave in mu-law. */
const loud = Uint8Array.from({ length: 160 }, (_, index) => (index % 2 === 0 ? 0x10 : 0x90));
const silent = new Uint8Array(160).fill(0xff);

describe('the playback buffer', () => {
  it('plays packets that come early one after the other, and later ones when they come', () => {
    const buffer = new PlaybackBuffer();
    buffer.receive(loud, 100);
    buffer.receive(loud, 100);
    buffer.receive(loud, 500);
    expect(buffer.heard.map(({ startMs, endMs }) => [startMs, endMs])).toEqual([
      [100, 120],
      [120, 140],
      [500, 520],
    ]);
    expect(buffer.playedOutMs).toBe(520);
    const sound = buffer.render(510);
    expect(sound).toHaveLength(4080);
    expect(sound.subarray(0, 800).every((code) => code === 0xff)).toBe(true);
    expect([...sound.subarray(800, 960)]).toEqual([...loud]);
    expect([...sound.subarray(4000)]).toEqual([...loud.subarray(0, 80)]);
  });

  it('waits with the first packet as a jitter buffer does, so that the others may come unevenly', () => {
    const buffer = new PlaybackBuffer(60);
    for (const atMs of [100, 130, 140, 199, 200, 400]) buffer.receive(loud, atMs);
    expect(buffer.heard.map(({ receivedAtMs, startMs }) => [receivedAtMs, startMs])).toEqual([
      [100, 160],
      [130, 180],
      [140, 200],
      [199, 220],
      [200, 240],
      [400, 460],
    ]);
  });

  it('reaches a mark when everything before it has been played', () => {
    const buffer = new PlaybackBuffer();
    buffer.mark('at once', 10);
    expect(buffer.reached(10)).toEqual(['at once']);
    for (let index = 0; index < 5; index += 1) buffer.receive(silent, 20);
    buffer.mark('after five', 20);
    buffer.receive(silent, 20);
    buffer.mark('after six', 20);
    expect(buffer.nextMarkMs).toBe(120);
    expect(buffer.reached(119)).toEqual([]);
    expect(buffer.reached(120)).toEqual(['after five']);
    expect(buffer.reached(1000)).toEqual(['after six']);
    expect(buffer.nextMarkMs).toBeUndefined();
  });

  it('drops what waits when it is cleared, in the middle of a packet too, and returns the marks', () => {
    const buffer = new PlaybackBuffer();
    for (let index = 0; index < 3; index += 1) buffer.receive(loud, 0);
    buffer.mark('one', 0);
    buffer.mark('two', 0);
    expect(buffer.clear(30)).toEqual(['one', 'two']);
    expect(buffer.reached(1000)).toEqual([]);
    expect(buffer.heard.map(({ startMs, endMs }) => endMs - startMs)).toEqual([20, 10, 0]);
    expect(buffer.lastAudibleMs).toBe(30);
    const sound = buffer.render(60);
    expect(sound.findLastIndex((code) => code !== 0xff)).toBe(239);
    buffer.receive(loud, 31);
    expect(buffer.heard.map(({ startMs }) => startMs)).toEqual([0, 20, 30, 31]);
  });

  it('finds the first audible packet of an answer', () => {
    const buffer = new PlaybackBuffer();
    buffer.receive(loud, 0);
    buffer.receive(silent, 200);
    buffer.receive(loud, 210);
    buffer.receive(loud, 240);
    expect(buffer.firstAudibleAfter(100)).toMatchObject({ receivedAtMs: 210, startMs: 220, audible: true });
    expect(buffer.firstAudibleAfter(241)).toBeUndefined();
    buffer.clear(215);
    expect(buffer.firstAudibleAfter(100)).toBeUndefined();
  });

  it('plays every sample once and in order, whatever comes when', () => {
    const step = fc.record({
      waitMs: fc.integer({ min: 0, max: 100 }),
      action: fc.oneof(fc.constant('clear' as const), fc.integer({ min: 1, max: 400 })),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const buffer = new PlaybackBuffer();
        let nowMs = 0;
        let marks = 0;
        const returned: string[] = [];
        for (const { waitMs, action } of steps) {
          nowMs += waitMs;
          returned.push(...buffer.reached(nowMs));
          if (action === 'clear') {
            returned.push(...buffer.clear(nowMs));
            expect(buffer.playedOutMs).toBeLessThanOrEqual(nowMs);
          } else {
            buffer.receive(new Uint8Array(action).fill(0x10), nowMs);
            buffer.mark(String(marks), nowMs);
            marks += 1;
          }
        }
        returned.push(...buffer.reached(Infinity));
        expect(returned).toEqual(Array.from({ length: marks }, (_, index) => String(index)));
        const { heard } = buffer;
        for (const [index, packet] of heard.entries()) {
          expect(packet.startMs).toBeGreaterThanOrEqual(packet.receivedAtMs);
          expect(packet.startMs).toBeGreaterThanOrEqual(heard[index - 1]?.endMs ?? 0);
        }
        const played = heard.reduce((sum, { startMs, endMs }) => sum + (endMs - startMs) * 8, 0);
        const sound = buffer.render(buffer.playedOutMs);
        expect(sound.filter((code) => code === 0x10)).toHaveLength(played);
      }),
    );
  });
});
