import { execFileSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { parseUri } from '../../../src/telephony/sip/grammar.ts';
import { maskSecrets } from '../../../src/telephony/sip/masking.ts';
import type { TrunkSettings } from '../../../src/telephony/sip/trunks.ts';
import { answerVoice } from '../../support/gateway-server.ts';
import {
  freeUdpPort,
  localTrunk,
  sipp,
  startSipGateway,
  type RunningGateway,
} from '../../support/sip/gateway.ts';
import { requestText } from '../../support/sip/messages.ts';

const endings: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});
const serve = async (...args: Parameters<typeof startSipGateway>): Promise<RunningGateway> => {
  const running = await startSipGateway(...args);
  endings.push(() => running.gateway.close());
  return running;
};

const settings = (trunks: TrunkSettings['trunks']): TrunkSettings => ({
  listeners: [
    { transport: 'udp', host: '127.0.0.1', port: 0 },
    { transport: 'tcp', host: '127.0.0.1', port: 0 },
  ],
  ...{ publicAddress: undefined, rtpHost: '127.0.0.1', rtpPorts: [21_000, 21_099], mediaTimeoutMs: 30_000 },
  ...{ authorities: undefined, trunks },
});

describe('trunks that are read again', () => {
  it('leave running calls alone, and count for new ones', async () => {
    const running = await serve();
    const { gateway, calls, udp } = running;
    const peer = sipp('basic-call', udp, ['-d', '3000']);
    const { events } = answerVoice(await running.nextCall());
    const report = gateway.reload(settings([{ ...localTrunk, name: 'other', admits: () => false }]));
    expect(report).toEqual({ trunks: ['other'], added: ['other'], removed: ['local'], afterRestart: [] });
    await peer;
    expect((await events.done).at(-1)).toMatchObject({ reason: 'caller-hung-up' });

    const stranger = createSocket('udp4');
    endings.push(() => void stranger.close());
    const before = gateway.figures.dropped.reduce((sum, { count }) => sum + count, 0);
    stranger.send(requestText({ method: 'INVITE' }), udp, '127.0.0.1');
    await expect
      .poll(() => gateway.figures.dropped.reduce((sum, { count }) => sum + count, 0))
      .toBeGreaterThan(before);
    expect(calls).toEqual([]);
    gateway.reload(settings([localTrunk]));
    const again = sipp('basic-call', udp);
    answerVoice(await running.nextCall());
    await again;
  });

  it('begin and end registrations, and tell what counts only after a restart', async () => {
    const port = await freeUdpPort();
    const server = parseUri(`sip:127.0.0.1:${port}`);
    if (!server) throw new Error('no URI');
    const register = {
      user: 'office',
      password: 'secret-word',
      server,
      domain: 'carrier.example',
      expiresSeconds: 300,
    };
    const { gateway } = await serve();
    const registrar = sipp('registrar', 5060, ['-p', String(port)]);
    const changed = gateway.reload({
      ...settings([{ ...localTrunk, register }]),
      publicAddress: '203.0.113.1',
    });
    expect(changed.afterRestart).toEqual(['publicAddress']);
    const state = () => gateway.figures.lines[0]?.registration?.registered;
    await expect.poll(state, { timeout: 10_000 }).toBe(true);
    gateway.reload(settings([localTrunk]));
    expect(gateway.figures.lines).toEqual([{ name: 'local', registration: null, servers: null }]);
    await registrar;
  });
});

