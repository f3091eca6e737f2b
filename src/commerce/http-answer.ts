import { ShopProblem, type ShopOperation, type ShopOutput } from '../core/commerce.ts';
import { KefuError } from '../core/errors.ts';
import type { HttpAnswer } from './http-attempt.ts';
import { isJsonObject } from './json.ts';
import { checkOutput } from './prepared-call.ts';
import { routeOf } from './routes.ts';

/** Whether the shop itself asks to be tried again with this status: too many requests, or a fault on its side. */
export function mayRetryStatus(status: number): boolean {
  return status === 429 || (status >= 500 && status !== 501);
}

/**
 * Turns a complete HTTP answer into the operation's output.
 * @throws ShopProblem for a refusal (4xx), with the shop's own code, or one derived from the status when it sent none.
 * @throws KefuError `shop_unavailable` for 429 and 5xx, `shop_unauthorized` for 401, `shop_answer_invalid` for a redirect, a body
 * that is not JSON, or one of the wrong shape.
 */
export function readAnswer<Name extends ShopOperation>(
  operation: Name,
  answer: HttpAnswer,
): ShopOutput<Name> {
  const { status } = answer;
  if (status >= 200 && status < 300) return checkOutput(operation, readJson(operation, answer));
  if (status >= 300 && status < 400) {
    const target = answer.location === null ? '' : ` to ${withoutQuery(answer.location)}`;
    throw new KefuError(
      'shop_answer_invalid',
      `The shop redirects ${operation}${target} (${status}): set the shop's address to the one that answers`,
    );
  }
  const refusal = readProblem(operation, answer);
  if (mayRetryStatus(status)) {
    throw new KefuError('shop_unavailable', `The shop could not do ${operation}: it answered ${status}`, {
      cause: refusal,
    });
  }
  if (status === 401) {
    throw new KefuError('shop_unauthorized', 'The shop does not accept the token', { cause: refusal });
  }
  throw refusal;
}

function readJson(operation: ShopOperation, { status, text, contentType }: HttpAnswer): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (thrown) {
    const type = contentType === '' ? 'no content type' : contentType;
    throw new KefuError(
      'shop_answer_invalid',
      `The shop's answer to ${operation} is not JSON (${status}, ${type}, ${text.length} characters)`,
      { cause: thrown },
    );
  }
}

/** The refusal an error answer means, however little of `application/problem+json` the server kept to. */
function readProblem(operation: ShopOperation, { status, text }: HttpAnswer): ShopProblem {
  const body = parseObject(text);
  const detail = [body?.detail, body?.title].find((value) => typeof value === 'string');
  const code = body?.code;
  if (typeof code === 'string' && code !== '') return new ShopProblem(status, code, detail);
  return new ShopProblem(status, codeByStatus(operation, status, body !== undefined), detail);
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? value : undefined;
  } catch (thrown) {
    // An error page of a proxy in front of the shop is no JSON; the status then says what happened.
    if (thrown instanceof SyntaxError) return undefined;
    throw thrown;
  }
}

/**
 * The code for a refusal that names none. A 404 with a JSON object comes from the shop's own program and means what was asked
 * for; one without may come from a proxy or a wrong address, and must not tell the caller that the order does not exist.
 */
function codeByStatus(operation: ShopOperation, status: number, fromShop: boolean): string {
  if (status === 401) return 'unauthorized';
  if (status === 403) return 'forbidden';
  if (status === 404 || status === 410) return fromShop ? routeOf(operation).missing : 'not_found';
  if (status === 405 || status === 501) return 'unsupported_operation';
  if (status === 409) return 'conflict';
  if (status === 429) return 'too_many_requests';
  return status >= 500 ? 'server_error' : 'invalid_request';
}

/** A redirect's target may carry a caller's e-mail or phone in its query, which must not reach a log. */
function withoutQuery(location: string): string {
  return location.replace(/[?#].*$/s, '');
}
