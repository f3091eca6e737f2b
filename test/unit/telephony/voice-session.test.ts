import { describe, expect, it } from 'vitest';
import type { VoiceMediaEvent } from '../../../src/core/telephony.ts';
import { VoiceSession, type Farewell, type VoiceWire } from '../../../src/telephony/voice-session.ts';
import { createCapturedLog } from '../../support/captured-log.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const never = new AbortController().signal;
const briefing = {
  ...{ callId: 'call_test', from: '', language: 'en' as const, reason: 'asked-for-person', wanted: '' },
  ...{ customer: null, slots: {}, done: [], summary: '' },
};

function session(more: Partial<VoiceWire> = {}) {
  const sent: string[] = [];
  const farewells: Farewell[] = [];
  const clock = new ManualClock();
  const log = createCapturedLog();
  const wire: VoiceWire = {
    send: (payload) => sent.push(`packet ${payload.length}`),
    mark: (name) => sent.push(`mark ${name}`),
    clear: () => sent.push('clear'),
    returnsClearedMarks: false,
    checkTarget: () => undefined,
    handOver: () => Promise.resolve('taken'),
    leave: (farewell) => {
      farewells.push(farewell);
      return Promise.resolve();
    },
    ...more,
  };
  const voice = new VoiceSession({
    format: { codec: 'mulaw', sampleRateHz: 8000, packetMs: 20 },
    ...{ wire, clock, log, mediaTimeoutMs: 15_000 },
  });
  voice.accepted(log);
  return { voice, sent, farewells, clock, log };
}

async function all(voice: VoiceSession): Promise<VoiceMediaEvent[]> {
  const events: VoiceMediaEvent[] = [];
  for await (const event of voice.events) events.push(event);
  return events;
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('a voice session', () => {
  it('ends for the first reason only, with no timer left', async () => {
    const { voice, farewells, clock } = session();
    voice.finish('caller-hung-up');
    voice.finish('gateway-lost', 'too late');
    voice.rejected('overloaded');
    voice.packet(new Uint8Array(160), 1, 0);
    voice.digit('1');
    await voice.hangup();
    expect(await all(voice)).toEqual([{ type: 'ended', reason: 'caller-hung-up' }]);
    expect(farewells).toHaveLength(1);
    expect(clock.pendingTimers).toBe(0);
  });

  it('hangs up after 2 s when the far side never confirms that it has played the last words', async () => {
    const { voice, clock } = session();
    const told = voice.hangup();
    clock.advance(1_999);
    expect(voice.over).toBe(false);
    clock.advance(1);
    await told;
    expect(await all(voice)).toEqual([{ type: 'ended', reason: 'we-hung-up' }]);
  });

  it('hangs up at once when the last words have been played', async () => {
    const { voice, sent } = session();
    voice.send(new Uint8Array(160));
    const told = voice.hangup();
    expect(sent).toEqual(['packet 160', 'mark kefu:drained']);
    voice.markPlayed('kefu:drained');
    await told;
    expect(await all(voice)).toEqual([{ type: 'ended', reason: 'we-hung-up' }]);
  });

  it('sends nothing once it hangs up', async () => {
    const { voice, sent, clock } = session();
    const told = voice.hangup();
    voice.send(new Uint8Array(160));
    voice.mark('late');
    voice.clear();
    clock.advance(2_000);
    await told;
    expect(sent).toEqual(['mark kefu:drained']);
  });

  it('returns every mark exactly once, also marks of the same name', () => {
    const { voice } = session();
    voice.mark('same');
    voice.mark('same');
    voice.markPlayed('same');
    voice.clear();
    voice.markPlayed('same');
    voice.finish('caller-hung-up');
    return expect(all(voice)).resolves.toEqual([
      { type: 'mark', name: 'same' },
      { type: 'mark', name: 'same' },
      { type: 'ended', reason: 'caller-hung-up' },
    ]);
  });

  it('counts every message as a sign of life', async () => {
    const { voice, clock } = session();
    for (let second = 0; second < 60; second += 1) {
      clock.advance(1_000);
      voice.heard();
    }
    clock.advance(14_999);
    expect(voice.over).toBe(false);
    clock.advance(1);
    expect(await all(voice)).toMatchObject([{ type: 'ended', reason: 'media-timeout' }]);
  });

  it('does not take the silence of a transfer for a lost call', async () => {
    let taken: (result: 'taken') => void = () => undefined;
    const { voice, clock } = session({ handOver: () => new Promise((resolve) => (taken = resolve)) });
    const transferred = voice.transfer('+15557654321', briefing, never);
    voice.markPlayed('kefu:drained');
    await settled();
    expect(voice.handingOver).toBe(true);
    clock.advance(60_000);
    expect(voice.over).toBe(false);
    taken('taken');
    await transferred;
    expect(await all(voice)).toEqual([{ type: 'ended', reason: 'transferred' }]);
  });

  it('transfers one time at a time, and not after a hang-up', async () => {
    const { voice, clock } = session();
    const first = voice.transfer('+15557654321', briefing, never);
    await expect(voice.transfer('+15557654321', briefing, never)).rejects.toMatchObject({
      code: 'transfer_failed',
    });
    const told = voice.hangup();
    const failed = expect(first).rejects.toMatchObject({ code: 'transfer_failed' });
    clock.advance(2_000);
    await Promise.all([failed, told]);
    expect(await all(voice)).toEqual([{ type: 'ended', reason: 'we-hung-up' }]);
  });

  it('says how a call that nobody took has ended', async () => {
    const { voice } = session({ handOver: () => Promise.resolve('lost') });
    const transferred = voice.transfer('+15557654321', briefing, never);
    voice.markPlayed('kefu:drained');
    await expect(transferred).rejects.toMatchObject({ code: 'transfer_failed' });
    expect(await all(voice)).toMatchObject([{ type: 'ended', reason: 'gateway-lost' }]);
  });

  it('logs and survives a peer that cannot be parted from', async () => {
    const { voice, log } = session({ leave: () => Promise.reject(new Error('no such socket')) });
    voice.finish('gateway-lost');
    await voice.hangup();
    expect(log.find('Parting from the peer failed')).toHaveLength(1);
  });
});
