import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { ContactCentreFigures } from '../../src/core/figures.ts';
import { decodeMulaw, encodeMulaw } from '../../src/media/g711.ts';
import { isAudible } from '../../src/media/level.ts';
import { connectTwilioCaller, type TwilioCaller } from '../../tools/lib/twilio-caller.ts';
import { connectDesk, type DeskClient } from '../support/desk-client.ts';
import { complaints, startKefu, type KefuInProcess } from '../support/running-kefu.ts';
import { shareOfTone, tonePackets } from '../support/sip/baresip.ts';
import { baresipPhone, type BaresipPhone } from '../support/sip/baresip-phone.ts';
import { freeUdpPort } from '../support/sip/gateway.ts';
import { setUpStaff, type LoggedIn } from '../support/staff.ts';
import { TextCaller } from '../support/text-caller.ts';
import { joined } from '../support/tones.ts';

/** Shorter than it takes to hear what a call is about. */
const ringSeconds = 6;
/** What baresip plays, and what those play who speak with it. */
const [theirToneHz, ourToneHz] = [440, 700];
const benNumber = '+15557770001';
const customerNumber = '+15550009999';
const toneClip = (seconds: number) => ({
  name: 'tone',
  mulaw: encodeMulaw(joined(tonePackets(ourToneHz, seconds * 50))),
});
const aMoment = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

let kefu: KefuInProcess;
let anna: LoggedIn;
let ben: LoggedIn;
let supervisor: LoggedIn;
let benPhone: BaresipPhone;
let customerPhone: BaresipPhone;
const folder = mkdtempSync(join(tmpdir(), 'kefu-telephones-'));
const desks: DeskClient[] = [];
const callers: TwilioCaller[] = [];

beforeAll(async () => {
  [benPhone, customerPhone] = await Promise.all([baresipPhone(benNumber), baresipPhone(customerNumber)]);
  const trunk = (name: string, { port }: BaresipPhone, number: string) => ({
    name,
    outbound: { server: `sip:127.0.0.1:${port}`, from: '+15551000000', numbers: [`\\${number}`] },
  });
  const trunks = {
    listen: { udp: { host: '127.0.0.1', port: await freeUdpPort() } },
    rtp: { host: '127.0.0.1', ports: [22_000, 22_099] },
    trunks: [trunk('staff', benPhone, benNumber), trunk('customers', customerPhone, customerNumber)],
  };
  // Whatever is JSON is YAML, too.
  const [trunksFile, queuesFile] = [join(folder, 'trunks.yaml'), join(folder, 'queues.yaml')];
  writeFileSync(trunksFile, JSON.stringify(trunks));
  writeFileSync(queuesFile, JSON.stringify({ ringSeconds, afterCallSeconds: 0 }));
  kefu = await startKefu({ KEFU_TRUNKS_FILE: trunksFile, KEFU_QUEUES_FILE: queuesFile });
  const staff = await setUpStaff(kefu.url);
  anna = await staff.add('anna', 'agent');
  const profile = { teams: [], languages: ['en', 'zh'], skills: {}, textCapacity: 3 };
  ben = await staff.add('ben', 'agent', { profile: { ...profile, telephone: benNumber } });
  supervisor = await staff.add('sue', 'supervisor');
});
afterEach(async () => {
  for (const caller of callers.splice(0)) await caller.hangUp();
  await Promise.all(desks.splice(0).map((desk) => desk.close()));
  // A desk that was closed a moment ago, and whoever is at the telephone, are still on duty.
  await Promise.all([anna, ben, supervisor].map(goOffDuty));
});
afterAll(async () => {
  await kefu.close();
  await Promise.all([benPhone.close(), customerPhone.close()]);
  rmSync(folder, { recursive: true, force: true });
  expect(complaints(kefu.log)).toEqual([]);
});

