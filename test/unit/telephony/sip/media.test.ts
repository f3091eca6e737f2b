import { beforeAll, describe, expect, it } from 'vitest';
import { createCodec, loadCodecs } from '../../../../src/media/codec.ts';
import { createTranscoder } from '../../../../src/media/transcoder.ts';
import { parseRtp, writeRtp } from '../../../../src/telephony/rtp/packet.ts';
import {
  factsOf,
  silenceOf,
  sipCodecs,
  usualCodecs,
  type SipCodec,
} from '../../../../src/telephony/sip/codecs.ts';
import { SipMedia } from '../../../../src/telephony/sip/media.ts';
import { parseSdp } from '../../../../src/telephony/sip/sdp.ts';
import { createCapturedLog } from '../../../support/captured-log.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { shareOfTone } from '../../../support/sip/baresip.ts';
import { fakeSockets } from '../../../support/sip/fake-line.ts';

/** A description of the far side with these codecs, by payload type. */
const description = (...types: readonly number[]): Uint8Array =>
  Buffer.from(
    [
      ...['v=0', 'o=- 1 1 IN IP4 192.0.2.1', 's=-', 'c=IN IP4 192.0.2.1', 't=0 0'],
      `m=audio 4000 RTP/AVP ${types.join(' ')} 101`,
      ...['a=rtpmap:101 telephone-event/8000', 'a=rtpmap:111 opus/48000/2', ''],
    ].join('\r\n'),
  );

function line(codecs: readonly SipCodec[] = sipCodecs) {
  const clock = new ManualClock();
  const sockets = fakeSockets();
  const heard: Uint8Array[] = [];
  const media = new SipMedia({
    ...{ sockets, clock, log: createCapturedLog(), createTranscoder },
    ...{ trunk: { name: 'carrier', codecs, srtp: 'off' }, localHost: '192.0.2.9', peerHost: '192.0.2.1' },
    sink: () => ({
      packet: (payload) => heard.push(payload),
      digit: () => undefined,
      markPlayed: () => undefined,
      heard: () => undefined,
    }),
  });
  let sequence = 0;
  /** The far side sends a tone of half a second. */
  const farTone = (codec: SipCodec, frequencyHz: number): void => {
    const { payloadType, clockHz, format } = factsOf(codec);
    const encoder = createCodec(format.codec);
    for (const samples of tone(frequencyHz, format.sampleRateHz)) {
      const packet = { payloadType, marker: false, sequence, timestamp: (sequence * clockHz) / 50, ssrc: 5 };
      sockets.fakeRtp.arrive(writeRtp({ ...packet, payload: encoder.encode(samples) }));
      sequence += 1;
    }
  };
  /** What has been sent to the far side under a payload type, as it hears it. */
  const sentAs = (codec: SipCodec): Int16Array => {
    const { payloadType, format } = factsOf(codec);
    const decoder = createCodec(format.codec);
    const packets = sockets.fakeRtp.sent.map(({ bytes }) => parseRtp(bytes));
    const payloads = packets.flatMap((packet) =>
      packet?.payloadType === payloadType ? [packet.payload] : [],
    );
    expect(new Set(payloads.map((payload) => decoder.samplesIn(payload)))).toEqual(
      new Set([format.sampleRateHz / 50]),
    );
    return Int16Array.from(payloads.flatMap((payload) => [...decoder.decode(payload)]));
  };
  return { clock, media, heard, farTone, sentAs };
}

const tone = (frequencyHz: number, rateHz: number): Int16Array[] =>
  Array.from({ length: 25 }, (_, packet) =>
    Int16Array.from({ length: rateHz / 50 }, (__, index) =>
      Math.round(8000 * Math.sin((2 * Math.PI * frequencyHz * ((packet * rateHz) / 50 + index)) / rateHz)),
    ),
  );

beforeAll(() => loadCodecs(['opus']));

