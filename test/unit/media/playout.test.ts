import { describe, expect, it } from 'vitest';
import { sampleRatesHz } from '../../../src/core/audio.ts';
import { frameOf, joined, ofType, playoutLine, sound } from '../../support/playout-line.ts';

describe('playout', () => {
  it('sends one packet each 20 ms, 60 ms ahead and never more', () => {
    const { clock, sent, playout } = playoutLine();
    const item = playout.open(1, { interruptible: true });
    item.write(sound(2000));
    item.end();
    // The packet being played and 60 ms ahead of it.
    expect(sent).toHaveLength(4);
    clock.advance(2000);
    expect(sent).toHaveLength(100);
    sent.forEach(({ atMs }, index) => expect(atMs).toBe(Math.max(0, index * 20 - 60)));
    expect(joined(sent)).toEqual([...sound(2000).samples]);
    expect(playout.stats()).toMatchObject({ packets: 100, late: 0, underruns: 0 });
  });

  it('asks for a mark behind the last packet and finishes when it comes back', () => {
    const { clock, marks, events, wire, playout } = playoutLine();
    const item = playout.open(7, { interruptible: true });
    item.write(sound(50), 'Hello there.');
    item.end();
    clock.advance(100);
    expect(wire).toEqual(['packet', 'packet', 'packet', 'mark']);
    expect(playout.playing).toEqual({ id: 7, interruptible: true });
    expect(ofType(events, 'finished')).toEqual([]);
    playout.onMark('somebody else');
    playout.onMark(marks[0] ?? '');
    playout.onMark(marks[0] ?? '');
    expect(events).toEqual([
      { type: 'started', id: 7, firstAudibleMs: 0 },
      { type: 'finished', id: 7, heardText: 'Hello there.', complete: true },
    ]);
    expect(playout.idle).toBe(true);
    expect(playout.playing).toBeUndefined();
    expect(clock.pendingTimers).toBe(0);
  });

  it('takes an item as finished 2 s after its estimated end when the mark never comes', () => {
    const { clock, events, playout } = playoutLine();
    const item = playout.open(1, { interruptible: true });
    item.write(sound(100), 'Hello.');
    item.end();
    clock.advance(2099);
    expect(ofType(events, 'finished')).toEqual([]);
    clock.advance(1);
    expect(ofType(events, 'finished')).toHaveLength(1);
    expect(playout.stats().marksOverdue).toBe(1);
    expect(clock.pendingTimers).toBe(0);
  });

  it('finishes items whose marks were skipped when a later mark comes', () => {
    const { clock, marks, events, playout } = playoutLine();
    for (const id of [1, 2]) {
      const item = playout.open(id, { interruptible: true });
      item.write(sound(40));
      item.end();
    }
    clock.advance(100);
    playout.onMark(marks[1] ?? '');
    expect(ofType(events, 'finished').map(({ id }) => id)).toEqual([1, 2]);
  });

  it('plays items in the order they were opened, one right after the other', () => {
    const { clock, sent, wire, playout } = playoutLine();
    const first = playout.open(1, { interruptible: true });
    const second = playout.open(2, { interruptible: true });
    second.write(sound(60, 500));
    second.end();
    clock.advance(100);
    expect(sent).toEqual([]);
    first.write(sound(60));
    first.end();
    clock.advance(200);
    expect(wire).toEqual(['packet', 'packet', 'packet', 'mark', 'packet', 'packet', 'packet', 'mark']);
    expect(joined(sent)).toEqual([...sound(60).samples, ...sound(60, 500).samples]);
    // The second begins when the first has been played: no gap, no late packet.
    expect(sent.map(({ atMs }) => atMs)).toEqual([100, 100, 100, 100, 120, 140]);
    expect(playout.stats()).toMatchObject({ late: 0, underruns: 0 });
  });

  it('tells when the first audible packet went out, not the first packet', () => {
    const { clock, events, playout } = playoutLine();
    const item = playout.open(1, { interruptible: true });
    item.write(frameOf(new Int16Array(160 * 10)));
    item.write(sound(100));
    item.end();
    clock.advance(1000);
    expect(ofType(events, 'started')).toEqual([{ type: 'started', id: 1, firstAudibleMs: 10 * 20 - 60 }]);
  });

  it('keeps its pace when timers fire late, within its lead', () => {
    const { clock, sent, events, playout } = playoutLine();
    const item = playout.open(1, { interruptible: true });
    item.write(sound(1000));
    item.end();
    clock.advance(100);
    clock.stall(55);
    clock.advance(845);
    expect(sent).toHaveLength(50);
    expect(ofType(events, 'late')).toEqual([]);
  });

  it('counts a packet that missed its time, and never catches up with a burst', () => {
    const { clock, sent, events, playout } = playoutLine();
    const item = playout.open(1, { interruptible: true });
    item.write(sound(1000));
    item.end();
    clock.advance(100);
    const before = sent.length;
    clock.stall(500);
    clock.advance(0);
    // Again the packet of now and 60 ms ahead.
    expect(sent.length - before).toBe(4);
    expect(ofType(events, 'late')).toEqual([{ type: 'late', lateMs: 600 - before * 20 }]);
    clock.advance(1000);
    expect(joined(sent)).toEqual([...sound(1000).samples]);
    expect(playout.stats()).toMatchObject({ late: 1, maxLateMs: 600 - before * 20 });
  });

  it('makes a gap, not a distortion, when the writer is too slow', () => {
    const { clock, sent, events, playout } = playoutLine();
    const item = playout.open(1, { interruptible: true });
    item.write(sound(50));
    clock.advance(300);
    // The half packet waits for the rest.
    expect(sent).toHaveLength(2);
    item.write(sound(50, 400));
    item.end();
    clock.advance(300);
    expect(joined(sent)).toEqual([...sound(100).samples]);
    expect(ofType(events, 'underrun')).toEqual([{ type: 'underrun', id: 1, gapMs: 260 }]);
    expect(playout.stats()).toMatchObject({ late: 0, underruns: 1, underrunMs: 260 });
  });

  it('does not count a pause between items, however it came about', () => {
    const { clock, events, playout } = playoutLine();
    const first = playout.open(1, { interruptible: true });
    const second = playout.open(2, { interruptible: true });
    first.write(sound(100));
    second.write(sound(100));
    second.end();
    clock.advance(500);
    first.end();
    clock.advance(500);
    const third = playout.open(3, { interruptible: true });
    clock.advance(500);
    third.write(sound(100));
    third.end();
    clock.advance(500);
    expect(ofType(events, 'late')).toEqual([]);
    expect(ofType(events, 'underrun')).toEqual([]);
  });

  it('converts every rate to the rate of the wire without losing a sample', () => {
    for (const sampleRateHz of sampleRatesHz) {
      const { clock, sent, playout } = playoutLine();
      const item = playout.open(1, { interruptible: true });
      const wave = Int16Array.from({ length: sampleRateHz / 2 }, (_, index) =>
        Math.round(8000 * Math.sin((2 * Math.PI * 400 * index) / sampleRateHz)),
      );
      for (let at = 0; at < wave.length; at += 777)
        item.write(frameOf(wave.subarray(at, at + 777), sampleRateHz));
      item.end();
      clock.advance(1000);
      const heard = joined(sent);
      expect(heard).toHaveLength(4000);
      const worst = Math.max(
        ...heard
          .slice(200, -200)
          .map((sample, index) =>
            Math.abs(sample - 8000 * Math.sin((2 * Math.PI * 400 * (index + 200)) / 8000)),
          ),
      );
      expect(worst).toBeLessThan(30);
    }
  });

  it('is silent at once when it is cut, and tells which words were heard', () => {
    const { clock, sent, events, wire, playout } = playoutLine();
    const item = playout.open(1, { interruptible: true });
    item.write(sound(1000), 'First sentence.', true);
    item.write(sound(1000, 8000), 'Your order has been shipped.', true);
    const next = playout.open(2, { interruptible: true });
    next.write(sound(500), 'Goodbye.');
    clock.advance(1500);
    const before = sent.length;
    const cuts = playout.cut();
    expect(wire.at(-1)).toBe('clear');
    item.write(sound(1000), 'Too late.');
    item.end();
    next.end();
    clock.advance(3000);
    expect(sent).toHaveLength(before);
    expect(cuts).toEqual([
      { type: 'cut', id: 1, heardText: 'First sentence. Your order has', playedMs: 1500, complete: false },
      { type: 'cut', id: 2, heardText: '', playedMs: 0, complete: false },
    ]);
    expect(ofType(events, 'cut')).toEqual(cuts);
    expect(playout.cut()).toEqual([]);
    expect(playout.idle).toBe(true);
  });

  it('does not claim a sentence as heard that was only begun to be written', () => {
    const { clock, playout } = playoutLine();
    const item = playout.open(1, { interruptible: true });
    item.write(sound(1000), 'This sentence has ever so many words, of which only the first are written.');
    clock.advance(1000);
    const [cut] = playout.cut();
    expect(cut?.heardText).toBe('This sentence has');
  });

  it('knows an item as complete that was just played when it was cut', () => {
    const { clock, playout } = playoutLine();
    const item = playout.open(1, { interruptible: true });
    item.write(sound(200), 'Hello.');
    item.end();
    clock.advance(200);
    expect(playout.cut()).toEqual([
      { type: 'cut', id: 1, heardText: 'Hello.', playedMs: 200, complete: true },
    ]);
  });

  it('speaks again at once after a cut', () => {
    const { clock, sent, playout } = playoutLine();
    playout.open(1, { interruptible: true }).write(sound(1000));
    clock.advance(500);
    playout.cut();
    const before = sent.length;
    const next = playout.open(2, { interruptible: true });
    next.write(sound(200));
    expect(sent.length - before).toBe(4);
    expect(sent.at(-1)?.atMs).toBe(500);
  });

  it('plays an item that is not interruptible to its end, unless it is forced', () => {
    const { clock, wire, playout } = playoutLine();
    const notice = playout.open(1, { interruptible: false });
    notice.write(sound(500), 'This call is recorded.');
    notice.end();
    const greeting = playout.open(2, { interruptible: true });
    greeting.write(sound(500), 'Welcome.');
    clock.advance(200);
    expect(playout.playing).toEqual({ id: 1, interruptible: false });
    const count = wire.length;
    expect(playout.cut()).toEqual([]);
    expect(wire).toHaveLength(count);
    // Sent to its end, but not yet played to its end.
    clock.advance(290);
    expect(playout.cut()).toEqual([]);
    clock.advance(20);
    // Its mark has not come back, but what is heard now is the greeting.
    expect(playout.playing).toEqual({ id: 2, interruptible: true });
    expect(playout.cut()).toMatchObject([
      { id: 1, heardText: 'This call is recorded.', complete: true },
      { id: 2, complete: false },
    ]);
    playout.open(3, { interruptible: false }).write(sound(500));
    clock.advance(100);
    expect(playout.cut()).toEqual([]);
    expect(playout.cut({ force: true }).map(({ id }) => id)).toEqual([3]);
  });

  it('ends an aborted item with what was sent of it', () => {
    const { clock, marks, events, sent, playout } = playoutLine();
    const item = playout.open(1, { interruptible: true });
    const queued = playout.open(2, { interruptible: true });
    queued.write(sound(100), 'Never said.');
    item.write(sound(2000), 'The synthesiser fails in this sentence.');
    clock.advance(1000);
    queued.abort();
    item.abort();
    item.write(sound(100), 'Ignored.');
    const count = sent.length;
    clock.advance(500);
    expect(sent).toHaveLength(count);
    playout.onMark(marks[0] ?? '');
    const [first, second] = ofType(events, 'cut');
    expect(first).toEqual({ type: 'cut', id: 2, heardText: '', playedMs: 0, complete: false });
    expect(second).toMatchObject({ id: 1, playedMs: count * 20, complete: false });
    expect(second?.heardText).toBe('The synthesiser');
    expect(playout.idle).toBe(true);
  });

  it('finishes an item without sound', () => {
    const { clock, sent, marks, events, playout } = playoutLine();
    playout.open(1, { interruptible: true }).end();
    clock.advance(0);
    playout.onMark(marks[0] ?? '');
    expect(sent).toEqual([]);
    expect(events).toEqual([{ type: 'finished', id: 1, heardText: '', complete: true }]);
  });

  it('refuses sound after the end of an item', () => {
    const { playout } = playoutLine();
    const item = playout.open(1, { interruptible: true });
    item.end();
    item.end();
    expect(() => item.write(sound(20))).toThrow(/after its end/);
  });

  it('sends silence in between only when comfort is asked for', () => {
    const { clock, sent, events, playout } = playoutLine({ comfort: true });
    clock.advance(990);
    expect(sent).toHaveLength(50);
    const item = playout.open(1, { interruptible: true });
    item.write(sound(100));
    clock.advance(500);
    item.write(sound(100, 800));
    item.end();
    clock.advance(990);
    expect(sent).toHaveLength(125);
    expect(joined(sent).filter((sample) => sample !== 0)).toEqual([...sound(200).samples]);
    expect(ofType(events, 'underrun')).toHaveLength(1);
    expect(ofType(events, 'late')).toEqual([]);
    playout.close();
    clock.advance(100);
    expect(sent).toHaveLength(125);
  });

  it('gives a recording exactly what is sent, at the time it is to be played', () => {
    const recorded: { atMs: number; samples: Int16Array }[] = [];
    const { clock, sent, playout } = playoutLine({
      onAudio: (samples, atMs) => recorded.push({ atMs, samples }),
    });
    clock.advance(70);
    const item = playout.open(1, { interruptible: true });
    item.write(sound(210));
    item.end();
    clock.advance(500);
    expect(recorded.map(({ samples }) => samples)).toEqual(sent.map(({ samples }) => samples));
    recorded.forEach(({ atMs }, index) => expect(atMs).toBe(70 + index * 20));
  });

  it('can be cut, closed and written to from its own events', () => {
    const { clock, sent, events, playout } = playoutLine({
      onEvent: (event) => {
        events.push(event);
        if (event.type === 'started' && event.id === 1) playout.cut();
        if (event.type === 'cut' && event.id === 1)
          playout.open(2, { interruptible: true }).write(sound(100));
        if (event.type === 'started' && event.id === 2) playout.close();
      },
    });
    playout.open(1, { interruptible: true }).write(sound(100));
    clock.advance(1000);
    expect(events.map(({ type }) => type)).toEqual(['started', 'cut', 'started', 'cut']);
    expect(sent).toHaveLength(2);
    expect(clock.pendingTimers).toBe(0);
  });

  it('reports what was open when it is closed, and then does nothing any more', () => {
    const { clock, events, wire, playout } = playoutLine();
    const item = playout.open(1, { interruptible: false });
    item.write(sound(1000), 'One two three four.');
    clock.advance(500);
    playout.close();
    playout.close();
    expect(ofType(events, 'cut')).toEqual([
      { type: 'cut', id: 1, heardText: 'One two', playedMs: 500, complete: false },
    ]);
    const count = wire.length;
    item.write(sound(1000));
    playout.open(2, { interruptible: true }).write(sound(1000));
    clock.advance(5000);
    expect(wire).toHaveLength(count);
    expect(playout.idle).toBe(true);
    expect(clock.pendingTimers).toBe(0);
  });

  it('keeps its timer running when the wire throws', () => {
    const errors: unknown[] = [];
    let attempts = 0;
    const { clock, playout } = playoutLine({
      send: () => {
        attempts += 1;
        if (attempts > 4) throw new Error('socket');
      },
      onError: (error) => errors.push(error),
    });
    const item = playout.open(1, { interruptible: true });
    item.write(sound(400));
    item.end();
    clock.advance(1000);
    expect(attempts).toBe(20);
    expect(errors).toHaveLength(16);
  });
});
