import type { Logger } from '../../src/core/log.ts';

export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly fields: Readonly<Record<string, unknown>>;
  readonly message: string;
}

/** A logger that keeps its lines, for tests of what an operator would read. */
export interface CapturedLog extends Logger {
  readonly lines: LogLine[];
  /** Lines of exactly this message. */
  find(message: string): LogLine[];
}

export function createCapturedLog(bound: Record<string, unknown> = {}, lines: LogLine[] = []): CapturedLog {
  const write = (level: LogLine['level']) => (fields: Record<string, unknown>, message: string) => {
    lines.push({ level, fields: { ...bound, ...fields }, message });
  };
  return {
    lines,
    find: (message) => lines.filter((line) => line.message === message),
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
    child: (fields) => createCapturedLog({ ...bound, ...fields }, lines),
  };
}
