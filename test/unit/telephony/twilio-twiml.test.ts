import { describe, expect, it } from 'vitest';
import {
  apologyTwiml,
  connectTwiml,
  dialTarget,
  dialTwiml,
  emptyTwiml,
  hangupTwiml,
} from '../../../src/telephony/twilio/twiml.ts';
import { parseTwiml } from '../../support/twilio.ts';

describe('instructions for Twilio', () => {
  it('connect a call to a stream and name who is asked next, with nothing lost in the XML', () => {
    const document = connectTwiml({
      streamUrl: 'wss://kefu.example.com/twilio/media',
      actionUrl: 'https://kefu.example.com/twilio/action?call=1&language=zh',
      parameters: { from: '"Ann & Bob" <sip:a@b>', call: 'call_1' },
    });
    expect(parseTwiml(document)).toEqual({
      Connect: {
        '@action': 'https://kefu.example.com/twilio/action?call=1&language=zh',
        Stream: {
          '@url': 'wss://kefu.example.com/twilio/media',
          Parameter: [
            { '@name': 'from', '@value': '"Ann & Bob" <sip:a@b>' },
            { '@name': 'call', '@value': 'call_1' },
          ],
        },
      },
    });
  });

  it('dial numbers and addresses', () => {
    const options = { actionUrl: 'https://kefu.example.com/next', ringSeconds: 20 };
    expect(parseTwiml(dialTwiml({ ...options, target: '+15557654321' }))).toEqual({
      Dial: { '@action': 'https://kefu.example.com/next', '@timeout': '20', Number: '+15557654321' },
    });
    expect(parseTwiml(dialTwiml({ ...options, target: 'sips:desk@example.com;region=ie1' }))).toMatchObject({
      Dial: { Sip: 'sips:desk@example.com;region=ie1' },
    });
  });

  it.each([
    ['+15557654321', 'number', '+15557654321'],
    ['tel:+1-555-765-4321', 'number', '+15557654321'],
    ['(020) 7946.0018', 'number', '02079460018'],
    ['110', 'number', '110'],
    ['SIP:desk@example.com', 'sip', 'SIP:desk@example.com'],
  ])('understand the target %s', (target, type, address) => {
    expect(dialTarget(target)).toEqual({ type, address });
  });

  it.each(['', 'desk', '+', '12', 'sip:', 'sip:@', 'sip:a@b"><Say>', 'https://example.com', '+1555<Number>'])(
    'refuse the target "%s"',
    (target) => {
      expect(() => dialTarget(target)).toThrow(expect.objectContaining({ code: 'transfer_unsupported' }));
    },
  );

  it('end calls, with words when the caller deserves them', () => {
    expect(parseTwiml(hangupTwiml())).toEqual({ Hangup: '' });
    expect(parseTwiml(emptyTwiml())).toBe('');
    expect(apologyTwiml('overloaded', 'en')).toMatch(/<Say language="en-US">.+<\/Say><Hangup\/>/);
    expect(apologyTwiml('lost', 'zh')).toMatch(/<Say language="zh-CN">.+<\/Say><Hangup\/>/);
  });
});
