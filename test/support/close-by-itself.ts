import { connectTwilioCaller } from '../../tools/lib/twilio-caller.ts';
import { startApp } from '../../src/app/app.ts';
import { readConfig } from '../../src/app/config.ts';
import { createLogger } from '../../src/observe/logger.ts';
import { TestPeer } from './gateway-server.ts';
import { TextCaller } from './text-caller.ts';

// A process for a test: starts Kefu, makes ten calls over all gateways, closes Kefu and prints what is still open. It must then end
// by itself, since nothing here ends it.
const app = await startApp(readConfig(), createLogger('warn'));

for (let call = 0; call < 5; call += 1) {
  const { caller } = await TextCaller.start(app.address);
  await caller.say('Where is my order?');
  await caller.keys('2378156#');
  // Some hang up, some let Kefu end the call.
  if (call % 2 === 0) await caller.leave();
  else await caller.say('No, thank you. Goodbye.');
}
await Promise.all(
  ['+15550000001', '+15550000002', '+15550000003'].map(async (from) => {
    const caller = await connectTwilioCaller({ url: app.address, from, to: '+18005550100' });
    await caller.waitUntil(() => caller.playback.firstAudibleAfter(0) !== undefined, 60_000);
    if (from.endsWith('1')) caller.breakStream();
    await caller.hangUp();
  }),
);
for (const leaves of ['with stop', 'without a word']) {
  const page = await TestPeer.connect(`${app.address}/browser/call`);
  page.send({ type: 'start', sampleRateHz: 16_000 });
  await page.binary(10);
  if (leaves === 'with stop') page.send({ type: 'stop' });
  else page.vanish();
  await page.closed;
}

await app.close();
await app.close();
console.log(JSON.stringify(process.getActiveResourcesInfo()));
