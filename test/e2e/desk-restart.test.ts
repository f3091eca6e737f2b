import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createCallerVoice, type CallerVoice } from '../../tools/lib/caller-voice.ts';
import { createTranscriber, type Transcriber } from '../../tools/lib/transcriber.ts';
import { connectTwilioCaller } from '../../tools/lib/twilio-caller.ts';
import { connectDesk } from '../support/desk-client.ts';
import { testModelStore } from '../support/models.ts';
import { spawnKefu, type KefuProcess } from '../support/running-kefu.ts';
import { setUpStaff } from '../support/staff.ts';

let kefu: KefuProcess;
let voice: CallerVoice;
let transcriber: Transcriber;
beforeAll(async () => {
  [kefu, voice, transcriber] = await Promise.all([
    spawnKefu({ KEFU_DRAIN_SECONDS: '120' }),
    createCallerVoice(testModelStore()),
    createTranscriber(testModelStore()),
  ]);
});
afterAll(() => Promise.all([kefu.close(), voice.close(), transcriber.close()]));

describe('a Kefu that is stopped gently', () => {
  it('lets caller and agent finish, serves who waits, takes nobody new, and then ends', async () => {
    const staff = await setUpStaff(kefu.url);
    const anna = await staff.add('anna', 'agent');
    const desk = await connectDesk(kefu.url, { cookie: anna.cookie });
    const callers = await Promise.all(
      ['+15550009991', '+15550009992'].map(async (from) => {
        const caller = await connectTwilioCaller({ url: kefu.url, from, to: '+18005550100' });
        await caller.untilQuiet({ quietMs: 1_000, limitMs: 60_000 });
        // The key that asks for a person.
        await caller.pressKeys('0');
        return caller;
      }),
    );
    desk.send({ type: 'choose', choice: { state: 'available' } });
    const first = await desk.until('offer');
    desk.send({ type: 'accept', entryId: first.card.entryId });
    await desk.until('conversation');

    const exitCode = kefu.stop();
    await expect.poll(async () => (await fetch(`${kefu.url}/readyz`)).status, { timeout: 30_000 }).toBe(503);
    desk.takeHeard();
    const talking = callers.find(({ callId }) => callId === first.card.call.callId);
    await talking?.play(await voice.say('The desk lamp that I ordered arrived broken.'));
    expect(await transcriber.read(desk.takeHeard())).toMatch(/lamp/i);
    desk.send({ type: 'finish', entryId: first.card.entryId });
    expect(await talking?.ended).toMatchObject({ by: 'kefu' });

    // Who waited is served as well.
    desk.send({ type: 'choose', choice: { state: 'available' } });
    const second = await desk.until('offer', ({ card }) => card.entryId !== first.card.entryId);
    desk.send({ type: 'accept', entryId: second.card.entryId });
    await desk.until('conversation', ({ conversation }) => conversation.entryId === second.card.entryId);
    desk.send({ type: 'finish', entryId: second.card.entryId });
    const waited = callers.find((caller) => caller !== talking);
    expect(await waited?.ended).toMatchObject({ by: 'kefu' });
    expect(await exitCode).toBe(0);
  });
});
