import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sampleRatesHz } from '../../../src/core/audio.ts';
import type { SentPacket } from '../../support/playout-line.ts';
import { frameOf, ofType, playoutLine } from '../../support/playout-line.ts';

describe('playout', () => {
  it('accounts for every item once, claims no more than was sent, and sends nothing after a cut, whenever that is', () => {
    const writeArbitrary = fc.record({
      afterMs: fc.nat(150),
      ms: fc.integer({ min: 1, max: 400 }),
      sampleRateHz: fc.constantFrom(...sampleRatesHz),
      text: fc.constantFrom('', 'One two three four five.', '您的订单已经发货。'),
    });
    const itemArbitrary = fc.record({
      writes: fc.array(writeArbitrary, { maxLength: 5 }),
      interruptible: fc.boolean(),
      fate: fc.constantFrom('ended', 'ended', 'ended', 'aborted', 'open'),
    });
    fc.assert(
      fc.property(
        fc.array(itemArbitrary, { minLength: 1, maxLength: 4 }),
        fc.nat(1500),
        fc.nat(300),
        fc.boolean(),
        fc.array(fc.record({ atMs: fc.nat(1500), ms: fc.nat(200) }), { maxLength: 3 }),
        (items, cutAtMs, markDelayMs, comfort, stalls) => {
          const { clock, sent, marks, events, wire, playout } = playoutLine({ comfort });
          const onClock = (delayMs: number, act: () => void): void => {
            clock.setTimer(act, delayMs);
          };
          items.forEach(({ writes, interruptible, fate }, id) => {
            const item = playout.open(id, { interruptible });
            let atMs = 0;
            for (const { afterMs, ms, sampleRateHz, text } of writes) {
              atMs += afterMs;
              const samples = new Int16Array(Math.round((ms * sampleRateHz) / 1000)).fill(9000);
              onClock(atMs, () => item.write(frameOf(samples, sampleRateHz), text));
            }
            if (fate !== 'open') onClock(atMs, () => (fate === 'ended' ? item.end() : item.abort()));
          });
          for (const { atMs, ms } of stalls) onClock(atMs, () => clock.stall(ms));
          /** The far side: each mark comes back some time after it was asked for. */
          let answered = 0;
          const answerMarks = (): void => {
            for (const name of marks.slice(answered)) onClock(markDelayMs, () => playout.onMark(name));
            answered = marks.length;
          };
          while (clock.nowMs() < cutAtMs) {
            clock.advance(1);
            answerMarks();
          }
          const audible = (packets: readonly SentPacket[]): number =>
            packets.filter(({ samples }) => samples.some((sample) => sample !== 0)).length;
          const sentBefore = audible(sent);
          playout.cut({ force: true });
          expect(wire.lastIndexOf('packet')).toBeLessThan(
            wire.includes('clear') ? wire.lastIndexOf('clear') : Infinity,
          );
          for (let step = 0; step < 4000; step += 10) {
            clock.advance(10);
            answerMarks();
          }
          expect(audible(sent)).toBe(sentBefore);

          const ended = [...ofType(events, 'finished'), ...ofType(events, 'cut')];
          expect(ended.map(({ id }) => id).sort((a, b) => a - b)).toEqual(items.map((_, id) => id));
          const playedMs = ofType(events, 'cut').reduce((sum, cut) => sum + cut.playedMs, 0);
          expect(playedMs).toBeLessThanOrEqual(sentBefore * 20);
          for (const { id, heardText, complete } of ended) {
            const written = (items[id]?.writes ?? []).map(({ text }) => text).filter((text) => text !== '');
            const full = written.reduce(
              (text, sentence) =>
                text === '' || text.endsWith('。') || sentence.startsWith('您')
                  ? text + sentence
                  : `${text} ${sentence}`,
              '',
            );
            expect(full.startsWith(heardText)).toBe(true);
            if (complete) expect(heardText).toBe(full);
          }
          // Never faster than real time by more than the lead and one packet.
          sent.forEach(({ atMs }, index) => {
            const fifth = sent[index + 5];
            if (fifth) expect(fifth.atMs).toBeGreaterThan(atMs);
          });
          expect(playout.idle).toBe(true);
          playout.close();
          expect(clock.pendingTimers).toBe(0);
        },
      ),
      { numRuns: 150 },
    );
  });
});