describe('the trace of a gateway', () => {
  it('holds the messages of a call in order, and none of strangers', async () => {
    const running = await serve();
    const { gateway, udp } = running;
    const peer = sipp('basic-call', udp);
    const { gatewayCallId, ...call } = await running.nextCall();
    answerVoice({ gatewayCallId, ...call });
    await peer;
    const starts = () =>
      gateway.trace
        .messages(gatewayCallId)
        .map(
          ({ direction, bytes }) =>
            `${direction} ${Buffer.from(bytes).toString('latin1').split('\r\n')[0] ?? ''}`,
        );
    await expect.poll(() => starts().at(-1)).toMatch(/200 OK$/);
    expect(starts().map((line) => line.replace(/sip:\S+ SIP\/2.0/, '').trim())).toEqual([
      'in INVITE',
      'out SIP/2.0 100 Trying',
      'out SIP/2.0 180 Ringing',
      'out SIP/2.0 200 OK',
      'in ACK',
      'in BYE',
      'out SIP/2.0 200 OK',
    ]);
    gateway.reload(settings([{ ...localTrunk, admits: () => false }]));
    const stranger = createSocket('udp4');
    endings.push(() => void stranger.close());
    stranger.send(requestText({ callId: 'stranger' }), udp, '127.0.0.1');
    await expect.poll(() => gateway.figures.dropped.length).toBeGreaterThan(0);
    expect(gateway.trace.messages('stranger')).toEqual([]);
    const { figures } = gateway;
    expect(figures.requests).toContainEqual({ labels: { direction: 'in', method: 'INVITE' }, count: 2 });
    expect(figures.responses).toContainEqual({ labels: { direction: 'out', status: '200' }, count: 2 });
    expect(figures.calls).toEqual([{ labels: { trunk: 'local', direction: 'in' }, count: 1 }]);
  });

  it('shows no proof, no key of encrypted sound and no pressed key', () => {
    const text = [
      'INFO sip:a@b SIP/2.0',
      'Authorization: Digest username="office", realm="kefu", response="0123456789abcdef", algorithm=MD5',
      'Content-Type: application/dtmf-relay',
      '',
      'Signal=5',
      'a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:c2VjcmV0IGtleSBvZiBzb3VuZA|2^20',
    ].join('\r\n');
    const masked = Buffer.from(maskSecrets(Buffer.from(text))).toString();
    expect(masked).not.toMatch(/0123456789abcdef|Signal=5|c2VjcmV0/);
    expect(masked).toContain('username="office"');
    expect(Buffer.from(maskSecrets(Buffer.from(text), { keys: true })).toString()).toContain('Signal=5');
  });
});

describe('a capture', () => {
  const directory = mkdtempSync(join(tmpdir(), 'kefu-pcap-'));
  endings.push(() => rmSync(directory, { recursive: true, force: true }));

  const tshark = (file: string, args: readonly string[]): string =>
    execFileSync('tshark', ['-r', file, ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });

  /** Captures one call with keys and sound in it, and gives back the file. */
  const capture = async (options: { withKeys: boolean; withAudio: boolean }): Promise<string> => {
    const folder = mkdtempSync(join(tmpdir(), 'kefu-pcap-'));
    endings.push(() => rmSync(folder, { recursive: true, force: true }));
    const running = await serve();
    const { gateway, udp } = running;
    const chunks: Uint8Array[] = [];
    let over = false;
    const end = gateway.captures.begin({
      ...{
        call: 'next',
        ...options,
        write: (bytes: Uint8Array) => chunks.push(bytes),
        onEnd: () => (over = true),
      },
    });
    const peer = sipp('keys', udp);
    const { events } = answerVoice(await running.nextCall());
    await peer;
    await events.done;
    end?.();
    expect(over).toBe(true);
    const file = join(folder, 'call.pcap');
    writeFileSync(file, Buffer.concat(chunks));
    return file;
  };

  it('is read by tshark: messages and both streams of sound, without keys and sound', async () => {
    const file = await capture({ withKeys: false, withAudio: false });
    const sip = tshark(file, ['-Y', 'sip', '-T', 'fields', '-e', 'sip.Method', '-e', 'sip.Status-Code']);
    expect(
      sip
        .split('\n')
        .map((line) => line.trim())
        .filter(Boolean),
    ).toEqual(expect.arrayContaining(['INVITE', '100', '180', '200', 'ACK', 'BYE']));
    const streams = tshark(file, ['-q', '-z', 'rtp,streams']);
    expect(streams.match(/0x[0-9A-F]{8}/gi)?.length).toBeGreaterThanOrEqual(2);
    expect(tshark(file, ['-Y', '_ws.malformed']).trim()).toBe('');
    const pressed = tshark(file, ['-Y', 'rtpevent', '-T', 'fields', '-e', 'rtpevent.event_id']);
    expect(new Set(pressed.split('\n').filter(Boolean))).toEqual(new Set(['0']));
  });

  it('has the keys and the sound when they are asked for', async () => {
    const file = await capture({ withKeys: true, withAudio: true });
    const pressed = tshark(file, ['-Y', 'rtpevent', '-T', 'fields', '-e', 'rtpevent.event_id']);
    expect(new Set(pressed.split('\n').filter(Boolean))).toEqual(new Set(['1', '5', '9', '11']));
  });
});
