import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { filesUnder } from '../../../src/models/hash.ts';
import type { ManifestMember } from '../../../src/models/manifest.ts';
import { unpack } from '../../../src/models/unpack.ts';
import { tar, zip } from '../../support/archives.ts';
import { temporaryFolder } from '../../support/model-fixtures.ts';
import { testEnvironment } from '../../support/environment.ts';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeEach(async () => {
  folder = await temporaryFolder();
});
afterEach(() => folder.remove());

const content = {
  'pkg/model.onnx': 'weights',
  'pkg/data/a.txt': 'A',
  'pkg/data/deep/b.txt': 'B',
  'pkg/code.py': 'no',
};
const members: ManifestMember[] = [
  { from: 'pkg/model.onnx', to: 'renamed.onnx' },
  { from: 'pkg/data/', to: 'data/' },
];

async function unpacked(
  name: string,
  bytes: Buffer,
  wanted: readonly ManifestMember[] = members,
  environment = testEnvironment(),
): Promise<Record<string, string>> {
  const archive = join(folder.path, 'archive');
  const target = join(folder.path, 'out');
  await mkdir(target, { recursive: true });
  await writeFile(archive, bytes);
  await unpack(archive, name, wanted, target, { environment, signal: new AbortController().signal });
  const paths = await filesUnder(target);
  return Object.fromEntries(
    await Promise.all(paths.map(async (path) => [path, await readFile(join(target, path), 'utf8')] as const)),
  );
}

const expected = { 'data/a.txt': 'A', 'data/deep/b.txt': 'B', 'renamed.onnx': 'weights' };

describe('unpack', () => {
  it('takes the members, renamed, and nothing else from a wheel, a tarball and a tar', async () => {
    expect(await unpacked('x-1.0-py3-none-any.whl', zip(content))).toEqual(expected);
    expect(await unpacked('x.tgz', gzipSync(await tar(content)))).toEqual(expected);
    expect(await unpacked('x.tar', await tar(content))).toEqual(expected);
  });

  it('takes a file that is no archive as it is', async () => {
    const wanted = [{ from: 'silero.onnx', to: 'model.onnx' }];
    expect(await unpacked('silero.onnx', Buffer.from('weights'), wanted)).toEqual({
      'model.onnx': 'weights',
    });
  });

  it('decompresses bzip2 with the program of that name, and says so when it is not installed', async () => {
    const bin = join(folder.path, 'bin');
    await mkdir(bin);
    const bytes = await tar(content);
    await expect(unpacked('x.tar.bz2', bytes, members, { PATH: bin })).rejects.toMatchObject({
      code: 'model_tool_missing',
      message: expect.stringContaining('bzip2 is not installed') as string,
    });
    // A stand-in that passes the bytes through: what is tried here is the pipe.
    await writeFile(join(bin, 'bzip2'), '#!/bin/sh\nexec /bin/cat\n');
    await chmod(join(bin, 'bzip2'), 0o755);
    expect(await unpacked('x.tar.bz2', bytes, members, { PATH: bin })).toEqual(expected);
    await writeFile(join(bin, 'bzip2'), '#!/bin/sh\nexit 2\n');
    await expect(unpacked('x.tar.bz2', bytes, members, { PATH: bin })).rejects.toMatchObject({
      code: 'model_conversion_failed',
      message: expect.stringContaining('bzip2 could not decompress') as string,
    });
  });

  it('names the members an archive lacks', async () => {
    await expect(unpacked('x.whl', zip({ 'pkg/code.py': 'no' }))).rejects.toMatchObject({
      code: 'model_conversion_failed',
      message: 'x.whl does not contain pkg/model.onnx, pkg/data/',
    });
  });

  it('never writes outside its folder', async () => {
    const evil = { 'pkg/data/../../../evil': 'x', 'pkg/model.onnx': 'weights', 'pkg/data/a.txt': 'A' };
    expect(await unpacked('x.tar', await tar(evil))).toEqual({
      'data/a.txt': 'A',
      'renamed.onnx': 'weights',
    });
    await expect(unpacked('x.zip', zip(evil))).rejects.toThrow(/invalid relative path/);
    expect(await filesUnder(folder.path)).not.toContain('evil');
  });

  it.each(['x.whl', 'x.tgz', 'x.tar'])('refuses %s when it is cut off', async (name) => {
    const whole = name.endsWith('whl')
      ? zip(content)
      : name.endsWith('tgz')
        ? gzipSync(await tar(content))
        : await tar(content);
    await expect(unpacked(name, whole.subarray(0, 700 < whole.length ? 700 : 60))).rejects.toThrow();
  });
});
