import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../core/clock.ts';
import type { Logger } from '../../core/log.ts';
import { decodeHead } from '../../understand/intents/head-file.ts';
import type { IntentHead } from '../../understand/intents/head.ts';
import { readCurrent, readHeadBytes, teachingPlace } from './files.ts';

/** How often a newly promoted head is looked for, in milliseconds. */
const lookEveryMs = 2_000;

/** The intent head of this process: the promoted one for new calls. Calls under way hold the one they began with. */
export interface RunningHead {
  /** Undefined when there is none for the encoder in use: the flows' examples do without. */
  readonly head: IntentHead | undefined;
  readonly number: number;
  /** Looks for a newly promoted head now. Never rejects: what cannot be read is logged, and the present head stays. */
  refresh(): Promise<void>;
  /** Stops looking. Idempotent. */
  close(): void;
}

/**
 * Loads the promoted head, or the shipped one, and looks for a newer one every two seconds.
 *
 * @param encoderId - the encoder in use. A head for another one is not used: its judgement would be worthless.
 */
export async function runHead(parts: {
  readonly dataDir: string;
  /** Where version 0 lies; the folder that ships when left out. */
  readonly shipped?: string;
  readonly encoderId: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** Told when new calls begin with another head. */
  readonly onTakenUp?: (number: number) => void;
}): Promise<RunningHead> {
  const { clock, log, encoderId } = parts;
  const place = teachingPlace(parts.dataDir, parts.shipped);
  let head: IntentHead | undefined;
  let number = 0;
  let seen = '';
  let closed = false;
  let cancelLook: () => void = () => undefined;

  async function load(wanted: number): Promise<IntentHead | undefined> {
    const loaded = decodeHead(await readHeadBytes(place, wanted));
    if (loaded.parts.encoderId === encoderId) return loaded;
    log.warn(
      { number: wanted, trainedFor: loaded.parts.encoderId, encoder: encoderId },
      'an intent head was trained for another encoder and is not used; train again with `npm run teach -- retrain`',
    );
    return undefined;
  }

  /** Says whether the file that names the current head was written since the last look, at the cost of one system call. */
  async function mark(): Promise<string> {
    try {
      const { mtimeMs, ino } = await stat(join(place.folder, 'current.json'));
      return `${mtimeMs} ${ino}`;
    } catch {
      return 'none';
    }
  }

  async function look(): Promise<void> {
    const now = await mark();
    if (now === seen) return;
    const isFirst = seen === '';
    seen = now;
    try {
      const current = await readCurrent(place);
      const loaded = (await load(current.number)) ?? (current.number === 0 ? undefined : await load(0));
      if (!loaded && !isFirst) return;
      head = loaded;
      number = current.number;
      if (isFirst) return;
      log.info({ number, author: current.author }, 'new calls begin with another intent head');
      parts.onTakenUp?.(number);
    } catch (error) {
      log.error({ err: error }, 'a trained intent head cannot be taken up; calls go on as before');
      if (isFirst) head = await load(0).catch(() => undefined);
    }
  }

  let looking: Promise<void> = look();
  await looking;

  function refresh(): Promise<void> {
    looking = looking.then(look);
    return looking;
  }

  function lookLater(): void {
    cancelLook = clock.setTimer(() => {
      void refresh().finally(() => {
        if (!closed) lookLater();
      });
    }, lookEveryMs);
  }
  lookLater();

  return {
    get head() {
      return head;
    },
    get number() {
      return number;
    },
    refresh,
    close() {
      closed = true;
      cancelLook();
    },
  };
}
