import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KefuError } from '../../../src/core/errors.ts';
import {
  deliveriesOf,
  entryDigest,
  isSafePath,
  parseManifest,
  shippedManifests,
} from '../../../src/models/manifest.ts';
import { createModelStore } from '../../../src/models/store.ts';
import { entryOf, tinyEntry } from '../../support/model-fixtures.ts';

const root = join(import.meta.dirname, '../../..');

function problemOf(change: (entry: Record<string, unknown>) => void): string {
  const entry = tinyEntry({ id: 'tiny', content: 'weights' });
  change(entry);
  try {
    parseManifest({ version: 1, models: [entry] }, 'own/manifest.json');
  } catch (error) {
    if (error instanceof KefuError && error.code === 'config_invalid') return error.message;
    throw error;
  }
  return 'accepted';
}

/** An entry as an operator writes it for a streaming recogniser out of a release archive of sherpa-onnx. */
function streamingEntry(runtime: Record<string, unknown>, names: readonly string[]): Record<string, unknown> {
  const folder = 'sherpa-onnx-streaming-bilingual-zh-en';
  return {
    ...tinyEntry({ id: 'streaming-zh-en', content: 'x' }),
    role: 'recognizer',
    languages: ['zh', 'en'],
    default: true,
    sizeBytes: names.length * 7,
    sources: [
      { type: 'operator' },
      {
        type: 'archive',
        url: `https://models.example.com/${folder}.tar.bz2`,
        file: `${folder}.tar.bz2`,
        sizeBytes: 1000,
        sha256: 'a'.repeat(64),
        members: names.map((name) => ({ from: `${folder}/${name}`, to: name })),
      },
    ],
    files: names.map((path) => ({ path, sizeBytes: 7, sha256: 'b'.repeat(64) })),
    runtime,
  };
}

