import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { describe, expect, it } from 'vitest';

/**
 * The import table of docs/architecture.md, kept true. Every folder of src may import itself and what stands here.
 * `npm` is any package; node's own modules are free for all but the web.
 */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  core: ['npm:zod'],
  telephony: ['core', 'npm'],
  media: ['core', 'npm'],
  listen: ['core', 'npm'],
  understand: ['core', 'npm'],
  dialog: ['core', 'npm'],
  commerce: ['core', 'npm'],
  speak: ['core', 'npm'],
  handoff: ['core', 'npm'],
  people: ['core', 'npm'],
  store: ['core', 'npm'],
  observe: ['core', 'npm'],
  models: ['core', 'npm'],
  workers: ['core', 'npm'],
  call: ['core', 'media'],
  web: ['core', 'npm'],
};
const root = resolve(import.meta.dirname, '../..');
const src = join(root, 'src');

interface Import {
  readonly file: string;
  readonly specifier: string;
}

function filesUnder(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => !file.includes(`${sep}dist${sep}`));
}

function importsOf(file: string): Import[] {
  const text = readFileSync(file, 'utf8');
  const pattern =
    /(?:^|\n)\s*(?:import|export)\s[^;]*?from\s+'([^']+)'|import\(\s*'([^']+)'\s*\)|(?:^|\n)import\s+'([^']+)'/g;
  return [...text.matchAll(pattern)].map((match) => ({
    file,
    specifier: match[1] ?? match[2] ?? match[3] ?? '',
  }));
}

/** The rule an import breaks, or undefined when it keeps them all. */
function violation({ file, specifier }: Import): string | undefined {
  const from = relative(src, file).split(sep)[0] ?? '';
  if (from === 'app' || from === 'main.ts') return undefined;
  const allowed = mayImport[from];
  if (!allowed) return `folder src/${from} is not in the import table`;
  if (specifier.startsWith('.')) {
    const to = relative(src, resolve(dirname(file), specifier)).split(sep)[0] ?? '';
    if (to === from || allowed.includes(to)) return undefined;
    return `src/${from} may not import src/${to}`;
  }
  if (specifier.startsWith('node:'))
    return from === 'web' ? 'the web may not import node modules' : undefined;
  const packageName = specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
  if (packageName === 'sherpa-onnx-node' && from !== 'workers')
    return 'only src/workers loads sherpa-onnx-node';
  return allowed.includes('npm') || allowed.includes(`npm:${packageName}`)
    ? undefined
    : `src/${from} may not import the package ${packageName}`;
}

describe('the import table', () => {
  const files = filesUnder(src);

  it('is kept by every file of src', () => {
    const broken = files
      .flatMap(importsOf)
      .map((entry) => ({ entry, rule: violation(entry) }))
      .filter(({ rule }) => rule !== undefined)
      .map(({ entry, rule }) => `${relative(root, entry.file)} imports '${entry.specifier}': ${rule ?? ''}`);
    expect(files.length).toBeGreaterThan(10);
    expect(broken).toEqual([]);
  });

  it('names a file that breaks it', () => {
    const file = join(src, 'listen', 'example.ts');
    expect(violation({ file, specifier: '../speak/synthesizer.ts' })).toContain(
      'src/listen may not import src/speak',
    );
    expect(violation({ file, specifier: 'sherpa-onnx-node' })).toContain('only src/workers');
    expect(violation({ file: join(src, 'core', 'x.ts'), specifier: 'fastify' })).toContain('fastify');
    expect(violation({ file, specifier: '../core/audio.ts' })).toBeUndefined();
  });

  it('lets only src/app/config.ts read the environment', () => {
    const readers = files.filter(
      (file) =>
        /process\.env\b/.test(readFileSync(file, 'utf8')) && relative(src, file) !== join('app', 'config.ts'),
    );
    expect(readers.map((file) => relative(root, file))).toEqual([]);
  });
});
