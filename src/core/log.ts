/**
 * A structured logger (pino fits). Messages are static sentences; facts go into fields. Personal values (numbers, names, texts)
 * go only under a `pii` field, which is redacted before it is written.
 */
export interface Logger {
  debug(fields: Record<string, unknown>, message: string): void;
  info(fields: Record<string, unknown>, message: string): void;
  warn(fields: Record<string, unknown>, message: string): void;
  error(fields: Record<string, unknown>, message: string): void;
  /** A logger that adds `fields` to every line. */
  child(fields: Record<string, unknown>): Logger;
}
