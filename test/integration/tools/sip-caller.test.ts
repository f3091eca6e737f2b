import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { encodeMulaw } from '../../../src/media/g711.ts';
import { parseUri } from '../../../src/telephony/sip/grammar.ts';
import { openLocalGateway, type LocalGateway } from '../../../tools/bench/lib/sip-gateway.ts';
import { connectSipCaller, type SipCaller } from '../../../tools/lib/sip-caller.ts';
import { answerVoice } from '../../support/gateway-server.ts';
import { startSipGateway, type RunningGateway } from '../../support/sip/gateway.ts';
import { tonePackets } from '../../support/sip/baresip.ts';
import { joined } from '../../support/tones.ts';

const from = '+16465560000';
const toneOf = (packets: number) => encodeMulaw(joined(tonePackets(440, packets)));

describe('a caller over SIP', () => {
  let kefu: RunningGateway;
  let own: LocalGateway;
  const closers: (() => unknown)[] = [];
  let url: string;
  beforeEach(async () => {
    kefu = await startSipGateway({ rtpPorts: [21_100, 21_119] });
    const server = parseUri(`sip:127.0.0.1:${kefu.udp}`) ?? expect.unreachable();
    own = await openLocalGateway([21_120, 21_139], {
      outbound: {
        ...{ server, numbers: [/^\+\d+$/], from: undefined, credentials: undefined },
        ...{ maxCalls: 2, maxCallsPerHour: 100 },
      },
    });
    // The API of a Kefu that has an older call of the same number.
    const call = { callId: 'call_now', gateway: 'sip', from, endedAtEpochMs: null };
    const calls = [{ ...call, callId: 'call_before', endedAtEpochMs: 1 }, call];
    const api = createServer((request, response) => {
      response.end(request.url?.startsWith('/api/calls') ? JSON.stringify({ calls }) : '{}');
    }).listen(0, '127.0.0.1');
    await once(api, 'listening');
    url = `http://127.0.0.1:${(api.address() as AddressInfo).port}`;
    closers.push(
      () => own.gateway.close(),
      () => kefu.gateway.close(),
      () => api.close(),
    );
  });
  afterEach(async () => {
    for (const close of closers.splice(0)) await close();
  });

  async function call() {
    const { dialer } = own.gateway;
    const connecting = connectSipCaller({ dialer, url, from, to: '+18005550100' });
    const answered = answerVoice(await kefu.nextCall());
    return { ...answered, caller: await connecting };
  }
  const heardAfter = (caller: SipCaller, ms: number) =>
    caller.waitUntil(() => caller.playback.firstAudibleAfter(ms) !== undefined, 10_000);

  it('knows the id of its call, says whole clips, and knows when they were said', async () => {
    const { caller, events } = await call();
    expect(caller.callId).toBe('call_now');
    const first = (await caller.play({ name: 'first', mulaw: toneOf(10) })) ?? expect.unreachable();
    const second = (await caller.play({ name: 'second', mulaw: toneOf(5) })) ?? expect.unreachable();
    expect(first.endMs - first.startMs).toBe(200);
    expect(second.startMs).toBeGreaterThanOrEqual(first.endMs);
    await caller.hangUp();
    const heard = (await events.done).flatMap((event) => (event.type === 'packet' ? [event.payload] : []));
    const sounding = heard.filter((payload) => payload.some((byte) => byte !== 0xff));
    expect(sounding).toHaveLength(15);
    const sent = caller.sentAudio();
    const at = Math.round(first.startMs * 8);
    expect(sent.subarray(at, at + 1600)).toEqual(toneOf(10));
    expect(await caller.ended).toMatchObject({ by: 'caller' });
  });

  it('hears what Kefu says, and that Kefu hangs up', async () => {
    const { caller, media } = await call();
    for (const packet of tonePackets(440, 50)) media.send(encodeMulaw(packet));
    expect(await heardAfter(caller, 0)).toBe(true);
    await media.hangup();
    expect(await caller.ended).toMatchObject({ by: 'kefu' });
    const audible = caller.playback.heard.filter((packet) => packet.audible);
    expect(audible).toHaveLength(50);
    expect(caller.heardAudio().length).toBeGreaterThan(0);
    expect(await caller.play({ name: 'late', mulaw: toneOf(1) })).toBeUndefined();
  });

  it('presses keys', async () => {
    const { caller, events } = await call();
    await caller.pressKeys('2#');
    await caller.hangUp();
    const digits = (await events.done).flatMap((event) => (event.type === 'digit' ? [event.digit] : []));
    expect(digits).toEqual(['2', '#']);
  });
});
