import { startApp } from './app/app.ts';
import { loadEnvironmentFile, readConfig } from './app/config.ts';
import { openModelStore } from './app/stages.ts';
import { toKefuError } from './core/errors.ts';
import { showProgress } from './models/progress.ts';
import { createLogger } from './observe/logger.ts';

/** Starts Kefu: settings, models, everything else; then prints where to call. */
async function main(): Promise<void> {
  loadEnvironmentFile();
  const config = readConfig();
  const log = createLogger(config.logLevel);
  const stop = new AbortController();
  let onSignal = (): void => stop.abort();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => onSignal());

  const progress = showProgress(process.stdout);
  try {
    await openModelStore(config).fetch(undefined, { signal: stop.signal, onProgress: progress.onProgress });
  } finally {
    progress.stop();
  }
  const app = await startApp(config, log);
  onSignal = () => {
    // A second signal does not wait for calls to end.
    onSignal = () => process.exit(130);
    log.info({}, 'stopping');
    void app.close().then(() => process.exit(0));
  };
  process.on('SIGHUP', () => void app.reloadTrunks());
  if (stop.signal.aborted) onSignal();
  const ws = app.address.replace(/^http/, 'ws');
  process.stdout.write(
    [
      '',
      `Kefu is ready after ${process.uptime().toFixed(1)} s.`,
      `  Test call with your microphone:   ${app.address}/`,
      `  Calls and their timelines:        ${app.address}/calls`,
      '  Call from another terminal:       npm run call -- --demo',
      `                                    npm run call -- --url ${ws} question.wav --dtmf 2378156#`,
      '',
    ].join('\n'),
  );
}

main().catch((error: unknown) => {
  const failure = toKefuError(error);
  process.stderr.write(`\n${failure.message}\n${failure.action}\n`);
  if (failure.code === 'internal')
    process.stderr.write(`${error instanceof Error ? (error.stack ?? '') : ''}\n`);
  process.exit(1);
});
