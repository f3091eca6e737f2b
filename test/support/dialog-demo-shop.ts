import { createDemoShop, type DemoShopOptions } from '../../src/commerce/demo-shop/demo-shop.ts';
import type { ShopData } from '../../src/commerce/demo-shop/state.ts';
import { toRequest } from '../../src/commerce/routes.ts';
import type { ShopOperation } from '../../src/core/commerce.ts';
import type { TaskResult } from '../../src/core/dialog.ts';
import { ManualClock } from './manual-clock.ts';
import type { ScriptedShop } from './dialog-script.ts';

/** When scripted calls begin, and the day on which this shop opens. */
export const callStartEpochMs = Date.parse('2026-06-10T15:00:00Z');

/** The demo shop with all its rules, for scripted conversations: it answers at once, by the same requests as over HTTP. */
export function demoShopForDialogs(options: DemoShopOptions = {}): {
  readonly shop: ScriptedShop;
  readonly data: ShopData;
} {
  const demo = createDemoShop({
    seed: 7,
    startEpochMs: callStartEpochMs,
    clock: new ManualClock(callStartEpochMs),
    ...options,
  });
  const shop: ScriptedShop = (operation, input, idempotencyKey): TaskResult => {
    const request = toRequest(operation as ShopOperation, input);
    const { status, body } = demo.handle({ ...request, idempotencyKey });
    const answer = JSON.parse(body) as { code: string };
    return status === 200 ? { ok: true, value: answer } : { ok: false, code: answer.code };
  };
  return { shop, data: demo.data };
}
