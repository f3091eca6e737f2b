import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { Clock } from '../../core/clock.ts';

const endingSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('hangup') }),
  z.object({ type: z.literal('rejected'), reason: z.enum(['overloaded', 'closing', 'not-allowed']) }),
  z.object({ type: z.literal('transfer'), target: z.string() }),
]);
/** What Kefu has decided about a call before it closed the stream; Twilio asks for it at the action URL a moment later. */
export type Ending = z.infer<typeof endingSchema>;

/**
 * Endings that wait to be asked for. Twilio's question may reach another process than the one that closed the stream (after a
 * restart, or on another node): then a shared or durable implementation keeps a finished call from being taken for a lost one.
 */
export interface PlannedEndings {
  /** Settles once the ending would survive the process, as far as this implementation can. */
  record(callSid: string, ending: Ending): Promise<void>;
  /** Removes and returns it: of two that ask, one gets it. */
  take(callSid: string): Promise<Ending | undefined>;
}

/** Twilio asks within seconds; what nobody asked for is forgotten after an hour. */
const keptMs = 3_600_000;

/** Endings in this process only: for tests, and for set-ups where a restart may turn a farewell into a new greeting. */
export function createMemoryEndings(clock: Clock): PlannedEndings {
  const endings = new Map<string, { ending: Ending; atMs: number }>();
  return {
    record(callSid, ending) {
      for (const [sid, { atMs }] of endings) if (clock.nowMs() - atMs > keptMs) endings.delete(sid);
      endings.set(callSid, { ending, atMs: clock.nowMs() });
      return Promise.resolve();
    },
    take(callSid) {
      const found = endings.get(callSid)?.ending;
      endings.delete(callSid);
      return Promise.resolve(found);
    },
  };
}

/**
 * Endings as small files of one folder, which is made when needed: they survive the process, and nodes that share the folder share
 * them.
 * @param directory a folder for these files alone.
 */
export function createFileEndings(directory: string, clock: Clock): PlannedEndings {
  const fileOf = (callSid: string): string => {
    if (!/^[A-Za-z0-9]{1,64}$/.test(callSid))
      throw new RangeError('A call SID holds letters and digits only.');
    return join(directory, `${callSid}.json`);
  };
  const sweep = async (): Promise<void> => {
    for (const name of await readdir(directory)) {
      const file = join(directory, name);
      const written = await stat(file).catch(ignoreMissing);
      if (written && clock.epochMs() - written.mtimeMs > keptMs) await rm(file, { force: true });
    }
  };
  return {
    async record(callSid, ending) {
      const file = fileOf(callSid);
      await mkdir(directory, { recursive: true, mode: 0o700 });
      const draft = `${file}.${randomUUID()}`;
      await writeFile(draft, JSON.stringify(ending), { mode: 0o600, flush: true });
      await rename(draft, file);
      await sweep();
    },
    async take(callSid) {
      // Renaming decides who gets it when two ask at once.
      const claimed = `${fileOf(callSid)}.${randomUUID()}`;
      try {
        await rename(fileOf(callSid), claimed);
      } catch (error) {
        ignoreMissing(error);
        return undefined;
      }
      const text = await readFile(claimed, 'utf8');
      await rm(claimed, { force: true });
      return endingSchema.parse(JSON.parse(text));
    },
  };
}

function ignoreMissing(error: unknown): undefined {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
  throw error;
}
