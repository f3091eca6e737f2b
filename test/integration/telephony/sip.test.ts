import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import type { IncomingCall } from '../../../src/core/telephony.ts';
import { parseUri, type SipUri } from '../../../src/telephony/sip/grammar.ts';
import { answerVoice } from '../../support/gateway-server.ts';
import {
  fastClock,
  freeUdpPort,
  localTrunk,
  sipp,
  startSipGateway,
  type RunningGateway,
} from '../../support/sip/gateway.ts';
import { requestText } from '../../support/sip/messages.ts';
import type { Trunk } from '../../../src/telephony/sip/trunks.ts';

const briefing = {
  ...{ callId: 'call_test', from: '', language: 'en' as const, reason: 'asked-for-person', wanted: '' },
  ...{ customer: null, slots: {}, done: [], summary: '' },
};
const never = new AbortController().signal;
const officeLogin = { user: 'office', password: 'secret-word' };

function uriOf(text: string): SipUri {
  const uri = parseUri(text);
  if (!uri) throw new Error(`no URI: ${text}`);
  return uri;
}

describe('the SIP gateway with sipp', () => {
  let running: RunningGateway;
  const serve = async (...args: Parameters<typeof startSipGateway>): Promise<RunningGateway> =>
    (running = await startSipGateway(...args));
  afterEach(() => running.gateway.close());

  /** Answers the next call and hands back how it ended. */
  const answered = async (
    then: (call: ReturnType<typeof answerVoice>) => void | Promise<void> = () => undefined,
  ) => {
    const call = answerVoice(await running.nextCall());
    await then(call);
    return call.events.done;
  };

  for (const transport of ['udp', 'tcp'] as const) {
    it(`takes a call over ${transport} and notices that the caller hangs up`, async () => {
      await serve();
      const offered = running.nextCall();
      const peer = sipp('basic-call', running[transport], transport === 'tcp' ? ['-t', 't1'] : []);
      const call = await offered;
      expect(call).toMatchObject({ gateway: 'sip', from: '+15551234567', to: 'shop', language: 'en' });
      const { media, events } = answerVoice(call);
      expect(media.format).toEqual({ codec: 'mulaw', sampleRateHz: 8000, packetMs: 20, lossy: true });
      await peer;
      expect((await events.done).at(-1)).toEqual({ type: 'ended', reason: 'caller-hung-up' });
      expect(running.log.lines.filter(({ level }) => level === 'error')).toEqual([]);
    });
  }

  it('carries many calls at once, and gives every port back', async () => {
    // Ten pairs of ports for ten calls at once: a pair that is not given back is missed by a later call.
    await serve({ rtpPorts: [21_100, 21_119] });
    const reasons: string[] = [];
    const taking = (async () => {
      for (let count = 0; count < 40; count += 1) {
        const { events } = answerVoice(await running.nextCall());
        void events.done.then((seen) => reasons.push(seen.at(-1)?.type === 'ended' ? 'ended' : 'open'));
      }
    })();
    await sipp('basic-call', running.udp, ['-m', '40', '-l', '10', '-r', '20']);
    await taking;
    await expect.poll(() => reasons).toEqual(new Array<string>(40).fill('ended'));
    expect(running.log.lines.filter(({ level }) => level === 'error' || level === 'warn')).toEqual([]);
  });

  it('hangs up itself', async () => {
    await serve();
    const ended = answered(({ media }) => media.hangup());
    await sipp('kefu-hangs-up', running.udp);
    expect((await ended).at(-1)).toEqual({ type: 'ended', reason: 'we-hung-up' });
  });

  it('lets a caller go who hangs up while it rings', async () => {
    await serve();
    const offered = running.nextCall();
    await sipp('cancel', running.udp);
    const { events } = answerVoice(await offered);
    expect(await events.done).toMatchObject([{ type: 'ended', reason: 'caller-hung-up' }]);
  });

  it('ends a call that was never acknowledged', async () => {
    await serve({ mediaTimeoutMs: 60_000 }, fastClock(10));
    const ended = answered();
    await sipp('never-acknowledged', running.udp);
    expect((await ended).at(-1)).toMatchObject({
      ...{ type: 'ended', reason: 'gateway-lost', detail: 'the far side never acknowledged the call' },
    });
  });

  it('says what it can do, and refuses sound that it cannot carry', async () => {
    await serve();
    await sipp('options', running.udp);
    await sipp('bad-sdp', running.udp);
    expect(running.calls).toEqual([]);
  });

  it('takes an INVITE that comes twice for one call', async () => {
    await serve();
    const offered = running.nextCall();
    const peer = sipp('repeated-invite', running.udp);
    const call = await offered;
    await delay(500);
    const { events } = answerVoice(call);
    await peer;
    expect((await events.done).at(-1)).toMatchObject({ reason: 'caller-hung-up' });
    expect(running.calls).toEqual([]);
  });

  it('is put on hold and taken back, and changes the codec', async () => {
    await serve();
    const ended = answered();
    await sipp('hold', running.udp);
    expect((await ended).at(-1)).toMatchObject({ reason: 'caller-hung-up' });
    const held = running.log.find('The call was put on hold or taken back').map(({ fields }) => fields.held);
    expect(held).toEqual([true, false]);
  });

  it('takes keys as INFO', async () => {
    await serve();
    const ended = answered();
    await sipp('info-keys', running.udp);
    const keys = (await ended).flatMap((event) => (event.type === 'digit' ? [event.digit] : []));
    expect(keys).toEqual(['5', '#']);
  });

  it('takes keys as telephone events', async () => {
    await serve();
    const ended = answered();
    await sipp('keys', running.udp);
    const keys = (await ended).flatMap((event) => (event.type === 'digit' ? [event.digit] : []));
    expect(keys.join('')).toBe('159#');
  });

  it('survives that both sides hang up in the same moment', async () => {
    await serve();
    const ended = answered(({ media }) => media.hangup());
    await sipp('bye-race', running.udp);
    expect((await ended).filter(({ type }) => type === 'ended')).toHaveLength(1);
  });

  it('makes the offer when the caller makes none', async () => {
    await serve();
    const ended = answered();
    await sipp('late-offer', running.udp);
    expect((await ended).at(-1)).toMatchObject({ reason: 'caller-hung-up' });
  });

  it('agrees on an interval for the session and lets it be refreshed', async () => {
    await serve();
    const ended = answered();
    await sipp('session-timer', running.udp);
    expect((await ended).at(-1)).toMatchObject({ reason: 'caller-hung-up' });
  });

  it('lets in from elsewhere who knows the password, and gives others no answer', async () => {
    const trunk: Trunk = {
      ...localTrunk,
      admits: () => false,
      login: { ...officeLogin, algorithms: ['MD5'] },
    };
    await serve({ trunks: [trunk] });
    const ended = answered();
    await sipp('login', running.udp, ['-au', 'office', '-ap', 'secret-word']);
    expect((await ended).at(-1)).toMatchObject({ reason: 'caller-hung-up' });
    expect(JSON.stringify(running.log.lines)).not.toContain('secret-word');

    const scanner = createSocket('udp4');
    let heard = 0;
    scanner.on('message', () => (heard += 1));
    for (const method of ['OPTIONS', 'INVITE', 'REGISTER', 'BYE']) {
      scanner.send(requestText({ method, branch: `z9hG4bK${method}` }), running.udp, '127.0.0.1');
    }
    scanner.send(Buffer.alloc(2000, 'x'), running.udp, '127.0.0.1');
    await delay(300);
    scanner.close();
    expect(heard).toBe(0);
    expect(running.calls).toEqual([]);
  });

  it('closes connections of unknown addresses unread', async () => {
    await serve({ trunks: [{ ...localTrunk, admits: () => false }] });
    const socket = connect(running.tcp, '127.0.0.1');
    socket.on('error', () => undefined);
    await once(socket, 'close');
  });

  it('gives a call away, and goes on with it when nobody takes it', async () => {
    await serve();
    const taken = answered(({ media }) => media.transfer('+15557654321', briefing, never));
    await sipp('transfer', running.udp);
    expect((await taken).at(-1)).toEqual({ type: 'ended', reason: 'transferred' });

    const kept = answered(async ({ media }) => {
      await expect(media.transfer('+15557654321', briefing, never)).rejects.toMatchObject({
        code: 'transfer_failed',
        message: 'The transfer failed: the destination answered with 486.',
      });
    });
    await sipp('transfer-fails', running.udp);
    expect((await kept).at(-1)).toMatchObject({ reason: 'caller-hung-up' });
  });

  describe('calling out', () => {
    const dialling = async (more: Partial<NonNullable<Trunk['outbound']>> = {}) => {
      const port = await freeUdpPort();
      const outbound = {
        ...{ server: uriOf(`sip:127.0.0.1:${port}`), numbers: [/^\+4930\d+$/], from: '+49301' },
        ...{ credentials: officeLogin, maxCalls: 2, maxCallsPerHour: 3 },
        ...more,
      };
      await serve({ trunks: [{ ...localTrunk, outbound }] });
      const callee = (scenario: string): Promise<void> => sipp(scenario, running.udp, ['-p', String(port)]);
      const dial = (target: string, ringMs = 5_000, signal = never) =>
        running.gateway.dialer.dial(target, { signal, ringMs });
      return { callee, dial };
    };

    it('reaches somebody, and hangs up', async () => {
      const { callee, dial } = await dialling();
      const done = callee('callee-answers');
      const media = await dial('+49 30 123');
      expect(media.format.codec).toBe('mulaw');
      await media.hangup();
      await done;
    });

    it('tells that a number is busy or does not answer', async () => {
      const { callee, dial } = await dialling();
      const busy = callee('callee-busy');
      await expect(dial('+4930123')).rejects.toMatchObject({
        code: 'transfer_failed',
        message: 'busy: The far side answered with 486.',
      });
      await busy;
      const rings = callee('callee-rings');
      await expect(dial('+4930123', 500)).rejects.toMatchObject({ message: 'no-answer: Nobody answered.' });
      await rings;
      const stop = new AbortController();
      const stopped = callee('callee-rings');
      const dialled = dial('+4930123', 20_000, stop.signal);
      setTimeout(() => stop.abort(), 1_500);
      await expect(dialled).rejects.toMatchObject({ code: 'aborted' });
      await stopped;
    });

    it('follows a diversion and gives the password', async () => {
      const { callee, dial } = await dialling();
      const diverted = callee('callee-diverts');
      await (await dial('+4930123')).hangup();
      await diverted;
      const secured = callee('callee-wants-password');
      await (await dial('+4930123')).hangup();
      await secured;
    });

    it('calls no number that the trunk does not name, and no more than the limits allow', async () => {
      const { dial } = await dialling({ maxCalls: 1 });
      await expect(dial('+19005550100')).rejects.toMatchObject({
        message: expect.stringMatching(/^not-allowed/) as string,
      });
      await expect(dial('sip:anybody@example.com')).rejects.toMatchObject({ code: 'transfer_unsupported' });
      const stop = new AbortController();
      const first = dial('+4930123', 5_000, stop.signal);
      await expect(dial('+4930124')).rejects.toMatchObject({
        message: expect.stringMatching(/^limit/) as string,
      });
      stop.abort();
      await expect(first).rejects.toMatchObject({ code: 'aborted' });
    });
  });

  it('registers a line with its password, and leaves when it stops', async () => {
    const port = await freeUdpPort();
    const server = uriOf(`sip:127.0.0.1:${port}`);
    const register = { ...officeLogin, server, domain: 'carrier.example', expiresSeconds: 300 };
    const registrar = sipp('registrar', 5060, ['-p', String(port)]);
    await serve({ trunks: [{ ...localTrunk, admits: () => false, register }] });
    await expect
      .poll(() => running.log.find('A SIP line is registered'), { timeout: 10_000 })
      .toMatchObject([{ fields: { seconds: 120, trunk: 'local' } }]);
    await running.gateway.close();
    await registrar;
  });

  it('refuses calls with words of SIP when Kefu does', async () => {
    await serve();
    const refuse = async (reason: Parameters<IncomingCall['reject']>[0]): Promise<number> => {
      const peer = createSocket('udp4');
      const statuses: number[] = [];
      peer.on('message', (bytes) => statuses.push(Number(bytes.toString().split(' ')[1])));
      const body = 'v=0\r\nc=IN IP4 127.0.0.1\r\nm=audio 4000 RTP/AVP 0\r\n';
      const headers = ['Content-Type: application/sdp'];
      peer.send(
        requestText({ branch: `z9hG4bK${reason}`, callId: reason, headers, body }),
        running.udp,
        '127.0.0.1',
      );
      (await running.nextCall()).reject(reason);
      await expect.poll(() => statuses.at(-1) ?? 0).toBeGreaterThanOrEqual(300);
      peer.close();
      return statuses.at(-1) ?? 0;
    };
    expect([await refuse('overloaded'), await refuse('closing'), await refuse('not-allowed')]).toEqual([
      503, 503, 403,
    ]);
  });
});
