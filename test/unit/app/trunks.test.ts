import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { openTrunks } from '../../../src/app/trunks.ts';
import { createCodec } from '../../../src/media/codec.ts';

const directory = mkdtempSync(join(tmpdir(), 'kefu-trunks-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const open = (codecs: string) => {
  const file = join(directory, 'trunks.yaml');
  const trunk = `{ name: office, addresses: [192.0.2.1]${codecs} }`;
  writeFileSync(file, `listen: { udp: {} }\ntrunks: [${trunk}]\n`);
  return openTrunks(file);
};

it('Opus is loaded when the trunks file names it, and only then', async () => {
  const packet = (): Uint8Array => createCodec('opus').encode(new Int16Array(320));
  const [usual] = (await open('')).trunks;
  expect(usual?.codecs).toEqual(['PCMU', 'PCMA', 'G722']);
  expect(packet).toThrow('before it was loaded');
  const [named] = (await open(', codecs: [opus, G722]')).trunks;
  expect(named?.codecs).toEqual(['opus', 'G722']);
  expect(packet().length).toBeGreaterThan(0);
});
