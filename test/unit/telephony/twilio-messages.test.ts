import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  clearMessage,
  markMessage,
  mediaMessage,
  parseTwilioMessage,
} from '../../../src/telephony/twilio/messages.ts';
import * as samples from '../../support/twilio.ts';

describe('messages of Twilio', () => {
  it('are read as Twilio documents them', () => {
    const documented = [
      samples.connected,
      samples.startMessage({ call: 'call_1' }),
      samples.mediaMessage('AAD/'),
      samples.dtmfMessage('5'),
      samples.markMessage('one'),
      samples.stopMessage,
    ];
    for (const message of documented) {
      const parsed = parseTwilioMessage(JSON.stringify(message));
      expect(parsed).toMatchObject({ type: 'message', message: { event: message.event } });
    }
  });

  it('give packets their number and their media time', () => {
    const parsed = parseTwilioMessage(JSON.stringify(samples.mediaMessage('AAD/', 12)));
    expect(parsed).toMatchObject({
      message: { media: { track: 'inbound', chunk: 12, timestamp: 240, payload: 'AAD/' } },
    });
  });

  it('may carry events and fields that are not documented yet', () => {
    expect(parseTwilioMessage('{"event":"weather","sky":"blue"}')).toEqual({
      type: 'unknown',
      name: 'weather',
    });
    const extended = { ...samples.dtmfMessage('5'), confidence: 1 };
    expect(parseTwilioMessage(JSON.stringify(extended))).toMatchObject({ type: 'message' });
  });

  it.each([
    ['not JSON', '{', 'not JSON'],
    ['no event', '{}', 'no event'],
    ['an event that is no word', '{"event":7}', 'no event'],
    ['a list', '[]', 'no event'],
    ['a chunk that is no number', samples.mediaMessage('AAD/', 1), 'chunk'],
    ['a payload that is no base64', samples.mediaMessage('A*D/'), 'base64'],
    ['a payload cut short', samples.mediaMessage('AAD'), 'base64'],
    ['a start without a call', { event: 'start', streamSid: 'MZ1', start: {} }, 'start.callSid'],
    ['a mark without a name', { event: 'mark', streamSid: 'MZ1', mark: {} }, 'mark.name'],
  ])('that are malformed (%s) are named as such', (what, message, problem) => {
    const text = typeof message === 'string' ? message : JSON.stringify(message);
    const broken = what.startsWith('a chunk') ? text.replace('"chunk":"1"', '"chunk":"first"') : text;
    const parsed = parseTwilioMessage(broken);
    expect(parsed).toMatchObject({ type: 'malformed' });
    expect((parsed as { problem: string }).problem).toContain(problem);
  });

  it('never repeat what a malformed message said, which may be personal', () => {
    const secret = '+15551234567';
    const parsed = parseTwilioMessage(
      JSON.stringify({ event: 'dtmf', streamSid: secret, dtmf: { digit: secret, track: 7 } }),
    );
    expect(JSON.stringify(parsed)).not.toContain(secret);
  });

  it('are read without throwing, whatever they are', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json(),
          fc.json().map((json) => `{"event":"media","media":${json}}`),
        ),
        (text) => {
          expect(['message', 'unknown', 'malformed']).toContain(parseTwilioMessage(text).type);
        },
      ),
    );
  });

  it('carry every packet of audio unchanged', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 400 }), (payload) => {
        const sent = JSON.parse(mediaMessage('MZ1', payload)) as { media: object };
        const parsed = parseTwilioMessage(JSON.stringify({ ...sent, event: 'media' }));
        if (parsed.type !== 'message' || parsed.message.event !== 'media')
          throw new Error('not read as media');
        expect([...Buffer.from(parsed.message.media.payload, 'base64')]).toEqual([...payload]);
      }),
    );
  });

  it('take a packet from the middle of a buffer', () => {
    const whole = Uint8Array.from([9, 1, 2, 3, 9]);
    const sent = JSON.parse(mediaMessage('MZ1', whole.subarray(1, 4))) as { media: { payload: string } };
    expect([...Buffer.from(sent.media.payload, 'base64')]).toEqual([1, 2, 3]);
  });

  it('to Twilio name the stream', () => {
    expect(JSON.parse(markMessage('MZ1', 'one'))).toEqual({
      event: 'mark',
      streamSid: 'MZ1',
      mark: { name: 'one' },
    });
    expect(JSON.parse(clearMessage('MZ1'))).toEqual({ event: 'clear', streamSid: 'MZ1' });
  });
});