describe('the codec of a SIP call', () => {
  it('is the first of the far side that the trunk allows, G.722 with sound of 16 kHz', () => {
    const wide = line();
    const answer = wide.media.answer(description(18, 9, 0));
    expect(answer.type).toBe('answer');
    expect(wide.media.format).toMatchObject({ codec: 'g722', sampleRateHz: 16_000 });
    const sdp = answer.type === 'answer' ? Buffer.from(answer.body).toString() : '';
    expect(sdp).toContain('RTP/AVP 9 101');
    expect(sdp).toContain('a=rtpmap:9 G722/8000');
    const narrow = line(['PCMA', 'PCMU']);
    expect(narrow.media.answer(description(9, 0, 8)).type).toBe('answer');
    expect(narrow.media.format).toMatchObject({ codec: 'mulaw', sampleRateHz: 8000 });
    expect(narrow.media.answer(description(18)).type).toBe('refused');
  });

  it("is Opus only where the trunk names it, under the far side's payload type", () => {
    const offer = Buffer.from(
      Buffer.from(description(111, 0)).toString().replace('RTP/AVP 111', 'RTP/AVP 96').replace(':111', ':96'),
    );
    const usual = line(usualCodecs);
    usual.media.answer(offer);
    expect(usual.media.codec).toBe('PCMU');
    const named = line(['PCMU', 'opus']);
    const answer = named.media.answer(offer);
    expect(named.media.format).toMatchObject({ codec: 'opus', sampleRateHz: 16_000 });
    const sdp = answer.type === 'answer' ? Buffer.from(answer.body).toString() : '';
    expect(sdp).toContain('a=rtpmap:96 opus/48000/2');
    expect(sdp).toMatch(/^a=fmtp:96 .*\bmaxaveragebitrate=32000;stereo=0;useinbandfec=1\r$/m);
  });

  it('stays that of the call when an offer within it prefers another, as long as it is offered', () => {
    const { media } = line();
    media.answer(description(0, 9));
    const answer = media.answer(description(9, 0));
    const sdp = parseSdp(answer.type === 'answer' ? answer.body : new Uint8Array());
    expect('audio' in sdp && sdp.audio?.codecs.map(({ name }) => name)).toEqual(['PCMU', 'TELEPHONE-EVENT']);
  });

  const changes = sipCodecs.flatMap((from) =>
    sipCodecs.filter((to) => to !== from).map((to) => [from, to] as const),
  );
  it.each(changes)('from %s to %s: both sides hear each other on, each in its own', (from, to) => {
    const { clock, media, heard, farTone, sentAs } = line();
    media.answer(description(factsOf(from).payloadType));
    media.start();
    const before = media.format;
    expect(media.answer(description(factsOf(to).payloadType)).type).toBe('answer');
    expect(media.format).toEqual(before);
    expect(media.quality().codec).toBe(to);

    const { codec, sampleRateHz } = factsOf(from).format;
    farTone(to, 700);
    const decoder = createCodec(codec);
    const samples = Int16Array.from(heard.flatMap((payload) => [...decoder.decode(payload)]));
    expect(samples).toHaveLength(sampleRateHz / 2);
    expect(shareOfTone(samples, 700, sampleRateHz)).toBeGreaterThan(0.95);

    const encoder = createCodec(codec);
    for (const packet of tone(1100, sampleRateHz)) media.send(encoder.encode(packet));
    clock.advance(500);
    expect(shareOfTone(sentAs(to), 1100, factsOf(to).format.sampleRateHz)).toBeGreaterThan(0.95);
    media.close();
    expect(clock.pendingTimers).toBe(0);
  });

  it.each(sipCodecs)(
    '%s: what is sent for silence is silent within 80 ms, also right after a loud sound',
    (codec) => {
      const { format } = factsOf(codec);
      const silence = silenceOf(codec, createTranscoder);
      const codecOfWords = createCodec(format.codec);
      const encode = (samples: Int16Array): Uint8Array => codecOfWords.encode(samples);
      const decode = (payload: Uint8Array): Int16Array => codecOfWords.decode(payload);
      for (const packet of tone(440, format.sampleRateHz).slice(0, 20)) decode(encode(packet));
      // G.722 needs some 50 ms to come to rest, and stirs a little where the packets begin anew: 54 dB below full scale.
      for (const packet of silence.slice(0, 4)) decode(packet);
      for (let packet = 4; packet < 200; packet += 1) {
        const samples = decode(silence[packet % silence.length] ?? new Uint8Array(0));
        expect(samples).toHaveLength(format.sampleRateHz / 50);
        expect(Math.max(...samples.map(Math.abs))).toBeLessThan(64);
      }
      // Words that follow are whole, though their encoder knows nothing of the silence.
      const after = tone(700, format.sampleRateHz).flatMap((packet) => [...decode(encode(packet))]);
      expect(
        shareOfTone(Int16Array.from(after.slice(format.sampleRateHz / 20)), 700, format.sampleRateHz),
      ).toBeGreaterThan(0.95);
    },
  );

  it('is offered in the order of the trunk', () => {
    const sdp = Buffer.from(line(['G722', 'PCMA']).media.offer()).toString();
    expect(sdp).toContain('RTP/AVP 9 8 101');
    expect(sdp).toContain('a=ptime:20');
  });
});
