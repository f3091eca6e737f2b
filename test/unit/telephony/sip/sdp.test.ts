import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  agree,
  answerDirection,
  parseSdp,
  writeAnswer,
  writeOffer,
  type Sdp,
} from '../../../../src/telephony/sip/sdp.ts';
import { sipCodecs, usualCodecs } from '../../../../src/telephony/sip/codecs.ts';

const local = {
  ...{ address: '192.0.2.9', port: 10_000, direction: 'sendrecv' as const, sessionId: 1, version: 1 },
};

function sdp(...lines: string[]): Sdp {
  const parsed = parseSdp(Buffer.from(['v=0', 'o=- 1 1 IN IP4 192.0.2.1', 's=-', ...lines, ''].join('\r\n')));
  if ('problem' in parsed) throw new Error(parsed.problem);
  return parsed;
}

describe('session descriptions', () => {
  it('are agreed on by the order of whoever offers, dynamic payload types included', () => {
    const { audio } = sdp(
      ...['c=IN IP4 192.0.2.1', 't=0 0', 'm=audio 4000 RTP/AVP 18 8 111 0 96', 'a=rtpmap:18 G729/8000'],
      ...['a=rtpmap:111 opus/48000/2', 'a=rtpmap:96 telephone-event/8000', 'a=fmtp:96 0-15'],
    );
    expect(audio && agree(audio, usualCodecs)).toEqual({
      codec: 'PCMA',
      payloadType: 8,
      keys: { payloadType: 96, clockHz: 8000 },
    });
    expect(audio && agree(audio, ['PCMU'])).toEqual({
      codec: 'PCMU',
      payloadType: 0,
      keys: { payloadType: 96, clockHz: 8000 },
    });
  });

  it('offer keys on the clock of Opus beside that of G.711, and take whichever the far side has', () => {
    const offer = Buffer.from(writeOffer(local, ['opus', 'PCMA'])).toString();
    expect(offer).toContain('m=audio 10000 RTP/AVP 111 8 110 101\r\n');
    expect(offer).toContain('a=rtpmap:110 telephone-event/48000\r\na=fmtp:110 0-15');
    expect(Buffer.from(writeOffer(local, ['PCMA'])).toString()).not.toContain('48000');
    const keysOf = (...lines: string[]) => {
      const { audio } = sdp('c=IN IP4 192.0.2.1', 'm=audio 4000 RTP/AVP 97 101 102', ...lines);
      return audio && agree(audio, ['opus'])?.keys;
    };
    const opus = 'a=rtpmap:97 OPUS/48000/2';
    const [narrow, wide] = ['a=rtpmap:101 telephone-event/8000', 'a=rtpmap:102 telephone-event/48000'];
    expect(keysOf(opus, narrow, wide)).toEqual({ payloadType: 102, clockHz: 48_000 });
    expect(keysOf(opus, narrow)).toEqual({ payloadType: 101, clockHz: 8000 });
    // Opus has one clock only (RFC 7587 section 4.1).
    expect(keysOf('a=rtpmap:97 opus/16000/2', narrow)).toBeUndefined();
  });

  it('know hold in both of its forms, of the session and of the line', () => {
    const held = (...lines: string[]) => sdp('c=IN IP4 192.0.2.1', ...lines).audio?.direction;
    expect(held('m=audio 4000 RTP/AVP 0', 'a=sendonly')).toBe('sendonly');
    expect(held('a=inactive', 'm=audio 4000 RTP/AVP 0')).toBe('inactive');
    expect(held('m=audio 4000 RTP/AVP 0', 'c=IN IP4 0.0.0.0')).toBe('inactive');
    expect((['sendonly', 'recvonly', 'inactive', 'sendrecv'] as const).map(answerDirection)).toEqual([
      ...['recvonly', 'sendonly', 'inactive', 'sendrecv'],
    ]);
  });

  it('take the first line with sound that is not switched off, and answer every line', () => {
    const offer = sdp(
      ...['c=IN IP4 192.0.2.1', 'm=audio 0 RTP/AVP 0', 'm=video 5000 RTP/AVP 96', 'm=audio 4000 RTP/AVP 0'],
      ...['c=IN IP4 192.0.2.3', 'a=rtcp:4009 IN IP4 192.0.2.3'],
    );
    expect(offer.audio).toMatchObject({ address: '192.0.2.3', port: 4000, rtcpPort: 4009 });
    const agreed = offer.audio && agree(offer.audio, sipCodecs);
    const answer = agreed ? Buffer.from(writeAnswer(local, offer, agreed)).toString() : '';
    expect(answer.match(/^m=.*$/gm)).toEqual([
      ...['m=audio 0 RTP/AVP 0', 'm=video 0 RTP/AVP 96', 'm=audio 10000 RTP/AVP 0'],
    ]);
  });

  it('are read as they were written', () => {
    const key = new Uint8Array(30).fill(7);
    const crypto = { tag: 1, suite: 'AES_CM_128_HMAC_SHA1_80', key };
    const parsed = parseSdp(writeOffer({ ...local, crypto }, ['PCMA', 'PCMU']));
    expect('audio' in parsed && parsed.audio).toMatchObject({
      ...{
        address: '192.0.2.9',
        port: 10_000,
        rtcpPort: 10_001,
        protocol: 'RTP/SAVP',
        direction: 'sendrecv',
      },
      codecs: [{ name: 'PCMA' }, { name: 'PCMU' }, { name: 'TELEPHONE-EVENT', payloadType: 101 }],
      cryptos: [{ tag: 1, suite: crypto.suite, key: Buffer.from(key) }],
    });
  });

  it('are refused with a reason, and never make the reader throw', () => {
    for (const text of [
      '',
      'v=1\r\n',
      'v=0\r\nm=audio x RTP/AVP 0',
      'v=0\r\nm=audio 1 RTP/AVP 0',
      'v=0\r\nc=IN IP4 1.2.3.4\r\nm=audio 1 RTP/AVP 200',
      'v=0\r\nnonsense',
    ]) {
      expect(parseSdp(Buffer.from(text)), text).toHaveProperty('problem');
    }
    const line = fc.stringMatching(/^[vcmaot]=[ -~]{0,30}$/);
    fc.assert(
      fc.property(fc.array(line), (lines) => {
        parseSdp(Buffer.from(['v=0', ...lines].join('\r\n')));
      }),
    );
  });
});
