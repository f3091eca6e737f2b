import { describe, expect, it } from 'vitest';
import { apologyTwiml, connectTwiml, dialTwiml, hangupTwiml } from '../../../src/telephony/twilio/twiml.ts';
import { parseTwiml } from '../../../tools/lib/twiml.ts';

describe("TwiML on the caller's side", () => {
  it('is understood as Kefu writes it', () => {
    const actionUrl = 'https://kefu.example.com/action?a=1&b=2';
    const streamUrl = 'wss://kefu.example.com/twilio/media';
    const parameters = { from: '+15551234567', signature: '0042' };
    expect(parseTwiml(connectTwiml({ streamUrl, actionUrl, parameters }))).toEqual({
      said: [],
      then: { type: 'connect', streamUrl, actionUrl, parameters },
    });
    for (const target of ['+15557654321', 'sip:desk@example.com']) {
      expect(parseTwiml(dialTwiml({ target, actionUrl, ringSeconds: 5 })).then).toEqual({
        type: 'dial',
        target,
        actionUrl,
      });
    }
    expect(parseTwiml(hangupTwiml())).toEqual({ said: [], then: { type: 'hangup' } });
    const apology = parseTwiml(apologyTwiml('lost', 'zh'));
    expect(apology.then).toEqual({ type: 'hangup' });
    expect(apology.said[0]).toContain('很抱歉');
  });

  it.each(['', 'no xml at all', '<html><body>404</body></html>', '<Response><Connect/></Response>'])(
    'is refused when it is none: %s',
    (document) => {
      expect(() => parseTwiml(document)).toThrow(expect.objectContaining({ code: 'protocol_violation' }));
    },
  );
});
