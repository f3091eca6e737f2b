import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSocket } from 'node:dgram';
import { setTimeout as delay } from 'node:timers/promises';
import { freeUdpPort } from './gateway.ts';
import { requestText } from './messages.ts';

const startLimitMs = 30_000;

/** A real Kamailio that registers whoever knows the password, and answers OPTIONS. */
export interface KamailioRegistrar {
  readonly port: number;
  close(): Promise<void>;
}

export async function startKamailioRegistrar(realm: string, password: string): Promise<KamailioRegistrar> {
  const directory = mkdtempSync(join(tmpdir(), 'kefu-kamailio-'));
  const port = await freeUdpPort();
  const file = join(directory, 'kamailio.cfg');
  const modules = ['sl', 'pv', 'auth', 'usrloc', 'registrar', 'textops', 'siputils'];
  writeFileSync(
    file,
    `#!KAMAILIO
debug=0
log_stderror=yes
fork=no
children=1
disable_tcp=yes
listen=udp:127.0.0.1:${port}
${modules.map((name) => `loadmodule "${name}.so"`).join('\n')}
modparam("usrloc", "db_mode", 0)
request_route {
  if (is_method("OPTIONS")) { sl_send_reply("200", "OK"); exit; }
  if (!is_method("REGISTER")) { sl_send_reply("404", "Not Found"); exit; }
  if (!pv_www_authenticate("${realm}", "${password}", "0")) { www_challenge("${realm}", "0"); exit; }
  save("location");
  exit;
}
`,
  );
  const child = spawn('kamailio', ['-f', file, '-DD', '-E', '-Y', directory, '-w', directory], {
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of its own, so that Kamailio's processes can be ended together.
    detached: true,
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += String(chunk)));
  const close = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
      await once(child, 'exit');
    }
    rmSync(directory, { recursive: true, force: true });
  };
  try {
    await answers(port, () => child.exitCode);
  } catch (error) {
    await close();
    throw new Error(`Kamailio did not start:\n${output}`, { cause: error });
  }
  return { port, close };
}

/** Resolves once OPTIONS are answered. */
async function answers(port: number, exited: () => number | null): Promise<void> {
  const socket = createSocket('udp4');
  const answered = once(socket, 'message', { signal: AbortSignal.timeout(startLimitMs) }).then(
    () => 'answered',
  );
  try {
    for (let round = 0; ; round += 1) {
      if (exited() !== null) throw new Error('it has ended by itself');
      socket.send(requestText({ method: 'OPTIONS', branch: `z9hG4bKround${round}` }), port, '127.0.0.1');
      if ((await Promise.race([answered, delay(200, 'not yet')])) === 'answered') return;
    }
  } finally {
    socket.close();
  }
}
