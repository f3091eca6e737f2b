import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { testEnvironment } from './environment.ts';

/** A request for a file, as the index saw it. */
export interface FileRequest {
  readonly file: string;
  readonly range: string | undefined;
}

/**
 * A private package index on loopback: PEP 503 pages for pip, a registry for npm, and every file under `/files/`, with ranges.
 */
export interface PackageIndex {
  readonly url: string;
  /** The variables of this process, with pip and npm pointed at this index alone. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly requests: readonly FileRequest[];
  addWheel(project: string, file: string, content: Buffer): void;
  addNpm(name: string, version: string, file: string, content: Buffer): void;
  addFile(file: string, content: Buffer): void;
  /** From now on sends only the first `bytes` of a file and then waits, until `release` ends the answer or breaks it off. */
  holdAfter(
    file: string,
    bytes: number,
  ): { readonly reached: Promise<unknown>; release(how: 'finish' | 'break'): void };
  close(): Promise<void>;
}

interface Hold {
  readonly bytes: number;
  readonly reach: () => void;
  readonly released: Promise<'finish' | 'break'>;
  done: boolean;
}

/** Starts an index. `cacheDir` is a folder for npm's cache, so that nothing of an earlier run answers in its place. */
export async function startPackageIndex(cacheDir: string): Promise<PackageIndex> {
  const files = new Map<string, Buffer>();
  const wheels = new Map<string, string[]>();
  const packages = new Map<string, unknown>();
  const holds = new Map<string, Hold>();
  const requests: FileRequest[] = [];

  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url ?? '/', 'http://index').pathname);
    const project = /^\/simple\/([^/]+)\/$/.exec(path)?.[1];
    const file = /^\/files\/(.+)$/.exec(path)?.[1];
    const named = packages.get(path.slice(1));
    if (project !== undefined && wheels.has(project)) sendWheels(response, wheels.get(project) ?? []);
    else if (file !== undefined && files.has(file)) void sendFile(request, response, file);
    else if (named !== undefined) sendJson(response, named);
    else response.writeHead(404).end('not found');
  });

  function sendWheels(response: ServerResponse, names: readonly string[]): void {
    const links = names.map((name) => `<a href="/files/${name}">${name}</a>`);
    response
      .writeHead(200, { 'content-type': 'text/html' })
      .end(`<html><body>${links.join('')}</body></html>`);
  }

  function sendJson(response: ServerResponse, body: unknown): void {
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  }

  async function sendFile(request: IncomingMessage, response: ServerResponse, file: string): Promise<void> {
    const content = files.get(file) ?? Buffer.alloc(0);
    const { range } = request.headers;
    requests.push({ file, range });
    const start = Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1] ?? 0);
    if (start >= content.length && start > 0) {
      response.writeHead(416, { 'content-range': `bytes */${content.length}` }).end();
      return;
    }
    response.writeHead(start > 0 ? 206 : 200, {
      'content-type': 'application/octet-stream',
      'content-length': content.length - start,
      ...(start > 0 && { 'content-range': `bytes ${start}-${content.length - 1}/${content.length}` }),
    });
    const hold = holds.get(file);
    if (hold && !hold.done) {
      hold.done = true;
      response.write(content.subarray(start, hold.bytes));
      hold.reach();
      if ((await hold.released) === 'break') response.destroy();
      else response.end(content.subarray(Math.max(start, hold.bytes)));
      return;
    }
    response.end(content.subarray(start));
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    requests,
    environment: {
      ...withoutClientSettings(testEnvironment()),
      PIP_CONFIG_FILE: '/dev/null',
      PIP_INDEX_URL: `${url}/simple`,
      npm_config_registry: `${url}/`,
      npm_config_cache: cacheDir,
      npm_config_userconfig: '/dev/null',
      no_proxy: '127.0.0.1',
      NO_PROXY: '127.0.0.1',
    },
    addWheel(project, file, content) {
      files.set(file, content);
      wheels.set(project, [...(wheels.get(project) ?? []), file]);
    },
    addNpm(name, version, file, content) {
      files.set(file, content);
      const integrity = `sha512-${createHash('sha512').update(content).digest('base64')}`;
      const dist = { tarball: `${url}/files/${file}`, integrity };
      packages.set(name, {
        name,
        'dist-tags': { latest: version },
        versions: { [version]: { name, version, dist } },
      });
    },
    addFile: (file, content) => void files.set(file, content),
    holdAfter(file, bytes) {
      const { promise: reached, resolve: reach } = promiseWithResolvers<undefined>();
      const { promise: released, resolve: release } = promiseWithResolvers<'finish' | 'break'>();
      holds.set(file, { bytes, reach: () => reach(undefined), released, done: false });
      return { reached, release };
    },
    async close() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/** Settings of the machine's own clients (indexes, caps, proxies) must not reach into the tests. */
function withoutClientSettings(
  environment: Readonly<Record<string, string | undefined>>,
): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.entries(environment).filter(([name]) => !/^(?:pip_|npm_|https?_proxy$|all_proxy$)/i.test(name)),
  );
}

function promiseWithResolvers<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
