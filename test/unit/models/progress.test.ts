import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { showProgress } from '../../../src/models/progress.ts';

function captured(isTTY: boolean): { target: Writable & { isTTY: boolean }; text: () => string } {
  const chunks: string[] = [];
  const target = new Writable({
    write(chunk: Buffer, _encoding, done) {
      chunks.push(chunk.toString());
      done();
    },
  });
  return { target: Object.assign(target, { isTTY, columns: 120 }), text: () => chunks.join('') };
}

const download = { id: 'tiny', phase: 'downloading', totalBytes: 8_000_000 } as const;

describe('the progress display', () => {
  it('writes a line for each step where there is no terminal', () => {
    const { target, text } = captured(false);
    const display = showProgress(target);
    for (let done = 0; done <= 8; done += 1) {
      display.onProgress({ ...download, doneBytes: done * 1e6, fraction: done / 10 });
    }
    display.onProgress({ ...download, phase: 'checking', doneBytes: 8e6, fraction: 0.8 });
    display.onProgress({ ...download, phase: 'ready', doneBytes: 8e6, fraction: 1 });
    display.stop();
    expect(text()).toBe(
      ['0', '25', '50', '75', '100'].map((part) => `tiny: downloading ${part} % of 8.0 MB\n`).join('') +
        'tiny: ready\n',
    );
  });

  it('draws a bar for each model on a terminal, and lines when asked for plain text', () => {
    const { target, text } = captured(true);
    const display = showProgress(target);
    display.onProgress({ ...download, doneBytes: 4e6, fraction: 0.4 });
    display.onProgress({ ...download, id: 'other', doneBytes: 8e6, fraction: 0.8 });
    display.stop();
    display.stop();
    expect(text()).toMatch(/tiny +\[=+ +\] +40 % +8\.0 MB +downloading/);
    expect(text()).toMatch(/other +\[=+ +\] +80 %/);
    const plain = captured(true);
    showProgress(plain.target, { plain: true }).onProgress({ ...download, doneBytes: 0, fraction: 0 });
    expect(plain.text()).toBe('tiny: downloading 0 % of 8.0 MB\n');
  });
});
