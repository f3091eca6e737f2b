import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { cpus, loadavg, totalmem } from 'node:os';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { projectDir } from '../../../src/app/config.ts';

/** What a measurement was made on. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryMb: number;
  readonly node: string;
  /** With `+` when files were changed since. */
  readonly commit: string;
  readonly startedAt: string;
  /** Averages of 1, 5 and 15 minutes before the measurement: above a few tenths, other work disturbed it. */
  readonly loadBefore: readonly number[];
}

export async function describeMachine(): Promise<Machine> {
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryMb: Math.round(totalmem() / 1e6),
    node: process.version,
    commit: await gitCommit(),
    startedAt: new Date().toISOString(),
    loadBefore: loadavg(),
  };
}

async function gitCommit(): Promise<string> {
  const git = async (...args: string[]) =>
    (await promisify(execFile)('git', args, { cwd: projectDir })).stdout.trim();
  try {
    const changed = await git('status', '--porcelain');
    return (await git('rev-parse', '--short', 'HEAD')) + (changed === '' ? '' : '+');
  } catch {
    // An unpacked archive has no history, and git may not be installed.
    return 'unknown';
  }
}

/** A line of a table: a name, then values; numbers are set right. */
export type Row = readonly (string | number | undefined)[];

/** Lays rows out in columns. Undefined is shown as a dash, numbers with at most `digits` decimals. */
export function formatTable(header: readonly string[], rows: readonly Row[], digits = 0): string {
  const cells = rows.map((row) => row.map((value) => formatCell(value, digits)));
  const widths = header.map((title, column) =>
    Math.max(width(title), ...cells.map((row) => width(row[column] ?? ''))),
  );
  const isText = header.map((_, column) => rows.some((row) => typeof row[column] === 'string'));
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => {
        const pad = ' '.repeat((widths[column] ?? 0) - width(cell));
        return isText[column] === true ? cell + pad : pad + cell;
      })
      .join('  ')
      .trimEnd();
  return [line(header), ...cells.map(line)].join('\n');
}

function formatCell(value: Row[number], digits: number): string {
  if (value === undefined) return '-';
  if (typeof value === 'string') return value;
  return Number.isInteger(value) ? String(value) : value.toFixed(digits);
}

/** Columns on a terminal: a Chinese character takes two. */
function width(text: string): number {
  return Array.from(text).reduce(
    (columns, character) => columns + (/\p{Script=Han}/u.test(character) ? 2 : 1),
    0,
  );
}

/** `3 of 4 (75 %)`. */
export function share(part: number, whole: number): string {
  return whole === 0 ? 'none' : `${part} of ${whole} (${((100 * part) / whole).toFixed(1)} %)`;
}

/** One requirement and whether it was met; undefined when it could not be measured. */
export interface Target {
  readonly name: string;
  readonly limit: string;
  readonly measured: string;
  readonly met: boolean | undefined;
}

/** A target that a value must not exceed. */
export function atMost(name: string, value: number | undefined, limit: number, unit: string): Target {
  return {
    name,
    limit: `at most ${limit} ${unit}`,
    measured: value === undefined ? 'not measured' : `${formatCell(value, 1)} ${unit}`,
    met: value === undefined ? undefined : value <= limit,
  };
}

/** A target that a share must reach, both in percent. */
export function atLeastPercent(name: string, part: number, whole: number, limitPercent: number): Target {
  return {
    name,
    limit: `at least ${limitPercent} %`,
    measured: share(part, whole),
    met: whole === 0 ? undefined : (100 * part) / whole >= limitPercent,
  };
}

export function formatTargets(targets: readonly Target[]): string {
  const words = (met: boolean | undefined) => (met === undefined ? '?' : met ? 'met' : 'MISSED');
  return formatTable(
    ['target', '', 'measured', ''],
    targets.map(({ name, limit, measured, met }) => [name, limit, measured, words(met)]),
  );
}

/** Writes results as JSON and returns where. @throws when the place cannot be written to. */
export async function writeResults(path: string, results: unknown): Promise<string> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, `${JSON.stringify(results, null, 2)}\n`);
  return path;
}
