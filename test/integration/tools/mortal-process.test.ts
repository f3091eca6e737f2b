import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';

const helper = join(import.meta.dirname, '../../support/mortal-process.ts');

/** Whether a process runs; one that is dead and only waits to be reaped does not. */
function runs(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${String(pid)}/status`, 'utf8'));
  } catch {
    return false;
  }
}

it('a program that a test has started dies with the test, even when the test is killed', async () => {
  const script = `
    import { spawnMortal } from ${JSON.stringify(helper)};
    console.log(spawnMortal('sleep', ['600']).pid);
  `;
  const parent = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(parent.stdout, 'data')) as [Buffer];
  const pid = Number(line.toString());
  await vi.waitFor(() => expect(readFileSync(`/proc/${String(pid)}/comm`, 'utf8')).toBe('sleep\n'), {
    timeout: 20_000,
  });
  parent.kill('SIGKILL');
  await vi.waitFor(() => expect(runs(pid)).toBe(false), { timeout: 20_000 });
});
