import { randomInt } from 'node:crypto';
import { hash, verify } from '@node-rs/argon2';
import type { ZxcvbnFactory } from '@zxcvbn-ts/core';
import { KefuError } from '../core/errors.ts';

export const passwordLength = { min: 12, max: 128 } as const;

/**
 * Memory in KiB and passes, as OWASP recommends for argon2id: some 20 ms of one core. The version of argon2 that is used computes in
 * threads of its own, so that no call's sound waits for it.
 */
const cost = { algorithm: 2, memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;
/** Who computes for others could be made to compute for nobody else: so many at once, so many wait, the rest is turned away. */
const maxWaiting = 50;
/** Estimated guesses an attacker who knows common passwords needs, as a power of ten below which a password is refused, by zxcvbn. */
const weakestScore = 3;

/** Hashes and checks passwords, one at a time. */
export interface Passwords {
  hash(password: string): Promise<string>;
  /** Without a hash it takes as long as with one and is false: nobody learns from the time whether a person exists. */
  verify(passwordHash: string | undefined, password: string): Promise<boolean>;
}

/** Rejects with `overloaded` when too many wait. */
export function createPasswords(): Passwords {
  let waiting = 0;
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = async <T>(work: () => Promise<T>): Promise<T> => {
    if (waiting >= maxWaiting) throw new KefuError('overloaded', 'Too many log in at once.');
    waiting += 1;
    const result = last.then(work);
    last = result.catch(() => undefined);
    try {
      return await result;
    } finally {
      waiting -= 1;
    }
  };
  const hashNow = (password: string): Promise<string> => hash(password.normalize('NFC'), cost);
  let nobodysHash: Promise<string> | undefined;
  return {
    hash: (password) => inTurn(() => hashNow(password)),
    verify: (passwordHash, password) =>
      inTurn(async () => {
        nobodysHash ??= hashNow(temporaryPassword());
        const matches = await verify(passwordHash ?? (await nobodysHash), password.normalize('NFC'));
        return matches && passwordHash !== undefined;
      }),
  };
}

let guesser: Promise<ZxcvbnFactory> | undefined;

/** Loads the lists of common passwords: later it would keep the sound of calls waiting. */
export function loadCommonPasswords(): Promise<ZxcvbnFactory> {
  guesser ??= (async () => {
    const [{ ZxcvbnFactory }, { adjacencyGraphs, dictionary }] = await Promise.all([
      import('@zxcvbn-ts/core'),
      import('@zxcvbn-ts/language-common'),
    ]);
    return new ZxcvbnFactory({ dictionary, graphs: adjacencyGraphs });
  })();
  return guesser;
}

/**
 * Rejects with `password_short`, `password_long` or `password_common`. There are no rules about kinds of characters: they make
 * passwords hard to keep in mind, not hard to guess.
 *
 * @param personal - Words that others know of the person, such as the log-in name.
 */
export async function checkNewPassword(password: string, personal: readonly string[]): Promise<void> {
  const { length } = password.normalize('NFC');
  if (length < passwordLength.min)
    throw new KefuError('password_short', `The password has ${length} characters, fewer than 12.`);
  if (password.length > passwordLength.max)
    throw new KefuError('password_long', 'The password has more than 128 characters.');
  const { score } = (await loadCommonPasswords()).check(password, ['kefu', '客服', ...personal]);
  if (score < weakestScore) throw new KefuError('password_common', 'The password is easy to guess.');
}

const letters = '23456789abcdefghjkmnpqrstvwxyz';

/** A password for the first log-in that can be read out over the telephone: 78 random bits in groups of four. */
export function temporaryPassword(): string {
  const group = () => Array.from({ length: 4 }, () => letters[randomInt(letters.length)] ?? '').join('');
  return [group(), group(), group(), group()].join('-');
}
