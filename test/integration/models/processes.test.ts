import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdir, readFile, readdir, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { acquireLock } from '../../../src/models/lock.ts';
import { npmTarball, sha256, wheel } from '../../support/archives.ts';
import { archiveFields, temporaryFolder, tinyEntry } from '../../support/model-fixtures.ts';
import { startPackageIndex } from '../../support/package-index.ts';
import type { PackageIndex } from '../../support/package-index.ts';

const root = join(import.meta.dirname, '../../..');

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let directory: string;
let index: PackageIndex;
const running = new Set<ChildProcess>();
beforeEach(async () => {
  folder = await temporaryFolder();
  directory = join(folder.path, 'models');
  await mkdir(directory);
  index = await startPackageIndex(join(folder.path, 'npm-cache'));
});
afterEach(async () => {
  for (const child of running) child.kill('SIGKILL');
  await index.close();
  await folder.remove();
});

interface Tool {
  readonly child: ChildProcess;
  readonly exited: Promise<{ code: number | null; stdout: string; stderr: string }>;
  /** Resolves when the tool has written this text to its error stream. */
  wrote(text: string): Promise<void>;
}

/** Runs the command-line tool as `npm run models --` does, on the folder of the test. */
function models(...args: readonly string[]): Tool {
  const kept = Object.entries(index.environment).filter(([name]) => !name.startsWith('KEFU_'));
  const env = { ...Object.fromEntries(kept), KEFU_MODELS_DIR: directory };
  const command = ['--import', 'tsx', join(root, 'tools/models.ts'), ...args];
  const child = spawn(process.execPath, command, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] });
  running.add(child);
  let stdout = '';
  let stderr = '';
  const watchers: { text: string; resolve: () => void }[] = [];
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
    for (const { text, resolve } of watchers) if (stderr.includes(text)) resolve();
  });
  const exited = new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve) => {
    child.once('close', (code) => {
      running.delete(child);
      resolve({ code, stdout, stderr });
    });
  });
  const wrote = (text: string) =>
    new Promise<void>((resolve, reject) => {
      if (stderr.includes(text)) resolve();
      watchers.push({ text, resolve });
      void exited.then(() => reject(new Error(`the tool ended without writing "${text}":\n${stderr}`)));
    });
  return { child, exited, wrote };
}

const bigContent = 'big weights '.repeat(40_000);

/** Two models, as an operator's own manifest names them: a small one by npm, and a big one from an address. */
async function offerModels(): Promise<void> {
  const tarball = await npmTarball('small-model', '1.0.0', { 'w.onnx': 'small' });
  index.addNpm('small-model', '1.0.0', 'small-model-1.0.0.tgz', tarball);
  index.addFile('big.onnx', Buffer.from(bigContent));
  const small = tinyEntry({
    id: 'small',
    content: 'small',
    sources: [
      {
        ...{ type: 'npm', package: 'small-model', version: '1.0.0' },
        ...archiveFields('small-model-1.0.0.tgz', tarball, 'package/w.onnx'),
      },
    ],
  });
  const big = tinyEntry({
    id: 'big',
    content: bigContent,
    sources: [
      {
        ...{ type: 'archive', url: `${index.url}/files/big.onnx` },
        ...archiveFields('big.onnx', Buffer.from(bigContent), 'big.onnx'),
      },
    ],
  });
  await writeFile(join(directory, 'manifest.json'), JSON.stringify({ version: 1, models: [small, big] }));
}

async function state(id: string): Promise<string | undefined> {
  const { stdout } = await models('list', '--json').exited;
  const { models: found } = JSON.parse(stdout) as { models: { id: string; state: string }[] };
  return found.find((model) => model.id === id)?.state;
}

function requestsFor(file: string): (string | undefined)[] {
  return index.requests.filter((request) => request.file === file).map(({ range }) => range);
}

