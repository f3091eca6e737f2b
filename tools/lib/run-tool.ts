import { toKefuError } from '../../src/core/errors.ts';

/** Wrong use of a tool; the message says what is wrong. */
export class UsageError extends Error {}

export interface RunToolOptions {
  /** Shown after what was wrong with the arguments. */
  readonly usage: string;
  /** Exit code of a run that somebody stopped; 1, as for every failure, by default. */
  readonly abortedCode?: number;
}

/**
 * Runs a tool to its end: the exit code is what `main` resolves with, 2 after wrong use, 1 after a failure, of which message and action
 * go to standard error.
 */
export function runTool(main: () => Promise<number>, { usage, abortedCode = 1 }: RunToolOptions): void {
  main().then(
    (code) => {
      process.exitCode = code;
    },
    (error: unknown) => {
      if (error instanceof UsageError) {
        process.stderr.write(`${error.message}\n\n${usage}`);
        process.exitCode = 2;
        return;
      }
      const failure = toKefuError(error);
      process.stderr.write(`${failure.message}\n${failure.action}\n`);
      process.exitCode = failure.code === 'aborted' ? abortedCode : 1;
    },
  );
}