describe('a manifest', () => {
  it('of Kefu is valid and names every default a newcomer needs', () => {
    const manifests = shippedManifests();
    const store = createModelStore({ manifests, directory: '/nowhere', environment: {} });
    expect(new Set(store.defaults())).toEqual(
      new Set(['silero-vad', 'moonshine-tiny-en', 'e5-small-multilingual', 'piper-en-joe', 'espeak-ng-data']),
    );
    for (const role of ['vad', 'recognizer', 'encoder', 'voice', 'phonemes'] as const) {
      expect(store.find(role, 'en')?.default, role).toBe(true);
    }
  });

  it('of Kefu names a registry source for each model and asks the operator first', () => {
    for (const entry of shippedManifests().flatMap(({ models }) => models)) {
      expect(entry.sources[0]?.type, entry.id).toBe('operator');
      const kinds = entry.sources.flatMap(deliveriesOf).map(({ type }) => type);
      expect(
        kinds.some((type) => type === 'pypi' || type === 'npm'),
        entry.id,
      ).toBe(true);
    }
  });

  it('of Kefu has each model in the table of licences', () => {
    const table = readFileSync(join(root, 'models/LICENSES.md'), 'utf8');
    for (const { id, licence } of shippedManifests().flatMap(({ models }) => models)) {
      const row = table.split('\n').find((line) => line.startsWith(`| \`${id}\``));
      expect(row, id).toContain(licence);
    }
    expect(existsSync(join(root, 'docs/models.md'))).toBe(true);
  });

  it('with an unknown key is refused by the name and place of the key', () => {
    expect(problemOf((entry) => (entry.licens = 'MIT'))).toMatch(
      /own\/manifest\.json[^]*"licens"[^]*models\[0\]/,
    );
    const inSource = problemOf((entry) => (entry.sources = [{ type: 'operator', path: '/x' }]));
    expect(inSource).toMatch(/"path"[^]*models\[0\]\.sources\[0\]/);
    const inRuntime = problemOf((entry) => Object.assign(entry.runtime as object, { threads: 2 }));
    expect(inRuntime).toMatch(/"threads"[^]*models\[0\]\.runtime/);
    expect(() => parseManifest({ version: 1, models: [], extra: 1 }, 'm')).toThrow(/"extra"/);
  });

  it.each([
    ['an unknown role', { role: 'oracle' }, /models\[0\]\.role/],
    ['an unknown conversion', { conversion: { name: 'magic', version: 1 } }, /models\[0\]\.conversion\.name/],
    [
      'a conversion of another version',
      { conversion: { name: 'copy', version: 7 } },
      /has version 1 of `copy`/,
    ],
    ['a wrong total', { sizeBytes: 8 }, /the files sum up to 7 bytes/],
    ['no source', { sources: [] }, /models\[0\]\.sources/],
    ['an id that is no file name', { id: '../tiny' }, /models\[0\]\.id/],
    ['a language that is no tag', { languages: ['English'] }, /models\[0\]\.languages\[0\]/],
    [
      'a version that is an option',
      { sources: [{ type: 'npm', package: 'tiny', version: '--registry=x' }] },
      /an exact version/,
    ],
    [
      'an address that is not fetched',
      { sources: [{ type: 'archive', url: 'ftp://x/y' }] },
      /an http or https address/,
    ],
    [
      'a loader file that is not there',
      {
        runtime: { family: 'silero-vad', model: 'other.onnx', sampleRateHz: 16_000, windowSamples: 512 },
      },
      /`other\.onnx` is not among the files/,
    ],
    [
      'a result outside its folder',
      { files: [{ path: '../model.onnx', sizeBytes: 7, sha256: 'a'.repeat(64) }] },
      /a relative path/,
    ],
    [
      'a result in place of the marker',
      { files: [{ path: '.kefu-model.json', sizeBytes: 7, sha256: 'a'.repeat(64) }] },
      /may not begin with a dot/,
    ],
  ])('with %s is refused by name', (_what, change, message) => {
    expect(problemOf((entry) => Object.assign(entry, change))).toMatch(message);
  });

  it('may name a streaming zipformer or paraformer of sherpa-onnx', () => {
    const zipformer = entryOf(
      streamingEntry(
        {
          family: 'zipformer',
          encoder: 'encoder.int8.onnx',
          decoder: 'decoder.onnx',
          joiner: 'joiner.int8.onnx',
          tokens: 'tokens.txt',
          sampleRateHz: 16_000,
          modelingUnit: 'cjkchar+bpe',
          bpeVocab: 'bpe.vocab',
        },
        ['encoder.int8.onnx', 'decoder.onnx', 'joiner.int8.onnx', 'tokens.txt', 'bpe.vocab'],
      ),
    );
    expect(zipformer.runtime).toMatchObject({ family: 'zipformer', joiner: 'joiner.int8.onnx' });
    const paraformer = entryOf(
      streamingEntry(
        {
          family: 'paraformer',
          encoder: 'encoder.int8.onnx',
          decoder: 'decoder.int8.onnx',
          tokens: 'tokens.txt',
          sampleRateHz: 16_000,
        },
        ['encoder.int8.onnx', 'decoder.int8.onnx', 'tokens.txt'],
      ),
    );
    expect(paraformer.runtime.family).toBe('paraformer');
  });

  it('of the operator goes before those of Kefu when a role is looked up', () => {
    const own = entryOf(
      streamingEntry(
        { family: 'paraformer', encoder: 'e', decoder: 'd', tokens: 't', sampleRateHz: 16_000 },
        ['e', 'd', 't'],
      ),
    );
    const store = createModelStore({
      manifests: [...shippedManifests(), { version: 1, models: [own] }],
      directory: '/nowhere',
      environment: {},
    });
    expect(store.find('recognizer', 'zh')?.id).toBe('streaming-zh-en');
    expect(store.find('recognizer', 'en')?.id).toBe('streaming-zh-en');
    expect(store.find('vad', 'zh')?.id).toBe('silero-vad');
    expect(store.find('speaker-encoder', 'zh')).toBeUndefined();
  });
});

describe('entryDigest', () => {
  it('changes with what the files must be, and with nothing else', () => {
    const entry = entryOf(tinyEntry({ id: 'tiny', content: 'weights' }));
    const digest = entryDigest(entry);
    const described = { ...entry, description: 'other words' };
    expect(entryDigest(described)).toBe(digest);
    expect(entryDigest(entryOf(tinyEntry({ id: 'tiny', content: 'Weights' })))).not.toBe(digest);
  });
});

describe('isSafePath', () => {
  it('never lets a path leave its folder', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('..', '.', '', 'a', 'b.onnx', '/', '\\', '\0'), { maxLength: 6 }),
        (parts) => {
          const path = parts.join('/');
          if (!isSafePath(path)) return;
          expect(join('/models/x', path)).toMatch(/^\/models\/x\/./);
        },
      ),
    );
  });

  it('takes names, paths and folders', () => {
    expect(['model.onnx', 'a/b.txt', 'espeak-ng-data/', '.'].map(isSafePath)).toEqual([
      true,
      true,
      true,
      false,
    ]);
  });
});
