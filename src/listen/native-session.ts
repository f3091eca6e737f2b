import type { Tensor } from 'onnxruntime-node';
import { KefuError } from '../core/errors.ts';

/**
 * Synchronous inference on onnxruntime-node. Its public interface is a promise around this very call, resolved a turn of the event
 * loop later; a voice detector must answer within the packet that it is asked with, and there is no public way to do that. So we
 * use the native session below it. Everything relied on is checked here, and the exact version is pinned in package.json.
 */
export interface NativeSession {
  /** Runs the model; one array per output. Blocks for as long as it takes: for small models only. */
  run(inputs: Readonly<Record<string, Tensor>>): Readonly<Record<string, Float32Array>>;
  /** Idempotent. */
  close(): void;
}

export interface NativeSessions {
  /** Loads a model with float outputs on one thread. */
  open(file: string): NativeSession;
}

interface Binding {
  loadModel(file: string, options: Readonly<Record<string, unknown>>): void;
  run(
    inputs: Readonly<Record<string, Tensor>>,
    outputs: Readonly<Record<string, null>>,
    options: Readonly<Record<string, unknown>>,
  ): Record<string, { readonly data?: unknown } | undefined>;
  dispose(): void;
  readonly outputMetadata: readonly { readonly name: string }[];
}

/** `bindingModule` is onnxruntime-node's `dist/binding.js`. Throws `runtime_incompatible` when it is not what we know. */
export function nativeSessions(bindingModule: unknown): NativeSessions {
  const { initOrt, binding } = record(bindingModule, 'the module');
  if (typeof initOrt !== 'function') throw incompatible('initOrt is missing');
  const { InferenceSession } = record(binding, 'binding');
  if (typeof InferenceSession !== 'function') throw incompatible('binding.InferenceSession is missing');
  const prototype = record(InferenceSession.prototype, 'InferenceSession.prototype');
  for (const method of ['loadModel', 'run', 'dispose'] as const) {
    if (typeof prototype[method] !== 'function') throw incompatible(`InferenceSession.${method} is missing`);
  }
  Reflect.apply(initOrt, undefined, []);
  return {
    open(file) {
      const native = Reflect.construct(InferenceSession, []) as Binding;
      native.loadModel(file, { intraOpNumThreads: 1, interOpNumThreads: 1, executionMode: 'sequential' });
      const names = native.outputMetadata.map(({ name }) => name);
      const outputs = Object.fromEntries(names.map((name) => [name, null]));
      let closed = false;
      return {
        run(inputs) {
          if (closed) throw new KefuError('internal', 'A closed model was asked to run.');
          const results = native.run(inputs, outputs, {});
          return Object.fromEntries(
            names.map((name) => {
              const data = results[name]?.data;
              if (!(data instanceof Float32Array)) throw incompatible(`output ${name} is no array of floats`);
              return [name, data];
            }),
          );
        },
        close() {
          if (closed) return;
          closed = true;
          native.dispose();
        },
      };
    },
  };
}

function record(value: unknown, what: string): Record<string, unknown> {
  if (value === null || (typeof value !== 'object' && typeof value !== 'function')) {
    throw incompatible(`${what} is missing`);
  }
  return value as Record<string, unknown>;
}

function incompatible(detail: string): KefuError {
  return new KefuError(
    'runtime_incompatible',
    `This onnxruntime-node has another native interface: ${detail}.`,
  );
}
