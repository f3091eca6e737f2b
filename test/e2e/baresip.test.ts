import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeMulaw, encodeMulaw } from '../../src/media/g711.ts';
import { ConversationState, followCallEvents } from '../../tools/lib/call-events.ts';
import { createCallerVoice, type CallerVoice } from '../../tools/lib/caller-voice.ts';
import { createTranscriber, type Transcriber } from '../../tools/lib/transcriber.ts';
import { testModelStore } from '../support/models.ts';
import {
  complaints,
  endedCall,
  eventually,
  freePort,
  listCalls,
  startKefu,
  type KefuInProcess,
} from '../support/running-kefu.ts';
import { speechParts, transcriptOf } from '../support/scenario-player.ts';
import { shareOfTone } from '../support/sip/baresip.ts';
import { baresipPhone, type BaresipPhone } from '../support/sip/baresip-phone.ts';
import { selfSignedCertificate } from '../support/sip/certificate.ts';
import { freeUdpPort } from '../support/sip/gateway.ts';

const orderKeys = '2378156#';
const folder = mkdtempSync(join(tmpdir(), 'kefu-baresip-calls-'));
const aMoment = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe('a call of a real telephone over SIP', () => {
  let kefu: KefuInProcess;
  let voice: CallerVoice;
  let transcriber: Transcriber;
  let phone: BaresipPhone;
  let securePhone: BaresipPhone;
  let desk: BaresipPhone;
  let udpPort: number;
  let tlsPort: number;

  let said: Readonly<Record<'opening' | 'person' | 'goodbye', Int16Array>>;

  beforeAll(async () => {
    [udpPort, tlsPort] = [await freeUdpPort(), await freePort()];
    const { keyFile, certificateFile } = await selfSignedCertificate(folder, '127.0.0.1');
    const trunksFile = join(folder, 'trunks.yaml');
    // Whatever is JSON is YAML, too.
    const trunks = {
      listen: {
        udp: { host: '127.0.0.1', port: udpPort },
        tls: { host: '127.0.0.1', port: tlsPort, certificate: certificateFile, key: keyFile },
      },
      rtp: { host: '127.0.0.1', ports: [22_200, 22_299] },
      trunks: [{ name: 'phones', addresses: ['127.0.0.1'], language: 'en' }],
    };
    writeFileSync(trunksFile, JSON.stringify(trunks));
    // The certificate is one that only the test knows.
    const settings = ['sip_verify_server no'];
    [voice, transcriber, desk, phone, securePhone] = await Promise.all([
      createCallerVoice(testModelStore()),
      createTranscriber(testModelStore()),
      baresipPhone('+15550007777'),
      baresipPhone('+15550009999', 'manual', { quiet: true }),
      baresipPhone('+15550008888', 'manual', { quiet: true, settings, account: ';mediaenc=srtp-mand' }),
    ]);
    const clipOf = async (words: string) => decodeMulaw((await voice.say(speechParts(words))).mulaw);
    // Made before the calls: making them takes the time of the machine that these need.
    said = {
      opening: await clipOf('Hi, where is my order?'),
      person: await clipOf('I want to talk to a person, please.'),
      goodbye: await clipOf('No, thank you. Goodbye.'),
    };
    kefu = await startKefu({
      KEFU_TRUNKS_FILE: trunksFile,
      KEFU_TRANSFER_TARGET: `sip:+15550007777@127.0.0.1:${desk.port}`,
    });
  });
  afterAll(async () => {
    await Promise.all([phone, securePhone, desk, voice, transcriber, kefu].map((part) => part.close()));
    rmSync(folder, { recursive: true, force: true });
    expect(complaints(kefu.log)).toEqual([]);
  });

  /** Kefu's side of a call that a phone has just begun. */
  async function follow(dial: () => void) {
    const before = new Set((await listCalls(kefu)).map(({ callId }) => callId));
    dial();
    const callId = await eventually(
      async () => (await listCalls(kefu)).find((call) => !before.has(call.callId))?.callId,
      'the call',
    );
    const state = new ConversationState();
    const following = new AbortController();
    const followed = followCallEvents({
      ...{ url: kefu.url, callId, apiToken: undefined, signal: following.signal },
      onEvent: (event) => state.add(event),
    });
    return {
      callId,
      state,
      /** Kefu has taken this many answers and waits for the next; it has said its words for as long as people then wait. */
      async myTurn(answers: number): Promise<void> {
        await eventually(
          () => (state.callersTurn && state.answersTaken >= answers) || undefined,
          `the turn after ${answers} answers:\n${transcriptOf(state.events)}`,
        );
        await aMoment(500);
      },
      async ended() {
        const { call, events } = await endedCall(kefu, callId);
        following.abort();
        await followed.catch(() => undefined);
        return { call, events };
      },
    };
  }

  /** Asks where an order is, and keys its number when Kefu asks for it. */
  async function askForOrder(caller: BaresipPhone, call: Awaited<ReturnType<typeof follow>>): Promise<void> {
    await call.myTurn(0);
    caller.say(said.opening);
    await call.myTurn(1);
    for (const key of orderKeys) {
      caller.press(key);
      await aMoment(250);
    }
    await call.myTurn(2);
  }

  const wordsHeard = async (samples: Int16Array): Promise<string> =>
    (await transcriber.transcribe(encodeMulaw(samples)))
      .map(({ text }) => text)
      .join(' ')
      .toLowerCase();

  it('hears where an order is, holds and comes back, and is given to a person', async () => {
    const call = await follow(() => phone.dial(`sip:shop@127.0.0.1:${udpPort}`));
    await phone.until('CALL_ESTABLISHED');
    await askForOrder(phone, call);
    const holds = () =>
      kefu.log.filter(({ message }) => message === 'The call was put on hold or taken back').length;
    const before = holds();
    phone.hold(true);
    await eventually(() => holds() === before + 1 || undefined, 'the hold');
    await aMoment(1_000);
    phone.hold(false);
    await eventually(() => holds() === before + 2 || undefined, 'the end of the hold');
    await aMoment(500);
    phone.say(said.person);
    await desk.until('CALL_ESTABLISHED');
    const { call: summary, events } = await call.ended();
    // The two phones speak with each other now, without Kefu.
    await aMoment(2_000);
    phone.hangUp();
    await desk.until('CALL_CLOSED');
    const words = await eventually(async () => (await wordsHeard(phone.heard(-2))) || undefined, 'the words');
    const story = `${transcriptOf(events)}\nThe phone heard: ${words}`;
    expect(summary, story).toMatchObject({ gateway: 'sip', from: '+15550009999', outcome: 'transferred' });
    expect(words, story).toMatch(/delivered.*yesterday.*on its way.*tomorrow/);
    await eventually(() => shareOfTone(phone.heard(), 440) > 0.9 || undefined, 'the tone of the desk');
  });

  it('is the same over TLS with SRTP, to the goodbye', async () => {
    const call = await follow(() => securePhone.dial(`sip:shop@127.0.0.1:${tlsPort};transport=tls`));
    await securePhone.until('CALL_ESTABLISHED');
    await askForOrder(securePhone, call);
    securePhone.say(said.goodbye);
    await securePhone.until('CALL_CLOSED');
    const { call: summary, events } = await call.ended();
    const words = await wordsHeard(securePhone.heard());
    const story = `${transcriptOf(events)}\nThe phone heard: ${words}`;
    expect(summary, story).toMatchObject({ gateway: 'sip', from: '+15550008888', outcome: 'resolved' });
    expect(words, story).toMatch(/delivered.*yesterday.*on its way.*tomorrow/);
  });
});
