import { describe, expect, it } from 'vitest';
import { KefuError } from '../../../src/core/errors.ts';
import type { OutboundDialer, VoiceMedia } from '../../../src/core/telephony.ts';
import { DialAllowance, dialInTurn, failed } from '../../../src/telephony/dialling.ts';
import { createCapturedLog } from '../../support/captured-log.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const options = { signal: new AbortController().signal, ringMs: 1_000 };

describe('the calls of a line', () => {
  it('are so many at once, and so many an hour', () => {
    const clock = new ManualClock();
    const allowance = new DialAllowance(
      { maxCalls: 2, maxCallsPerHour: 3 },
      { clock, log: createCapturedLog() },
    );
    const first = allowance.take();
    allowance.take();
    expect(() => allowance.take()).toThrow(/^limit: /);
    first();
    // Twice over is over once.
    first();
    allowance.take();
    expect(() => allowance.take()).toThrow(/^limit: /);
    clock.advance(3_600_000);
    // Two are still going on, though the hour is a new one.
    expect(() => allowance.take()).toThrow(/^limit: /);
  });
});

describe('dialling by several lines', () => {
  const answering = (name: string): OutboundDialer => ({
    dial: (target) => Promise.resolve({ name, target } as unknown as VoiceMedia),
  });
  const failing = (error: unknown): OutboundDialer => ({
    // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors
    dial: () => Promise.reject(error),
  });

  it('takes the first line that can', async () => {
    const dialer = dialInTurn([answering('trunk'), answering('twilio')]);
    expect(await dialer.dial('+15551234567', options)).toEqual({ name: 'trunk', target: '+15551234567' });
  });

  it.each(['not-allowed', 'limit', 'unreachable'] as const)('goes on to the next after %s', async (cause) => {
    const dialer = dialInTurn([failing(failed(cause, 'so it is')), answering('twilio')]);
    expect(await dialer.dial('+15551234567', options)).toMatchObject({ name: 'twilio' });
  });

  it.each([
    failed('busy', 'They talk'),
    failed('no-answer', 'Nobody answered'),
    failed('declined', 'They do not want to'),
    new KefuError('transfer_unsupported', 'No number.'),
    new Error('a defect'),
  ])('rings nobody twice: %s is the answer', async (error) => {
    const dialer = dialInTurn([failing(error), answering('twilio')]);
    await expect(dialer.dial('+15551234567', options)).rejects.toBe(error);
  });

  it('tells what the last line has said', async () => {
    const last = failed('limit', 'The line has reached its limit of calls');
    const dialer = dialInTurn([failing(failed('not-allowed', 'No trunk')), failing(last)]);
    await expect(dialer.dial('+15551234567', options)).rejects.toBe(last);
  });

  it('tries no other line once the call is not wanted any more', async () => {
    const gone = new AbortController();
    gone.abort();
    const dialer = dialInTurn([failing(failed('unreachable', 'No network')), answering('twilio')]);
    await expect(dialer.dial('+15551234567', { ...options, signal: gone.signal })).rejects.toThrow(
      /^unreachable/,
    );
  });
});
