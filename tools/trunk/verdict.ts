/** What one step of a check has found. */
export interface Verdict {
  readonly step: string;
  readonly result: 'good' | 'warning' | 'bad' | 'skipped';
  readonly told: string;
  /** The likely cause and what to do, for what is not good. */
  readonly cause?: string;
}

const signs = { good: 'ok  ', warning: 'warn', bad: 'FAIL', skipped: '-   ' } as const;

/** A verdict as a line, with its cause below. */
export function verdictText({ step, result, told, cause }: Verdict): string {
  const line = `${signs[result]}  ${step.padEnd(9)} ${told}`;
  return cause === undefined ? line : `${line}\n                -> ${cause}`;
}
