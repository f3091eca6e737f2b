import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { createClient } from 'redis';

/** A real server of a test's own, on a free port. */
export interface TestServer {
  readonly url: string;
  /** Ends it at once, as a power failure would. */
  kill(): Promise<void>;
  /** Starts it again with the data it had. */
  restart(): Promise<void>;
  /** Ends it and removes its data. Idempotent. */
  close(): Promise<void>;
}

const startTimeoutMs = 60_000;

/** PostgreSQL from the system's packages. As root it runs as the user `postgres`, since it refuses to run as root. */
export async function startPostgres(): Promise<TestServer> {
  const bin = postgresPrograms();
  const user = process.getuid?.() === 0 ? postgresUser() : undefined;
  const directory = mkdtempSync(join(tmpdir(), 'kefu-postgres-'));
  if (user) chownSync(directory, user.uid, user.gid);
  const data = join(directory, 'data');
  const initdb = spawnSync(
    join(bin, 'initdb'),
    ['-D', data, '-U', 'kefu', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync'],
    { ...user, cwd: directory, encoding: 'utf8' },
  );
  if (initdb.status !== 0) throw new Error(`PostgreSQL's initdb failed: ${initdb.stderr}`);
  const port = await freePort();
  const url = `postgres://kefu@127.0.0.1:${port}/postgres`;
  const settings = ['listen_addresses=127.0.0.1', `unix_socket_directories=${directory}`, 'fsync=off'];
  const start = (): ChildProcess =>
    spawn(
      join(bin, 'postgres'),
      ['-D', data, '-p', String(port), ...settings.flatMap((setting) => ['-c', setting])],
      { ...user, cwd: directory, stdio: 'ignore' },
    );
  return serve({ name: 'PostgreSQL', url, directory, start, stopSignal: 'SIGINT', answers: postgresAnswers });
}

/** A Redis that keeps nothing on disk. */
export async function startRedis(): Promise<TestServer> {
  const directory = mkdtempSync(join(tmpdir(), 'kefu-redis-'));
  const port = await freePort();
  const settings = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
  const start = (): ChildProcess => spawn('redis-server', settings, { cwd: directory, stdio: 'ignore' });
  return serve({
    name: 'Redis (redis-server)',
    url: `redis://127.0.0.1:${port}`,
    directory,
    start,
    stopSignal: 'SIGTERM',
    answers: redisAnswers,
  });
}

interface ServerParts {
  readonly name: string;
  readonly url: string;
  readonly directory: string;
  readonly start: () => ChildProcess;
  readonly stopSignal: NodeJS.Signals;
  readonly answers: (url: string) => Promise<boolean>;
}

async function serve(parts: ServerParts): Promise<TestServer> {
  let running: { readonly child: ChildProcess; readonly ended: Promise<string> } | undefined;

  const start = async (): Promise<void> => {
    const child = parts.start();
    const ended = new Promise<string>((resolve) => {
      child.once('exit', (code, signal) => resolve(`it ended with ${String(code ?? signal)}`));
      child.once('error', (error) =>
        resolve(`${error.message}. Install it with the system's package manager.`),
      );
    });
    running = { child, ended };
    let end: string | undefined;
    void ended.then((reason) => (end = reason));
    for (let waitedMs = 0; waitedMs < startTimeoutMs; waitedMs += 100) {
      if (await parts.answers(parts.url)) return;
      if (end !== undefined) throw new Error(`${parts.name} cannot be started: ${end}`);
      await delay(100);
    }
    throw new Error(`${parts.name} did not answer within ${startTimeoutMs} ms`);
  };

  const stop = async (signal: NodeJS.Signals): Promise<void> => {
    const stopping = running;
    running = undefined;
    stopping?.child.kill(signal);
    await stopping?.ended;
  };

  try {
    await start();
  } catch (error) {
    await stop('SIGKILL');
    rmSync(parts.directory, { recursive: true, force: true });
    throw error;
  }
  return {
    url: parts.url,
    kill: () => stop('SIGKILL'),
    async restart() {
      // What the killed server left (its processes, its port) takes a moment to go.
      for (let attempt = 1; ; attempt += 1) {
        try {
          await start();
          return;
        } catch (error) {
          if (attempt === 10) throw error;
          await delay(500);
        }
      }
    },
    async close() {
      await stop(parts.stopSignal);
      rmSync(parts.directory, { recursive: true, force: true });
    },
  };
}

async function postgresAnswers(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 1000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('select 1');
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function redisAnswers(url: string): Promise<boolean> {
  const client = createClient({ url, socket: { reconnectStrategy: false, connectTimeout: 1000 } });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.ping();
    return true;
  } catch {
    return false;
  } finally {
    if (client.isOpen) client.destroy();
  }
}

/** The newest PostgreSQL of Debian's packages. */
function postgresPrograms(): string {
  const root = '/usr/lib/postgresql';
  const versions = existsSync(root) ? readdirSync(root) : [];
  const newest = versions
    .filter((version) => existsSync(join(root, version, 'bin', 'initdb')))
    .sort((a, b) => Number(b) - Number(a))[0];
  if (newest === undefined)
    throw new Error(`PostgreSQL's server is missing (no ${root}/*/bin/initdb): apt-get install postgresql`);
  return join(root, newest, 'bin');
}

function postgresUser(): { readonly uid: number; readonly gid: number } {
  const id = (flag: string): number =>
    Number(spawnSync('id', [flag, 'postgres'], { encoding: 'utf8' }).stdout.trim() || Number.NaN);
  const user = { uid: id('-u'), gid: id('-g') };
  if (Number.isNaN(user.uid)) throw new Error('The user postgres is missing: apt-get install postgresql');
  return user;
}

/** A port that nobody listens on just now. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
