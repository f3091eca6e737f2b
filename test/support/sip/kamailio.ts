import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);
const deployDir = join(import.meta.dirname, '../../../deploy/kamailio');

/** The machines of a small network, all of them this one. */
export const hosts = { trunk: '127.0.0.2', stranger: '127.0.0.3', kamailio: '127.0.0.10' } as const;

export interface KamailioOptions {
  /** SIP URIs of the Kefu nodes, and of the trunks that they may call. */
  readonly nodes: readonly string[];
  readonly trunks?: readonly string[];
  /** Where it listens for UDP and TCP; by default a free port. */
  readonly port?: number;
  /** The address that trunks are told, as behind a NAT; nodes then have a port of their own. */
  readonly advertised?: string;
  /** Time between two checks of a node or trunk; by default that of the configuration. */
  readonly checkSeconds?: number;
  /** How long a node may be silent before it counts as dead; by default that of the configuration. */
  readonly silentMs?: number;
  /** Files in PEM, to listen for TLS. */
  readonly tls?: { readonly certificateFile: string; readonly keyFile: string };
}

export interface Kamailio {
  /** `host:port` of UDP and TCP. */
  readonly address: string;
  readonly host: string;
  readonly port: number;
  readonly tlsPort: number;
  /** What it has logged. */
  readonly output: string;
  /** Runs a command of kamcmd; resolves with what it printed. */
  control(...command: readonly string[]): Promise<string>;
  /** The state of a node: the first letter of its flags, `A` (active), `I` (inactive), `D` (disabled). */
  stateOf(node: string): Promise<string | undefined>;
  close(): Promise<void>;
}

/** Starts the real Kamailio with the configuration of `deploy/kamailio` as it is, told its addresses and files. */
export async function startKamailio(options: KamailioOptions): Promise<Kamailio> {
  const directory = mkdtempSync(join(tmpdir(), 'kefu-kamailio-'));
  const host = hosts.kamailio;
  const [port, tlsPort] = [options.port ?? (await freeSipPort(host)), await freeSipPort(host)];
  const { nodes, trunks = [], tls } = options;
  const write = (name: string, lines: readonly string[]): string => {
    const file = join(directory, name);
    writeFileSync(file, `${lines.join('\n')}\n`);
    return file;
  };
  const { advertised } = options;
  const nodeSocket = `udp:${host}:${await freeSipPort(host)}`;
  const destinations = write('dispatcher.list', [
    ...nodes.map((uri) => `1 ${uri} 0 0${advertised === undefined ? '' : ` socket=${nodeSocket}`}`),
    ...trunks.map((uri, index) => `2 ${uri} 0 ${trunks.length - index}`),
  ]);
  const addresses = write('addresses.list', [`1 ${hosts.trunk} 32 0`]);
  const controlSocket = `unix:${join(directory, 'control')}`;
  const defines = [
    `LISTEN_UDP=udp:${host}:${port}${advertised === undefined ? '' : ` advertise ${advertised}`}`,
    `LISTEN_TCP=tcp:${host}:${port}`,
    `DISPATCHER_LIST="${destinations}"`,
    `ADDRESS_LIST="${addresses}"`,
    `CONTROL_SOCKET="${controlSocket}"`,
  ];
  if (advertised !== undefined) defines.push(`LISTEN_NODES=${nodeSocket}`);
  if (options.checkSeconds !== undefined) defines.push(`CHECK_SECONDS=${options.checkSeconds}`);
  if (options.silentMs !== undefined) defines.push(`NODE_SILENT_MS=${options.silentMs}`);
  if (tls) {
    const profile = [
      'method = TLSv1.2+',
      `certificate = ${tls.certificateFile}`,
      `private_key = ${tls.keyFile}`,
    ];
    const config = write('tls.cfg', ['[server:default]', ...profile, '[client:default]', ...profile]);
    defines.push('WITH_TLS', `LISTEN_TLS=tls:${host}:${tlsPort}`, `TLS_CONFIG="${config}"`);
  }
  const child: ChildProcess = spawn(
    'kamailio',
    [
      ...['-DD', '-E', '-f', join(deployDir, 'kamailio.cfg'), '-Y', directory, '-P', join(directory, 'pid')],
      ...defines.flatMap((define) => ['-A', define]),
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (text: string) => (output += text));
  const exited = once(child, 'exit');

  const control = async (...command: readonly string[]): Promise<string> =>
    (await run('kamcmd', ['-s', controlSocket, ...command], { timeout: 10_000 })).stdout;
  const close = async (): Promise<void> => {
    // Its processes end with the first one.
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
    await exited;
    rmSync(directory, { recursive: true, force: true });
  };
  for (let waitedMs = 0; ; waitedMs += 100) {
    const version = await control('core.version').catch(() => '');
    if (version !== '') break;
    if (waitedMs > 20_000 || child.exitCode !== null) {
      await close();
      throw new Error(`Kamailio did not start:\n${output}`);
    }
    await delay(100);
  }
  return {
    ...{ host, port, tlsPort, address: `${host}:${port}`, control, close },
    get output() {
      return output;
    },
    async stateOf(node) {
      const list = (await control('dispatcher.list')).split('DEST: {');
      const entry = list.find((text) => text.includes(`URI: ${node}\n`));
      return /FLAGS: (\w)/.exec(entry ?? '')?.[1];
    },
  };
}

/** A port of `host` that is free for UDP and for TCP just now. */
export async function freeSipPort(host: string): Promise<number> {
  const server = createServer().listen(0, host);
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const socket = createSocket('udp4');
  socket.bind(port, host);
  await once(socket, 'listening');
  socket.close();
  server.close();
  return port;
}
