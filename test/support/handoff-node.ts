import { systemClock } from '../../src/core/clock.ts';
import { createHandoffRouter } from '../../src/handoff/router.ts';
import { toRoutingRules } from '../../src/handoff/rules.ts';
import { createRedisQueueStore } from '../../src/store/redis-handoff.ts';
import { createCapturedLog } from './captured-log.ts';
import { contactOf, profileOf } from './handoff-fixtures.ts';

// A node to be killed: its agent `x` rings for the callback `ringing`, and the caller `on-the-line` waits with it.
// Arguments: the address of Redis, and the prefix of the keys.
const [url = '', prefix = ''] = process.argv.slice(2);
const log = createCapturedLog();
const store = await createRedisQueueStore({ url, prefix, log });
const rules = toRoutingRules({});
const router = await createHandoffRouter({
  store,
  clock: systemClock,
  log,
  rules: () => rules,
  nodeId: 'doomed',
});
router.subscribe((event) => {
  if (event.type === 'offered') console.log('ringing');
});
await router.enqueue(contactOf('ringing', { channel: 'callback' }));
await router.enqueue(contactOf('on-the-line'));
await router.signIn(profileOf('x'));
await router.setState('x', { state: 'available' });
