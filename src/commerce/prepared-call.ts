import {
  shopOperations,
  type ShopCallOptions,
  type ShopInput,
  type ShopOperation,
  type ShopOutput,
} from '../core/commerce.ts';
import { KefuError } from '../core/errors.ts';
import { problem } from './problems.ts';

/** An input checked against the operation's shape, fields unknown to it dropped. */
export type CheckedInput = Readonly<Record<string, unknown>>;

/**
 * Checks an input the way every backend does before anything is sent.
 * @throws ShopProblem `invalid_request` naming the first wrong field.
 */
export function checkInput(operation: ShopOperation, input: unknown): CheckedInput {
  const parsed = shopOperations[operation].input.safeParse(input);
  if (parsed.success) return parsed.data;
  throw problem('invalid_request', `${operation}: ${firstIssue(parsed.error)}`);
}

/**
 * Checks a call's input and, for a write, its idempotency key.
 * @throws KefuError `internal` for a write without a key: a retry could then take effect twice, so it is never sent.
 * @throws KefuError `aborted` when the call's signal has fired already.
 */
export function prepareCall<Name extends ShopOperation>(
  operation: Name,
  input: ShopInput<Name>,
  options: ShopCallOptions,
): CheckedInput {
  if (options.signal.aborted) throw stopped(operation, options.signal.reason);
  if (shopOperations[operation].write && !options.idempotencyKey) {
    throw new KefuError('internal', `${operation} writes to the shop and needs an idempotency key`);
  }
  return checkInput(operation, input);
}

/**
 * Checks an answer against the operation's shape; fields unknown to it are dropped (kept where the shape is loose).
 * @throws KefuError `shop_answer_invalid` naming the operation and the path of the first wrong field, never its value.
 */
export function checkOutput<Name extends ShopOperation>(operation: Name, answer: unknown): ShopOutput<Name> {
  const parsed = shopOperations[operation].output.safeParse(answer);
  if (parsed.success) return parsed.data as ShopOutput<Name>;
  throw new KefuError(
    'shop_answer_invalid',
    `The shop's answer to ${operation} is wrong at ${firstIssue(parsed.error)}`,
  );
}

/** The error of a call that its caller, or the closing of the backend, has stopped. */
export function stopped(operation: ShopOperation, reason: unknown): KefuError {
  return new KefuError('aborted', `${operation} was stopped before the shop answered`, { cause: reason });
}

function firstIssue(error: { issues: readonly { path: readonly PropertyKey[]; message: string }[] }): string {
  const issue = error.issues[0];
  const path = issue?.path.map(String).join('.') ?? '';
  return `${path === '' ? 'its top level' : `field ${path}`} (${issue?.message ?? 'wrong shape'})`;
}
