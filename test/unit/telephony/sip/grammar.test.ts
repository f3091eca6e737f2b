import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SipFramer } from '../../../../src/telephony/sip/framing.ts';
import {
  parseAddress,
  parseCseq,
  parseUri,
  parseVia,
  userOf,
} from '../../../../src/telephony/sip/grammar.ts';
import { serializeMessage, SipHeaders, splitOutsideQuotes } from '../../../../src/telephony/sip/message.ts';
import { parseMessage } from '../../../../src/telephony/sip/parse.ts';
import { requestText } from '../../../support/sip/messages.ts';

describe('the grammar of SIP', () => {
  it('reads URIs with users, ports, parameters and IPv6', () => {
    expect(parseUri('sip:+1-555@Example.COM:5070;transport=tcp;lr')).toMatchObject({
      ...{ scheme: 'sip', user: '+1-555', host: 'example.com', port: 5070 },
      params: new Map([
        ['transport', 'tcp'],
        ['lr', ''],
      ]),
    });
    expect(parseUri('sips:[2001:DB8::1]:5061')).toMatchObject({ host: '2001:db8::1', port: 5061 });
    expect(parseUri('tel:+15551234567')).toMatchObject({ scheme: 'tel', user: '+15551234567' });
    for (const wrong of [
      'sip:',
      'sip:@host',
      'sip:a@b:0',
      'sip:a@b:70000',
      '<sip:a@b>',
      'sip:a b@c',
      'nothing',
    ]) {
      expect(parseUri(wrong), wrong).toBeUndefined();
    }
  });

  it('reads names with addresses, and gives the parameters of a bare URI to the header', () => {
    expect(parseAddress('"Smith, \\"Jo\\"" <sip:jo@a.example;lr>;tag=1')).toMatchObject({
      ...{ display: 'Smith, "Jo"', uri: 'sip:jo@a.example;lr' },
      params: new Map([['tag', '1']]),
    });
    expect(parseAddress('sip:jo@a.example;tag=2')?.params.get('tag')).toBe('2');
    expect(parseAddress('"open <sip:a@b>')).toBeUndefined();
    expect(parseAddress('sip:a@b?x=y')).toBeUndefined();
  });

  it('reads Via with spaces, and CSeq up to 31 bits', () => {
    expect(parseVia('SIP  / 2.0 /UDP  host.example : 5060 ;branch=z9hG4bKa; rport')).toMatchObject({
      ...{ transport: 'udp', host: 'host.example', port: 5060 },
    });
    expect(parseVia('SIP/2.0/UDP 192.0.2.15;;,;,,')).toBeUndefined();
    expect(parseCseq('2147483647 INVITE')).toEqual({ number: 2147483647, method: 'INVITE' });
    expect(parseCseq('2147483648 INVITE')).toBeUndefined();
  });

  it('takes the number out of a URI as people write it', () => {
    expect(userOf('sip:+1-555-123.4567;npdi@host')).toBe('+15551234567');
    expect(userOf('tel:+49(30)123')).toBe('+4930123');
    expect(userOf('sip:j%6Fe@host')).toBe('joe');
    expect(userOf('sip:host')).toBe('');
  });

  it('splits lists only outside of quotes and brackets', () => {
    expect(splitOutsideQuotes('<sip:a,b@c>, "x, \\", y" <sip:d@e>,', ',')).toEqual([
      '<sip:a,b@c>',
      '"x, \\", y" <sip:d@e>',
    ]);
  });

  it('gives back any message it has written', () => {
    const word = fc.stringMatching(/^[a-zA-Z0-9._-]{1,12}$/);
    const value = fc.stringMatching(/^[!-~]([ -~]{0,30}[!-~])?$/);
    fc.assert(
      fc.property(word, fc.array(fc.tuple(word, value)), fc.uint8Array(), (user, extra, body) => {
        const headers = new SipHeaders()
          .add('Via', 'SIP/2.0/UDP a.example;branch=z9hG4bKx')
          .add('From', `<sip:${user}@a.example>;tag=${user}`)
          .add('To', '<sip:b@b.example>')
          .add('Call-ID', user)
          .add('CSeq', '3 OPTIONS');
        for (const [name, text] of extra) headers.add(`X-${name}`, text);
        const bytes = serializeMessage({
          ...{ type: 'request', method: 'OPTIONS', uri: 'sip:b@b.example' },
          ...{ headers, body },
        });
        const parsed = parseMessage(bytes);
        if (parsed.type !== 'message') throw new Error(JSON.stringify(parsed));
        expect(Buffer.from(serializeMessage(parsed.message)).equals(Buffer.from(bytes))).toBe(true);
        expect([...parsed.message.body]).toEqual([...body]);
      }),
    );
  });

  it('never throws, whatever bytes come', () => {
    const valid = requestText();
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(valid.length - 1), fc.nat(255)), { maxLength: 8 }), (changes) => {
        const bytes = Uint8Array.from(valid);
        for (const [at, byte] of changes) bytes[at] = byte;
        expect(['message', 'bad-request', 'garbage']).toContain(parseMessage(bytes).type);
      }),
    );
  });
});

describe('messages in a stream', () => {
  const first = requestText({ body: 'v=0\r\n' });
  const last = requestText({ method: 'BYE' });

  it('are cut out alike however the bytes arrive, one at a time included', () => {
    const stream = Buffer.concat([Buffer.from('\r\n'), first, Buffer.from('\r\n\r\n'), last]);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 200 })), (sizes) => {
        const got: Uint8Array[] = [];
        let pings = 0;
        const framer = new SipFramer(
          (bytes) => got.push(bytes),
          () => (pings += 1),
        );
        let at = 0;
        for (const size of [...sizes, ...new Array<number>(stream.length).fill(1)]) {
          if (at >= stream.length) break;
          framer.push(stream.subarray(at, at + size));
          at += size;
        }
        expect(got.map((bytes) => Buffer.from(bytes).toString())).toEqual(
          [first, last].map((bytes) => Buffer.from(bytes).toString()),
        );
        expect(pings).toBe(1);
      }),
    );
  });

  it('end the connection when nobody can tell where the next one begins', () => {
    const without = Buffer.from('BYE sip:a@b SIP/2.0\r\nCall-ID: x\r\n\r\n');
    const twice = Buffer.from('BYE sip:a@b SIP/2.0\r\nl: 0\r\nContent-Length: 5\r\n\r\n');
    for (const bytes of [without, twice, Buffer.alloc(70_000, 65)]) {
      expect(() => new SipFramer(() => undefined).push(bytes)).toThrow('cannot be read');
    }
  });
});
