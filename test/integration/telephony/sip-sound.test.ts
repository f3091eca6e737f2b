import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createCodec, loadCodecs } from '../../../src/media/codec.ts';
import { createInbound } from '../../../src/media/inbound.ts';
import { answerVoice } from '../../support/gateway-server.ts';
import { factsOf, sipCodecs } from '../../../src/telephony/sip/codecs.ts';
import {
  baresipCalls,
  baresipRates,
  shareOfTone,
  tonePackets,
  type BaresipCodec,
} from '../../support/sip/baresip.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { localTrunk, startSipGateway, type RunningGateway } from '../../support/sip/gateway.ts';

/** How long a tone of 1000 Hz is heard: every period in which it is loud counts, wherever in it samples lie. */
function loudSeconds(samples: Int16Array, rateHz: number): number {
  const period = rateHz / 1000;
  const periods = Array.from({ length: Math.floor(samples.length / period) }, (_, index) =>
    samples.subarray(index * period, (index + 1) * period),
  );
  return periods.filter((one) => one.some((sample) => Math.abs(sample) > 1000)).length / 1000;
}

describe('the sound of SIP calls with baresip', () => {
  let running: RunningGateway;
  beforeAll(() => loadCodecs(['opus']));
  afterEach(() => running.gateway.close());

  /** One call in which both sides play a tone; what each has heard of the other's. */
  const talk = async (codec: BaresipCodec, account = '') => {
    const call = baresipCalls(`sip:shop@127.0.0.1:${running.udp}`, { seconds: 4, codec, account });
    const offered = await Promise.race([
      running.nextCall(),
      call.then(({ output }) => Promise.reject(new Error(output))),
    ]);
    const { media, events } = answerVoice(offered);
    const { sampleRateHz } = media.format;
    const wire = createCodec(media.format.codec);
    for (const packet of tonePackets(1000, 75, sampleRateHz)) media.send(wire.encode(packet));
    media.mark('played');
    const { heard } = await call;
    const seen = await events.done;
    // What Kefu hears goes through the same stage as in a real call.
    const clock = new ManualClock();
    const samples: number[] = [];
    const inbound = createInbound({
      ...{ format: media.format, outputRateHz: sampleRateHz, clock },
      onFrame: (frame) => void samples.push(...frame.samples),
    });
    const packets = seen.filter((event) => event.type === 'packet');
    for (const packet of packets) {
      clock.advance(20);
      inbound.push(packet);
    }
    const stats = inbound.stats();
    inbound.close();
    return { media, heard, seen, packets, stats, samples: Int16Array.from(samples) };
  };

  for (const codec of sipCodecs) {
    const rateHz = baresipRates[codec];
    const { sampleRateHz } = factsOf(codec).format;
    it(`${codec}: each side hears the tone of the other, whole and in time`, async () => {
      running = await startSipGateway({ trunks: [{ ...localTrunk, codecs: sipCodecs }] });
      const { media, heard, seen, packets, stats, samples } = await talk(codec);
      expect(media.format).toEqual(factsOf(codec).format);
      expect(shareOfTone(samples, 440, sampleRateHz)).toBeGreaterThan(0.95);
      expect(shareOfTone(samples, 1000, sampleRateHz)).toBeLessThan(0.05);
      expect(shareOfTone(heard, 1000, rateHz)).toBeGreaterThan(0.95);
      expect(shareOfTone(heard, 440, rateHz)).toBeLessThan(0.05);
      expect(loudSeconds(heard, rateHz)).toBeCloseTo(1.5, 1);
      expect(packets.length).toBeGreaterThan(100);
      expect(stats).toMatchObject({ lost: 0, duplicates: 0, restarts: 0 });
      const mark = seen.findIndex((event) => event.type === 'mark');
      const before = seen.slice(0, mark).filter((event) => event.type === 'packet').length;
      // The mark comes when its 1.5 s of sound are over, told by the packets that came meanwhile.
      expect(before * 20).toBeGreaterThan(1_300);
      expect(before * 20).toBeLessThan(1_900);
      expect(seen.at(-1)).toMatchObject({ type: 'ended', reason: 'caller-hung-up' });
      const [end] = running.log.find('The sound of a call has ended');
      expect(end?.fields).toMatchObject({ lost: 0, foreign: 0 });
    });
  }

  it('encrypts the sound when both sides can', async () => {
    running = await startSipGateway({ trunks: [{ ...localTrunk, srtp: 'required' }] });
    const { heard, samples } = await talk('PCMU', ';mediaenc=srtp-mand');
    expect(shareOfTone(samples, 440)).toBeGreaterThan(0.95);
    expect(shareOfTone(heard, 1000)).toBeGreaterThan(0.95);
  });
});