describe('a fetch that is killed', () => {
  it('leaves no half model, and the next one goes on with what had arrived', async () => {
    await offerModels();
    const hold = index.holdAfter('big.onnx', 200_000);
    const killed = models('fetch', 'small', 'big');
    await hold.reached;
    await killed.wrote('big: downloading 25 %');
    killed.child.kill('SIGKILL');
    expect((await killed.exited).code).toBeNull();
    hold.release('break');
    expect(await state('small')).toBe('ready');
    expect(await state('big')).toBe('missing');

    const { code, stdout } = await models('fetch', 'small', 'big').exited;
    expect(code).toBe(0);
    expect(stdout).toContain('small, big: ready');
    expect(await readFile(join(directory, 'big', 'model.onnx'), 'utf8')).toBe(bigContent);
    expect(requestsFor('small-model-1.0.0.tgz')).toHaveLength(1);
    expect(requestsFor('big.onnx')).toEqual([undefined, expect.stringMatching(/^bytes=[1-9]\d*-$/)]);
    expect((await readdir(directory)).sort()).toEqual(['.downloads', 'big', 'manifest.json', 'small']);
  });

  it('while pip is at work leaves no half model and no lock that stands in the way', async () => {
    const bytes = wheel('tiny-model', '1.0', { 'tiny/w.onnx': 'weights' });
    const file = 'tiny_model-1.0-py3-none-any.whl';
    index.addWheel('tiny-model', file, bytes);
    const pypi = { type: 'pypi', package: 'tiny-model', version: '1.0', platforms: [] };
    const source = { ...pypi, ...archiveFields(file, bytes, 'tiny/w.onnx') };
    const entry = tinyEntry({ id: 'tiny', content: 'weights', sources: [source] });
    await writeFile(join(directory, 'manifest.json'), JSON.stringify({ version: 1, models: [entry] }));
    const hold = index.holdAfter(file, 100);
    const killed = models('fetch', 'tiny');
    await hold.reached;
    killed.child.kill('SIGKILL');
    await killed.exited;
    hold.release('break');
    expect(await state('tiny')).toBe('missing');
    expect(await models('fetch', 'tiny').exited).toMatchObject({ code: 0 });
    expect(await state('tiny')).toBe('ready');
  });
});

describe('a fetch that is stopped with Ctrl-C', () => {
  it('says that nothing is lost and ends with 130', async () => {
    await offerModels();
    const hold = index.holdAfter('big.onnx', 200_000);
    const stopped = models('fetch', 'big');
    await hold.reached;
    stopped.child.kill('SIGINT');
    const { code, stderr } = await stopped.exited;
    hold.release('break');
    expect(code).toBe(130);
    expect(stderr).toContain('what has arrived is kept');
    expect((await readdir(directory)).sort()).toEqual(['.downloads', 'manifest.json']);
  });
});

describe('two fetches at once', () => {
  it('fetch each model once: the second waits for the first', async () => {
    await offerModels();
    const hold = index.holdAfter('big.onnx', 200_000);
    const first = models('fetch', 'big');
    await hold.reached;
    const second = models('fetch', 'big');
    await second.wrote('big: waiting for another process');
    hold.release('finish');
    expect((await first.exited).code).toBe(0);
    expect((await second.exited).code).toBe(0);
    expect(requestsFor('big.onnx')).toHaveLength(1);
    expect(await state('big')).toBe('ready');
  });
});

