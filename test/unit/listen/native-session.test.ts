import { describe, expect, it } from 'vitest';
import { nativeSessions } from '../../../src/listen/native-session.ts';

/** A binding as onnxruntime-node has it, with parts left out or replaced. */
function bindingModule(methods: Readonly<Record<string, unknown>>): unknown {
  class InferenceSession {
    outputMetadata = [{ name: 'output' }];
  }
  Object.assign(InferenceSession.prototype, methods);
  return { initOrt: () => undefined, binding: { InferenceSession } };
}
const nothing = (): void => undefined;

describe('the native interface of onnxruntime-node', () => {
  it.each([
    ['no module', undefined, 'the module is missing'],
    ['no binding', { initOrt: nothing }, 'binding is missing'],
    ['no initialisation', { binding: {} }, 'initOrt is missing'],
    ['no session', { initOrt: nothing, binding: {} }, 'binding.InferenceSession is missing'],
    ['no run', bindingModule({ loadModel: nothing, dispose: nothing }), 'InferenceSession.run is missing'],
  ])('is refused with the reason when there is %s', (_what, module, reason) => {
    expect(() => nativeSessions(module)).toThrow(reason);
    expect(() => nativeSessions(module)).toThrow(expect.objectContaining({ code: 'runtime_incompatible' }));
  });

  it('is refused when it answers with something other than floats', () => {
    const run = (): unknown => Promise.resolve({});
    const session = nativeSessions(bindingModule({ loadModel: nothing, run, dispose: nothing })).open('m');
    expect(() => session.run({})).toThrow('output output is no array of floats');
  });

  it('is closed once, and not used after that', () => {
    let disposed = 0;
    const run = (): unknown => ({ output: { data: Float32Array.of(0.5) } });
    const dispose = (): void => {
      disposed += 1;
    };
    const session = nativeSessions(bindingModule({ loadModel: nothing, run, dispose })).open('m');
    expect(session.run({}).output).toEqual(Float32Array.of(0.5));
    session.close();
    session.close();
    expect(disposed).toBe(1);
    expect(() => session.run({})).toThrow('closed');
  });
});
