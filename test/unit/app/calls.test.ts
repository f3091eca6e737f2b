import { describe, expect, it } from 'vitest';
import { createCalls, type CallsOptions } from '../../../src/app/calls.ts';
import { createEventBus } from '../../../src/observe/bus.ts';
import type { IncomingCall } from '../../../src/core/telephony.ts';
import { createCapturedLog } from '../../support/captured-log.ts';
import { ManualClock } from '../../support/manual-clock.ts';

type Services = Parameters<typeof createCalls>[0];

/** Calls that are being answered and never come further: their flows are still looked up. */
function admitting(options: Omit<CallsOptions, 'flowsFor'>) {
  const log = createCapturedLog();
  const bus = createEventBus(log);
  const refused: string[] = [];
  bus.subscribe('call-refused', ({ reason }) => refused.push(reason));
  const services = {
    ...{ bus, log, clock: new ManualClock() },
    snapshots: { take: () => Promise.resolve(undefined) },
  } as unknown as Services;
  const calls = createCalls(services, { ...options, flowsFor: () => new Promise(() => undefined) });
  const take = (resumes?: string): void =>
    calls.take({ gateway: 'test', resumes, reject: () => undefined } as unknown as IncomingCall);
  return { refused, take };
}

describe('who is answered', () => {
  it('is everybody until all lines are busy', () => {
    const { refused, take } = admitting({ maxCalls: 2 });
    take();
    take();
    expect(refused).toEqual([]);
    take();
    expect(refused).toEqual(['full']);
  });

  it('is nobody new while a machine that has calls already is too busy', () => {
    const { refused, take } = admitting({ maxCalls: 20, strain: () => 'event-loop' });
    take();
    expect(refused).toEqual([]);
    take();
    expect(refused).toEqual(['event-loop']);
  });

  it('is whose line was lost in the middle of a call, however busy the machine is', () => {
    const { refused, take } = admitting({ maxCalls: 1, strain: () => 'recognizer' });
    take();
    take('call_1');
    expect(refused).toEqual([]);
  });
});