describe('the command-line tool', () => {
  it('checks, prunes, hashes and lists', async () => {
    await offerModels();
    expect(await models('fetch', 'big').exited).toMatchObject({ code: 0 });
    expect(await models('check').exited).toMatchObject({ code: 0, stdout: 'big: ready\n' });
    await writeFile(join(directory, 'big', 'model.onnx'), bigContent.replace('big', 'bug'));
    const bad = await models('check', 'big').exited;
    expect(bad.code).toBe(1);
    expect(bad.stdout).toMatch(/^big: damaged; model\.onnx has sha256/);
    expect(bad.stderr).toContain('npm run models -- fetch big');
    const hash = await models('hash', join(directory, 'manifest.json')).exited;
    const content = await readFile(join(directory, 'manifest.json'));
    expect(JSON.parse(hash.stdout)).toEqual([
      { path: 'manifest.json', sizeBytes: content.length, sha256: sha256(content) },
    ]);
    const list = await models('list').exited;
    expect(list.stdout).toMatch(
      /^espeak-ng-data +phonemes +\* +18\.4 MB +GPL-3\.0-or-later +default +missing$/m,
    );
    await writeFile(join(directory, 'manifest.json'), JSON.stringify({ version: 1, models: [] }));
    const pruned = await models('prune').exited;
    expect(pruned.stdout).toMatch(/removed .*\/big \(0\.5 MB\): no manifest names it/);
    expect((await readdir(directory)).sort()).toEqual(['manifest.json']);
  });

  it('fetches again what check found damaged', async () => {
    await offerModels();
    await models('fetch', 'big').exited;
    await writeFile(join(directory, 'big', 'model.onnx'), bigContent.replace('big', 'bug'));
    expect(await models('check', 'big').exited).toMatchObject({ code: 1 });
    expect(await models('fetch', 'big').exited).toMatchObject({ code: 0 });
    expect(await models('check', 'big').exited).toMatchObject({ code: 0 });
  });

  it('ends with 1 and one clear sentence and the next step when a fetch fails', async () => {
    await offerModels();
    index.addFile('big.onnx', Buffer.from('poison'));
    const { code, stderr } = await models('fetch', 'big').exited;
    expect(code).toBe(1);
    expect(stderr).toMatch(/^big could not be fetched\. From http.*$/m);
    expect(stderr).toContain('check the mirror');
  });

  it.each([[[]], [['conjure']], [['prune', 'big']]])('ends with 2 and the usage for %j', async (args) => {
    const { code, stderr } = await models(...args).exited;
    expect(code).toBe(2);
    expect(stderr).toContain('Usage:');
  });

  it('names a manifest that is wrong, and an id that is not there', async () => {
    await writeFile(join(directory, 'manifest.json'), '{"version":1,"models":[],"modles":[]}');
    const wrong = await models('list').exited;
    expect(wrong.code).toBe(1);
    expect(wrong.stderr).toContain(join(directory, 'manifest.json'));
    expect(wrong.stderr).toContain('"modles"');
    await offerModels();
    const unknown = await models('fetch', 'bigg').exited;
    expect(unknown.code).toBe(1);
    expect(unknown.stderr).toContain('There is no model `bigg`');
  });
});

describe('the lock', () => {
  const signal = new AbortController().signal;
  const lockOf = () => join(directory, '.lock');

  it('of a dead process is taken over at once, by one of those who wait', async () => {
    const dead = spawn(process.execPath, ['-e', '0']);
    await new Promise((resolve) => dead.once('close', resolve));
    const release = await acquireLock(lockOf(), { signal, waitMs: 1000 });
    const owner = JSON.parse(await readFile(lockOf(), 'utf8')) as { machine: string };
    await release();
    const stale = { pid: dead.pid, started: '1', machine: owner.machine, token: 'x' };
    await writeFile(lockOf(), JSON.stringify(stale));
    let holders = 0;
    let most = 0;
    const work = async () => {
      const done = await acquireLock(lockOf(), { signal, waitMs: 20_000 });
      holders += 1;
      most = Math.max(most, holders);
      await new Promise((resolve) => setTimeout(resolve, 5));
      holders -= 1;
      await done();
    };
    await Promise.all(Array.from({ length: 5 }, work));
    expect(most).toBe(1);
    expect(await readdir(directory)).toEqual([]);
  });

  it('of a process whose number was given to another is taken over', async () => {
    const release = await acquireLock(lockOf(), { signal, waitMs: 1000 });
    const owner = JSON.parse(await readFile(lockOf(), 'utf8')) as Record<string, unknown>;
    await release();
    await writeFile(lockOf(), JSON.stringify({ ...owner, started: 'long ago' }));
    await (
      await acquireLock(lockOf(), { signal, waitMs: 1000 })
    )();
  });

  it('of another machine holds while it shows signs of life, and not after', async () => {
    await writeFile(
      lockOf(),
      JSON.stringify({ pid: 1, started: '', machine: `not ${hostname()}`, token: 'x' }),
    );
    const waiting = acquireLock(lockOf(), { signal, waitMs: 0 });
    await expect(waiting).rejects.toMatchObject({
      code: 'timed_out',
      message: expect.stringContaining('process 1 has been using the model folder') as string,
    });
    const minutesAgo = new Date(Date.now() - 120_000);
    await utimes(lockOf(), minutesAgo, minutesAgo);
    await (
      await acquireLock(lockOf(), { signal, waitMs: 1000 })
    )();
    expect(await readdir(directory)).toEqual([]);
  });

  it('is not waited for once the signal aborts', async () => {
    const release = await acquireLock(lockOf(), { signal, waitMs: 1000 });
    const stop = new AbortController();
    const waiting = acquireLock(lockOf(), {
      signal: stop.signal,
      waitMs: 60_000,
      onWait: () => stop.abort(),
    });
    await expect(waiting).rejects.toThrow(/abort/i);
    await release();
    await release();
  });
});
