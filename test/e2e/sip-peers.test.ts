import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  callRecord,
  eventually,
  freePort,
  listCalls,
  startKefu,
  type KefuInProcess,
} from '../support/running-kefu.ts';
import { freeUdpPort, sipp } from '../support/sip/gateway.ts';

/** What sipp plays: a scenario, and what it needs besides. */
type Peer = readonly [scenario: string, ...args: string[]];
const usual = (...names: readonly string[]): Peer[] => names.map((name) => [name] as const);
const odd = (...names: readonly string[]): Peer[] => usual(...names.map((name) => `odd-peers/${name}`));

/** Peers that have one call each and hang up themselves; the gateway alone is tried with more of them in test/integration. */
const callers: readonly Peer[] = [
  ['basic-call', '-t', 't1'],
  ...usual('basic-call', 'hold', 'hold-in-every-way', 'info-keys', 'keys', 'late-offer', 'repeated-invite'),
  ...usual('update', 'cancel-after-answer', 'replaces', 'reliable-late-offer'),
  ...odd('late-ack', 'bye-repeated', 'bye-before-ack', 'bye-follows-ack', 'wrong-tags', 'odd-cseq'),
  ...odd('no-branch', 'compact-forms', 'many-headers', 'garbage-between', 'odd-info', 'reinvite-before-ack'),
  ...odd('bad-reinvite', 'multipart', 'three-lines', 'odd-codec-order', 'dynamic-types', 'clashing-types'),
  ...odd('bad-rtcp-line', 'no-keys', 'odd-key-type', 'sendonly', 'inactive', 'hold-by-zeros'),
  ['odd-peers/folded-headers', '-key', 'fold', ' '],
  ['odd-peers/huge-headers', '-key', 'long', 'x'.repeat(2_000)],
  ['odd-peers/huge-headers', '-key', 'long', 'x'.repeat(2_000), '-t', 't1'],
];
/** Peers that have none. */
const refused: readonly Peer[] = [
  ...usual('options', 'bad-sdp', 'unknown-calls'),
  ...odd('unknown-protocol', 'ipv6-sound'),
];
const named = (peers: readonly Peer[]) =>
  peers.map((peer) => [peer.map((part) => part.slice(0, 20)).join(' '), peer] as const);

const folder = mkdtempSync(join(tmpdir(), 'kefu-sip-peers-'));
let kefu: KefuInProcess;
let udpPort: number;
let tcpPort: number;

beforeAll(async () => {
  [udpPort, tcpPort] = [await freeUdpPort(), await freePort()];
  const trunksFile = join(folder, 'trunks.yaml');
  const trunks = {
    listen: { udp: { host: '127.0.0.1', port: udpPort }, tcp: { host: '127.0.0.1', port: tcpPort } },
    rtp: { host: '127.0.0.1', ports: [22_400, 22_499] },
    trunks: [{ name: 'exchange', addresses: ['127.0.0.1'], language: 'en' }],
  };
  // Whatever is JSON is YAML, too.
  writeFileSync(trunksFile, JSON.stringify(trunks));
  kefu = await startKefu({ KEFU_TRUNKS_FILE: trunksFile });
});
afterAll(async () => {
  await kefu.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('a whole Kefu, connected with an exchange', () => {
  const play = ([scenario, ...args]: Peer) => sipp(scenario, args.includes('t1') ? tcpPort : udpPort, args);

  it('is tried with at least 40 kinds of peers', () => {
    expect(callers.length + refused.length).toBeGreaterThanOrEqual(40);
  });

  it.concurrent.for(named(callers))('has a call with %s', ([, peer]) => play(peer));
  it.concurrent.for(named(refused))('has no call with %s', ([, peer]) => play(peer));

  it('has ended all calls, as its own records tell, and nothing has gone wrong', async () => {
    const calls = await eventually(async () => {
      const all = await listCalls(kefu);
      return all.every(({ endedAtEpochMs }) => endedAtEpochMs !== null) ? all : undefined;
    }, 'the end of all calls');
    // One that had to be tried again has its record, too.
    expect(calls.length).toBeGreaterThanOrEqual(callers.length);
    for (const { callId } of calls) {
      const { events } = await callRecord(kefu, callId);
      expect(events.at(-1)?.body).toMatchObject({ type: 'call-ended', reason: 'caller-hung-up' });
    }
    expect(kefu.log.filter(({ level }) => level === 'error')).toEqual([]);
  });
});
