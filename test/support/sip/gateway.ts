import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock, type Clock } from '../../../src/core/clock.ts';
import type { IncomingCall } from '../../../src/core/telephony.ts';
import { ringingTone } from '../../../src/media/tones.ts';
import { createTranscoder } from '../../../src/media/transcoder.ts';
import { createSipGateway, type SipGateway } from '../../../src/telephony/sip/gateway.ts';
import type { Trunk, TrunkSettings } from '../../../src/telephony/sip/trunks.ts';
import { createCapturedLog, type CapturedLog } from '../captured-log.ts';
import { spawnMortal } from '../mortal-process.ts';
import { anyTrunk } from './fake-line.ts';

/** A trunk that lets this machine in. */
export const localTrunk: Trunk = { ...anyTrunk, name: 'local', admits: (address) => address === '127.0.0.1' };

/** The machine's clock, only faster, for what takes minutes. */
export function fastClock(factor: number): Clock {
  return {
    nowMs: () => systemClock.nowMs() * factor,
    epochMs: () => systemClock.epochMs(),
    setTimer: (callback, delayMs) => systemClock.setTimer(callback, delayMs / factor),
  };
}

export interface RunningGateway {
  readonly gateway: SipGateway;
  readonly log: CapturedLog;
  /** Ports of UDP and TCP. */
  readonly udp: number;
  readonly tcp: number;
  /** The next call that came in and was not taken from here yet. */
  nextCall(): Promise<IncomingCall>;
  readonly calls: readonly IncomingCall[];
}

/** Starts a SIP gateway on free ports of this machine. */
export async function startSipGateway(
  more: Partial<TrunkSettings> = {},
  clock: Clock = systemClock,
): Promise<RunningGateway> {
  const log = createCapturedLog();
  const gateway = createSipGateway({
    settings: {
      listeners: [
        { transport: 'udp', host: '127.0.0.1', port: 0 },
        { transport: 'tcp', host: '127.0.0.1', port: 0 },
      ],
      ...{
        publicAddress: undefined,
        rtpHost: '127.0.0.1',
        rtpPorts: [21_000, 21_099],
        mediaTimeoutMs: 30_000,
      },
      ...{ authorities: undefined, trunks: [localTrunk] },
      ...more,
    },
    ...{ clock, log, createTranscoder },
    ringTone: { samples: ringingTone(16_000), sampleRateHz: 16_000 },
  });
  await gateway.open();
  const calls: IncomingCall[] = [];
  let wake: (() => void)[] = [];
  gateway.start((call) => {
    calls.push(call);
    for (const run of wake.splice(0)) run();
  });
  const portOf = (transport: string): number =>
    gateway.bound.find((place) => place.transport === transport)?.port ?? 0;
  return {
    ...{ gateway, log, calls, udp: portOf('udp'), tcp: portOf('tcp') },
    async nextCall() {
      for (;;) {
        const call = calls.shift();
        if (call) return call;
        await new Promise<void>((resolve) => (wake = [...wake, resolve]));
      }
    },
  };
}

/** A UDP port nobody uses just now. */
export async function freeUdpPort(): Promise<number> {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  return port;
}

const scenarios = join(import.meta.dirname, '../../integration/sip');

/**
 * Runs one call of a sipp scenario; rejects with what sipp did not expect. Its program comes with the package sip-tester.
 * @param target - a port of 127.0.0.1, or `host:port`.
 */
export async function sipp(
  scenario: string,
  target: number | string,
  more: readonly string[] = [],
): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'kefu-sipp-'));
  const args = [
    typeof target === 'number' ? `127.0.0.1:${target}` : target,
    ...['-sf', join(scenarios, `${scenario}.xml`), '-i', '127.0.0.1', '-p', String(await freeUdpPort())],
    ...['-m', '1', '-l', '1', '-r', '1', '-timeout', '30s', '-timeout_error', '-nostdin'],
    ...['-trace_err', '-error_file', join(directory, 'errors.log'), ...more],
  ];
  try {
    const child = spawnMortal('sipp', args, { cwd: directory });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk) => (output += String(chunk)));
    const [code] = (await once(child, 'close')) as [number | null];
    if (code !== 0) {
      const lines = output.split('\n').filter((line) => line.trim() !== '');
      const failures = lines.filter((line) => /error|unexpected|abort|SIP\/2\.0/i.test(line));
      const told = (failures.length > 0 ? failures : lines).slice(-12).join('\n');
      throw new Error(`sipp ${scenario} ended with ${String(code)}: ${told}`);
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
