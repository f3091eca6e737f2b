/**
 * `npm run escalation -- replay --rules FILE`: what rules for escalation would have done in recorded calls (docs/escalation.md).
 * Exit codes: 0 done, 1 failed, 2 wrong usage.
 */
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { loadEnvironmentFile, readConfig } from '../src/app/config.ts';
import { toolToken } from '../src/app/local-token.ts';
import { KefuError, toKefuError } from '../src/core/errors.ts';
import { parseEscalation } from '../src/dialog/escalation-rules.ts';
import { fetchCalls, localCalls, readCallsFile } from './escalation/calls.ts';
import { describeReplay, replayCall } from './escalation/replay.ts';

const usage = `What rules for escalation would have done in recorded calls (docs/escalation.md).

  npm run escalation -- replay --rules FILE [--limit N] [--json]
      [--calls FILE.jsonl]               events of calls, one a line, instead of the calls of this machine
      [--url URL] [--api-token TOKEN]    the calls of a Kefu on another machine

FILE has the form of flows/escalation.yaml. N is how many of the newest calls are looked at (default 200).
`;

async function main(): Promise<number> {
  let parsed;
  try {
    parsed = parseArgs({
      allowPositionals: true,
      options: {
        rules: { type: 'string' },
        calls: { type: 'string' },
        url: { type: 'string' },
        'api-token': { type: 'string' },
        limit: { type: 'string', default: '200' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
    return 2;
  }
  const { values, positionals } = parsed;
  if (values.help) {
    process.stdout.write(usage);
    return 0;
  }
  const limit = Number(values.limit);
  if (positionals[0] !== 'replay' || values.rules === undefined || !Number.isInteger(limit) || limit < 1) {
    process.stderr.write(usage);
    return 2;
  }
  loadEnvironmentFile();
  const rules = parseEscalation(values.rules, await readText(values.rules));
  const config = readConfig();
  const calls =
    values.calls !== undefined
      ? await readCallsFile(values.calls)
      : values.url !== undefined
        ? await fetchCalls(values.url, values['api-token'] ?? (await toolToken(config, values.url)), limit)
        : await localCalls(config, limit);
  const replayed = [...calls].flatMap(([callId, events]) => replayCall(callId, events, rules) ?? []);
  process.stdout.write(
    values.json
      ? `${JSON.stringify({ calls: replayed }, null, 2)}\n`
      : `${describeReplay(replayed, rules)}\n`,
  );
  const silent = calls.size - replayed.length;
  if (silent > 0) process.stderr.write(`${String(silent)} calls without a record of moods were left out.\n`);
  return 0;
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new KefuError('flow_invalid', `The file ${path} cannot be read.`, { cause: error });
  }
}

try {
  process.exitCode = await main();
} catch (error) {
  const failure = toKefuError(error);
  process.stderr.write(`${failure.message}\n${failure.action}\n`);
  process.exitCode = 1;
}
