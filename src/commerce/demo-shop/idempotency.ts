import { problem } from '../problems.ts';

/** How many writes are remembered; the oldest are forgotten first. */
const remembered = 10_000;

interface Outcome {
  readonly fingerprint: string;
  /** The answer, or the refusal that was thrown: both are repeated as they were. */
  readonly result: { readonly answer: unknown } | { readonly refusal: unknown };
}

/** Remembers what each idempotency key has done, so that a repeated request repeats the answer and not the effect. */
export class IdempotencyKeys {
  readonly #outcomes = new Map<string, Outcome>();

  /**
   * Runs `effect` for a new key; for a known one gives the first answer (or refusal) again.
   * @param fingerprint equal for equal requests.
   * @throws ShopProblem `idempotency_key_missing`, or `idempotency_key_reused` for a known key with another request.
   */
  run(key: string | undefined, fingerprint: string, effect: () => unknown): unknown {
    if (key === undefined || key === '') {
      throw problem('idempotency_key_missing', 'a write needs the header Idempotency-Key');
    }
    const known = this.#outcomes.get(key);
    if (known && known.fingerprint !== fingerprint) {
      throw problem('idempotency_key_reused', 'the key was used for another request');
    }
    const { result } = known ?? this.#remember(key, fingerprint, effect);
    if ('refusal' in result) throw result.refusal;
    return structuredClone(result.answer);
  }

  #remember(key: string, fingerprint: string, effect: () => unknown): Outcome {
    const outcome = { fingerprint, result: attempt(effect) };
    this.#outcomes.set(key, outcome);
    const oldest = this.#outcomes.size > remembered ? this.#outcomes.keys().next().value : undefined;
    if (oldest !== undefined) this.#outcomes.delete(oldest);
    return outcome;
  }
}

function attempt(effect: () => unknown): Outcome['result'] {
  try {
    return { answer: structuredClone(effect()) };
  } catch (refusal) {
    return { refusal };
  }
}
