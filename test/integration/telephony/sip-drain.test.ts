import { afterEach, describe, expect, it } from 'vitest';
import { answerVoice } from '../../support/gateway-server.ts';
import { sipp, startSipGateway, type RunningGateway } from '../../support/sip/gateway.ts';

describe('a SIP gateway that drains', () => {
  let running: RunningGateway;
  afterEach(() => running.gateway.close());

  it('tells peers to look elsewhere, and lets a call that goes on be held, resumed and ended', async () => {
    running = await startSipGateway();
    const offered = running.nextCall();
    // Its re-INVITEs and its BYE come after the gateway has begun to drain.
    const held = sipp('hold', running.udp);
    const call = await offered;
    running.gateway.drain();
    const { events } = answerVoice(call);
    await sipp('options-draining', running.udp);
    await sipp('refused', running.udp);
    await held;
    expect((await events.done).at(-1)).toEqual({ type: 'ended', reason: 'caller-hung-up' });
    expect(running.calls).toEqual([]);
    expect(running.log.lines.filter(({ level }) => level === 'error' || level === 'warn')).toEqual([]);
  });
});
