import type { Clock } from '../../core/clock.ts';
import type { DialogEngine } from '../../core/dialog.ts';
import { KefuError, toKefuError } from '../../core/errors.ts';
import type { Logger } from '../../core/log.ts';
import type { FlowFiles, FlowStore } from '../../core/store.ts';
import type { Understander } from '../../core/understanding.ts';
import { compileFlowPack, type FlowPack } from '../../dialog/flow-pack.ts';
import { readFlowFiles } from './files.ts';

/** What one call talks by, from its beginning to its end. */
export interface CallFlows {
  readonly engine: DialogEngine;
  readonly understander: Understander;
}

/** Flows that are compiled. */
export interface LoadedFlows {
  readonly pack: FlowPack;
  /** Number of the published version; null for a folder that was never published. */
  readonly number: number | null;
}

/** The flows of this process: the newest for new calls, older ones as long as calls began with them. */
export interface RunningFlows {
  readonly newest: LoadedFlows;
  /**
   * The flows of a content, by its hash; without one, the newest. Flows that are gone, or that this Kefu cannot read, are
   * replaced by the newest: such a call begins anew.
   */
  flowsFor(contentHash?: string): Promise<CallFlows>;
  /** Looks for a newer version now. Rejects when the database does not answer or the version cannot be used. */
  refresh(): Promise<void>;
  /** Stops looking for newer versions. Idempotent. */
  close(): void;
}

/** How often a newer version is looked for, in milliseconds. */
const lookEveryMs = 2_000;
/** Older contents kept ready besides the newest; calls under way hold theirs anyway. */
const maxKept = 3;

/**
 * The flows to start with: the newest published version, or the folder where none was published.
 *
 * @throws KefuError `flow_invalid` naming every mistake.
 */
export async function loadFlows(store: FlowStore, directory: string): Promise<LoadedFlows> {
  const version = await store.newest();
  const files = version ? await store.files(version.contentHash) : await readFlowFiles(directory);
  if (!files) throw new KefuError('internal', `Version ${String(version?.number)} has no files.`);
  const pack = compile(files, version ? `Version ${String(version.number)} of the flows` : directory);
  // Calls that begin on a folder may go on in a process that has another folder by then.
  if (!version) await store.remember(pack.version, files);
  return { pack, number: version?.number ?? null };
}

export async function runFlows(
  initial: LoadedFlows,
  parts: {
    readonly store: FlowStore;
    readonly clock: Clock;
    readonly log: Logger;
    /** Makes what a call needs from flows: the engine, and what understands their intents. */
    readonly prepare: (pack: FlowPack) => Promise<CallFlows>;
    /** Told of each version that new calls begin with from now on. */
    readonly onTakenUp?: (flows: LoadedFlows, callFlows: CallFlows) => void;
  },
): Promise<RunningFlows> {
  const { store, clock, log } = parts;
  let newest = initial;
  let newestCallFlows = await parts.prepare(initial.pack);
  /** Contents in the order of their last use. */
  const kept = new Map<string, Promise<CallFlows | undefined>>();
  let failedNumber: number | null = null;
  let isAway = false;
  let looking: Promise<void> | undefined;
  let cancelLook: () => void = () => undefined;
  let closed = false;

  async function load(contentHash: string): Promise<CallFlows | undefined> {
    const files = await store.files(contentHash);
    if (!files) return undefined;
    return parts.prepare(compile(files, `The flows ${contentHash}`));
  }

  function keep(contentHash: string, flows: Promise<CallFlows | undefined>): void {
    kept.delete(contentHash);
    kept.set(contentHash, flows);
    const [oldest] = kept.keys();
    if (kept.size > maxKept && oldest !== undefined) kept.delete(oldest);
  }

  async function look(): Promise<void> {
    const version = await store.newest();
    if (!version || version.number === newest.number) return;
    const { number, contentHash } = version;
    try {
      if (contentHash === newest.pack.version) {
        newest = { ...newest, number };
        return;
      }
      const files = await store.files(contentHash);
      if (!files) throw new KefuError('internal', `Version ${String(number)} has no files.`);
      const pack = compile(files, `Version ${String(number)} of the flows`);
      const callFlows = await parts.prepare(pack);
      keep(newest.pack.version, Promise.resolve(newestCallFlows));
      newest = { pack, number };
      newestCallFlows = callFlows;
    } catch (error) {
      failedNumber = number;
      throw error;
    }
    failedNumber = null;
    log.info({ number, contentHash, author: version.author }, 'new calls begin with a new version of the flows');
    parts.onTakenUp?.(newest, newestCallFlows);
  }

  /** One look at a time; who asks during one gets its result and a further look, as it may have come too early. */
  async function refresh(): Promise<void> {
    while (looking) await looking.catch(() => undefined);
    looking = look();
    try {
      await looking;
    } finally {
      looking = undefined;
    }
  }

  function lookLater(): void {
    cancelLook = clock.setTimer(() => {
      const failedBefore = failedNumber;
      refresh()
        .then(
          () => {
            isAway = false;
          },
          (error: unknown) => {
            // The same failure every two seconds tells an operator nothing more.
            const isKnown = failedNumber !== null ? failedNumber === failedBefore : isAway;
            isAway = failedNumber === null;
            if (!isKnown)
              log.error(
                { err: error, code: toKefuError(error).code },
                'newer flows cannot be taken up; calls go on with the present ones',
              );
          },
        )
        .finally(() => {
          if (!closed) lookLater();
        });
    }, lookEveryMs);
  }
  lookLater();

  return {
    get newest() {
      return newest;
    },
    async flowsFor(contentHash) {
      if (contentHash === undefined || contentHash === newest.pack.version) return newestCallFlows;
      const flows = kept.get(contentHash) ?? load(contentHash);
      keep(contentHash, flows);
      try {
        const found = await flows;
        if (found) return found;
        log.warn({ contentHash }, 'the flows of a resumed call are gone: it begins anew');
      } catch (error) {
        log.warn({ err: error, contentHash }, 'the flows of a resumed call cannot be used: it begins anew');
      }
      kept.delete(contentHash);
      return newestCallFlows;
    },
    refresh,
    close() {
      closed = true;
      cancelLook();
    },
  };
}

function compile(files: FlowFiles, place: string): FlowPack {
  return compileFlowPack(new Map(Object.entries(files)), place);
}