async function goOffDuty({ cookie }: LoggedIn): Promise<void> {
  const desk = await connectDesk(kefu.url, { cookie });
  const { agent: before } = await desk.until('welcome');
  desk.send({ type: 'device', device: 'browser' });
  if (before.state !== 'offline') {
    desk.send({ type: 'choose', choice: { state: 'offline' } });
    await desk.until('agent', ({ agent }) => agent.state === 'offline');
  }
  await desk.close();
}

async function atTheDesk({ cookie }: LoggedIn, device: 'browser' | 'telephone'): Promise<DeskClient> {
  const desk = await connectDesk(kefu.url, { cookie });
  desks.push(desk);
  desk.send({ type: 'device', device });
  await desk.until('device', (message) => message.device === device);
  const { agent: before } = await desk.until('welcome');
  if (before.state !== 'available') {
    desk.send({ type: 'choose', choice: { state: 'available' } });
    await desk.until('agent', ({ agent }) => agent.state === 'available');
  }
  return desk;
}

/** A caller who has asked for a person, by the key for that. */
async function callForAPerson(): Promise<TwilioCaller> {
  const caller = await connectTwilioCaller({ url: kefu.url, from: customerNumber, to: '+18005550100' });
  callers.push(caller);
  await caller.untilQuiet({ quietMs: 700, limitMs: 30_000 });
  await caller.pressKeys('0');
  return caller;
}

/** The desk takes what it is offered. */
async function take(desk: DeskClient): Promise<string> {
  const { card } = await desk.until('offer');
  desk.send({ type: 'accept', entryId: card.entryId });
  await desk.until('conversation', ({ conversation }) => conversation.state === 'talking');
  return card.entryId;
}

const heardBy = (caller: TwilioCaller, fromMs: number): Int16Array =>
  decodeMulaw(caller.heardAudio().slice(Math.round(fromMs * 8)));

const audibleSeconds = (samples: Int16Array): number =>
  Array.from({ length: Math.floor(samples.length / 160) }, (_, packet) =>
    isAudible(samples.subarray(packet * 160, (packet + 1) * 160)),
  ).filter(Boolean).length / 50;

/** How long a tone, and little else, can be heard. */
const audibleSecondsOfTone = (samples: Int16Array, frequencyHz: number): number =>
  Array.from({ length: Math.floor(samples.length / 800) }, (_, window) =>
    shareOfTone(samples.subarray(window * 800, (window + 1) * 800), frequencyHz),
  ).filter((share) => share > 0.9).length / 10;

async function figures(): Promise<ContactCentreFigures> {
  const response = await fetch(`${kefu.url}/api/figures`, { headers: { cookie: supervisor.cookie } });
  return (await response.json()) as ContactCentreFigures;
}

describe('an agent at a real telephone', () => {
  it('hears what the call is about, takes it with 1, speaks with the caller, and hangs up', async () => {
    const first = await atTheDesk(anna, 'browser');
    const caller = await callForAPerson();
    const entryId = await take(first);
    const second = await atTheDesk(ben, 'telephone');
    first.send({ type: 'transfer', entryId, to: { kind: 'agent', agentId: ben.id }, note: 'A broken lamp.' });
    await benPhone.until('CALL_ESTABLISHED');
    // Ben listens for longer than a desk may ring.
    await aMoment((ringSeconds + 2) * 1000);
    expect(second.received.filter(({ type }) => type === 'offer-withdrawn')).toEqual([]);
    benPhone.press('1');
    await second.until('conversation', ({ conversation }) => conversation.state === 'talking');
    const joinedMs = caller.nowMs;
    await caller.play(toneClip(6));
    expect(audibleSecondsOfTone(heardBy(caller, joinedMs), theirToneHz)).toBeGreaterThan(2);
    benPhone.hangUp();
    expect(await caller.ended).toMatchObject({ by: 'kefu' });
    await second.until('conversation-ended');
    await second.until('agent', ({ agent }) => agent.state === 'available' && agent.holding.length === 0);
    const { queues } = await figures();
    expect(queues.map(({ waiting }) => waiting)).toEqual([0]);
    await benPhone.until('CALL_CLOSED');
    const heard = benPhone.heard();
    // The summary at first, the caller at last.
    expect(audibleSeconds(heard.subarray(0, ringSeconds * 8000))).toBeGreaterThan(3);
    expect(shareOfTone(heard.subarray(0, ringSeconds * 8000), ourToneHz)).toBeLessThan(0.5);
    expect(audibleSecondsOfTone(heard, ourToneHz)).toBeGreaterThan(2);
  });

  it('leaves the caller to others with 2, and needs no browser', async () => {
    const first = await atTheDesk(anna, 'browser');
    const caller = await callForAPerson();
    const entryId = await take(first);
    const second = await atTheDesk(ben, 'telephone');
    await second.close();
    first.send({ type: 'transfer', entryId, to: { kind: 'agent', agentId: ben.id }, note: '' });
    await first.until('conversation-ended');
    await benPhone.until('CALL_ESTABLISHED');
    await aMoment(2_000);
    const third = await atTheDesk(supervisor, 'browser');
    benPhone.press('2');
    await benPhone.until('CALL_CLOSED');
    await take(third);
    expect(caller.over).toBe(false);
  });
});

