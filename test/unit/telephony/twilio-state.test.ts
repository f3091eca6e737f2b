import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createStateSigner, streamClaimsMs, type StreamClaims } from '../../../src/telephony/twilio/state.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const claims: StreamClaims = {
  callId: 'call_1',
  from: '+15551234567',
  to: 'sip:hotline@example.com',
  language: 'zh',
  resumes: false,
  transferFailed: undefined,
};

describe('what travels through Twilio', () => {
  it('comes back as it was sent', () => {
    const signer = createStateSigner('token', new ManualClock());
    for (const sent of [
      claims,
      { ...claims, from: '', language: undefined },
      { ...claims, resumes: true, transferFailed: 'busy' },
    ]) {
      expect(signer.readStream('CA1', signer.streamParameters('CA1', sent))).toEqual(sent);
    }
    for (const dialled of [true, false]) {
      const state = { callId: 'call_1', language: 'en' as const, resumptions: 2, dialled };
      expect(signer.readAction('CA1', signer.actionFields('CA1', state))).toEqual(state);
    }
  });

  it('is understood by every process with the same token, and by no other', () => {
    const clock = new ManualClock();
    const parameters = createStateSigner('token', clock).streamParameters('CA1', claims);
    expect(createStateSigner('token', clock).readStream('CA1', parameters)).toEqual(claims);
    expect(createStateSigner('another', clock).readStream('CA1', parameters)).toBe('forged');
    expect(createStateSigner(undefined, clock).readStream('CA1', parameters)).toBe('forged');
  });

  it('is refused when any field is changed, added, removed or moved to another call', () => {
    const signer = createStateSigner('token', new ManualClock());
    const parameters = signer.streamParameters('CA1', claims);
    const names = Object.keys(parameters);
    fc.assert(
      fc.property(fc.constantFrom(...names), fc.string(), (name, value) => {
        fc.pre(parameters[name] !== value);
        expect(signer.readStream('CA1', { ...parameters, [name]: value })).toBe('forged');
      }),
    );
    for (const name of names.filter((each) => each !== 'signature')) {
      const rest = Object.fromEntries(Object.entries(parameters).filter(([each]) => each !== name));
      expect(signer.readStream('CA1', rest)).toBe('forged');
    }
    expect(signer.readStream('CA1', { ...parameters, transferFailed: 'busy' })).toBe('forged');
    expect(signer.readStream('CA2', parameters)).toBe('forged');
    expect(signer.readStream('CA1', { call: 'call_1' })).toBe('unsigned');
  });

  it('may be joined by parameters of the operator, which mean nothing', () => {
    const signer = createStateSigner('token', new ManualClock());
    const parameters = { ...signer.streamParameters('CA1', claims), campaign: 'spring' };
    expect(signer.readStream('CA1', parameters)).toEqual(claims);
  });

  it('is worth nothing in another place', () => {
    const signer = createStateSigner('token', new ManualClock());
    const state = { callId: 'call_1', language: undefined, resumptions: 0, dialled: false };
    const { signature = '' } = signer.actionFields('CA1', state);
    expect(signer.readStream('CA1', { ...signer.streamParameters('CA1', claims), signature })).toBe('forged');
    expect(signer.readAction('CA1', signer.streamParameters('CA1', claims))).toBeUndefined();
    expect(signer.readAction('CA1', undefined)).toBeUndefined();
  });

  it('grows old', () => {
    const clock = new ManualClock();
    const signer = createStateSigner('token', clock);
    const parameters = signer.streamParameters('CA1', claims);
    clock.advance(streamClaimsMs);
    expect(signer.readStream('CA1', parameters)).toEqual(claims);
    clock.advance(1_001);
    expect(signer.readStream('CA1', parameters)).toBe('expired');
  });

  it('keeps to the 500 characters Twilio allows for name and value', () => {
    const signer = createStateSigner('token', new ManualClock());
    const parameters = signer.streamParameters('CA1', {
      ...claims,
      from: `sip:${'x'.repeat(600)}@example.com`,
    });
    for (const [name, value] of Object.entries(parameters)) {
      expect(name.length + value.length).toBeLessThan(500);
    }
    expect(signer.readStream('CA1', parameters)).toMatchObject({ callId: 'call_1' });
  });
});
