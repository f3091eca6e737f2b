import { toKefuError } from '../../src/core/errors.ts';
import type { ModelStore } from '../../src/models/store.ts';
import { startKefu, type KefuProcess } from '../bench/lib/kefu-process.ts';
import { createCallerVoice, type CallerVoice } from '../lib/caller-voice.ts';
import type { RecordedShop } from './recorded-shop.ts';
import type { Line } from './run.ts';
import { callByText } from './text-call.ts';
import { callByVoice } from './voice-call.ts';

export type Mode = 'text' | 'voice';

/** A Kefu of the tool's own, that uses `shop`. Its folder can be kept: sentences are then rendered only once. */
export function startKefuWith(
  shop: RecordedShop,
  options: {
    readonly dataDir: string | undefined;
    readonly flowsDir: string | undefined;
    readonly signal: AbortSignal;
  },
): Promise<KefuProcess> {
  const { dataDir, flowsDir, signal } = options;
  return startKefu({
    signal,
    dataDir,
    settings: {
      KEFU_SHOP_URL: shop.url,
      KEFU_SHOP_TOKEN: shop.token,
      ...(flowsDir !== undefined && { KEFU_FLOWS_DIR: flowsDir }),
    },
  });
}

/** The way to call in a mode, with what must be closed after the last call. */
export async function openLine(
  mode: Mode,
  store: () => ModelStore,
): Promise<{ line: Line; close(): Promise<void> }> {
  if (mode === 'text') return { line: callByText, close: () => Promise.resolve() };
  const voice: CallerVoice = await createCallerVoice(store());
  return {
    line: (caller, options) => callByVoice(caller, options, voice),
    close: () => voice.close(),
  };
}

/** Closes everything, each even when another fails; the first failure is thrown in the end. */
export async function closeAll(things: readonly ({ close(): Promise<void> } | undefined)[]): Promise<void> {
  const failures: unknown[] = [];
  for (const thing of things) {
    await thing?.close().catch((error: unknown) => {
      failures.push(error);
    });
  }
  if (failures.length > 0) throw toKefuError(failures[0]);
}
