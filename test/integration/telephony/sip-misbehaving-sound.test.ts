import { afterEach, describe, expect, it } from 'vitest';
import type { Endpoint } from '../../../src/telephony/sip/flow.ts';
import type { TrunkSettings } from '../../../src/telephony/sip/trunks.ts';
import { answerVoice } from '../../support/gateway-server.ts';
import { sipp, startSipGateway, type RunningGateway } from '../../support/sip/gateway.ts';
import { openSoundPeer, type SoundPeer } from '../../support/sip/sound-peer.ts';

describe('the sound of odd callers', () => {
  let running: RunningGateway;
  const peers: SoundPeer[] = [];
  afterEach(async () => {
    await running.gateway.close();
    for (const peer of peers.splice(0)) peer.close();
  });

  const openPeer = async (host?: string): Promise<SoundPeer> => {
    const peer = await openSoundPeer(host);
    peers.push(peer);
    return peer;
  };

  /** One call whose sound comes and goes at `peer`; `during` may make it and ends when the call may end. */
  async function talk(
    during: (call: { readonly peer: SoundPeer; readonly kefu: Endpoint }) => Promise<void>,
    settings: Partial<TrunkSettings> = {},
  ) {
    running = await startSipGateway(settings);
    const peer = await openPeer();
    const caller = sipp('odd-peers/sound', running.udp, ['-key', 'rtp_port', String(peer.port)]);
    const { media, events } = answerVoice(await Promise.race([running.nextCall(), caller.then(neverCalled)]));
    // What Kefu sends tells where it wants to be sent to.
    media.send(new Uint8Array(160).fill(0xff));
    await during({ peer, kefu: await peer.firstSender() });
    await media.hangup();
    await caller;
    const seen = await events.done;
    const [end] = running.log.find('The sound of a call has ended');
    return {
      end: seen.at(-1),
      keys: seen.flatMap((event) => (event.type === 'digit' ? [event.digit] : [])).join(''),
      packets: seen.filter((event) => event.type === 'packet').length,
      foreign: end?.fields.foreign,
    };
  }

  /** The packets of a key: event number, how long it has lasted in samples, whether this is its end (RFC 4733 section 2.3). */
  const keyPacket = (event: number, duration: number, over: boolean, timestamp: number, marker = false) => ({
    ...{ payloadType: 101, marker, timestamp },
    payload: Uint8Array.of(event, (over ? 0x80 : 0) | 10, duration >> 8, duration & 0xff),
  });

  it('hears keys whose end is lost, whose first packet has no marker, and whose packets are doubled', async () => {
    const { keys } = await talk(async ({ peer, kefu }) => {
      await peer.talk(kefu, 5);
      // 1: the three packets of its end never arrive.
      for (const duration of [160, 320, 480])
        peer.send(kefu, keyPacket(1, duration, false, 60_000, duration === 160));
      await peer.talk(kefu, 5, { timestamp: 62_000 });
      // 2: only its end arrives, once, and nothing is marked.
      peer.send(kefu, keyPacket(2, 800, true, 64_000));
      await peer.talk(kefu, 5, { timestamp: 66_000 });
      // 3: every packet arrives twice under the same number.
      for (const [duration, over] of [
        [160, false],
        [320, false],
        [320, true],
        [320, true],
        [320, true],
      ] as const) {
        const packet = {
          ...keyPacket(3, duration, over, 68_000),
          sequence: 2000 + duration + (over ? 1 : 0),
        };
        peer.send(kefu, packet);
        peer.send(kefu, packet);
      }
      await peer.talk(kefu, 5, { timestamp: 70_000 });
    });
    expect(keys).toBe('123');
  });

  it('hears a caller behind a NAT, and speaks to where the sound really comes from', async () => {
    const { packets, foreign } = await talk(async ({ peer, kefu }) => {
      const real = await openPeer();
      await real.talk(kefu, 10);
      await expect.poll(() => real.heard.length, { timeout: 10_000 }).toBeGreaterThan(0);
      const [heardThere, heardHere] = [peer.heard.length, real.heard.length];
      await expect.poll(() => real.heard.length, { timeout: 10_000 }).toBeGreaterThan(heardHere + 10);
      expect(peer.heard.length).toBe(heardThere);
    });
    expect({ packets, foreign }).toEqual({ packets: 10, foreign: 0 });
  });

  it('hears nobody who speaks into the call from elsewhere', async () => {
    const { packets, foreign } = await talk(async ({ peer, kefu }) => {
      const stranger = await openPeer('127.0.0.2');
      await peer.talk(kefu, 5);
      await stranger.talk(kefu, 5);
      await peer.talk(kefu, 5);
    });
    expect({ packets, foreign }).toEqual({ packets: 10, foreign: 5 });
  });

  it('takes packets of 10, 20, 30 and 60 ms, and drops what is no sound of this call', async () => {
    const { packets, foreign } = await talk(async ({ peer, kefu }) => {
      for (const samples of [80, 160, 240, 480])
        peer.send(kefu, { payload: new Uint8Array(samples).fill(0xff) });
      // A payload type nobody agreed on, and a packet without payload.
      peer.send(kefu, { payloadType: 77 });
      await peer.talk(kefu, 1);
    });
    expect({ packets, foreign }).toEqual({ packets: 5, foreign: 1 });
  });

  it('hangs up when the sound of a caller stops', async () => {
    const { end } = await talk(
      async ({ peer, kefu }) => {
        await peer.talk(kefu, 5);
        await expect
          .poll(() => running.log.find('The call has ended').length, { timeout: 20_000 })
          .toBeGreaterThan(0);
      },
      { mediaTimeoutMs: 1_000 },
    );
    expect(end).toMatchObject({ type: 'ended', reason: 'media-timeout' });
  });
});

function neverCalled(): never {
  throw new Error('sipp has ended, and there was no call');
}
