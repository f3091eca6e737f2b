import { createHash } from 'node:crypto';
import type { Clock } from '../core/clock.ts';
import { KefuError } from '../core/errors.ts';
import type { Failures, FailureStore } from '../core/people.ts';

interface LockRule {
  /** So many failures are nobody's business: fingers slip. */
  readonly free: number;
  /** The first wait; each further failure doubles it. */
  readonly firstMs: number;
  readonly longestMs: number;
  /** After so long without a failure all is forgotten. */
  readonly forgetMs: number;
}

const minuteMs = 60_000;
/** A person: an attacker gets some hundred tries a day, and keeps the person out for a quarter of an hour at most. */
const personRule: LockRule = {
  free: 5,
  firstMs: 30_000,
  longestMs: 15 * minuteMs,
  forgetMs: 24 * 60 * minuteMs,
};
/** An address, which a whole office may share. */
const addressRule: LockRule = {
  free: 20,
  firstMs: minuteMs,
  longestMs: 60 * minuteMs,
  forgetMs: 2 * 60 * minuteMs,
};

/** Until when somebody with these failures must wait; 0 when they need not. */
export function lockedUntil({ count, lastAtEpochMs }: Failures, rule: LockRule): number {
  if (count < rule.free) return 0;
  return lastAtEpochMs + Math.min(rule.longestMs, rule.firstMs * 2 ** Math.min(count - rule.free, 20));
}

/** Somebody has to wait before the next try. */
export class LockedOut extends KefuError {
  /** Whole seconds from when this was made, at least one. */
  readonly seconds: number;

  constructor(untilEpochMs: number, nowEpochMs: number) {
    const seconds = Math.max(1, Math.ceil((untilEpochMs - nowEpochMs) / 1000));
    super('locked_out', `There were too many tries: wait ${seconds} s.`);
    this.seconds = seconds;
  }
}

/** A try to log in that has been counted as a failure, until it proves to be none. */
export interface Attempt {
  /** The right password and code: the person's failures are forgotten, the address has one fewer. */
  succeeded(): Promise<void>;
  /** Neither right nor wrong, as when the code is still missing: everything is as it was. */
  withdrawn(): Promise<void>;
}

export interface LockOut {
  /** Counts a try; when the person or the address has to wait, it is not counted and must not be made. */
  attempt(login: string, address: string): Promise<Attempt | { readonly lockedUntilEpochMs: number }>;
  /** Forgets the failures of a person, as after a new password. */
  forgive(login: string): Promise<void>;
}

/**
 * Slows guessing down, for each log-in name and each address. Names that nobody has are counted the same. A try counts before its
 * password is looked at, so that many at once gain nothing.
 */
export function createLockOut(store: FailureStore, { clock }: { readonly clock: Clock }): LockOut {
  const now = (): number => Math.round(clock.epochMs());

  /** Counts a failure, unless the subject has to wait. */
  async function count(subject: string, rule: LockRule) {
    const at = now();
    let until = 0;
    let after: Failures = { count: 0, lastAtEpochMs: 0 };
    const before = await store.change(subject, (failures) => {
      until = lockedUntil(failures, rule);
      const fresh = at - failures.lastAtEpochMs > rule.forgetMs;
      after = until > at ? failures : { count: (fresh ? 0 : failures.count) + 1, lastAtEpochMs: at };
      return after;
    });
    return { until: until > at ? until : 0, before, after };
  }
  async function takeBack(subject: string, counted: { before: Failures; after: Failures }): Promise<void> {
    const { before, after } = counted;
    await store.change(subject, (failures) =>
      failures.count === after.count && failures.lastAtEpochMs === after.lastAtEpochMs
        ? before
        : { count: Math.max(0, failures.count - 1), lastAtEpochMs: failures.lastAtEpochMs },
    );
  }

  return {
    async attempt(login, address) {
      const person = subjectOf(login);
      const place = `address ${address}`;
      const atPlace = await count(place, addressRule);
      if (atPlace.until > 0) return { lockedUntilEpochMs: atPlace.until };
      const atPerson = await count(person, personRule);
      if (atPerson.until > 0) {
        await takeBack(place, atPlace);
        return { lockedUntilEpochMs: atPerson.until };
      }
      await store.forgetBefore(now() - personRule.forgetMs);
      return {
        async succeeded() {
          await store.change(person, () => ({ count: 0, lastAtEpochMs: 0 }));
          await takeBack(place, atPlace);
        },
        async withdrawn() {
          await takeBack(person, atPerson);
          await takeBack(place, atPlace);
        },
      };
    },
    async forgive(login) {
      await store.change(subjectOf(login), () => ({ count: 0, lastAtEpochMs: 0 }));
    },
  };
}

/** People type passwords where the name belongs: names are kept as hashes. */
function subjectOf(login: string): string {
  return `person ${createHash('sha256').update(login).digest('hex')}`;
}
