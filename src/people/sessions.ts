import { createHash, randomBytes, randomUUID } from 'node:crypto';
import type { Clock } from '../core/clock.ts';
import type { Logger } from '../core/log.ts';
import type { Session, SessionStore } from '../core/people.ts';

/** A desk that nobody looks at for so long is logged out, and everybody after a long shift. */
export const sessionLimits = { idleMs: 60 * 60_000, absoluteMs: 14 * 60 * 60_000 } as const;
/** Being seen is written down this often at most. */
const seenEveryMs = 60_000;

/** Where a session is started from. */
export interface Visit {
  readonly address: string;
  readonly browser: string;
}

export interface Sessions {
  /** Resolves with the token, which nobody can read again afterwards. */
  start(personId: string, visit: Visit): Promise<{ readonly token: string; readonly session: Session }>;
  /** The session of a token as long as it lasts; being looked for counts as being in use. */
  find(token: string): Promise<Session | undefined>;
  list(personId: string): Promise<readonly Session[]>;
  /** Ends one, or all of a person but perhaps one. */
  end(which: Parameters<SessionStore['remove']>[0]): Promise<void>;
  /** From now on told the id of each session that this process ends: sockets of it must be closed. Returns the function that unsubscribes. */
  onEnded(listener: (sessionId: string) => void): () => void;
}

export function createSessions(
  store: SessionStore,
  { clock, log }: { readonly clock: Clock; readonly log: Logger },
): Sessions {
  const listeners = new Set<(sessionId: string) => void>();
  const now = (): number => Math.round(clock.epochMs());
  const lasts = (session: Session): boolean =>
    now() - session.seenAtEpochMs < sessionLimits.idleMs &&
    now() - session.startedAtEpochMs < sessionLimits.absoluteMs;
  const tell = (listener: (sessionId: string) => void, id: string): void => {
    try {
      listener(id);
    } catch (error) {
      log.error({ err: error }, 'a listener to the end of sessions failed');
    }
  };
  return {
    async start(personId, { address, browser }) {
      const at = now();
      await store.removeOld({
        startedBeforeEpochMs: at - sessionLimits.absoluteMs,
        seenBeforeEpochMs: at - sessionLimits.idleMs,
      });
      const token = randomBytes(32).toString('base64url');
      const session: Session = {
        id: `session_${randomUUID()}`,
        personId,
        startedAtEpochMs: at,
        seenAtEpochMs: at,
        address,
        browser: browser.slice(0, 300),
      };
      await store.add(session, hashOf(token));
      return { token, session };
    },
    async find(token) {
      const session = await store.find(hashOf(token));
      if (!session || !lasts(session)) return undefined;
      if (now() - session.seenAtEpochMs >= seenEveryMs) await store.seen(session.id, now());
      return session;
    },
    list: async (personId) => (await store.list(personId)).filter(lasts),
    async end(which) {
      for (const id of await store.remove(which)) for (const listener of listeners) tell(listener, id);
    },
    onEnded(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** The token is as random as a key, so a plain hash is enough. */
const hashOf = (token: string): string => createHash('sha256').update(token).digest('hex');
