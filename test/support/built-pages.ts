import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { projectDir } from '../../src/app/config.ts';
import { testEnvironment } from './environment.ts';

/** Builds the browser side as `npm install` does it: in a process of its own, since the test runner's settings would make it a development build. */
export async function buildPages(): Promise<void> {
  const child = spawn(process.execPath, ['tools/prepare.js'], {
    cwd: projectDir,
    env: { ...testEnvironment(), NODE_ENV: 'production' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let output = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output += text));
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`The pages could not be built:\n${output}`);
}
