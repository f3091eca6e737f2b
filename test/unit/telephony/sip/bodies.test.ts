import { describe, expect, it } from 'vitest';
import { sessionBody } from '../../../../src/telephony/sip/bodies.ts';
import { asRequest, requestText } from '../../../support/sip/messages.ts';

const sdp = 'v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\n';

function bodyOf(contentType: string, body: string) {
  const found = sessionBody(asRequest(requestText({ headers: [`Content-Type: ${contentType}`], body })));
  return found.type === 'sdp' ? Buffer.from(found.bytes).toString('latin1') : found.type;
}
const part = (headers: string, body: string): string => `--cut\r\n${headers}\r\n\r\n${body}\r\n`;
const isup = 'Content-Type: application/isup';

describe('the session description of a message', () => {
  it('is its body', () => {
    expect(bodyOf('Application/SDP; charset=utf-8', sdp)).toBe(sdp);
    expect(sessionBody(asRequest(requestText()))).toEqual({ type: 'none' });
  });

  it('is a part among others, wherever it stands and however the boundary is written', () => {
    const description = part('Content-Type: application/sdp', sdp);
    const optional = part(`${isup}\r\nContent-Disposition: signal; handling=optional`, '\xff\x00binary');
    expect(bodyOf('multipart/mixed;boundary=cut', `${optional}${description}--cut--\r\n`)).toBe(sdp);
    expect(bodyOf('multipart/mixed; boundary="cut"', `a preamble\r\n${description}${optional}--cut--`)).toBe(
      sdp,
    );
    expect(bodyOf('multipart/alternative;boundary=cut', `${description}${description}--cut--`)).toBe(sdp);
  });

  it('is missing in what is of another kind, cannot be cut, or must be understood whole', () => {
    const description = part('Content-Type: application/sdp', sdp);
    const required = part(`${isup}\r\nContent-Disposition: signal;handling=required`, 'x');
    for (const [type, body] of [
      ['text/plain', sdp],
      ['multipart/mixed', description],
      ['multipart/mixed;boundary=other', description],
      ['multipart/mixed;boundary=cut', part(isup, 'x')],
      ['multipart/mixed;boundary=cut', `${description}${required}--cut--`],
      ['multipart/mixed;boundary=cut', '--cut'],
      ['multipart/mixed;boundary=cut', `${part('Content-Type: application/sdp', '')}--cut--`],
    ] as const) {
      expect(bodyOf(type, body)).toBe('unsupported');
    }
  });
});