describe('somebody who is called back', () => {
  /** Types with Kefu until it has promised to call. */
  async function promiseACall(): Promise<void> {
    const { caller } = await TextCaller.start(kefu.url, { from: customerNumber });
    await caller.say('I want to speak to a person.');
    let answer = await caller.say('Call me back, please.');
    // While nobody is on duty Kefu has offered the call by itself, and this was the yes to it.
    if (answer.outcome === undefined) answer = await caller.say('Yes.');
    expect(answer).toMatchObject({ outcome: 'callback' });
  }

  /** What the figures say of promised calls. */
  async function callbacks() {
    const [general] = (await figures()).queues;
    const { callbacksPromised = 0, callbacksKept = 0, waiting = 0 } = general ?? {};
    return { promised: callbacksPromised, kept: callbacksKept, waiting };
  }

  it('is dialled when it is their turn, and joined with the agent who took it', async () => {
    const before = await callbacks();
    await promiseACall();
    const desk = await atTheDesk(anna, 'browser');
    await take(desk);
    await customerPhone.until('CALL_ESTABLISHED');
    await desk.until('conversation', ({ conversation }) => conversation.people.length > 0);
    desk.takeHeard();
    await desk.say(toneClip(4));
    expect(shareOfTone(decodeMulaw(desk.takeHeard()), theirToneHz)).toBeGreaterThan(0.9);
    customerPhone.hangUp();
    await desk.until('conversation-ended');
    await customerPhone.until('CALL_CLOSED');
    expect(shareOfTone(customerPhone.heard().subarray(-2 * 8000), ourToneHz)).toBeGreaterThan(0.9);
    expect(await callbacks()).toEqual({ promised: before.promised + 1, kept: before.kept + 1, waiting: 0 });
  });

  it('speaks with an agent at a telephone whose desk is closed', async () => {
    const before = await callbacks();
    await promiseACall();
    const watching = await connectDesk(kefu.url, { cookie: supervisor.cookie });
    desks.push(watching);
    const desk = await atTheDesk(ben, 'telephone');
    await desk.close();
    await benPhone.until('CALL_ESTABLISHED');
    await aMoment(1_000);
    benPhone.press('1');
    await customerPhone.until('CALL_ESTABLISHED');
    await watching.until('live-call', ({ call }) => call.agents.length > 0);
    await aMoment(4_000);
    benPhone.hangUp();
    await benPhone.until('CALL_CLOSED');
    expect(shareOfTone(benPhone.heard().subarray(-2 * 8000), theirToneHz)).toBeGreaterThan(0.9);
    await customerPhone.until('CALL_CLOSED');
    // Kefu's goodbye follows the agent's tone.
    expect(audibleSecondsOfTone(customerPhone.heard(), theirToneHz)).toBeGreaterThan(2);
    expect(await callbacks()).toEqual({ promised: before.promised + 1, kept: before.kept + 1, waiting: 0 });
  });
});
