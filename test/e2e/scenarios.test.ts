import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createCallerVoice, type CallerVoice } from '../../tools/lib/caller-voice.ts';
import { createTranscriber, type Transcriber } from '../../tools/lib/transcriber.ts';
import { testEnvironment } from '../support/environment.ts';
import { testModelStore } from '../support/models.ts';
import {
  complaints,
  startKefu,
  untilPromptsAreRendered,
  type KefuInProcess,
} from '../support/running-kefu.ts';
import { playScenario } from '../support/scenario-player.ts';
import { problemsOf, readScenarios, type Scenario } from '../support/spoken-scenario.ts';
import { deskTarget, startTypedStage, type TypedStage } from '../support/typed-scenario.ts';

const scenarios = readScenarios(join(import.meta.dirname, 'scenarios'));
const typed = scenarios.filter(({ voice }) => !voice);
/** `KEFU_SPEAK_SCENARIOS=1` speaks the typed conversations too, in real time, which takes about a minute for each. */
const isSpokenToo = testEnvironment().KEFU_SPEAK_SCENARIOS === '1';
const canBeSpoken = ({ language, turns }: Scenario) =>
  language === 'en' && !turns.some((turn) => 'say' in turn && turn.say.includes('{code}'));

const named = (all: readonly Scenario[]) => all.map((scenario) => [scenario.scenario, scenario] as const);

describe('typed conversations', () => {
  let stage: TypedStage;
  beforeAll(async () => {
    stage = await startTypedStage();
  });
  afterAll(async () => {
    await stage.close();
    expect(complaints(stage.kefu.log)).toEqual([]);
  });

  it('are at least 80 with the spoken ones, about half of them Chinese', () => {
    expect(scenarios.length).toBeGreaterThanOrEqual(80);
    expect(typed.filter(({ language }) => language === 'zh').length).toBeGreaterThanOrEqual(
      0.4 * typed.length,
    );
  });

  it.for(named(typed))('%s', async ([, scenario]) => {
    const played = await stage.play(scenario);
    expect(problemsOf(scenario, played), played.transcript).toEqual([]);
  });
});

describe('spoken conversations', () => {
  let voice: CallerVoice;
  let transcriber: Transcriber;
  beforeAll(async () => {
    [voice, transcriber] = await Promise.all([
      createCallerVoice(testModelStore()),
      createTranscriber(testModelStore()),
    ]);
  });
  afterAll(() => Promise.all([voice.close(), transcriber.close()]));

  const groups = [
    { name: 'without people to transfer to', settings: {}, isWithPeople: false },
    {
      name: 'with a desk that takes calls',
      settings: { KEFU_TRANSFER_TARGET: deskTarget },
      isWithPeople: true,
    },
  ];

  for (const { name, settings, isWithPeople } of groups) {
    describe(name, () => {
      let kefu: KefuInProcess;
      beforeAll(async () => {
        kefu = await startKefu(settings);
        await untilPromptsAreRendered(kefu);
      });
      afterAll(async () => {
        await kefu.close();
        expect(complaints(kefu.log)).toEqual([]);
      });

      const all = scenarios.filter((each) => each.voice && (each.people !== undefined) === isWithPeople);
      it.concurrent.for(named(all))('%s', async ([, scenario]) => {
        const played = await playScenario(scenario, { url: kefu.url, voice, transcriber });
        expect(problemsOf(scenario, played), played.transcript).toEqual([]);
      });
    });
  }

  if (isSpokenToo)
    describe('of what is typed otherwise', () => {
      let stage: TypedStage;
      beforeAll(async () => {
        stage = await startTypedStage();
        await untilPromptsAreRendered(stage.kefu);
      });
      afterAll(() => stage.close());

      // One after the other: each has a shop of its own.
      it.for(named(typed.filter(canBeSpoken)))('%s', async ([, scenario]) => {
        stage.renew(scenario);
        const played = await playScenario(scenario, { url: stage.kefu.url, voice, transcriber });
        expect(problemsOf(scenario, played), played.transcript).toEqual([]);
      });
    });
});
