/**
 * `npm run models -- list | fetch [id..] | check [id..] | prune | hash PATH..`: the model store by hand.
 * Exit codes: 0 all is well, 1 something is wrong with the models or the fetch failed, 2 wrong usage, 130 stopped by Ctrl-C.
 */
import { statSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { loadEnvironmentFile, readConfig } from '../src/app/config.ts';
import { toKefuError } from '../src/core/errors.ts';
import { hashResult } from '../src/models/hash.ts';
import { manifestsFor } from '../src/models/manifest.ts';
import { showProgress } from '../src/models/progress.ts';
import { createModelStore } from '../src/models/store.ts';
import type { ModelStatus, ModelStore } from '../src/models/store.ts';
import { megabytes } from '../src/models/units.ts';

const usage = `Usage:
  npm run models -- list [--json]    every model, its licence, and whether it is there
  npm run models -- fetch [id..]     fetch models (without ids: those Kefu needs for English)
  npm run models -- check [id..]     read the models that are there and compare every hash
  npm run models -- prune            remove models and downloads that no manifest wants any more
  npm run models -- hash PATH..      sizes and hashes of files or folders, for an entry of your own

Models are kept in KEFU_MODELS_DIR. KEFU_MODELS_SOURCE names a folder or URL to take them from. See docs/models.md.
`;

class UsageError extends Error {}

interface Arguments {
  readonly command: string | undefined;
  readonly names: readonly string[];
  readonly json: boolean;
}

function readArguments(args: readonly string[]): Arguments {
  try {
    const { positionals, values } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    const [command, ...names] = positionals;
    return { command: values.help ? 'help' : command, names, json: values.json };
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

function openStore(): ModelStore {
  loadEnvironmentFile();
  const { modelsDir, modelsSource } = readConfig();
  return createModelStore({
    manifests: manifestsFor(modelsDir),
    directory: modelsDir,
    operatorSource: modelsSource,
    environment: process.env,
  });
}

function printTable(statuses: readonly ModelStatus[]): void {
  const rows = statuses.map(({ entry, state }) => [
    entry.id,
    entry.role,
    entry.languages.length > 4 ? `${entry.languages.length} languages` : entry.languages.join(' '),
    megabytes(entry.sizeBytes),
    entry.licence,
    entry.default ? 'default' : '',
    state,
  ]);
  const header = ['id', 'role', 'languages', 'size', 'licence', '', 'state'];
  const widths = header.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  for (const row of [header, ...rows]) {
    process.stdout.write(
      `${row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd()}\n`,
    );
  }
}

function list(store: ModelStore, json: boolean): void {
  const statuses = store.list();
  if (!json) {
    printTable(statuses);
    process.stdout.write(`\nin ${store.directory}\n`);
    return;
  }
  const models = statuses.map(({ entry, ...status }) => ({
    id: entry.id,
    role: entry.role,
    languages: entry.languages,
    default: entry.default,
    description: entry.description,
    licence: entry.licence,
    licenceNote: entry.licenceNote,
    sizeBytes: entry.sizeBytes,
    ...status,
  }));
  process.stdout.write(`${JSON.stringify({ directory: store.directory, models }, undefined, 2)}\n`);
}

async function fetch(store: ModelStore, ids: readonly string[], signal: AbortSignal): Promise<void> {
  const display = showProgress(process.stderr);
  try {
    await store.fetch(ids.length > 0 ? ids : undefined, {
      signal,
      verify: true,
      onProgress: display.onProgress,
    });
  } finally {
    display.stop();
  }
  process.stdout.write(
    `${(ids.length > 0 ? ids : store.defaults()).join(', ')}: ready in ${store.directory}\n`,
  );
}

async function check(store: ModelStore, ids: readonly string[], signal: AbortSignal): Promise<number> {
  const checks = await store.check(ids.length > 0 ? ids : undefined, signal);
  for (const { id, state, problems } of checks) {
    process.stdout.write(`${id}: ${[state, ...problems].join('; ')}\n`);
  }
  const wrong = checks.filter(({ state }) => state !== 'ready');
  if (wrong.length > 0) {
    process.stderr.write(
      `Fetch again with \`npm run models -- fetch ${wrong.map(({ id }) => id).join(' ')}\`\n`,
    );
  } else if (checks.length === 0) {
    process.stdout.write(`no models in ${store.directory}\n`);
  }
  return wrong.length > 0 ? 1 : 0;
}

async function prune(store: ModelStore, signal: AbortSignal): Promise<void> {
  const pruned = await store.prune(signal);
  for (const { path, reason, sizeBytes } of pruned) {
    process.stdout.write(`removed ${path} (${megabytes(sizeBytes)}): ${reason}\n`);
  }
  if (pruned.length === 0) process.stdout.write('nothing to remove\n');
}

async function hash(paths: readonly string[], signal: AbortSignal): Promise<void> {
  if (paths.length === 0) throw new UsageError('hash needs files or folders');
  const files: unknown[] = [];
  for (const path of paths) {
    const name = statSync(path).isDirectory() ? `${basename(path)}/` : basename(path);
    files.push({ path: name, ...(await hashResult(dirname(path), name, signal)) });
  }
  process.stdout.write(`${JSON.stringify(files, undefined, 2)}\n`);
}

async function run(args: readonly string[], signal: AbortSignal): Promise<number> {
  const { command, names, json } = readArguments(args);
  if (names.length > 0 && (command === 'list' || command === 'prune')) {
    throw new UsageError(`${command} takes no names`);
  }
  if (json && command !== 'list') throw new UsageError('--json goes with list');
  switch (command) {
    case 'list':
      list(openStore(), json);
      return 0;
    case 'fetch':
      await fetch(openStore(), names, signal);
      return 0;
    case 'check':
      return check(openStore(), names, signal);
    case 'prune':
      await prune(openStore(), signal);
      return 0;
    case 'hash':
      await hash(names, signal);
      return 0;
    case 'help':
      process.stdout.write(usage);
      return 0;
    case undefined:
      throw new UsageError('name a command');
    default:
      throw new UsageError(`there is no command \`${command}\``);
  }
}

const stopping = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stopping.abort());

try {
  process.exitCode = await run(process.argv.slice(2), stopping.signal);
} catch (thrown) {
  if (thrown instanceof UsageError) {
    process.stderr.write(`${thrown.message}\n\n${usage}`);
    process.exitCode = 2;
  } else {
    const error = toKefuError(thrown);
    process.stderr.write(`${error.message}\n${error.code === 'aborted' ? '' : `${error.action}\n`}`);
    process.exitCode = error.code === 'aborted' ? 130 : 1;
  }
}
