import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { OutboundDialer } from '../../../src/core/telephony.ts';
import { openLocalGateway } from './sip-gateway.ts';

/** A SIP trunk between the callers of a benchmark and the Kefu that it starts, both on this machine. */
export interface TrunkLine {
  /** What Kefu is to be started with. */
  readonly settings: Readonly<Record<string, string>>;
  /** Calls Kefu; any number does. */
  readonly dialer: OutboundDialer;
  close(): Promise<void>;
}

const host = '127.0.0.1';
/** Ports for a hundred calls and more on each side, below those that the system gives to others. */
const kefuPorts = [28_000, 28_999] as const;
const callerPorts = [29_000, 29_999] as const;
/** More than any benchmark calls. */
const maxCalls = 400;
const maxCallsPerHour = 1_000_000;

/** Opens the callers' end; Kefu opens its own when it is started with `settings`. */
export async function openTrunkLine(): Promise<TrunkLine> {
  const port = await freeUdpPort();
  const folder = await mkdtemp(join(tmpdir(), 'kefu-bench-trunk-'));
  const trunksFile = join(folder, 'trunks.yaml');
  // Whatever is JSON is YAML, too.
  const trunks = {
    listen: { udp: { host, port } },
    rtp: { host, ports: kefuPorts },
    trunks: [{ name: 'callers', addresses: [host], codecs: ['PCMU'], language: 'en' }],
  };
  await writeFile(trunksFile, JSON.stringify(trunks));
  const server = { scheme: 'sip', user: '', host, port, params: new Map(), headers: '' };
  const { gateway } = await openLocalGateway(callerPorts, {
    outbound: {
      ...{ server, numbers: [/^\+\d+$/], from: undefined, credentials: undefined },
      ...{ maxCalls, maxCallsPerHour },
    },
  });
  return {
    settings: { KEFU_TRUNKS_FILE: trunksFile },
    dialer: gateway.dialer,
    async close() {
      await gateway.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function freeUdpPort(): Promise<number> {
  const socket = createSocket('udp4').bind(0, host);
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  return port;
}
