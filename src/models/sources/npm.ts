import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { KefuError } from '../../core/errors.ts';
import { runCommand } from '../command.ts';
import type { CommandResult } from '../command.ts';
import { isNodeError } from '../hash.ts';
import type { NpmDelivery } from '../manifest.ts';
import { diskFull, onlyFileIn, unreachable, whileWatching } from './source.ts';
import type { SourceContext } from './source.ts';

/**
 * Downloads a package with npm, so that the machine's registry, mirror, proxy and certificates are used as npm is configured.
 * Returns the path of the tarball inside the work folder.
 */
export async function fetchFromNpm(delivery: NpmDelivery, context: SourceContext): Promise<string> {
  const target = join(context.workDir, 'package');
  await mkdir(target);
  const name = `${delivery.package}@${delivery.version}`;
  const args = ['pack', name, '--pack-destination', target, '--ignore-scripts', '--loglevel=error'];
  try {
    const result = await whileWatching(context.workDir, context, (signal) =>
      runCommand('npm', args, { environment: context.environment, signal }),
    );
    if (result.exitCode !== 0) throw npmError(result, name, context.directory);
  } catch (error) {
    if (!isNodeError(error, 'ENOENT', 'EACCES')) throw error;
    throw new KefuError(
      'model_tool_missing',
      'npm is not installed; it comes with Node.js, on Debian and Ubuntu also as the package npm',
      { cause: error },
    );
  }
  return onlyFileIn(target, `npm pack ${name}`);
}

const noConnection =
  /\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ERR_SOCKET_TIMEOUT)\b/;

function npmError(result: CommandResult, name: string, directory: string): KefuError {
  const output = `${result.stdout}\n${result.stderr}`;
  if (/\b(ENOSPC|EDQUOT)\b/.test(output)) return diskFull(`${directory} or of npm's cache`);
  if (noConnection.test(output)) return unreachable(`npm could not reach the package registry for ${name}`);
  if (result.exitCode === null) return unreachable('npm was stopped from outside');
  const lines = result.stderr.split('\n').map((line) => line.replace(/^npm (?:error|ERR!)\s*/, '').trim());
  const reason =
    lines.find((line) => line !== '' && !line.startsWith('code ')) ?? `exit code ${result.exitCode}`;
  return unreachable(`npm could not download ${name}: ${reason}`);
}
