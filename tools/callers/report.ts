import type { CallResult } from './run.ts';

/** One line for each call, and the score. */
export function reportTable(results: readonly CallResult[]): string {
  const width = Math.max(4, ...results.map(({ name }) => name.length));
  const rows = results.map(({ name, right, conversation, cause }) => {
    const turns = conversation.lines.filter(({ who }) => who === 'caller').length;
    const outcome = conversation.end.outcome ?? (conversation.end.by === 'caller' ? 'hung up' : 'failed');
    const start = `${right ? 'right' : 'WRONG'}  ${name.padEnd(width)}  ${String(turns).padStart(3)}  ${outcome.padEnd(11)}`;
    return `${start}  ${cause}`.trimEnd();
  });
  return [`       ${'call'.padEnd(width)}  turns  ended`, ...rows, '', scoreLine(results)].join('\n');
}

export function scoreLine(results: readonly CallResult[]): string {
  const right = results.filter((result) => result.right).length;
  const unagreed = results.reduce((sum, result) => sum + result.unagreed.length, 0);
  const share = results.length === 0 ? 0 : (100 * right) / results.length;
  return `${right} of ${results.length} calls right (${share.toFixed(1)} %); changes without a yes: ${unagreed}.`;
}

/** A conversation as people read it. */
export function transcript({ conversation }: Pick<CallResult, 'conversation'>): string {
  return conversation.lines
    .map(
      ({ who, text, slot }) =>
        `${who === 'kefu' ? 'Kefu' : 'Caller'}${slot === undefined ? '' : ` [${slot}]`}: ${text}`,
    )
    .join('\n');
}

/** What is kept of a run for programs: everything that the table and the transcripts are made of. */
export function reportJson(results: readonly CallResult[], about: Readonly<Record<string, unknown>>): string {
  const right = results.filter((result) => result.right).length;
  return `${JSON.stringify({ ...about, calls: results.length, right, results }, null, 2)}\n`;
}
