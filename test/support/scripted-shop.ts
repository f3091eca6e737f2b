import type { CommerceBackend, ShopCallOptions, ShopOperation } from '../../src/core/commerce.ts';

/** A call that reached the scripted shop and waits for the test to answer it. */
export interface ShopCall {
  readonly name: ShopOperation;
  readonly input: unknown;
  readonly options: ShopCallOptions;
  resolve(answer: unknown): void;
  reject(error: Error): void;
}

/** A shop that answers when and what the test says. A call whose signal fires is rejected with the signal's reason. */
export class ScriptedShop implements CommerceBackend {
  readonly calls: ShopCall[] = [];
  closed = false;

  // The real signature promises the operation's own output; what a script answers is up to the test.
  readonly call: CommerceBackend['call'] = (name, input, options) =>
    new Promise<never>((resolve, reject) => {
      options.signal.addEventListener('abort', () => {
        reject(options.signal.reason as Error);
      });
      this.calls.push({ name, input, options, resolve: resolve, reject });
    });

  close(): Promise<void> {
    this.closed = true;
    return Promise.resolve();
  }
}
