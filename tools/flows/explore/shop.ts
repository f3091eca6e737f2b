import { createDemoShop, type DemoShop } from '../../../src/commerce/demo-shop/demo-shop.ts';
import { shopOperations, type ShopOperation } from '../../../src/core/commerce.ts';
import type { TaskResult } from '../../../src/core/dialog.ts';
import { performTask } from '../../../src/call/tasks.ts';
import { exampleOf } from './example.ts';
import { variantsOf, type Literals } from './literals.ts';

/** A request to the shop. */
export interface ShopRequest {
  readonly operation: string;
  readonly input: Readonly<Record<string, unknown>>;
}

/** An answer the shop might give. */
export interface ShopAnswer {
  readonly about: string;
  readonly result: TaskResult;
}

/** A moment in June, so that no day of the walk is a holiday or the end of a year. */
export const shopStartEpochMs = Date.parse('2026-06-10T15:00:00Z');
const stillClock = {
  nowMs: () => 0,
  epochMs: () => shopStartEpochMs,
  setTimer: () => () => undefined,
};
const maxShops = 40;

/**
 * The demo shop as walks see it: what a walk changed shows in its own later look-ups and in no other walk's. Besides its right
 * answer, each request has answers that the shop might give another day.
 */
export class WalkedShop {
  readonly #literals: Literals;
  readonly #problemCodes: ReadonlyMap<string, readonly string[]>;
  readonly #shops = new Map<string, Promise<DemoShop>>();
  readonly #answers = new Map<string, Promise<readonly ShopAnswer[]>>();
  /** A good answer of each operation, for when the demo shop refuses what a walk arrived at. */
  readonly #samples = new Map<string, TaskResult>();

  constructor(
    literals: Literals,
    problemCodes: ReadonlyMap<string, readonly string[]>,
  ) {
    this.#literals = literals;
    this.#problemCodes = problemCodes;
  }

  /** The answers to a request after the writes of a walk, the right one first. */
  answers(request: ShopRequest, writes: readonly ShopRequest[]): Promise<readonly ShopAnswer[]> {
    const key = JSON.stringify([request, writes]);
    const answers = this.#answers.get(key) ?? this.#findAnswers(request, writes);
    this.#answers.set(key, answers);
    return answers;
  }

  /** One-time codes that the shop has sent in a walk. */
  async codesSent(writes: readonly ShopRequest[]): Promise<readonly string[]> {
    if (!writes.some(({ operation }) => operation === 'startVerification')) return [];
    const { data } = await this.#shopAfter(writes);
    return [...data.verifications.values()].map(({ code }) => code);
  }

  /** The shop as it is before anything was changed. */
  fresh(): Promise<DemoShop> {
    return this.#shopAfter([]);
  }

  async #findAnswers(request: ShopRequest, writes: readonly ShopRequest[]): Promise<readonly ShopAnswer[]> {
    const { operation } = request;
    const isWrite = shopOperations[operation as ShopOperation].write;
    // A write is tried on a shop of its own; the walk that goes on from its success has it among its writes.
    const shop = await (isWrite ? this.#makeShop(writes) : this.#shopAfter(writes));
    const right = await perform(shop, request, writes.length);
    if (right.ok) this.#samples.set(operation, right);
    const answers: ShopAnswer[] = [{ about: right.ok ? 'right' : right.code, result: right }];
    const sample = right.ok ? right : this.#samples.get(operation);
    if (!right.ok && sample) answers.push({ about: 'as if right', result: sample });
    const given = new Set([right.ok ? '' : right.code]);
    for (const code of this.#problemCodes.get(operation) ?? []) {
      if (!given.has(code)) answers.push({ about: code, result: { ok: false, code } });
      given.add(code);
    }
    const shape = exampleOf(operation as ShopOperation);
    const examples = [...(sample?.ok === true ? [sample.value] : []), shape];
    // An answer made of the interface alone has everything in it that a demo shop may lack, such as a return under way.
    answers.push({ about: 'by its shape', result: { ok: true, value: shape } });
    for (const [index, example] of examples.entries()) {
      for (const { about, value } of variantsOf(example, this.#literals))
        answers.push({ about: `${about}${index > 0 || examples.length === 1 ? ' by its shape' : ''}`, result: { ok: true, value } });
    }
    return answers;
  }

  #shopAfter(writes: readonly ShopRequest[]): Promise<DemoShop> {
    const key = JSON.stringify(writes);
    const shop = this.#shops.get(key) ?? this.#makeShop(writes);
    this.#shops.delete(key);
    this.#shops.set(key, shop);
    const [oldest] = this.#shops.keys();
    if (this.#shops.size > maxShops && oldest !== undefined) this.#shops.delete(oldest);
    return shop;
  }

  async #makeShop(writes: readonly ShopRequest[]): Promise<DemoShop> {
    const shop = createDemoShop({ seed: 1, startEpochMs: shopStartEpochMs, clock: stillClock });
    for (const [index, write] of writes.entries()) await perform(shop, write, index);
    return shop;
  }
}

async function perform(shop: DemoShop, request: ShopRequest, index: number): Promise<TaskResult> {
  const isWrite = shopOperations[request.operation as ShopOperation].write;
  const task = { ...request, ...(isWrite && { idempotencyKey: `write-${String(index)}` }) };
  const result = await performTask(shop.backend, task, new AbortController().signal);
  // As it would come over the network: fields without a value are not there.
  return JSON.parse(JSON.stringify(result)) as TaskResult;
}
