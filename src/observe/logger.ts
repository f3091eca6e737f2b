import pino, { type DestinationStream } from 'pino';
import type { Logger } from '../core/log.ts';

/**
 * A JSON logger. Messages are static; personal values go only under `pii`, at any depth up to two, and are replaced before they
 * are written, so that no log file holds a caller's number, name or words.
 */
export function createLogger(
  level: 'debug' | 'info' | 'warn' | 'error' | 'silent',
  destination?: DestinationStream,
): Logger {
  const options = {
    level,
    base: {},
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    redact: { paths: ['pii', '*.pii', '*.*.pii'], censor: '[redacted]' },
  };
  return destination ? pino(options, destination) : pino(options);
}
