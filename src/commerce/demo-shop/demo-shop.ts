import { systemClock, type Clock } from '../../core/clock.ts';
import {
  capabilities,
  shopOperations,
  ShopProblem,
  type Capability,
  type CommerceBackend,
  type ShopOperation,
} from '../../core/commerce.ts';
import { canonicalJson, isJsonObject } from '../json.ts';
import { checkInput, checkOutput, prepareCall, stopped, type CheckedInput } from '../prepared-call.ts';
import { problem } from '../problems.ts';
import { matchRoute, routeOf } from '../routes.ts';
import type { ShopContext } from './context.ts';
import { customerOperations } from './customer-operations.ts';
import { IdempotencyKeys } from './idempotency.ts';
import { makeShop } from './make-shop.ts';
import { orderOperations } from './order-operations.ts';
import { createRandom } from './random.ts';
import { returnOperations } from './return-operations.ts';
import type { ShopData, Verification } from './state.ts';

export interface DemoShopOptions {
  /** The same seed and start give the same shop. Default 1. */
  readonly seed?: number;
  /** The day and time the shop believes it is when it starts, in milliseconds since 1970; default: the clock's. */
  readonly startEpochMs?: number;
  readonly clock?: Clock;
  /** Capabilities this shop shall not have; asking for them gives 404 `unsupported_operation`. */
  readonly without?: readonly Capability[];
  /** Told each one-time code that the shop "sends", so that whoever plays the customer can read it. */
  readonly onVerificationCode?: (verification: Verification) => void;
}

/** An HTTP request as far as the shop cares: authentication is the server's. */
export interface DemoShopRequest {
  readonly method: string;
  /** Path and query as they were sent, still percent-encoded. */
  readonly target: string;
  readonly idempotencyKey: string | undefined;
  readonly body: string | undefined;
}

export interface DemoShopResponse {
  readonly status: number;
  readonly contentType: 'application/json' | 'application/problem+json';
  readonly body: string;
}

/** A shop that lives in this process: the same rules in-process through `backend` and over HTTP through `handle`. */
export interface DemoShop {
  readonly backend: CommerceBackend;
  /** Answers one HTTP request at once; never throws. */
  handle(request: DemoShopRequest): DemoShopResponse;
  /** What the shop knows, live: changes show here at once. */
  readonly data: ShopData;
  readonly capabilities: readonly Capability[];
}

/** Fills a shop and opens it. Changes are kept in memory only. */
export function createDemoShop(options: DemoShopOptions = {}): DemoShop {
  const clock = options.clock ?? systemClock;
  const seed = options.seed ?? 1;
  const startEpochMs = options.startEpochMs ?? clock.epochMs();
  const startedMs = clock.nowMs();
  const data = makeShop(seed, startEpochMs);
  let lastId = 200_000;
  const context: ShopContext = {
    data,
    random: createRandom(seed).fork(),
    nowEpochMs: () => startEpochMs + (clock.nowMs() - startedMs),
    newId: (prefix) => `${prefix}${(lastId += 1)}`,
    onVerificationCode: options.onVerificationCode ?? (() => undefined),
  };
  return new OpenShop(
    context,
    capabilities.filter((capability) => !options.without?.includes(capability)),
  );
}

class OpenShop implements DemoShop {
  readonly capabilities: readonly Capability[];
  readonly data: ShopData;
  readonly backend: CommerceBackend;
  readonly #context: ShopContext;
  readonly #keys = new IdempotencyKeys();

  constructor(context: ShopContext, offered: readonly Capability[]) {
    this.#context = context;
    this.data = context.data;
    this.capabilities = offered;
    let closed = false;
    this.backend = {
      call: async (name, input, options) => {
        if (closed) throw stopped(name, new Error('the shop backend was closed'));
        const checked = prepareCall(name, input, options);
        // An answer is always given in a later turn, as it is by a shop on the network.
        await Promise.resolve();
        return checkOutput(name, this.#perform(name, checked, options.idempotencyKey));
      },
      close: () => {
        closed = true;
        return Promise.resolve();
      },
    };
  }

  handle(request: DemoShopRequest): DemoShopResponse {
    try {
      return this.#answer(request);
    } catch (thrown) {
      if (thrown instanceof ShopProblem) return problemResponse(thrown);
      const detail = thrown instanceof Error ? thrown.message : String(thrown);
      return problemResponse(new ShopProblem(500, 'internal', detail));
    }
  }

  #answer({ method, target, idempotencyKey, body }: DemoShopRequest): DemoShopResponse {
    const [path = '', query = ''] = target.split(/\?(.*)/s);
    const match = matchRoute(method, path);
    if (!match) throw problem('not_found', `${method} ${path} is no request of the interface`);
    const { operation, params } = match;
    this.#checkOffered(operation);
    if (shopOperations[operation].write && !idempotencyKey) {
      throw problem('idempotency_key_missing', 'a write needs the header Idempotency-Key');
    }
    const input = checkInput(operation, { ...readQuery(query), ...readBody(operation, body), ...params });
    const answer = this.#perform(operation, input, idempotencyKey);
    return { status: 200, contentType: 'application/json', body: JSON.stringify(answer) };
  }

  #perform(operation: ShopOperation, input: CheckedInput, key: string | undefined): unknown {
    this.#checkOffered(operation);
    if (operation === 'getCapabilities') return this.capabilities;
    const handler = handlers[operation] as (shop: ShopContext, input: CheckedInput) => unknown;
    if (!shopOperations[operation].write) return structuredClone(handler(this.#context, input));
    const fingerprint = `${operation} ${canonicalJson(input)}`;
    return this.#keys.run(key, fingerprint, () => handler(this.#context, input));
  }

  #checkOffered(operation: ShopOperation): void {
    const { capability } = shopOperations[operation];
    if (capability !== null && !this.capabilities.includes(capability)) {
      throw problem('unsupported_operation', `this shop has no ${capability}`);
    }
  }
}

const handlers = { ...customerOperations, ...orderOperations, ...returnOperations };

/** The query's fields; `limit` is the only one that is a number. */
function readQuery(query: string): Record<string, unknown> {
  const fields: Record<string, unknown> = Object.fromEntries(new URLSearchParams(query));
  return 'limit' in fields ? { ...fields, limit: Number(fields.limit) } : fields;
}

function readBody(operation: ShopOperation, text: string | undefined): Record<string, unknown> {
  const { body } = routeOf(operation);
  if (body === undefined) return {};
  let value: unknown;
  try {
    value = JSON.parse(text ?? '');
  } catch (thrown) {
    throw problem('invalid_request', `the body is no JSON: ${thrown instanceof Error ? thrown.message : ''}`);
  }
  if (!isJsonObject(value)) throw problem('invalid_request', 'the body must be a JSON object');
  return body === 'fields' ? value : { [body]: value };
}

/** A refusal as RFC 9457 writes it. */
export function problemResponse({ status, code, detail }: ShopProblem): DemoShopResponse {
  const title = code.replaceAll('_', ' ');
  return {
    status,
    contentType: 'application/problem+json',
    body: JSON.stringify({ type: 'about:blank', title, status, code, detail }),
  };
}
