import { toKefuError } from '../../src/core/errors.ts';
import { showProgress } from '../../src/models/progress.ts';
import { testModelStore } from './models.ts';

/** Before integration and end-to-end tests: the default models are there, fetched now if need be, or the run fails saying why. */
export async function setup(): Promise<void> {
  // Lines in place of bars: the test runner writes to the same terminal.
  const display = showProgress(process.stderr, { plain: true });
  try {
    await testModelStore().fetch(undefined, { onProgress: display.onProgress });
  } catch (thrown) {
    const error = toKefuError(thrown);
    throw new Error(`The models for the tests cannot be made ready: ${error.message} ${error.action}`, {
      cause: thrown,
    });
  } finally {
    display.stop();
  }
}
